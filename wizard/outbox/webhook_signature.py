"""Signatures by the Standard Webhooks scheme (standardwebhooks.com): ``v1,`` and HMAC-SHA256 in base64."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"

KEY_BYTES = range(24, 65)
"""How long a key may be, in bytes."""


def key_of(secret: str) -> bytes:
    """The key that a secret stands for.

    Raises:
        ValueError: it is no secret of this scheme. The text does not repeat it.
    """
    wanted = "must be whsec_ and 24 to 64 random bytes in base64"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(wanted) from None
    if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(wanted)
    return key


def signature(keys: Iterable[bytes], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each key, so that secrets can be changed without a gap."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
