"""What nothing that is told may hold: the secret parts of addresses."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

HIDDEN: Final = "***"
LONG: Final = 8
"""Characters from which on a part is hidden inside of words too; shorter ones only where they stand alone."""


class Secrets:
    """Texts that are not to be told, whoever tells them: a node may repeat the address it was asked at.

    Parameters
    ----------
    parts : iterable of str
        The texts; each is hidden with any of its characters written as they are, with a percent sign, or as JSON may.
    """

    def __init__(self, parts: Iterable[str]) -> None:
        self.parts = frozenset(part for part in parts if part)
        plain = sorted({unquote(part) for part in self.parts}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, plain)), re.IGNORECASE) if plain else None

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets(self.parts | other.parts)

    def hide(self, text: str) -> str:
        """Text without them."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text

    def hidden(self, value: Any) -> Any:
        """Value, of the kinds JSON knows, whose texts are without them."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {self.hidden(k): self.hidden(v) for k, v in value.items()}
        return [self.hidden(v) for v in value] if isinstance(value, list | tuple) else value


def _pattern(secret: str) -> str:
    pattern = "".join(map(_character, secret))
    return pattern if len(secret) >= LONG else rf"(?<!\w){pattern}(?!\w)"


def _character(character: str) -> str:
    """Pattern of a character in all ways an address or JSON may write it, percent signs encoded again included."""
    encoded = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="surrogatepass"))
    ways = [re.escape(character), encoded, rf"\\u{ord(character):04x}", rf"\\{re.escape(character)}"]
    return f"(?:{'|'.join([*ways, *([re.escape('+')] if character == ' ' else [])])})"


def secret_parts(url: str) -> set[str]:
    """Find what may be secret in the address of a node: user, password, all of the path, values of the query.

    Names of values are not, and where there is no value the name is one.
    """
    parts = urlsplit(url)
    user, password = parts.username or "", parts.password or ""
    basic = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode() if user or password else ""
    pieces = re.split("[/;&?#]", f"{parts.path}?{parts.query}#{parts.fragment}")
    return {user, password, basic, *(value if given else name for name, given, value in map(_pair, pieces))} - {""}


def _pair(piece: str) -> tuple[str, str, str]:
    return piece.partition("=")
