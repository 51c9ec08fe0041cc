"""``ticket.json``: the ticket for programs. Its published schema is ``wizard/tickets/ticket.schema.json``."""

from __future__ import annotations

import json
from typing import Any

from wizard.tickets.report import Attachment, GivenConsent
from wizard.tickets.snapshot import TicketSnapshot
from wizard.values.datetimes import iso_utc

SCHEMA = "urn:zayavka:ticket:1"
SCHEMA_VERSION = 1

_encode = json.JSONEncoder(ensure_ascii=False).encode


def ticket_json(snapshot: TicketSnapshot) -> dict[str, Any]:
    """The snapshot in the published shape. Values are as the client gave them, raw."""
    return {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "catalog": {"id": snapshot.catalog_id, "version": snapshot.catalog_version},
        "number": snapshot.number,
        "tag": snapshot.tag,
        "receipt": snapshot.receipt,
        "token_url": snapshot.token_url,
        "created_at": iso_utc(snapshot.created_at),
        "site": snapshot.site,
        "language": snapshot.language,
        "category": snapshot.category,
        "situation": snapshot.situation,
        "fast_track": snapshot.fast_track,
        "fast_track_rule": snapshot.fast_track_rule,
        "priority": snapshot.priority,
        "reporter": _reporter(snapshot),
        "answers": [_answer(answer.id, answer.label, answer.value, answer.text) for answer in snapshot.answers],
        "evidence": _evidence(snapshot),
        "attachments": [attachment_json(attachment) for attachment in snapshot.attachments],
        "advice": list(snapshot.advice),
        **({"consent": _consent(snapshot.consent)} if snapshot.consent else {}),
    }


def ticket_json_bytes(snapshot: TicketSnapshot) -> bytes:
    """The same as UTF-8 JSON, one line a key."""
    lines = (f'"{key}": {_encode(value)}' for key, value in ticket_json(snapshot).items())
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


def _answer(id_: str, label: str, value: str | tuple[str, ...], text: str) -> dict[str, Any]:
    return {"id": id_, "label": label, "value": value if isinstance(value, str) else list(value), "text": text}


def _reporter(snapshot: TicketSnapshot) -> dict[str, str | None]:
    reporter = snapshot.reporter
    return {
        "registered_name": reporter.registered_name,
        "registered_email": reporter.registered_email,
        "reply_to": reporter.reply_to,
        "name": reporter.name,
        "phone": reporter.phone,
    }


def _consent(consent: GivenConsent) -> dict[str, str]:
    return {"version": consent.version, "sha256": consent.sha256, "time": iso_utc(consent.time)}


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
