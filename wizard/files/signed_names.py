"""Signed names: the token under which a page carries a pending upload, which belongs to no ticket yet (threats W07)."""

from __future__ import annotations

from collections.abc import Sequence

from itsdangerous import BadSignature

from wizard.values.signing import serializer

PURPOSE = "pending-upload"


def sign(upload_id: str, keys: Sequence[str]) -> str:
    """The signed name of an upload. ``keys`` run from the oldest to the one that signs."""
    name = serializer(keys, PURPOSE).dumps(upload_id)
    return name if isinstance(name, str) else name.decode("ascii")


def unsign(text: str, keys: Sequence[str], max_age: int) -> str | None:
    """The upload of a signed name; None when it is not ours or older than ``max_age`` seconds."""
    try:
        upload_id = serializer(keys, PURPOSE).loads(text, max_age=max_age)
    except (BadSignature, UnicodeError):
        return None
    return upload_id if isinstance(upload_id, str) else None
