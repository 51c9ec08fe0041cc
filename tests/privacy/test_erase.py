"""What is erased by command is nowhere any more: neither in a table, nor in a file's free space, nor in a mailbox."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_client import Caller
from click.testing import Result
from installation import Installation
from sqlalchemy import func, select, update
from uploads_under_test import stored_keys
from walker import Page

from wizard.db.engine import writing
from wizard.db.models import Delivery, FollowUp, Submission, Ticket, TicketAttachment
from wizard.db.models import Installation as InstallationRow
from wizard.files.storage import key_of
from wizard.intake import accept, erased_files, erasure
from wizard.mailbox import maildir
from wizard.outbox import worker
from wizard.outbox.claim import Claim
from wizard.outbox.email_delivery import compose
from wizard.outbox.leases import Leases
from wizard.pages import follow_up
from wizard.privacy import export
from wizard.tickets import snapshot
from wizard.tickets.erased import TicketErased

Run = Callable[..., Result]
Search = Callable[[Installation, str], list[str]]
Numbers = Callable[[Installation], list[int]]

ADDRESS = "irina@kolesa77.example"
OTHER = "sklad@maslo.example"
SECRET = "Ирина-Закупки-77"
FILE = b"the log of Detal 36, irina@kolesa77.example\n" * 20
ONE = {"reg_email": ADDRESS, "contact_email": ADDRESS, "contact_person": SECRET}


def token_of(page: Page) -> str:
    """The token in a receipt's address."""
    return page.address.split("/tickets/")[1].split("/")[0]


def send_with_file(desk: Installation, content: bytes = FILE, **instead: str) -> str:
    """Send a report with a file; its token."""
    form = desk.client.get(desk.address("site_down"))
    typed = desk.example_answers("site_down", **instead)
    return token_of(form.submit("check", typed, {"files": [("irina.txt", content)]}).submit("send"))


def add_message(desk: Installation, token: str, text: str) -> Page:
    """Add a follow-up from the ticket's page."""
    return desk.client.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": text})


def deliver_here(desk: Installation) -> Path:
    """Put what the desk's server got into the local mailbox too; its folder."""
    mailbox = desk.container.settings.instance_path / "mailbox"
    maildir.prepare(mailbox)
    for letter in desk.sink.received:
        maildir.deliver(mailbox, letter.content)
    return mailbox


def test_an_erased_address_stands_in_no_store_of_the_installation(
    desk: Installation, run: Run, stores_with: Search, numbers: Numbers
) -> None:
    token = send_with_file(desk, **ONE)
    add_message(desk, token, f"Ответьте на {ADDRESS}, {SECRET}")
    desk.run_worker()
    mailbox = deliver_here(desk)
    desk.send("site_down", reg_email=OTHER)
    maildir.deliver(mailbox, f"Subject: of no ticket\r\nTo: {ADDRESS}\r\n\r\n".encode())
    assert len(stores_with(desk, ADDRESS)) >= 3
    done = run(desk, "privacy", "erase", "Irina+nightly@Kolesa77.example", "--yes")
    assert done.exit_code == 0, done.output
    assert "Erased: 1 tickets, 1 files, 1 follow-ups, 3 deliveries, 4 letters of the local mailbox." in done.output
    for text in (ADDRESS, SECRET, "kolesa77", "irina.txt"):
        assert stores_with(desk, text) == [], text
    assert numbers(desk) == [100002]
    assert stores_with(desk, OTHER)


def test_letters_about_others_stay_though_the_address_stands_in_them_unless_mentions_are_meant(
    desk: Installation, run: Run, numbers: Numbers
) -> None:
    desk.send("site_down", reg_email=OTHER, contact_email=OTHER, details=f"Письмо от {ADDRESS} не дошло")
    desk.run_worker()
    mailbox = deliver_here(desk)
    maildir.deliver(mailbox, f"Subject: of no ticket\r\nFrom: Ирина <{ADDRESS}>\r\n\r\n".encode())
    about = f"Message-ID: {desk.inbox[0]['Message-ID']}\r\nCc: {ADDRESS}\r\n\r\n"
    maildir.deliver(mailbox, about.encode())
    kept = len(maildir.entries(mailbox)) - 1
    assert "Erased: 0 tickets" in run(desk, "privacy", "erase", ADDRESS, "--yes").output
    assert len(maildir.entries(mailbox)) == kept == 3
    assert run(desk, "privacy", "erase", ADDRESS, "--mentions", "--yes").exit_code == 0
    assert maildir.entries(mailbox) == [] and numbers(desk) == []


