"""What is left of a ticket's snapshot when its words, or the traces of its sender's machine, are erased."""

from __future__ import annotations

import json
from typing import Any

from wizard.tickets.columns import of_columns
from wizard.tickets.evidence import Evidence
from wizard.tickets.snapshot import ErasedCounts, Reporter, TicketSnapshot, dump, parse

_TRACES = ("ip", "user_agent")
_PART_OF_ADDRESS = 4
"""Longer beginnings of an IP address tell something of whose it is."""


class TicketErased(Exception):
    """A ticket was erased: nothing can be added to it, and no letter of it be composed."""


def erase_words(ticket: Any, counts: ErasedCounts) -> str:
    """The snapshot of a ticket as JSON, less everything that its sender wrote or their browser told.

    Args:
        ticket: its row; one whose snapshot cannot be read keeps what its columns say.
        counts: how much there was.
    """
    try:
        snapshot = parse(ticket.record)
    except ValueError:
        return dump(of_columns(ticket, counts))
    # Named one by one: what a later version adds to a snapshot is erased unless it is named here too.
    return dump(
        TicketSnapshot(
            catalog_id=snapshot.catalog_id,
            catalog_version=snapshot.catalog_version,
            number=snapshot.number,
            tag=snapshot.tag,
            receipt=snapshot.receipt,
            base_url=snapshot.base_url,
            created_at=snapshot.created_at,
            site=snapshot.site,
            language=snapshot.language,
            category=snapshot.category,
            category_label=snapshot.category_label,
            situation=snapshot.situation,
            situation_label=snapshot.situation_label,
            subject=snapshot.subject,
            client_label=snapshot.client_label,
            fast_track=snapshot.fast_track,
            fast_track_rule=snapshot.fast_track_rule,
            reason=snapshot.reason,
            client_reason=snapshot.client_reason,
            priority=snapshot.priority,
            thread_code=snapshot.thread_code,
            source=snapshot.source,
            **_nothing(ticket, counts),
        )
    )


def erase_traces(record: str) -> str:
    """A snapshot as JSON without the IP address and the User-Agent; of the answers the one that repeats the address.

    Browser, system and time zone in words stay: they are what an agent needs, and thousands share them.

    Raises:
        ValueError: it is no snapshot.
    """
    members = json.loads(record)
    evidence = members["evidence"]
    if ip := evidence.get("ip"):
        members["answers"] = [answer for answer in members["answers"] if answer["value"] != ip]
        for name in ("brief", "subject_line"):
            members[name] = _without(ip, members.get(name, ""))
    evidence.update(dict.fromkeys(_TRACES))
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _without(ip: str, line: str) -> str:
    """The line less an address, even where the line was cut within it."""
    line = line.replace(ip, "…")
    beginnings = (ip[:end] for end in range(len(ip) - 1, _PART_OF_ADDRESS, -1))
    cut = next((beginning for beginning in beginnings if f"{beginning}…" in line), None)
    return line.replace(f"{cut}…", "…") if cut else line


def _nothing(ticket: Any, counts: ErasedCounts) -> dict[str, Any]:
    return {
        "reporter": Reporter(),
        "brief": "",
        "answers": (),
        "not_given": (),
        "evidence": Evidence(time=ticket.created_at),
        "erased": counts,
    }
