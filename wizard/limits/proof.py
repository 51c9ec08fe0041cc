"""Proof of work: a browser reckons for a moment before it sends, which costs a person nothing and a flood a lot.

The protocol is ALTCHA's (version 2), its server part the library ``altcha``, loaded by the first challenge; the
browser's is ``static/js/proof.js``. The library takes a proof as often as it comes: here each is good for one sending.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wizard.config.logs import place_of
from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.db.models import UsedChallenge

log = logging.getLogger(__name__)

LIFETIME = timedelta(hours=1)
"""How long a challenge is good: as long as somebody may look at the check page."""

PREFIX = "00"
"""What a derived key must begin with: 256 tries on average, each of ``proof_of_work_cost`` rounds."""

LONGEST = 4000
"""Characters of a proof; a longer one is none."""


def new_challenge(settings: Settings, now: datetime) -> str:
    """A challenge as JSON, signed. ``proof_of_work_cost`` must not be 0."""
    import altcha

    challenge = altcha.create_challenge(
        "PBKDF2/SHA-256",
        settings.proof_of_work_cost,
        key_prefix=PREFIX,
        expires_at=now + LIFETIME,
        hmac_secret=_key(settings.secret_key),
    )
    return json.dumps(challenge.to_dict())


def accept_proof(settings: Settings, proof: str, now: datetime) -> bool:
    """Whether work was done for this sending. A proof is good once; where that cannot be stored, it is not good."""
    if not proof or len(proof) > LONGEST or not settings.proof_of_work_cost:
        return False
    import altcha

    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    try:
        if not any(altcha.verify_solution(proof, _key(key)).verified for key in keys):
            return False
        signature = json.loads(b64decode(proof))["challenge"]["signature"]
    except (ValueError, TypeError, KeyError, AttributeError, NotBase64, OverflowError, RecursionError):
        return False
    return _is_first_use(signature, now)


def _is_first_use(signature: str, now: datetime) -> bool:
    row = {"id": signature, "expires_at": now + LIFETIME}
    try:
        with writing() as connection:
            connection.execute(insert(UsedChallenge), row)
    except IntegrityError:
        return False
    except SQLAlchemyError as fault:
        log.error("proof of work not stored: %s", place_of(fault))
        return False
    return True


def forget_used_challenges(now: datetime) -> None:
    """Delete what would be refused for its age anyway."""
    with writing() as connection:
        connection.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < now))


def _key(secret: str) -> bytes:
    """A key for this purpose alone."""
    return hmac.new(secret.encode(), b"proof of work", hashlib.sha256).digest()