def test_what_stays_of_a_ticket_is_number_category_times_and_counts(either_desk: Installation, run: Run) -> None:
    token = send_with_file(either_desk, **ONE)
    add_message(either_desk, token, "Ещё одно")
    before = either_desk.query(select(Ticket.__table__))[0]
    assert run(either_desk, "privacy", "erase", "[##100001##]", "--yes").exit_code == 0
    [row] = either_desk.query(select(Ticket.__table__))
    same = ("number", "token", "created_at", "site", "language", "category", "situation", "fast_track", "priority")
    assert [getattr(row, name) for name in same] == [getattr(before, name) for name in same]
    assert row.erased_at and row.evidence_erased_at
    left = snapshot.load(row)
    assert left.erased == snapshot.ErasedCounts(files=1, follow_ups=1)
    assert left.subject == snapshot.load(before).subject and left.thread_code == snapshot.load(before).thread_code
    assert snapshot.load(before).subject_line and left.subject_line == left.brief == ""
    assert ADDRESS not in row.record and SECRET not in row.record
    for table in (FollowUp, Submission, TicketAttachment, Delivery):
        assert either_desk.query(select(func.count()).select_from(table)) == [(0,)]
    assert not stored_keys(either_desk)


def test_a_file_that_another_ticket_has_stays_until_that_one_goes(
    either_desk: Installation, run: Run, after_days: Callable[[Installation, float], bool]
) -> None:
    send_with_file(either_desk, b"the same bytes\n", **ONE)
    send_with_file(either_desk, b"the same bytes\n", reg_email=OTHER)
    run(either_desk, "privacy", "erase", ADDRESS, "--yes")
    assert len(stored_keys(either_desk)) == 1
    after_days(either_desk, 0)
    assert len(stored_keys(either_desk)) == 1
    run(either_desk, "privacy", "erase", OTHER, "--yes")
    assert not stored_keys(either_desk)


def test_an_address_is_found_in_every_place_where_somebody_gave_it_as_theirs(
    desk: Installation, run: Run, numbers: Numbers
) -> None:
    desk.send("site_down", reg_email=ADDRESS)
    desk.send("site_down", reg_email=OTHER, contact_email=ADDRESS)
    desk.send("site_down", reg_email=OTHER, details=f"Покупатель {ADDRESS} не получает писем с сайта")
    done = run(desk, "privacy", "erase", ADDRESS, answer="n\n")
    assert done.exit_code == 1 and "This cannot be undone" in done.output
    assert numbers(desk) == [100001, 100002, 100003], "nothing without a yes"
    assert "the address stands in the words of ticket 100003." in done.output
    run(desk, "privacy", "erase", ADDRESS, answer="y\n")
    assert numbers(desk) == [100003]
    assert run(desk, "privacy", "erase", ADDRESS, "--mentions", "--yes").exit_code == 0
    assert numbers(desk) == []


def test_who_is_named_in_an_answer_of_another_person_gets_and_erases_nothing_of_theirs(
    desk: Installation, run: Run, numbers: Numbers, tmp_path: Path
) -> None:
    token = token_of(desk.send("mail_not_received", **ONE, mail_to=f"{ADDRESS}, {OTHER}", mail_from=OTHER))
    refused = run(desk, "privacy", "export", OTHER, "--to", tmp_path / "other")
    assert refused.exit_code == 1 and f"no ticket is of {OTHER}" in refused.output and "100001" in refused.output
    erased = run(desk, "privacy", "erase", OTHER, "--yes")
    assert erased.exit_code == 0 and "Erased: 0 tickets" in erased.output
    assert numbers(desk) == [100001]
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(tombstones_applied=None))
        connection.execute(update(Ticket).values(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    with desk.app.app_context():
        erasure.follow_tombstones(desk.container)
    assert numbers(desk) == [100001], "nor does the tombstone of an address, in a copy that comes back"
    assert run(desk, "privacy", "export", ADDRESS, "--to", tmp_path / "own").exit_code == 0
    exported = (tmp_path / "own" / "data.json").read_text()
    assert OTHER in exported and token not in exported, "no key to the page of a ticket"


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("100009", "there is no ticket 100009"),
        ("somebody", "there is no ticket somebody"),
        ("a@b@c", "is no e-mail address"),
    ],
)
def test_whoever_is_not_there_is_named(desk: Installation, run: Run, whom: str, said: str) -> None:
    done = run(desk, "privacy", "erase", whom, "--yes")
    assert done.exit_code == 1 and said in done.output and done.output.count("\n") == 1


