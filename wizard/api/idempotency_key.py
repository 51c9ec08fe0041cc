"""The header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): the same request is accepted once."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any

from flask import request

from wizard.api.problems import Problem
from wizard.api.site_secret import caller_of
from wizard.config.logs import security_event
from wizard.intake.idempotency import Sending
from wizard.tickets.caller import Caller
from wizard.values.random_key import is_random_key
from wizard.web.rate_limits import caller_id

SHORTEST, LONGEST = 8, 255
"""Characters of a key. One of fewer than 128 random bits is the key of its caller alone."""

_KEY = re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}")


def sending_of(body: dict[str, Any]) -> Sending:
    """The sending that the call at hand is. Without a key of its caller's it is known by its content only.

    Raises:
        Problem: the key is malformed.
    """
    key, caller = _key(), caller_of(body.get("site", ""))
    if key is None:
        return Sending(f"api:{secrets.token_urlsafe(16)}", caller=caller)
    # A form's keys have no colon: the two never meet.
    return Sending(
        f"api:{_digest(key)}",
        request=_digest(json.dumps(body, sort_keys=True)),
        caller=caller,
        is_random=is_random_key(key),
    )


def sending_of_follow_up(number: int, body: dict[str, Any], caller: Caller) -> Sending | None:
    """The sending that the call at hand is, to a ticket; None without a key.

    A report and its follow-up may have the same key; two follow-ups may not, whatever their tickets.

    Raises:
        Problem: the key is malformed.
    """
    key = _key()
    if key is None:
        return None
    request_digest = _digest(json.dumps([number, body], sort_keys=True))
    return Sending(
        f"follow-up:{_digest(key)}",
        request=request_digest,
        caller=caller,
        is_random=is_random_key(key),
    )


def key_reused() -> Problem:
    """The answer to a key that has sent another request: nothing of that one."""
    security_event("key_reused", caller=caller_id(), route=request.endpoint)
    return Problem("key_reused")


def _key() -> str | None:
    written = request.headers.get("Idempotency-Key")
    if written is None:
        return None
    # The draft has a string in quotation marks (RFC 8941), and everybody sends it bare.
    key = written[1:-1] if len(written) > 2 and written[0] == written[-1] == '"' else written
    if not _KEY.fullmatch(key):
        raise Problem("malformed", "key", shortest=SHORTEST, longest=LONGEST)
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
