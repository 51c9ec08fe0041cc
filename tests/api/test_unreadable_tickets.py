"""One ticket that this version cannot read stops nobody: not the queue, not its client, not its follow-ups."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from api_client import Caller
from installation import Installation
from sqlalchemy import update

from wizard.db.engine import writing
from wizard.db.models import Ticket

TOKEN = "a-token-of-the-tests-0123456789"


def make_unreadable(desk: Installation, number: int) -> None:
    """As if another version had written the ticket's snapshot."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).where(Ticket.number == number).values(record='{"x":1}'))


def test_the_queue_goes_on_and_marks_it_and_agents_can_close_it(agent: Caller) -> None:
    for name in ("Detal 36", "Kolesa 77"):
        assert agent.create_ticket("q_unclear", answers={"reg_name": name}).status_code == 201
    make_unreadable(agent.desk, 100_001)
    answer = agent.get("queue")
    assert answer.status_code == 200
    unreadable, readable = answer.json["tickets"]
    assert (unreadable["number"], unreadable["ticket"], unreadable["state"]) == (100_001, None, "open")
    assert readable["ticket"]["number"] == 100_002
    assert agent.patch("tickets/100001", {"state": "closed"}).json["ticket"] is None


@pytest.mark.parametrize("numbering", ["wizard", "desk"])
@pytest.mark.parametrize("has_address", [True, False])
def test_its_client_sees_what_is_known_and_can_add_to_it(
    make_desk: Callable[..., Installation], numbering: str, has_address: bool
) -> None:
    desk = make_desk(NUMBERING=numbering)
    api, contact = Caller(desk), "zakaz@detal36.example" if has_address else ""
    receipt = desk.send("site_down", reg_email="", contact_email=contact)
    address, token = receipt.address.partition("?")[0], receipt.address.split("/tickets/")[1].partition("/")[0]
    known = api.get(f"tickets/{token}").json
    make_unreadable(desk, 100_001)
    told = api.get(f"tickets/{token}")
    assert told.status_code == 200
    lost = {"queue_reason", "fast_track_rule"}
    assert {name: value for name, value in told.json.items() if name not in lost} == {
        name: value for name, value in known.items() if name not in lost
    }
    page = desk.client.get(address)
    assert page.status == 200 and known["label"] in page.text and (known["tag"] or known["receipt"]) in page.text
    # Nobody knows any more whether the client has an address to be answered at.
    assert "не придёт" not in page.text and "придёт на Ваш адрес" not in page.text and "не указан" not in page.text
    added = desk.client.get(f"{address}follow-up/").submit("send", {"text": "И вот ещё что"})
    assert added.status == 200 and "И вот ещё что" in added.text
    assert desk.client.get(f"{address}new/site/site_down/").status == 200
