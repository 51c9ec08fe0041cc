"""Held letters: what a person sees of them and does with them, and what nothing else does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_client import Caller as Program
from click.testing import Result
from flooding import OFFICE, count, from_address, send, token_of, wait_out_the_hour
from installation import Installation
from smtp_servers import HostileServer
from sqlalchemy import delete, select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket
from wizard.db.models import Installation as InstallationRow
from wizard.intake.retention import sweep
from wizard.mailbox import maildir
from wizard.outbox import held
from wizard.outbox.digest import enqueue_digests

AGENT = {"Authorization": "Bearer a-token-of-the-tests-0123456789"}


@pytest.fixture(autouse=True)
def within_an_hour() -> None:
    """Begin where the hour does not end at once."""
    wait_out_the_hour()


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """One ticket that went to the desk, and two that are held: with acknowledgements and webhooks."""
    where = {}
    if request.param == "postgresql":
        where["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
    tokens = "bot:a-token-of-the-tests-0123456789"
    desk = make_desk(BUDGET_TICKETS_HOUR=1, BUDGET_REFUSED_AT=100, AGENT_TOKENS=tokens, **where)
    for n in range(3):
        token_of(send(desk, f"Сообщение {n}", reg_email=f"client{n}@detal36.example"))
    return desk


def run(desk: Installation, *arguments: str, stdin: str = "") -> Result:
    """A command of the outbox."""
    return desk.app.test_cli_runner().invoke(args=["outbox", *arguments], input=stdin)


def states(desk: Installation, number: int) -> dict[str, str]:
    """The states of a ticket's deliveries by their kind."""
    rows = select(Delivery.kind, Delivery.state).where(Delivery.ticket_number == number)
    return dict(map(tuple, desk.query(rows)))


def test_the_list_says_who_and_why(busy: Installation) -> None:
    lines = run(busy, "held").output.splitlines()
    assert [line.split()[0] for line in lines] == ["100002", "100003"]
    assert "over the hourly limit of one address" in lines[0]
    assert "client1@detal36.example" in lines[0] and "Сообщение 1" in lines[0]
    assert run(busy, "held", "--limit", "1").output.splitlines() == [lines[0], "And 1 more."]
    first: dict[str, Any] = json.loads(run(busy, "held", "--json").output.splitlines()[0])
    assert (first["ticket"], first["held_for"], first["follow_up"]) == (100_002, ["address_hour"], None)
    held = run(busy, "list", "--state", "held").output
    assert held.count("held") == 4, "two letters and two acknowledgements"
    run(busy, "release", "--all")
    assert run(busy, "held").output == "No letter is held.\n"


def test_a_released_ticket_goes_out_with_its_acknowledgement_and_the_other_stays(busy: Installation) -> None:
    busy.run_worker()
    assert run(busy, "release", "100003").output == "1 held letters go out now.\n"
    busy.run_worker()
    to_desk = {letter["X-Ticket-Number"] for letter in busy.inbox}
    assert {"100001", "100003"} <= to_desk and "100002" not in to_desk
    assert [letter["To"] for letter in busy.acknowledgements] == ["client0@detal36.example", "client2@detal36.example"]
    assert states(busy, 100_002) == {"desk": "held", "acknowledgement": "held"} | _digest(busy)


def _digest(desk: Installation) -> dict[str, str]:
    return {"digest": "sent"} if count(desk, Delivery.kind == "digest") else {}


def test_a_number_of_which_nothing_is_held_stops_the_command(busy: Installation) -> None:
    for command in (["release", "100002", "100001"], ["delete", "--yes", "100002", "7"]):
        outcome = run(busy, *command)
        assert outcome.exit_code == 1
        assert outcome.output.count("\n") == 1 and "so nothing was done" in outcome.output
    assert states(busy, 100_002)["desk"] == "held"


def test_a_deleted_one_never_goes_out_and_its_ticket_stays(busy: Installation) -> None:
    assert run(busy, "delete", "100002", stdin="n\n").exit_code == 1
    assert states(busy, 100_002)["desk"] == "held", "whoever is asked may say no"
    assert run(busy, "delete", "100002", "--yes").output == "1 held letters are deleted.\n"
    assert states(busy, 100_002) == {}
    ticket = select(Ticket.state, Ticket.state_by, Ticket.token).where(Ticket.number == 100_002)
    [(state, by, token)] = busy.query(ticket)
    assert (state, by) == ("closed", "flask outbox delete")
    client = busy.app.test_client()
    assert client.get(f"/ru/tickets/{token}/").status_code == 200
    answer = client.post(f"/ru/tickets/{token}/follow-up/", data={"text": "И ещё реклама"}, **from_address(OFFICE))
    assert answer.status_code == 303
    assert states(busy, 100_002) == {"follow_up": "held"}, "and does not come back by its follow-ups"


