"""The ticket that the OpenAPI document shows to agents, in the version of ``ticket.json`` that is in use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, full_label
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import AnswerSnapshot, Reporter, TicketSnapshot
from wizard.tickets.ticket_json import Version, ticket_json


def example_ticket(
    catalog: Catalog,
    language: str,
    base_url: str,
    report: Mapping[str, Any],
    file: Mapping[str, Any],
    evidence: Mapping[str, Any],
    version: Version,
) -> dict[str, Any]:
    """``ticket.json`` of a report with one file."""
    situation = catalog.situations[report["situation"]]
    category = catalog.category_of[situation.id]
    snapshot = TicketSnapshot(
        catalog_id=catalog.id,
        catalog_version=catalog.version,
        number=100_001,
        tag="[##100001##]",
        receipt=None,
        base_url=base_url,
        created_at=datetime.fromisoformat(evidence["time"]),
        site="",
        language=language,
        category=category.id,
        category_label=in_language(category.label, language),
        situation=situation.id,
        situation_label=in_language(situation.label, language),
        subject="",
        client_label=full_label(category, situation, language),
        fast_track=False,
        fast_track_rule=None,
        reason="",
        client_reason="",
        priority=situation.priority,
        reporter=Reporter(registered_name="Sokolov Auto Parts", reply_to="name@company.example"),
        brief="",
        answers=_answers(catalog, language, report),
        not_given=(),
        evidence=Evidence(
            datetime.fromisoformat(evidence["time"]),
            evidence["ip"],
            evidence["browser"],
            evidence["os"],
            "Mozilla/5.0 …",
            screen="1920×1080",
        ),
        attachments=(Attachment("", file["name"], file["type"], file["size"], file["sha256"]),),
    )
    return ticket_json(snapshot, version=version)


def _answers(catalog: Catalog, language: str, report: Mapping[str, Any]) -> tuple[AnswerSnapshot, ...]:
    return tuple(
        AnswerSnapshot(
            id_,
            in_language(catalog.questions[id_].label, language),
            tuple(value) if isinstance(value, list) else value,
            str(value),
            precision="minute" if catalog.questions[id_].type == "datetime" else None,
        )
        for id_, value in report["answers"].items()
        if id_ in catalog.questions
    )
