"""Security events are one line each, with ids only, and every name is documented (ASVS 16.3, threats V04, V05)."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from wizard.config.logs import security_event

ROOT = Path(__file__).parents[2]


def test_what_a_client_typed_gets_into_no_line(caplog: pytest.LogCaptureFixture) -> None:
    """Only ids of our own shape are written: no words, line ends, terminal codes, mail or IP addresses."""
    typed = ("two words", "a\r\nb", "\x1b[31m", "ann@firm.example", "203.0.113.7", "2001:db8::1", "10.0.0.0/8", "", "я")
    with caplog.at_level(logging.INFO, "wizard.security"):
        for text in typed:
            security_event("rate_limited", rule="api", caller=text)
        security_event("ticket_held", number=100001, site="shop", route="api.create_ticket", caller=None)
    assert [record.getMessage() for record in caplog.records] == [
        *["rate_limited rule=api caller=?"] * len(typed),
        "ticket_held number=100001 site=shop route=api.create_ticket",
    ]


def test_an_event_has_a_name_and_no_sentence() -> None:
    for name in ("Rate limited", "rate-limited", "", "x\ny"):
        with pytest.raises(ValueError, match="name of a security event"):
            security_event(name)


def test_every_event_stands_in_the_docs() -> None:
    """Whoever watches the log finds there what a name means; the docs name none that is never logged."""
    code = "".join(path.read_text() for path in sorted((ROOT / "wizard").rglob("*.py")))
    logged = set(re.findall(r'security_event\(\s*"([a-z_]+)"', code))
    section = (ROOT / "docs/running.md").read_text().partition("## Security log")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    assert logged
    assert logged == documented