def test_follow_ups_of_a_held_ticket_wait_and_go_out_with_it(busy: Installation) -> None:
    [(token,)] = busy.query(select(Ticket.token).where(Ticket.number == 100_002))
    client = busy.app.test_client()
    assert client.post(f"/ru/tickets/{token}/follow-up/", data={"text": "Ещё"}, **from_address("203.0.113.99"))
    assert "follow-up to 100002" in run(busy, "held").output
    assert run(busy, "release", "100002").output == "2 held letters go out now.\n"
    busy.run_worker()
    own = [letter for letter in busy.inbox if letter["X-Ticket-Number"] == "100002"]
    assert own[1]["References"] == own[0]["Message-ID"]


def test_nothing_else_touches_what_is_held(busy: Installation) -> None:
    old = datetime.now(UTC) - timedelta(days=6)
    with busy.app.app_context(), writing() as connection:
        aged = {"created_at": old, "due_at": old}
        connection.execute(update(Delivery).where(Delivery.state == "held").values(**aged))
    ids = [str(row.id) for row in busy.query(select(Delivery.id).where(Delivery.state == "held"))]
    run(busy, "retry", *ids)
    run(busy, "retry", "--waiting")
    run(busy, "flush")
    busy.run_worker()
    busy.run_worker()
    assert states(busy, 100_002)["desk"] == "held"
    faults, lanes = busy.watch()
    assert faults == []
    assert [lanes["desk"][name] for name in ("waiting", "late", "dead", "oldest_seconds")] == [0, 0, 0, 0]


def test_one_that_was_held_for_six_days_is_tried_like_a_new_one(
    make_desk: Callable[..., Installation],
) -> None:
    with HostileServer("rcpt_450") as server:
        desk = make_desk(BUDGET_TICKETS_HOUR=1, MAIL_PORT=server.port)
        for n in range(2):
            send(desk, f"Сообщение {n}")
        old = datetime.now(UTC) - timedelta(days=6)
        with desk.app.app_context(), writing() as connection:
            held = update(Delivery).where(Delivery.state == "held")
            connection.execute(held.values(created_at=old, due_at=old, attempts=50))
        run(desk, "release", "--all")
        desk.run_worker()
        assert states(desk, 100_002)["desk"] == "owed"
        assert count(desk, Delivery.state == "dead") == 0
        assert desk.watch()[0] == ["server_refuses"], "late is what waits for ten minutes"


def test_the_two_senses_of_release_do_not_get_in_each_others_way(busy: Installation) -> None:
    assert (
        run(busy, "release").output
        == "Nothing is held back.\n2 letters of tickets are held: flask --app app outbox held\n"
    )
    with busy.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(outbox_held=True))
    assert "They wait for what a restore holds back" in run(busy, "release", "100002").output
    busy.run_worker()
    assert busy.inbox == []
    assert "Released." in run(busy, "release", "--yes").output
    assert states(busy, 100_003)["desk"] == "held", "a restore's release releases no held letter"
    busy.run_worker()
    assert {letter["X-Ticket-Number"] for letter in busy.inbox} >= {"100001", "100002"}


def test_the_agents_queue_leaves_held_tickets_out_unless_it_is_asked_for_them(busy: Installation) -> None:
    agent = Program(busy, **AGENT)

    def numbers(query: str) -> list[int]:
        return [ticket["number"] for ticket in agent.get(f"queue{query}").json["tickets"]]

    assert numbers("") == numbers("?state=open") == [100_001]
    assert numbers("?state=held") == [100_002, 100_003]
    run(busy, "delete", "--yes", "100003")
    run(busy, "release", "100002")
    assert numbers("") == [100_001, 100_002]
    assert numbers("?state=closed") == [100_003]
    assert numbers("?state=held") == []


@pytest.fixture
def sites(tmp_path: Path) -> dict[str, object]:
    """Settings of a site that is told of its tickets."""
    path = tmp_path / "sites.yaml"
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    path.write_text(f"shop: {{webhook: {{url: 'http://127.0.0.1:9/', secrets: [{secret}]}}}}\n")
    return {"SITES": str(path), "WEBHOOK_PRIVATE_ADDRESSES": True}


def test_webhooks_of_held_tickets_wait_with_them(
    make_desk: Callable[..., Installation], sites: dict[str, object]
) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=1, **sites)
    for n in range(2):
        token_of(send(desk, f"Сообщение {n}", site="shop"))
    webhooks = select(Delivery.state).where(Delivery.kind == "ticket.created").order_by(Delivery.id)
    assert desk.query(webhooks) == [("owed",), ("held",)]
    run(desk, "release", "--all")
    assert desk.query(webhooks) == [("owed",), ("owed",)]


def digests(desk: Installation) -> Sequence[Any]:
    """The digests that the desk got."""
    return [letter for letter in desk.inbox if letter["Auto-Submitted"]]


def later(desk: Installation, minutes: float) -> None:
    """Let the hourly work happen so long after the last digest."""
    earlier = datetime.now(UTC) - timedelta(minutes=minutes)
    with desk.app.app_context():
        with writing() as connection:
            connection.execute(update(Delivery).where(Delivery.kind == "digest").values(created_at=earlier))
        sweep(desk.container, datetime.now(UTC))


