"""Captured evidence in the shape of answers."""

from __future__ import annotations

from wizard.tickets.evidence import Evidence
from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import parse_ip
from wizard.values.text import one_line
from wizard.values.url import parse_url


def evidence_answer(evidence: Evidence | None, kind: str | None) -> str | None:
    """The fact of this kind (``browser``, ``ip``, ``page``), when it was captured and would do as an answer."""
    if evidence is None or kind is None:
        return None
    if kind == "browser":
        return one_line(", ".join(fact for fact in (evidence.browser, evidence.os) if fact)) or None
    try:
        # An address of one's own network, or a page that is none, helps nobody.
        return parse_url(evidence.page or "") if kind == "page" else parse_ip(evidence.ip or "")
    except InvalidAnswer:
        return None
