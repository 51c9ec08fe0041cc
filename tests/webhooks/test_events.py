"""Webhook events, enqueued in the same transaction as what happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from claims import claim_due
from endpoints import Endpoint
from jsonschema import Draft202012Validator
from smtp_servers import HostileServer, Sink
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from webhook_installation import Shops, event_of, is_accepted

from wizard.db.models import Delivery, Ticket
from wizard.intake.accept import Unavailable
from wizard.outbox import crashes, queue
from wizard.outbox.webhook_events import enqueue_event

SCHEMAS = Path(__file__).parents[2] / "wizard" / "tickets"
SCHEMA = json.loads((SCHEMAS / "ticket.schema.json").read_text("utf-8"))


def test_a_report_that_came_through_a_site_is_an_event_as_programs_read_tickets(
    make_shop: Callable[..., Shops],
) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url)
        form = shop.client.get(shop.address("site_down") + "?site=shop")
        form.submit("check", shop.example_answers("site_down")).submit("send")
        shop.run_worker()
        [call] = endpoint.calls
    assert is_accepted(call)
    assert call.path == "/hook"
    assert call.headers["Content-Type"] == "application/json"
    event = event_of(call)
    assert event.keys() == {"type", "timestamp", "data"}
    assert event["type"] == "ticket.created"
    assert datetime.fromisoformat(event["timestamp"]) == datetime.fromisoformat(event["data"]["created_at"])
    Draft202012Validator(SCHEMA).validate(event["data"])
    [letter] = shop.inbox
    attached = next(part for part in letter.iter_attachments() if part.get_filename() == "ticket.json")
    # The letter may say besides how many others report the same.
    assert event["data"] == {**json.loads(attached.get_content()), "similar": None}
    assert event["data"]["site"] == "shop"


def test_no_event_says_how_many_others_report_the_same(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"events": ["ticket.created"]})
        shop.report(count=3)
        shop.run_worker()
        events = [event_of(call) for call in endpoint.calls]
    assert [event["data"]["similar"] for event in events] == [None, None, None]


def test_an_event_is_told_in_the_version_that_is_set(make_shop: Callable[..., Shops]) -> None:
    schema = json.loads((SCHEMAS / "ticket.v1.schema.json").read_text("utf-8"))
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"events": ["ticket.created"]}, TICKET_JSON_VERSION=1)
        shop.report()
        shop.run_worker()
        [call] = endpoint.calls
    fields = event_of(call)["data"]
    Draft202012Validator(schema).validate(fields)
    assert fields["token_url"] == "http://127.0.0.1:8000/ru/follow-up/"


def test_no_event_holds_a_secret_that_was_typed(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"events": ["ticket.created", "ticket.follow_up"]})
        form = shop.client.get(shop.address("site_down") + "?site=shop")
        answers = shop.example_answers("site_down", contact_name="Андрей, пароль: Qwerty-77xz")
        receipt = form.submit("check", answers).submit("send")
        message = shop.client.get(receipt.address.partition("?")[0] + "follow-up/")
        message.submit("send", {"text": "пароль: Qwerty-77xz"})
        shop.run_worker()
        bodies = [json.dumps(event_of(call), ensure_ascii=False) for call in endpoint.calls]
    assert len(bodies) == 2
    assert all("пароль: ***" in body and "Qwerty-77xz" not in body for body in bodies)


def test_a_further_message_is_an_event_with_its_files(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"events": ["ticket.follow_up"]})
        form = shop.client.get(shop.address("site_down") + "?site=shop")
        receipt = form.submit("check", shop.example_answers("site_down")).submit("send")
        message = shop.client.get(receipt.address.partition("?")[0] + "follow-up/")
        message.submit("send", {"text": "Ещё одна подробность"}, {"files": [("more.txt", b"A file for support\n")]})
        shop.run_worker()
        [call] = endpoint.calls
    assert is_accepted(call)
    assert event_of(call)["type"] == "ticket.follow_up"
    data = event_of(call)["data"]
    [file] = data.pop("attachments")
    assert (file["name"], file["size"]) == ("more.txt", 19)
    assert data == {
        "number": 100_001,
        "receipt": None,
        "site": "shop",
        "position": 1,
        "text": "Ещё одна подробность",
        "verified": True,
    }


def test_a_letter_that_the_server_refused_is_an_event_once_for_each_death(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint, HostileServer("rcpt_550") as server:
        shop = make_shop(endpoint.url, webhook={"events": ["delivery.failed"]}, MAIL_PORT=server.port)
        shop.report()
        shop.run_worker()
        [call] = endpoint.calls
        assert is_accepted(call)
        assert event_of(call)["type"] == "delivery.failed"
        data = event_of(call)["data"]
        reason = data.pop("reason")
        assert "550 5.1.1 no such mailbox" in reason
        assert data == {
            "number": 100_001,
            "receipt": None,
            "site": "shop",
            "kind": "desk",
            "follow_up": 0,
            "recipient": "support@desk.example",
            "attempts": 1,
        }
        shop.app.test_cli_runner().invoke(args=["outbox", "retry"])
        shop.run_worker()
        first, second = endpoint.calls
        assert first.id != second.id, "it died twice"
        assert event_of(second)["data"]["attempts"] == 2


def test_a_worker_that_lost_its_lease_tells_nobody_of_a_death(make_shop: Callable[..., Shops]) -> None:
    shop = make_shop("http://127.0.0.1:9/hook", webhook={"events": ["delivery.failed"]})
    shop.report()
    now, lease = datetime.now(UTC), timedelta(minutes=5)
    with shop.app.app_context():
        [slow] = claim_due(now, 1)
        crashes.free_ended_leases(shop.container, now + lease)
        [holder] = claim_due(now + lease, 1)
        queue.mark_dead(slow, shop.container, "550 no such mailbox", now + lease)
        assert shop.webhooks == []
        queue.mark_dead(holder, shop.container, "550 no such mailbox", now + lease)
    assert [row.kind for row in shop.webhooks] == ["delivery.failed"]


def test_each_dead_letter_of_a_ticket_is_an_event(make_shop: Callable[..., Shops]) -> None:
    refusals = {"support@desk.example": "550 5.1.1 no", "zakaz@detal36.example": "550 5.1.1 no"}
    with Endpoint() as endpoint, Sink(refuse=refusals) as sink:
        shop = make_shop(endpoint.url, webhook={"events": ["delivery.failed"]}, MAIL_PORT=sink.port)
        form = shop.client.get(shop.address("site_down") + "?site=shop")
        answers = shop.example_answers("site_down", contact_email="")
        form.submit("check", answers).submit("send")
        shop.run_worker()
        kinds = [event_of(call)["data"]["kind"] for call in endpoint.calls]
    assert kinds == ["desk", "acknowledgement"]


def test_a_letter_too_old_to_be_tried_again_is_an_event(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint, HostileServer("mail_451") as server:
        shop = make_shop(
            endpoint.url, webhook={"events": ["delivery.failed"]}, MAIL_PORT=server.port, OUTBOX_GIVE_UP_AFTER=1
        )
        shop.report()
        for _ in range(3):
            shop.make_due()
            shop.run_worker()
        [call] = endpoint.calls
    assert event_of(call)["data"]["reason"].startswith("MAIL FROM: 451")


def test_a_dead_webhook_is_no_event(make_shop: Callable[..., Shops]) -> None:
    with Endpoint(410) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        assert [(row.kind, row.state) for row in shop.webhooks] == [("ticket.created", "dead")]


def test_a_site_gets_only_events_that_it_subscribes_to(make_shops: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        webhook = {"url": endpoint.url, "secrets": ["whsec_" + "QUJD" * 10], "events": ["ticket.follow_up"]}
        shops = make_shops({"shop": {"webhook": webhook}, "plain": {}})
        for site in ("shop", "plain", "", "unknown"):
            shops.report(site)
        shops.run_worker()
        assert shops.webhooks == []
        assert endpoint.calls == []
    assert len(shops.inbox) == 4


def test_under_the_desks_numbering_no_number_of_ours_is_sent(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, NUMBERING="desk")
        shop.report()
        shop.run_worker()
        data = event_of(endpoint.calls[0])["data"]
    assert data["number"] is None
    assert data["receipt"].startswith("ОБР-")


def test_a_report_that_was_not_stored_is_no_event(
    make_shop: Callable[..., Shops], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop("http://127.0.0.1:9/hook")

    def fails_afterwards(*arguments: object, **named: object) -> None:
        enqueue_event(*arguments, **named)  # type: ignore[arg-type]
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    monkeypatch.setattr("wizard.intake.accept.enqueue_event", fails_afterwards)
    with pytest.raises(Unavailable):
        shop.report()
    assert shop.webhooks == []
    assert shop.query(select(func.count()).select_from(Ticket)) == [(0,)]
    assert shop.query(select(func.count()).select_from(Delivery)) == [(0,)]


def test_a_client_sees_nothing_of_webhooks(make_shop: Callable[..., Shops]) -> None:
    shop = make_shop("http://127.0.0.1:9/hook")
    form = shop.client.get(shop.address("site_down") + "?site=shop")
    receipt = form.submit("check", shop.example_answers("site_down")).submit("send")
    assert receipt.status == 200
    shop.run_worker()
    again = shop.client.get(receipt.address)
    assert again.status == 200
    assert "ticket.created" not in again.text and "127.0.0.1:9" not in again.text


def test_people_see_webhooks_beside_letters_and_readiness_stays_green(make_shop: Callable[..., Shops]) -> None:
    with Endpoint(410) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        faults, lanes = shop.watch()
        assert (faults, lanes["webhooks"]["waiting"], lanes["webhooks"]["dead"]) == ([], 1, 0)
        shop.run_worker()
        faults, lanes = shop.watch()
        assert (faults, lanes["webhooks"]["waiting"], lanes["webhooks"]["dead"]) == ([], 0, 1)
        commands = shop.app.test_cli_runner()
        listed = commands.invoke(args=["outbox", "list", "--state", "dead"]).output
        assert "ticket.created" in listed and "ticket 100001  to shop" in listed and "410" in listed
        endpoint.answer = 200
        assert commands.invoke(args=["outbox", "retry"]).output == "1 letters are owed again.\n"
        shop.run_worker()
        assert [row.state for row in shop.webhooks] == ["sent"]