def test_a_receipt_code_names_a_ticket_too(make_desk: Callable[..., Installation], run: Run, numbers: Numbers) -> None:
    desk = make_desk(NUMBERING="desk")
    desk.send("site_down", **ONE)
    [(code,)] = desk.query(select(Ticket.receipt))
    assert run(desk, "privacy", "erase", code.lower(), "--yes").exit_code == 0
    assert numbers(desk) == []
    again = run(desk, "privacy", "erase", code, "--yes")
    assert "ticket 100001 was erased on 20" in again.output


@pytest.mark.parametrize("code", ["ОБР-7K3M-9Q", "ОБР-1234-56", "ОБР-K7Q2-M9", "ОБР-10E5-00"])
def test_all_letters_of_a_receipt_code_go_and_none_of_another(
    make_desk: Callable[..., Installation], run: Run, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    desk = make_desk(NUMBERING="desk")
    for receipt in ("ОБР-7000-00", code):
        monkeypatch.setattr(accept, "new_receipt_code", lambda receipt=receipt: receipt)
        add_message(desk, token_of(desk.send("site_down", **ONE, details=receipt)), "Ещё одно")
    desk.run_worker()
    mailbox = deliver_here(desk)
    letters = len(maildir.entries(mailbox))
    assert letters == 6, "of each ticket a letter, a follow-up and an acknowledgement"
    run(desk, "privacy", "erase", code, "--yes")
    left = [entry.read().decode() for entry in maildir.entries(mailbox)]
    assert len(left) == 3 and all("-700000." in letter for letter in left)


@pytest.mark.parametrize("state", ["owed", "dead", "held"])
def test_a_letter_of_an_erased_ticket_that_was_not_sent_never_is(desk: Installation, run: Run, state: str) -> None:
    desk.send("site_down", **ONE)
    desk.send("site_down", reg_email=OTHER)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.ticket_number == 100001).values(state=state))
    [row] = desk.query(select(Delivery.__table__).where(Delivery.ticket_number == 100001, Delivery.kind == "desk"))
    run(desk, "privacy", "erase", "100001", "--yes")
    claimed = Claim.of(row, token="0" * 32, ends=0.0)
    with desk.app.app_context(), pytest.raises(TicketErased):
        compose(desk.container, claimed)
    run(desk, "outbox", "retry", "--waiting")
    desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in desk.inbox] == ["100002"]


