"""Captured facts in the shape of answers."""

from __future__ import annotations

from wizard.forms.addresses import read_url
from wizard.forms.cleaning import one_line
from wizard.forms.networks import read_ip
from wizard.forms.wording import Unfit
from wizard.tickets.evidence import Evidence


def captured(evidence: Evidence | None, kind: str | None) -> str | None:
    """The fact of this kind (``browser``, ``ip``, ``page``), when it was captured and would do as an answer."""
    if evidence is None or kind is None:
        return None
    if kind == "browser":
        return one_line(", ".join(fact for fact in (evidence.browser, evidence.os) if fact)) or None
    try:
        # An address of one's own network, or a page that is none, helps nobody.
        return read_url(evidence.page or "") if kind == "page" else read_ip(evidence.ip or "")
    except Unfit:
        return None
