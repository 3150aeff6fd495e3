"""The address of a node: checked, taken apart, and told without what is secret in it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final
from urllib.parse import unquote, urlsplit

from ballast.errors import UserError
from ballast.node.secrecy import secret_parts

SCHEMES: Final = ("http", "https", "ws", "wss")
USER_AGENT: Final = f"ballast/{version('ballast')}"
"""Some firewalls refuse whoever does not name itself."""


@dataclass(frozen=True)
class Address:
    """The address of a node.

    Attributes
    ----------
    name : str
        What may be told of it: scheme, host and port.
    secure, streams : bool
        Whether it is encrypted, and whether it is a WebSocket.
    host : str
    port : int or None
    target : str
        Path and query.
    headers : dict of str to str
        What every request says beside the request: who asks, and user and password if there are any.
    secrets : frozenset of str
        What no message may hold.
    """

    name: str
    secure: bool
    streams: bool
    host: str
    port: int | None
    target: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Address:
        """Take an address apart.

        Raises
        ------
        UserError
            If it is not usable; the message does not repeat it, since it may hold a secret.
        """
        try:
            parts = urlsplit(url)
            usable = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
            usable = usable and (parts.username is None) == (parts.password is None)
            usable = usable and all("!" <= character <= "~" for character in url)
        except ValueError:
            usable = False
        if not usable:
            raise UserError("a node's address is not usable: give one like http://127.0.0.1:8545 or wss://host/path")
        assert parts.hostname
        headers = {"User-Agent": USER_AGENT}
        if parts.username is not None:
            credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(
            name=f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else ""),
            secure=parts.scheme in ("https", "wss"),
            streams=parts.scheme in ("ws", "wss"),
            host=parts.hostname,
            port=parts.port,
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            headers=headers,
            secrets=frozenset(secret_parts(url)),
        )
