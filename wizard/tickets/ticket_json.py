"""``ticket.json``: the ticket for programs. Its published schema is ``wizard/tickets/ticket.schema.json``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import TicketSnapshot

SCHEMA = "urn:zayavka:ticket:1"
SCHEMA_VERSION = 1

_encode = json.JSONEncoder(ensure_ascii=False).encode


def ticket_json(record: TicketSnapshot) -> dict[str, Any]:
    """The record in the published shape. Values are as the client gave them, raw."""
    return {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "catalog": {"id": record.catalog_id, "version": record.catalog_version},
        "number": record.number,
        "tag": record.tag,
        "receipt": record.receipt,
        "token_url": record.token_url,
        "created_at": _moment(record.created_at),
        "site": record.site,
        "language": record.language,
        "category": record.category,
        "situation": record.situation,
        "fast_track": record.fast_track,
        "fast_track_rule": record.fast_track_rule,
        "priority": record.priority,
        "reporter": _reporter(record),
        "answers": [_answer(answer.id, answer.label, answer.value, answer.text) for answer in record.answers],
        "evidence": _evidence(record),
        "attachments": [attachment_json(attachment) for attachment in record.attachments],
        "advice": list(record.advice),
    }


def ticket_json_bytes(record: TicketSnapshot) -> bytes:
    """The same as UTF-8 JSON, one line a key."""
    lines = (f'"{key}": {_encode(value)}' for key, value in ticket_json(record).items())
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


def _reporter(record: TicketSnapshot) -> dict[str, str | None]:
    reporter = record.reporter
    return {
        "registered_name": reporter.registered_name,
        "registered_email": reporter.registered_email,
        "reply_to": reporter.reply_to,
        "name": reporter.name,
        "phone": reporter.phone,
    }


def _evidence(record: TicketSnapshot) -> dict[str, str | None]:
    evidence = record.evidence
    return {
        "time": _moment(evidence.time),
        "ip": evidence.ip,
        "browser": evidence.browser,
        "os": evidence.os,
        "user_agent": evidence.user_agent,
        "page": evidence.page,
        "screen": evidence.screen,
        "time_zone": evidence.time_zone,
    }


def _moment(moment: datetime) -> str:
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
