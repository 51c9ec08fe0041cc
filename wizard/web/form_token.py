"""The CSRF token of a check page: a single-use key, signed, with its age, its site and its situation (threats W02)."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Iterable

from itsdangerous import BadData, URLSafeTimedSerializer

from wizard.config.settings import Settings
from wizard.intake.idempotency import KEY_LIFETIME
from wizard.values.keyed_digest import SHORT, keyed_digest
from wizard.values.signing import serializer

SEALED = "sealed."
"""How the keys of check pages begin that seal what they show; those of former versions did not."""


def issue(settings: Settings, site: str, situation: str) -> str:
    """A token for a check page, with a new key."""
    return _signer(settings).dumps([SEALED + secrets.token_urlsafe(16), site, situation])


def verify(settings: Settings, token: str, site: str, situation: str) -> str | None:
    """The key of a token, or None when the token is missing, too old, forged or of another form."""
    try:
        key, *form = _signer(settings).loads(token, max_age=int(KEY_LIFETIME.total_seconds()))
    except (BadData, ValueError, TypeError):
        return None
    return key if isinstance(key, str) and form == [site, situation] else None


def age(settings: Settings, token: str) -> float:
    """Seconds since a valid token was issued, with the check page on which it first stood.

    Raises:
        BadData: it is not valid.
    """
    _, issued = _signer(settings).loads(token, return_timestamp=True)
    seconds: float = time.time() - issued.timestamp()
    return seconds


def seal(settings: Settings, key: str, answers: Iterable[tuple[str, str]]) -> str:
    """The seal of what a check page showed, good together with the key of its token.

    Browsers change line ends and blanks on the way; words they do not change.
    """
    return _seal(settings.secret_key, key, answers)


def is_checked(settings: Settings, key: str, answers: Iterable[tuple[str, str]], written: str) -> bool:
    """Whether a check page showed these answers: ``written`` is its seal, made with the present key or a former one.

    Of a page that a former version made nobody knows: it is believed, for the day that its token is good.
    """
    if not key.startswith(SEALED):
        return True
    keys, shown = (settings.secret_key, *settings.secret_key_fallbacks), list(answers)
    seals = [_seal(secret, key, shown).encode() for secret in keys]
    return any(hmac.compare_digest(seal, written.encode(errors="replace")) for seal in seals)


def _seal(secret: str, key: str, answers: Iterable[tuple[str, str]]) -> str:
    written = json.dumps([key, *([name, " ".join(value.split())] for name, value in answers)])
    return keyed_digest(secret, "seal" + written)[:SHORT]


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    # The last key signs; the former ones are still read while keys are rotated.
    return serializer([*settings.secret_key_fallbacks, settings.secret_key], "once")
