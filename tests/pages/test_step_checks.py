"""A script may ask about a form up to a step; the answer is the form, and never a ticket."""

from __future__ import annotations

from typing import Any

from installation import Installation
from sqlalchemy import select
from walker import Page
from werkzeug.datastructures import MultiDict

from wizard.db.models import Ticket


def check(desk: Installation, step: str, action: str = "check", **typed: Any) -> Page:
    """Ask about the form of "no supplier answers" up to a step."""
    return desk.client.post(desk.address("pricing_all"), MultiDict({"action": action, "step": step, **typed}))


def test_only_what_was_asked_so_far_can_be_missing(desk: Installation) -> None:
    page = check(desk, "clarify", site_url="https://detal36.example")
    assert page.status == 422
    assert [link for link in page.links() if link.startswith("#")] == [
        "#content",
        "#suppliers_scope",
        "#article",
        "#brand",
    ]
    assert page.value("site_url") == "https://detal36.example"


def test_a_step_without_faults_is_answered_by_the_form_as_it_was_typed(desk: Installation) -> None:
    answers = desk.example_answers("pricing_all")
    page = check(desk, "clarify", **{id_: answers[id_] for id_ in ("suppliers_scope", "site_url", "article", "brand")})
    assert page.status == 200
    assert page.soup.find("form", class_="report") is not None
    assert page.value("article") == answers["article"]
    assert not page.summary
    assert page.response.headers["Cache-Control"] == "no-store"


def test_a_check_of_a_step_never_sends(desk: Installation) -> None:
    check_page = desk.filled("pricing_all")
    page = check(desk, "identity", action="send", **dict(check_page.inputs()))
    assert page.status == 200
    assert desk.query(select(Ticket.number)) == []


def test_the_check_page_says_which_step_it_is(desk: Installation) -> None:
    assert desk.filled("pricing_all").title == "Шаг 4 из 4. Проверьте и отправьте — Заявка в поддержку"
    assert desk.filled("acc_other").title.startswith("Шаг 3 из 3.")
