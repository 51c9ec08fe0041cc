"""The single-use key of a check page: signed, with its age, its site and its situation."""

from __future__ import annotations

import secrets

from itsdangerous import BadData, URLSafeTimedSerializer

from wizard.config.settings import Settings

LIFETIME = 24 * 3600
"""Seconds that a check page may wait before it is sent."""


def make_key(settings: Settings, site: str, situation: str) -> str:
    """A new key for a check page."""
    return _signer(settings).dumps([secrets.token_urlsafe(16), site, situation])


def read_key(settings: Settings, signed: str, site: str, situation: str) -> str | None:
    """The key, or None when it is missing, too old, forged or of another form."""
    try:
        key, *form = _signer(settings).loads(signed, max_age=LIFETIME)
    except (BadData, ValueError, TypeError):
        return None
    return key if isinstance(key, str) and form == [site, situation] else None


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    # The last key signs; the former ones are still read while keys are rotated.
    return URLSafeTimedSerializer([*settings.secret_key_fallbacks, settings.secret_key], salt="once")
