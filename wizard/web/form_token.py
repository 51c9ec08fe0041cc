"""The CSRF token of a check page: a single-use key, signed, with its age, its site and its situation (threats W02)."""

from __future__ import annotations

import secrets

from itsdangerous import BadData, URLSafeTimedSerializer

from wizard.config.settings import Settings
from wizard.intake.idempotency import KEY_LIFETIME
from wizard.values.signing import serializer


def issue(settings: Settings, site: str, situation: str) -> str:
    """A token for a check page, with a new key."""
    return _signer(settings).dumps([secrets.token_urlsafe(16), site, situation])


def verify(settings: Settings, token: str, site: str, situation: str) -> str | None:
    """The key of a token, or None when the token is missing, too old, forged or of another form."""
    try:
        key, *form = _signer(settings).loads(token, max_age=int(KEY_LIFETIME.total_seconds()))
    except (BadData, ValueError, TypeError):
        return None
    return key if isinstance(key, str) and form == [site, situation] else None


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    # The last key signs; the former ones are still read while keys are rotated.
    return serializer([*settings.secret_key_fallbacks, settings.secret_key], "once")
