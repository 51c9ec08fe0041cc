"""``ticket.json``: the ticket for programs. ``ticket.schema.json`` and ``ticket.v1.schema.json`` are published schemas.

Not a member of it opens the ticket's page: what goes to the desk, to a webhook or into the queue may be passed on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from wizard.tickets.report import Attachment, GivenConsent
from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import AnswerSnapshot, TicketSnapshot
from wizard.values.datetimes import iso_utc

Version = Literal[1, 2]

SCHEMA = "urn:zayavka:ticket:{version}"

_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class FollowUpMessage:
    """A further message to the ticket, which a letter brings."""

    position: int
    """1 for the first one."""
    text: str
    created_at: datetime
    verified: bool
    """It came by the ticket's own page, not by number and address."""
    attachments: tuple[Attachment, ...] = ()


def ticket_json(
    snapshot: TicketSnapshot,
    *,
    version: Version = 2,
    verified: bool = False,
    follow_up: FollowUpMessage | None = None,
    similar: Similar | None = None,
) -> dict[str, Any]:
    """The snapshot in the published shape. Answers are as the client gave them, raw; ``reporter`` holds no secret.

    Args:
        version: the shape (``TICKET_JSON_VERSION``); the rest is not in version 1.
        verified: the sender is known to be the client. A follow-up says so itself.
        follow_up: the message that the letter brings; None for the report.
        similar: how many other reports came shortly before; None where nobody counted.
    """
    if version == 1:
        return _version_1(snapshot)
    return {
        **_head(snapshot, version),
        "desk_url": None,
        **_report(snapshot),
        "source": snapshot.source,
        "verified": follow_up.verified if follow_up else verified,
        **_contents(snapshot, with_precision=True),
        "follow_up": follow_up_json(follow_up) if follow_up else None,
        "similar": asdict(similar) if similar else None,
        "probe": None,
        **_consent(snapshot.consent),
    }


def ticket_json_bytes(
    snapshot: TicketSnapshot,
    *,
    version: Version = 2,
    verified: bool = False,
    follow_up: FollowUpMessage | None = None,
    similar: Similar | None = None,
) -> bytes:
    """The same as UTF-8 JSON, one line a key."""
    members = ticket_json(snapshot, version=version, verified=verified, follow_up=follow_up, similar=similar)
    lines = (f'"{key}": {_encode(value)}' for key, value in members.items())
    # A lone surrogate becomes its JSON escape: the file stays valid and nothing raises (threats E03).
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "backslashreplace")


def attachment_json(attachment: Attachment) -> dict[str, Any]:
    """One attachment as programs see it."""
    return {
        "name": attachment.name,
        "type": attachment.type,
        "size": attachment.size,
        "sha256": attachment.sha256,
    }


def _version_1(snapshot: TicketSnapshot) -> dict[str, Any]:
    return {
        **_head(snapshot, 1),
        # Where the address of the ticket's own page stood, which is the client's alone.
        "token_url": snapshot.follow_up_url,
        **_report(snapshot),
        **_contents(snapshot, with_precision=False),
        **_consent(snapshot.consent),
    }


def _head(snapshot: TicketSnapshot, version: Version) -> dict[str, Any]:
    return {
        "$schema": SCHEMA.format(version=version),
        "schema_version": version,
        "catalog": {"id": snapshot.catalog_id, "version": snapshot.catalog_version},
        "number": snapshot.number,
        "tag": snapshot.tag,
        "receipt": snapshot.receipt,
    }


def _report(snapshot: TicketSnapshot) -> dict[str, Any]:
    return {
        "created_at": iso_utc(snapshot.created_at),
        "site": snapshot.site,
        "language": snapshot.language,
        "category": snapshot.category,
        "situation": snapshot.situation,
        "fast_track": snapshot.fast_track,
        "fast_track_rule": snapshot.fast_track_rule,
        "priority": snapshot.priority,
    }


def _contents(snapshot: TicketSnapshot, *, with_precision: bool) -> dict[str, Any]:
    return {
        "reporter": _reporter(snapshot),
        "answers": [_answer(answer, with_precision=with_precision) for answer in snapshot.answers],
        "evidence": _evidence(snapshot),
        "attachments": [attachment_json(attachment) for attachment in snapshot.attachments],
        "advice": list(snapshot.advice),
    }


def _answer(answer: AnswerSnapshot, *, with_precision: bool) -> dict[str, Any]:
    value = answer.value if isinstance(answer.value, str) else list(answer.value)
    members = {"id": answer.id, "label": answer.label, "value": value, "text": answer.text}
    return {**members, "precision": answer.precision} if with_precision else members


def follow_up_json(follow_up: FollowUpMessage) -> dict[str, Any]:
    """A further message as programs see it."""
    return {
        "position": follow_up.position,
        "text": follow_up.text,
        "created_at": iso_utc(follow_up.created_at),
        "verified": follow_up.verified,
        "attachments": [attachment_json(attachment) for attachment in follow_up.attachments],
    }


def _reporter(snapshot: TicketSnapshot) -> dict[str, str | None]:
    reporter = snapshot.reporter
    return {
        "registered_name": reporter.registered_name,
        "registered_email": reporter.registered_email,
        "reply_to": reporter.reply_to,
        "name": reporter.name,
        "phone": reporter.phone,
    }


def _consent(consent: GivenConsent | None) -> dict[str, dict[str, str]]:
    """The member ``consent``, only where one was asked for."""
    if consent is None:
        return {}
    return {"consent": {"version": consent.version, "sha256": consent.sha256, "time": iso_utc(consent.time)}}


def _evidence(snapshot: TicketSnapshot) -> dict[str, str | None]:
    evidence = snapshot.evidence
    return {
        "time": iso_utc(evidence.time),
        "ip": evidence.ip,
        "browser": evidence.browser,
        "os": evidence.os,
        "user_agent": evidence.user_agent,
        "page": evidence.page,
        "screen": evidence.screen,
        "time_zone": evidence.time_zone,
    }
