"""How a web process and the process that reads files speak: a JSON object and some bytes, with their lengths before."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

LENGTHS = struct.Struct(">II")
"""Bytes of the JSON object, and of what follows it."""
LONGEST_HEADER = 64 * 1024
"""Bytes of a JSON object: the summary of a mail is the largest."""


def packed(members: Mapping[str, Any], content: int) -> bytes:
    """What stands before ``content`` bytes."""
    header = json.dumps(members).encode()
    return LENGTHS.pack(len(header), content) + header


def unpacked(header: bytes) -> dict[str, Any]:
    """The members of a header.

    Raises:
        ValueError: it is none.
    """
    members = json.loads(header)
    if not isinstance(members, dict):
        raise ValueError("not an object")
    return members
