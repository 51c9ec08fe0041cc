"""Signatures of what pages carry and bring back: HMAC with SHA-256, the time in it, keys that can be changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from itsdangerous import URLSafeTimedSerializer

_FORMER: dict[str, Any] = {"digest_method": hashlib.sha1}


def serializer(keys: Sequence[str], purpose: str) -> URLSafeTimedSerializer:
    """Sign and verify for one purpose: what was signed for another is not ours.

    ``keys`` run from the oldest to the one that signs; all of them are believed, so that a key can be changed under
    open pages.
    """
    return URLSafeTimedSerializer(
        list(keys),
        salt=purpose,
        signer_kwargs={"digest_method": hashlib.sha256},
        # What a former version signed, by SHA-1, was good for a day: a page open during an upgrade keeps its files.
        fallback_signers=[_FORMER],
    )
