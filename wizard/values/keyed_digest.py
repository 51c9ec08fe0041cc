"""Digests by which the same is known again, and which say to nobody without the key what it is."""

from __future__ import annotations

import hashlib
import hmac

SHORT = 32
"""Hexadecimal digits of a digest in a column of its own: 128 bits."""


def keyed_digest(secret_key: str, text: str) -> str:
    """HMAC with SHA-256 of a text, in 64 hexadecimal digits. ``text`` begins with what the digest is for."""
    return hmac.new(secret_key.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
