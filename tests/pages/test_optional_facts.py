"""What is captured is shown before it is sent, and what is ticked is neither stored nor mailed."""

from __future__ import annotations

import json

from installation import Installation
from sqlalchemy import select
from walker import Page

from wizard.db.models import Ticket

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
REPORTED = {"screen": "390×844 @3x", "time_zone": "Asia/Yekaterinburg"}


def check_page(desk: Installation, **reported: str) -> Page:
    """The check page of a client whose browser reported this."""
    desk.client.options = {"headers": {"User-Agent": AGENT}, "environ_base": {"REMOTE_ADDR": "203.0.113.77"}}
    return desk.filled("pricing_all", **(reported or REPORTED))


def facts(page: Page) -> list[str]:
    """The captured facts that the page shows."""
    return [fact.get_text() for fact in page.soup.select(".captured .fact-text")]


def stored_and_mailed(desk: Installation) -> str:
    """The stored record, then the letter to the desk with its parts decoded."""
    desk.run_worker()
    [(record,)] = desk.query(select(Ticket.record))
    parts = [part.get_content() for part in desk.inbox[0].walk() if part.get_content_type().startswith("text/")]
    [ticket] = [part for part in desk.inbox[0].iter_attachments() if part.get_filename() == "ticket.json"]
    evidence = json.loads(ticket.get_content())["evidence"]
    return json.dumps([json.loads(record)["evidence"], evidence], ensure_ascii=False) + "".join(parts)


def test_everything_captured_is_shown_and_arrives(desk: Installation) -> None:
    check = check_page(desk)
    assert facts(check) == ["203.0.113.77", "Firefox 140", "Windows 10", "390×844 @3x", "Asia/Yekaterinburg"]
    check.submit("send")
    everything = stored_and_mailed(desk)
    assert all(everything.count(fact) >= 4 for fact in facts(check)), everything


def test_what_is_ticked_is_neither_stored_nor_mailed(desk: Installation) -> None:
    check = check_page(desk)
    check.submit("send", {"leave_out": ["ip", "browser", "os", "screen", "time_zone"]})
    everything = stored_and_mailed(desk)
    assert not [fact for fact in [*facts(check), AGENT] if fact in everything]


def test_a_tick_outlives_a_change_of_the_answers(desk: Installation) -> None:
    form = check_page(desk).submit("edit", {"leave_out": ["ip", "screen"]})
    check = form.submit("check", REPORTED)
    ticked = [tick["value"] for tick in check.soup.select("[name=leave_out][checked]")]
    assert ticked == ["ip", "screen"]
    check.submit("send")
    assert not [fact for fact in ("203.0.113.77", "390×844") if fact in stored_and_mailed(desk)]


def test_a_fact_that_was_left_out_and_so_not_told_again_keeps_its_tick(desk: Installation) -> None:
    form = check_page(desk).submit("edit", {"leave_out": ["screen"]})
    check = form.submit("check", {"screen": "", "time_zone": REPORTED["time_zone"]})
    [ticked] = check.soup.select("[name=leave_out][checked]")
    assert ticked["value"] == "screen"


def test_what_a_browser_cannot_have_told_is_not_shown(desk: Installation) -> None:
    check = check_page(desk, screen="<b>large</b>", time_zone="Europe/Atlantis\r\nBcc: x@evil.example")
    assert facts(check) == ["203.0.113.77", "Firefox 140", "Windows 10"]
    assert "Atlantis" not in check.html
