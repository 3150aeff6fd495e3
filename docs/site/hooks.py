"""What MkDocs needs beyond its configuration: the pages at the root of the repository belong to the site too."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "overview.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
    "LICENSE": "license.txt",
}
"""Files of the root, and where they are on the site."""
INSIDE = {there: here for here, there in OUTSIDE.items()}
FOREIGN = re.compile(r"https://[^\"]+/iframe-worker/shim")
OWN = "javascripts/worker.js"
"""Script that lets a site opened as a file search: what the theme would load from elsewhere, and ours in its place."""
LINK = re.compile(r"(?<=\]\()(?P<path>[^)#\s:]+)(?=[)#])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every decision into the navigation, below their index."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    listed = [f"decisions/{name}" for name in ("README.md", *decisions)]
    for section in config.nav or []:
        if isinstance(section, dict) and "Explanation" in section:
            section["Explanation"].append({"Decisions": listed})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of the root."""
    for here, there in OUTSIDE.items():
        files.append(File.generated(config, there, abs_src_path=str(ROOT / here)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links between the root and ``docs`` into links within the site."""
    place = page.file.src_uri
    source = posixpath.dirname(INSIDE.get(place) or f"docs/{place}")

    def within(link: re.Match[str]) -> str:
        aim = posixpath.normpath(posixpath.join(source, link["path"]))
        there = OUTSIDE.get(aim) or (aim.removeprefix("docs/") if aim.startswith("docs/") else None)
        return posixpath.relpath(there, posixpath.dirname(place) or ".") if there else link["path"]

    return LINK.sub(within, markdown)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Load our script in place of the foreign one."""
    return FOREIGN.sub(posixpath.relpath(OWN, posixpath.dirname(page.url) or "."), output)


def on_post_template(output_content: str, **_: object) -> str:
    """Do the same in pages that are not made of Markdown."""
    return FOREIGN.sub(OWN, output_content)
