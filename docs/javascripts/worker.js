// Browsers start no workers from files. So that search works in a site opened as a file, this runs its worker in a
// hidden frame instead: a page of its own, whose messages are passed on.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.ahead = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inner = this.frame.contentWindow;
      inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inner.importScripts = (...urls) => Promise.all(urls.map((address) => load(inner.document, address)));
      load(inner.document, url).then(() => {
        const ahead = this.ahead;
        this.ahead = null;
        ahead.forEach((data) => this.postMessage(data));
      });
    }

    postMessage(data) {
      if (this.ahead) this.ahead.push(data);
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
  window.Worker = window.IFrameWorker;

  function load(page, address) {
    return new Promise((done, failed) => {
      const script = page.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = failed;
      page.head.append(script);
    });
  }
}
