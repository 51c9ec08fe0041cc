"""Proof of work: a browser reckons for a moment before it sends, which costs a person nothing and a flood a lot.

The protocol is ALTCHA's (version 2), its server part the library ``altcha``, loaded by the first challenge; the
browser's is ``static/js/proof.js``. The library takes a proof as often as it comes: here each is good for one sending.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, text

from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.db.models import UsedChallenge, UtcTime
from wizard.tickets.caller import Caller

LIFETIME = timedelta(hours=1)
"""How long a challenge is good: as long as somebody may look at the check page."""

PREFIX = "00"
"""What a derived key must begin with: 256 tries on average, each of ``proof_of_work_cost`` rounds."""

LONGEST = 4000
"""Characters of a proof; a longer one is none."""

# One text for both databases. A conflict is an answer here, and no error of the transaction.
_USE = text(
    "INSERT INTO used_challenges (id, expires_at) VALUES (:id, :expires_at) ON CONFLICT (id) DO NOTHING"
).bindparams(bindparam("expires_at", type_=UtcTime))


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


def verify_proof(settings: Settings, proof: str) -> str | None:
    """The challenge that a proof solves; None where it solves none. Whether it was used before, ``use_proof`` knows."""
    if not proof or len(proof) > LONGEST or not settings.proof_of_work_cost:
        return None
    import altcha

    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    try:
        if not any(altcha.verify_solution(proof, _key(key)).verified for key in keys):
            return None
        return str(json.loads(b64decode(proof))["challenge"]["signature"])
    except (ValueError, TypeError, KeyError, AttributeError, NotBase64, OverflowError, RecursionError):
        return None


def use_proof(connection: Connection, caller: Caller, now: datetime) -> Caller:
    """Let a caller have worked, if the challenge that it has solved was not used before.

    Part of the transaction that stores what is sent: a sending that fails uses up nothing.
    """
    if caller.challenge is None:
        return caller
    row = {"id": caller.challenge, "expires_at": now + LIFETIME}
    return replace(caller, has_worked=connection.execute(_USE, row).rowcount == 1)


def forget_used_challenges(now: datetime) -> None:
    """Delete what would be refused for its age anyway."""
    with writing() as connection:
        connection.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < now))


def _key(secret: str) -> bytes:
    """A key for this purpose alone."""
    return hmac.new(secret.encode(), b"proof of work", hashlib.sha256).digest()
