"""Further messages are counted ticket by ticket."""

from __future__ import annotations

from installation import Installation
from sqlalchemy import select

from wizard.db.models import Delivery, FollowUp, Ticket
from wizard.intake.follow_up import add_follow_up


def test_each_ticket_counts_its_own_messages(desk: Installation) -> None:
    receipts = [desk.send("site_down", details=f"Сообщение {n}").address for n in range(3)]
    for n, receipt in enumerate([receipts[1], receipts[2], receipts[1], receipts[0], receipts[1]]):
        token = receipt.split("/tickets/")[1].split("/")[0]
        desk.client.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": f"Ещё подробность {n}"})
    positions = desk.query(select(FollowUp.ticket_number, FollowUp.position).order_by(FollowUp.created_at))
    assert positions == [(100_002, 1), (100_003, 1), (100_002, 2), (100_001, 1), (100_002, 3)]
    of_letters = select(Delivery.ticket_number, Delivery.follow_up).order_by(Delivery.id)
    assert desk.query(of_letters.where(Delivery.kind == "follow_up")) == positions


def test_the_same_message_is_added_once_and_known_again(desk: Installation) -> None:
    desk.send("site_down")
    [ticket] = desk.query(select(Ticket.__table__))
    with desk.app.app_context():
        added = [
            add_follow_up(desk.container, ticket, words, [], verified=True) for words in ("Ещё", "Ещё", "Другое", "Ещё")
        ]
    assert [(message.position, message.repeated) for message in added] == [(1, False), (1, True), (2, False), (1, True)]
