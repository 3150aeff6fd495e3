"""Addresses of accounts and contracts, as people write them."""

from __future__ import annotations

from typing import Any

from eth_utils.address import (
    is_address,
    is_checksum_address,
    is_checksum_formatted_address,
    is_hex_address,
    to_checksum_address,
)


def checked(text: Any) -> str | None:
    """Address with its checksum (EIP-55); None if it is none, or if its capitals show that a digit is wrong."""
    if not isinstance(text, str) or not is_address(text):
        return None
    if is_checksum_formatted_address(text) and not is_checksum_address(text):
        return None
    return str(to_checksum_address(text))


def mistyped(text: str) -> bool:
    """Whether a text is an address but for its capitals, which show that a digit is wrong."""
    return is_hex_address(text) and checked(text) is None