def test_one_digest_an_hour_names_what_was_not_named_before(busy: Installation) -> None:
    busy.run_worker()
    busy.run_worker()
    [digest] = digests(busy)
    text = digest.get_body(("plain",)).get_content()
    html = digest.get_body(("html",)).get_content()
    assert digest["Subject"] == "Удержанные письма: 2"
    for words in ("100002", "Сообщение 1", "client1@detal36.example", "outbox release 100002", "outbox delete 100002"):
        assert words in text and words in html
    assert "100001" not in text and "tickets/" not in text, "no secret link"
    later(busy, 30)
    assert count(busy, Delivery.kind == "digest") == 1, "nothing is new"
    send(busy, "Сообщение 4")
    later(busy, 30)
    assert count(busy, Delivery.kind == "digest") == 1, "the hour is not over"
    later(busy, 61)
    later(busy, 61)
    busy.run_worker()
    assert [letter["Subject"] for letter in digests(busy)] == ["Удержанные письма: 2", "Удержанные письма: 1"]
    assert "100004" in digests(busy)[1].get_body(("plain",)).get_content()


@pytest.mark.parametrize("how", ["erase", "sweep", "claim"])
def test_a_digest_that_goes_with_an_erased_ticket_leaves_its_others_to_the_next_one(
    busy: Installation, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(busy, "Сообщение 3")
    monkeypatch.setattr("wizard.outbox.digest.MOST_LETTERS", 2)
    with busy.app.app_context():
        enqueue_digests(datetime.now(UTC))
    assert states(busy, 100_002)["digest"] == "owed"
    if how == "erase":
        busy.app.test_cli_runner().invoke(args=["privacy", "erase", "100002", "--yes"])
    else:
        # As if it had been added while its ticket was being erased: whoever comes upon it cancels it.
        with busy.app.app_context(), writing() as connection:
            connection.execute(update(Ticket).where(Ticket.number == 100_002).values(erased_at=datetime.now(UTC)))
            connection.execute(delete(Delivery).where(Delivery.ticket_number == 100_002, Delivery.kind != "digest"))
        if how == "claim":
            busy.run_worker()
    later(busy, 0)
    later(busy, 0)
    busy.run_worker()
    [digest] = digests(busy)
    assert digest["Subject"] == "Удержанные письма: 2"
    text = digest.get_body(("plain",)).get_content()
    assert "100003" in text and "100004" in text and "100002" not in text


def test_a_digest_in_the_local_mailbox_goes_with_the_first_of_its_tickets(busy: Installation) -> None:
    busy.run_worker()
    busy.run_worker()
    mailbox = busy.container.settings.instance_path / "mailbox"
    maildir.prepare(mailbox)
    for letter in busy.sink.received:
        maildir.deliver(mailbox, letter.content)
    [digest] = digests(busy)
    assert len(str(digest["X-Held-Tickets"]).split()) == 2
    busy.app.test_cli_runner().invoke(args=["privacy", "erase", "100003", "--yes"])
    left = [entry.read() for entry in maildir.entries(mailbox)]
    assert left and not any(b"X-Held-Tickets" in letter for letter in left)


def test_without_held_letters_there_is_no_digest(desk: Installation) -> None:
    send(desk, "Сообщение")
    later(desk, 0)
    later(desk, 120)
    assert count(desk, Delivery.kind == "digest") == 0


def test_a_digest_is_tried_again_like_any_letter_and_no_site_is_told_of_its_death(
    make_desk: Callable[..., Installation], sites: dict[str, object]
) -> None:
    with HostileServer("rcpt_550") as server:
        desk = make_desk(BUDGET_TICKETS_HOUR=1, MAIL_PORT=server.port, **sites)
        for n in range(2):
            token_of(send(desk, f"Сообщение {n}", site="shop"))
        desk.run_worker()
        desk.run_worker()
        assert states(desk, 100_002)["digest"] == "dead"
        assert "desk_letters_dead" in desk.watch()[0]
        told = select(Delivery.details).where(Delivery.kind == "delivery.failed")
        kinds = {json.loads(row.details)["kind"] for row in desk.query(told)}
        assert kinds == {"desk", "acknowledgement"}
        server.mode = "good"
        run(desk, "retry")
        desk.run_worker()
        assert states(desk, 100_002)["digest"] == "sent"


def test_a_release_and_a_digest_at_the_same_instant_wait_for_one_another(
    make_desk: Callable[..., Installation], fresh_postgresql: str
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    is_done = threading.Event()

    def release_and_delete() -> None:
        with desk.app.app_context():
            held.release([100_001], datetime.now(UTC))
            held.delete_held([100_001], datetime.now(UTC))
        is_done.set()

    with desk.app.app_context(), writing() as connection:
        held.lock_held(connection)
        thread = threading.Thread(target=release_and_delete)
        thread.start()
        assert not is_done.wait(0.5)
    assert is_done.wait(20)
    thread.join()