def test_a_letter_that_a_worker_holds_when_its_ticket_is_erased_is_cancelled(
    desk: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send("site_down", **ONE)
    claim_letters = Leases.claim_letters

    def claim_and_erase(leases: Leases, *arguments: object) -> list[Claim]:
        claims = claim_letters(leases, *arguments)  # type: ignore[arg-type]
        if claims:
            with desk.app.app_context(), writing() as connection:
                # As if the letter had been added by a worker just then: the erasure has not seen its row.
                connection.execute(update(Ticket).values(erased_at=datetime.now(UTC)))
        return claims

    monkeypatch.setattr(Leases, "claim_letters", claim_and_erase)
    worker.run(desk.app, threading.Event(), until_idle=True)
    assert desk.inbox == [] and desk.query(select(Delivery.id)) == []


def test_the_pages_of_an_erased_ticket_say_so_kindly(desk: Installation, run: Run) -> None:
    token = send_with_file(desk, **ONE)
    [(file,)] = desk.query(select(TicketAttachment.id))
    form = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    by_number = desk.client.get("/ru/follow-up/")
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    receipt = desk.client.get(f"/ru/tickets/{token}/")
    assert receipt.status == 200 and "Заявка стёрта" in receipt.text and "100001" in receipt.text
    assert desk.client.get(f"/en/tickets/{token}/").title.startswith("This ticket was erased: 100001")
    late = form.submit("send", {"text": "Слова, которые нельзя потерять"})
    assert late.status == 410 and "стёрта" in late.summary
    assert "Слова, которые нельзя потерять" in late.value("text")
    assert desk.client.get(f"/ru/tickets/{token}/follow-up/").title == receipt.title
    refused = by_number.submit("send", {"number": "100001", "address": ADDRESS, "text": "Слова"})
    assert refused.status == 422 and refused.value("text") == "Слова"
    assert desk.client.get(f"/ru/tickets/{token}/files/{file}/").status == 404
    new = desk.client.get(f"/ru/tickets/{token}/new/site/site_down/")
    assert new.status == 200 and ADDRESS not in new.html
    assert desk.query(select(func.count()).select_from(FollowUp)) == [(0,)]


def test_a_message_that_comes_while_its_ticket_is_being_erased_is_refused_with_its_words(
    desk: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = send_with_file(desk, **ONE)
    form = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    ticket_of_token = follow_up.ticket_of_token

    def erase_behind(token: str) -> object:
        ticket = ticket_of_token(token)
        with desk.app.app_context():
            erasure.erase(desk.container, [ticket], datetime.now(UTC))
        return ticket

    monkeypatch.setattr(follow_up, "ticket_of_token", erase_behind)
    late = form.submit("send", {"text": "Слова"})
    assert late.status == 410 and late.value("text") == "Слова"
    assert desk.query(select(func.count()).select_from(FollowUp)) == [(0,)]


def test_programs_see_that_a_ticket_was_erased(make_desk: Callable[..., Installation], run: Run) -> None:
    desk = make_desk(AGENT_TOKENS="anna:a-token-of-more-than-24-signs")
    caller = Caller(desk)
    agent = Caller(desk, Authorization="Bearer a-token-of-more-than-24-signs")
    created = caller.create_ticket(key="c0ffee00-key-of-the-test").get_json()
    path = f"tickets/{created['token']}"
    caller.post(f"{path}/follow-ups", {"text": "more"})
    assert caller.get(path).get_json()["erased_at"] is None
    assert len(agent.get("queue").get_json()["tickets"]) == 1
    run(desk, "privacy", "erase", "100001", "--yes")
    ticket = caller.get(path).get_json()
    assert ticket["erased_at"] and ticket["follow_ups"] == ticket["attachments"] == ticket["deliveries"] == []
    assert ticket["number"] == created["number"] and ticket["situation"] == "site_down"
    refused = caller.post(f"{path}/follow-ups", {"text": "more still"})
    assert refused.status_code == 410 and refused.get_json()["type"].endswith("/erased")
    assert agent.get("queue").get_json()["tickets"] == []
    assert agent.patch("tickets/100001", {"state": "closed"}).status_code == 410


def test_a_webhook_of_an_erased_ticket_is_not_called(desk: Installation, run: Run) -> None:
    desk.send("site_down", **ONE)
    with desk.app.app_context(), writing() as connection:
        connection.execute(
            update(Delivery).where(Delivery.kind == "acknowledgement").values(kind="ticket.created", rank=2)
        )
    run(desk, "privacy", "erase", "100001", "--yes")
    assert desk.query(select(Delivery.id)) == []


def test_lists_and_requeues_live_with_an_erased_ticket(desk: Installation, run: Run) -> None:
    desk.send("site_down", **ONE)
    desk.run_worker()
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    listed = run(desk, "outbox", "list", "--ticket", "100001")
    assert listed.exit_code == 0 and listed.output.count("ticket 100001") == 2 and ADDRESS not in listed.output
    assert [json.loads(line)["state"] for line in run(desk, "outbox", "list", "--json").output.splitlines()] == [
        "sent",
        "sent",
    ]
    assert run(desk, "outbox", "retry").output.startswith("0 letters")
    assert run(desk, "outbox", "flush").exit_code == 0
    desk.run_worker()
    assert len(desk.sink.received) == 2


def test_a_snapshot_that_this_version_cannot_read_is_erased_like_any_other(desk: Installation, run: Run) -> None:
    token = token_of(desk.send("site_down", **ONE))
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(record='{"reporter": {"reply_to": "irina@kolesa77.example"}}'))
    assert run(desk, "privacy", "erase", ADDRESS, "--yes").exit_code == 0
    assert "100001" in desk.client.get(f"/ru/tickets/{token}/").text


def test_while_a_backup_copies_files_the_words_go_at_once_and_the_bytes_with_the_next_sweep(
    desk: Installation, run: Run, after_days: Callable[[Installation, float], bool]
) -> None:
    token = send_with_file(desk, **ONE)
    [(file,)] = desk.query(select(TicketAttachment.id))
    assert desk.client.get(f"/ru/tickets/{token}/files/{file}/").status == 200
    with desk.container.sweep_lock.copying():
        done = run(desk, "privacy", "erase", ADDRESS, "--yes")
        assert "their bytes go when no backup is being made" in done.output
        assert stored_keys(desk) == {key_of(sha256) for (sha256,) in desk.query(select(TicketAttachment.sha256))}
    assert desk.client.get(f"/ru/tickets/{token}/files/{file}/").status == 404
    after_days(desk, 0)
    assert not stored_keys(desk) and desk.query(select(TicketAttachment.id)) == []


def test_bytes_that_somebody_is_just_sending_again_stay(
    desk: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_with_file(desk, b"the same bytes\n", **ONE)
    delete_erased = erased_files.delete_all_erased_files

    def send_first(*arguments: object) -> None:
        form = desk.client.get(desk.address("site_down"))
        form.submit("check", desk.example_answers("site_down"), {"files": [("b.txt", b"the same bytes\n")]})
        delete_erased(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(erased_files, "delete_all_erased_files", send_first)
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    assert len(stored_keys(desk)) == 1


def test_an_export_holds_everything_of_the_address_and_nothing_of_others(
    either_desk: Installation, run: Run, tmp_path: Path
) -> None:
    token = send_with_file(either_desk, **ONE)
    add_message(either_desk, token, "Ещё одно")
    either_desk.send("site_down", reg_email=OTHER, contact_email=OTHER, details=f"Пишет {ADDRESS}")
    either_desk.run_worker()
    done = run(either_desk, "privacy", "export", "IRINA@kolesa77.example", "--to", tmp_path / "data")
    assert done.exit_code == 0, done.output
    assert "1 tickets, 1 files" in done.output and "the words of ticket 100002" in done.output
    [ticket] = json.loads((tmp_path / "data" / "data.json").read_text())["tickets"]
    assert ticket["number"] == 100001 and ticket["reporter"]["reply_to"] == ADDRESS
    assert [message["text"] for message in ticket["follow_ups"]] == ["Ещё одно"]
    assert {delivery["recipient"] for delivery in ticket["deliveries"]} == {ADDRESS, None}
    [file] = ticket["attachments"]
    assert (tmp_path / "data" / file["path"]).read_bytes() == FILE
    assert OTHER not in json.dumps(ticket)
    assert [oct(path.stat().st_mode & 0o077) for path in (tmp_path / "data").rglob("*")] == ["0o0"] * 4


def test_an_export_goes_to_a_zip_and_over_nothing(desk: Installation, run: Run, tmp_path: Path) -> None:
    send_with_file(desk, **ONE)
    path = tmp_path / "data.zip"
    assert run(desk, "privacy", "export", ADDRESS, "--to", path).exit_code == 0
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read(next(name for name in archive.namelist() if name.startswith("files/"))) == FILE
    assert "is there already" in run(desk, "privacy", "export", ADDRESS, "--to", path).output
    assert "not empty" in run(desk, "privacy", "export", ADDRESS, "--to", tmp_path).output
    missing = run(desk, "privacy", "export", OTHER, "--to", tmp_path / "none")
    assert missing.exit_code == 1 and f"no ticket is of {OTHER}" in missing.output
    assert not (tmp_path / "none").exists()


def test_a_snapshot_that_this_version_cannot_read_is_exported_as_it_is_stored(
    desk: Installation, run: Run, tmp_path: Path
) -> None:
    tokens = [token_of(desk.send("site_down", **ONE, details=details)) for details in ("First", "Second")]
    with desk.app.app_context(), writing() as connection:
        stored = {"record": f'{{"reporter": {{"reply_to": "{ADDRESS}"}}}}'}
        connection.execute(update(Ticket).where(Ticket.number == 100001).values(stored))
    done = run(desk, "privacy", "export", ADDRESS, "--to", tmp_path / "data")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "data" / "data.json").read_text()
    unreadable, readable = json.loads(text)["tickets"]
    assert unreadable["number"] == 100001 and ADDRESS in unreadable["record"] and "cannot read" in unreadable["note"]
    assert len(unreadable["deliveries"]) == 2 and readable["number"] == 100002 and "note" not in readable
    assert not any(token in text for token in tokens)


@pytest.mark.parametrize("name", ["data", "data.zip"])
def test_an_export_that_fails_leaves_no_half_behind(
    desk: Installation, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    send_with_file(desk, **ONE)

    def fail(_row: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "ticket_json", fail)
    done = run(desk, "privacy", "export", ADDRESS, "--to", tmp_path / name)
    assert done.exit_code == 1 and "the export was not finished: No space left" in done.output
    assert not (tmp_path / name).exists()
    monkeypatch.undo()
    assert run(desk, "privacy", "export", ADDRESS, "--to", tmp_path / name).exit_code == 0
