"""Signatures by the Standard Webhooks scheme (standardwebhooks.com): ``v1,`` and HMAC-SHA256 in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def signature(keys: Iterable[bytes], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each key, so that secrets can be changed without a gap."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
