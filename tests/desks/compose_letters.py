"""Run by the service's own Python (test_gmime.py): letters as the service composes them, as JSON.

Reads ``{"subjects": [...], "names": [...]}`` and writes ``[{"kind", "subject", "sender", "id", "content"}, ...]``,
the content in base64.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from letters_under_test import DESK, SNAPSHOT, WHEN, attached  # noqa: E402

from wizard.mail.acknowledgement import compose_acknowledgement  # noqa: E402
from wizard.mail.desk_letter import compose_desk_letter  # noqa: E402
from wizard.mail.fallback_letter import compose_fallback  # noqa: E402
from wizard.mail.follow_up_letter import compose_follow_up  # noqa: E402
from wizard.mail.message import Letter, Mailbox  # noqa: E402
from wizard.mail.mime import serialise  # noqa: E402


def letters(subjects: list[str], names: list[str]) -> Iterator[tuple[str, Letter]]:
    """One of each kind, and bare ones with the subjects and senders' names that are given."""
    yield "ticket", compose_desk_letter(SNAPSHOT, DESK, [attached()])
    yield (
        "follow-up",
        compose_follow_up(SNAPSHOT, DESK, "Ещё вот что", follow_up_number=1, created_at=WHEN, verified=True),
    )
    yield "acknowledgement", compose_acknowledgement(SNAPSHOT, DESK, "manager@detal36.example")
    yield "fallback", compose_fallback(replace(SNAPSHOT, number=100002, tag="[##100002##]"), DESK, "fault")
    for position, (subject, name) in enumerate([*((text, "") for text in subjects), *(("s", name) for name in names)]):
        headers = (
            ("From", Mailbox(DESK.sender, name)),
            ("Subject", subject),
            ("Message-ID", f"<bare-{position}@desk.example>"),
        )
        yield f"bare {position}", Letter(headers, "text\n", "", (), DESK.sender, DESK.inbox)


def as_json(kind: str, letter: Letter) -> dict[str, str]:
    """What was meant, and the bytes."""
    headers = dict(letter.headers)
    sender = headers["From"]
    assert isinstance(sender, Mailbox)
    return {
        "kind": kind,
        "subject": str(headers["Subject"]),
        "sender": f"{sender.name} <{sender.address}>" if sender.name else sender.address,
        "id": str(headers["Message-ID"]).strip("<>"),
        "content": b64encode(serialise(letter)).decode("ascii"),
    }


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    json.dump([as_json(kind, letter) for kind, letter in letters(wanted["subjects"], wanted["names"])], sys.stdout)
