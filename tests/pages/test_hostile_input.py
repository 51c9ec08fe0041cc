"""Whatever is typed comes back as words, is kept, and breaks nothing (threats W05, W07, W12, W16, W17)."""

from __future__ import annotations

import io
import resource
import secrets
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from wizard.db.models import Ticket

SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} %s {0.__class__} #{7*7}",
    "&lt;script&gt;",
]


def is_harmless(html: str) -> bool:
    """No element and no attribute of the page came from what was typed."""
    soup = BeautifulSoup(html, "html5lib")
    scripts = [
        script for script in soup.find_all("script") if script.string or not script["src"].startswith("/static/js/")
    ]
    handlers = [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    return not scripts and not handlers and not soup.find_all("img", src="x") and "alert(1)" not in str(soup.title)


@pytest.mark.parametrize("typed", SCRIPTS)
def test_markup_in_every_field_comes_back_as_words(desk: Installation, typed: str) -> None:
    names = [asked.question.id for asked in desk.catalog.asked(desk.catalog.situations["order_fail"])]
    form = desk.client.get(desk.address("order_fail"))
    answer = form.submit("check", dict.fromkeys(names, typed))
    assert is_harmless(answer.html)
    check = desk.filled("order_fail", steps=typed, as_user=typed[:70], reg_name=typed)
    assert check.status == 200
    assert typed in check.text
    assert is_harmless(check.html)
    receipt = check.submit("send")
    assert is_harmless(receipt.html)
    assert "49" not in receipt.text.replace("100001", "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), name=st.text(max_size=100))
def test_any_text_in_any_field_is_answered_by_a_page(desk: Installation, text: str, name: str) -> None:
    form = desk.client.get(desk.address("site_page_error"))
    names = [asked.question.id for asked in desk.catalog.asked(desk.catalog.situations["site_page_error"])]
    answer = form.submit("check", {**dict.fromkeys(names, text), "reg_name": name})
    assert answer.status in (200, 422)


@pytest.mark.parametrize("typed", ["\ud800", "\x00", "\x0b\x0c\x1c\x85\u2028", "a" * 300_000, "##123456##", "[##7##]"])
def test_signs_that_break_mail_are_kept_from_breaking_it(make_desk: Callable[..., Installation], typed: str) -> None:
    desk = make_desk(HOLD_DOUBTFUL=False)
    data = MultiDict({**desk.example_answers("q_unclear"), "details": f"Текст {typed}"[:3500], "action": "check"})
    data["details"] = data["details"].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    check = desk.client.post(desk.address("q_unclear"), data)
    assert check.status == 200
    check.submit("send")
    desk.run_worker()
    [letter] = desk.inbox
    assert letter["Subject"].count("##") == 2
    assert letter["X-Ticket-Number"] == "100001"


def test_nothing_but_answers_can_be_set_from_outside(desk: Installation) -> None:
    check = desk.filled(
        "q_unclear", number="7", token="mine", priority="high", fast_track="yes", created_at="1999-01-01"
    )
    check.submit("send", {"number": "7", "token": "mine", "priority": "high"})
    [row] = desk.query(select(Ticket.number, Ticket.token, Ticket.priority, Ticket.fast_track))
    assert row.number == 100_001
    assert row.token != "mine"
    assert (row.priority, row.fast_track) == ("normal", False)


def test_thousands_of_guesses_open_no_ticket_and_all_look_the_same(desk: Installation) -> None:
    receipt = desk.send("site_down")
    client = desk.app.test_client()
    pages = {client.get(f"/ru/tickets/{secrets.token_urlsafe(16)}/").data for _ in range(500)}
    pages |= {client.get(f"/ru/tickets/{number}/").data for number in range(99_990, 100_010)}
    assert len(pages) == 1
    token = receipt.address.split("/tickets/")[1].split("/")[0]
    assert len(token) == 22
    for place in (f"/ru/tickets/{token}/files/1/", f"/ru/tickets/{token}x/files/1/", "/ru/tickets/x/follow-up/"):
        assert client.get(place).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {f"field{n}": "x" for n in range(5000)},
        {"details": "x" * 3_000_000},
        {"details": (io.BytesIO(b"x" * 60 * 2**20), "large.txt")},
    ],
    ids=["parts", "field", "file"],
)
def test_a_request_out_of_all_measure_is_refused_with_a_page_that_says_so(desk: Installation, data: dict) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = desk.app.test_client().post(desk.address("q_unclear"), data=data, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "Слишком большая отправка" in answer.text
    # In kB. The request itself was made in this process: its own copies are counted too.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\n", "multipart/form-data"),
        (b"no boundary here", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    ],
)
def test_a_request_of_no_shape_is_answered_by_the_form(desk: Installation, body: bytes, kind: str) -> None:
    answer = desk.app.test_client().post(desk.address("q_unclear"), data=body, content_type=kind)
    assert answer.status_code in (400, 413, 422)
    assert "<h1" in answer.text


def test_far_too_long_a_text_is_answered_by_the_form(desk: Installation) -> None:
    answer = desk.filled("q_unclear", details="а" * 400_000)
    assert answer.status == 422
    assert desk.query(select(func.count()).select_from(Ticket)) == [(0,)]
