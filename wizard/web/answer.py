"""A whole answer that is made once and given often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Answer:
    """Status, header fields and body."""

    status: int
    headers: Iterable[tuple[str, str]]
    body: bytes = b""

    @cached_property
    def encoded_headers(self) -> list[tuple[bytes, bytes]]:
        """The header fields as ASGI takes them."""
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
