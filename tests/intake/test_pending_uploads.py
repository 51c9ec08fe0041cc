"""Uploads: the same bytes once, the day's allowance by what arrived, no ticket with a file that is not there."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from api_client import Caller, errors_of
from installation import Installation
from smtp_servers import Sink
from sqlalchemy import delete, event, func, select, update
from uploads_under_test import age, age_uploads, stored_keys, upload

from app import create_app
from wizard.db.engine import db, writing
from wizard.db.models import FollowUp, PendingUpload, Ticket, TicketAttachment, UploadUsage
from wizard.files.inspection import FileRefused
from wizard.files.signed_names import sign
from wizard.files.storage import FileStore
from wizard.intake import retention, upload_quota
from wizard.intake.ownership import claim_files
from wizard.intake.retention import sweep
from wizard.intake.upload_quota import EVERYBODY, lock_uploads
from wizard.intake.uploads import signed_name
from wizard.tickets.report import Attachment

LOG = b"11:05 slow\n" * 100


def name_of(desk: Installation, attachment: Attachment) -> str:
    with desk.app.app_context():
        return signed_name(desk.container, attachment)


def sweep_now(desk: Installation) -> None:
    claim_files(desk.app)
    with desk.app.app_context():
        sweep(desk.container, datetime.now(UTC))


def age_usage(desk: Installation, hours: int) -> None:
    """Let all that is counted have come in one hour, so long ago."""
    hour = datetime.now(UTC) - timedelta(hours=hours)
    with desk.app.app_context(), writing() as connection:
        senders = update(UploadUsage).where(UploadUsage.sender != EVERYBODY)
        connection.execute(senders.values(hour=hour.replace(minute=0, second=0, microsecond=0)))


def pending_total(desk: Installation) -> list[tuple[int, int]]:
    total = select(UploadUsage.files, UploadUsage.bytes).where(UploadUsage.sender == EVERYBODY)
    return [tuple(row) for row in desk.query(total)]


def test_the_same_bytes_of_two_clients_lie_there_once_until_the_last_of_them_lets_go(either_desk: Installation) -> None:
    desk, api = either_desk, Caller(either_desk)
    first, second = upload(desk, LOG, "one.txt"), upload(desk, LOG, "two.txt", caller="198.51.100.7")
    assert first.id == second.id and first.upload_id != second.upload_id
    assert stored_keys(desk) == {first.id}
    assert api.create_ticket(attachments=[name_of(desk, first)]).status_code == 201
    age_uploads(desk)
    sweep_now(desk)
    assert desk.query(select(PendingUpload.id)) == []
    assert stored_keys(desk) == {first.id}, "the ticket still has it"
    desk.run_worker()
    assert "one.txt" in [part.get_filename() for part in desk.inbox[0].iter_attachments()]
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(Ticket))
    upload(desk, LOG, "three.txt")
    age(desk, first.id)
    sweep_now(desk)
    assert stored_keys(desk) == {first.id}, "somebody has just sent it again"
    age_uploads(desk)
    sweep_now(desk)
    assert stored_keys(desk) == set()


def test_two_tickets_of_the_same_bytes_both_carry_them(desk: Installation) -> None:
    names = [name_of(desk, upload(desk, LOG, f"{n}.txt")) for n in range(2)]
    for n, name in enumerate(names):
        Caller(desk).create_ticket(attachments=[name], answers={"details": f"Белая страница {n}"})
    desk.run_worker()
    sent = [part for letter in desk.inbox for part in letter.iter_attachments() if part.get_filename() != "ticket.json"]
    assert [part.get_filename() for part in sent] == ["0.txt", "1.txt"]
    assert [part.get_payload(decode=True) for part in sent] == [LOG, LOG]
    assert desk.query(select(PendingUpload.id)) == []


def test_an_answer_says_no_more_of_bytes_that_somebody_else_has_sent(desk: Installation) -> None:
    api = Caller(desk)
    new, known = api.upload(LOG), api.upload(LOG)
    assert (new.status_code, known.status_code) == (201, 201)
    strip = {"id"}
    assert {k: v for k, v in new.json.items() if k not in strip} == {
        k: v for k, v in known.json.items() if k not in strip
    }
    assert {name for name, _ in new.headers} == {name for name, _ in known.headers}
    assert pending_total(desk) == [(2, 2 * len(LOG))], "each of them takes room"


def test_a_name_signed_by_the_version_before_is_good_for_the_rest_of_its_day(either_desk: Installation) -> None:
    desk = either_desk
    key = "5f" * 16
    desk.container.store.put(LOG, key, len(LOG))
    content = f'{{"id": "{key}", "name": "old.txt", "type": "text/plain", "size": {len(LOG)}, "sha256": "{"0" * 64}"}}'
    row = {"id": key, "name": "old.txt", "type": "text/plain", "size": len(LOG), "sha256": "0" * 64, "sender": "x"}
    with desk.app.app_context(), writing() as connection:
        connection.execute(PendingUpload.__table__.insert(), {**row, "created_at": datetime.now(UTC)})
    age(desk, key)
    sweep_now(desk)
    assert desk.query(select(PendingUpload.id)) == [(key,)]
    named = Caller(desk).create_ticket(attachments=[sign(content, [desk.container.settings.secret_key])])
    assert named.status_code == 201
    assert desk.query(select(TicketAttachment.storage_key)) == [(key,)]
    assert desk.query(select(PendingUpload.id)) == []
    sweep_now(desk)
    assert stored_keys(desk) == {key}


def test_a_day_is_used_up_by_what_arrives_whatever_becomes_of_it(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(UPLOAD_BYTES_PER_IP_DAY=3 * len(LOG))
    for n in range(3):
        sent = upload(desk, LOG[:-3] + b"%02d\n" % n)
        Caller(desk).create_ticket(attachments=[name_of(desk, sent)], answers={"details": f"Белая страница {n}"})
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG)
    assert upload(desk, LOG, caller="198.51.100.7"), "another network has a day of its own"
    age_usage(desk, 23)
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG)
    age_usage(desk, 26)
    assert upload(desk, LOG)


def test_the_room_of_pending_files_comes_back_when_they_are_sent_or_their_day_is_over(
    either_desk: Installation,
) -> None:
    desk = either_desk
    first, _ = upload(desk, LOG), upload(desk, LOG[:-1])
    assert pending_total(desk) == [(2, 2 * len(LOG) - 1)]
    Caller(desk).create_ticket(attachments=[name_of(desk, first)])
    assert pending_total(desk) == [(1, len(LOG) - 1)]
    age_uploads(desk)
    sweep_now(desk)
    assert pending_total(desk) == [(0, 0)]


def test_a_count_that_went_wrong_is_right_again_after_the_hourly_sweep(desk: Installation) -> None:
    upload(desk, LOG)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(UploadUsage).values(files=10**6, bytes=10**15))
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG[:-1], caller="198.51.100.7")
    sweep_now(desk)
    assert pending_total(desk) == [(1, len(LOG))]
    assert upload(desk, LOG[:-1], caller="198.51.100.7")


def test_a_count_that_went_wrong_gives_no_room_that_is_not_there(desk: Installation) -> None:
    file = upload(desk, LOG)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(UploadUsage).values(files=0, bytes=0))
    Caller(desk).create_ticket(attachments=[name_of(desk, file)])
    assert pending_total(desk) == [(0, 0)]


def test_uploads_of_the_version_before_count_from_the_first_file_on(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(UPLOAD_SPOOL_BYTES=2 * len(LOG) + 10)
    upload(desk, LOG)
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(UploadUsage))
    upload(desk, LOG[:-1])
    assert pending_total(desk) == [(2, 2 * len(LOG) - 1)]
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(UploadUsage))
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG)


def test_hours_of_former_days_are_forgotten(desk: Installation) -> None:
    upload(desk, LOG)
    age_usage(desk, 50)
    sweep_now(desk)
    assert desk.query(select(UploadUsage.sender)) == [(EVERYBODY,)]


def test_a_file_without_room_is_refused_before_a_byte_of_it_is_written(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(UPLOAD_SPOOL_BYTES=10)
    statements: list[str] = []
    monkeypatch.setattr(FileStore, "put", lambda *_: pytest.fail("bytes were written"))
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cu, statement, *_: statements.append(statement))
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG)
    assert {text.split()[0] for text in statements} == {"BEGIN", "SELECT"}
    assert "BEGIN IMMEDIATE" not in statements


def test_counting_costs_the_same_however_much_is_pending(either_desk: Installation) -> None:
    """No statement of an upload reads all pending rows."""
    desk = either_desk
    upload(desk, LOG)
    statements: list[str] = []
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cu, statement, *_: statements.append(statement))
    upload(desk, LOG[:-1])
    assert [text for text in statements if "FROM upload_usage" in text]
    assert not [text for text in statements if "FROM uploads" in text]


def test_of_many_at_once_only_as_many_are_stored_as_there_is_room_for(either_desk: Installation) -> None:
    desk = either_desk
    object.__setattr__(desk.container.settings, "upload_spool_bytes", 5 * len(LOG))
    refused: list[str] = []

    def send(n: int) -> None:
        try:
            upload(desk, LOG[:-3] + b"%02d\n" % n, caller=f"198.51.100.{n}")
        except FileRefused as refusal:
            refused.append(refusal.reason)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["no_room"] * 7
    assert pending_total(desk) == [(5, 5 * len(LOG))]
    assert len(stored_keys(desk)) == 5, "what found no room left nothing"


def test_a_refusal_at_the_last_moment_takes_no_bytes_from_those_who_had_them(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = upload(desk, LOG).id
    judgements = iter([True, False])
    monkeypatch.setattr(upload_quota, "has_room", lambda *_: next(judgements))
    with pytest.raises(FileRefused, match="no_room"):
        upload(desk, LOG, caller="198.51.100.7")
    assert stored_keys(desk) == {key}


@pytest.mark.parametrize("fault", ["gone", "cut short"])
def test_a_report_whose_file_is_gone_is_refused_in_words_and_goes_without_it(desk: Installation, fault: str) -> None:
    form = desk.client.get(desk.address("site_down"))
    answers = desk.example_answers("site_down", details="Белая страница с утра")
    check = form.submit("check", answers, {"files": [("журнал.txt", LOG)]})
    [key] = stored_keys(desk)
    if fault == "gone":
        desk.container.store.delete(key)
    else:
        desk.container.store.path(key).write_bytes(LOG[:50])
    refused = check.submit("send")
    assert refused.status == 422
    assert "Файл журнал.txt у нас не сохранился" in refused.summary
    assert "Белая страница с утра" in refused.text
    assert desk.query(select(Ticket.number)) == []
    assert "[##100001##]" in refused.submit("check").submit("send").text


def test_a_file_that_is_attached_again_replaces_the_one_that_is_gone(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    files = {"files": [("log.txt", LOG)]}
    check = form.submit("check", desk.example_answers("site_down"), files)
    [key] = stored_keys(desk)
    desk.container.store.delete(key)
    check.submit("send").submit("check", {}, files).submit("send")
    desk.run_worker()
    assert "log.txt" in [part.get_filename() for part in desk.inbox[0].iter_attachments()]


@pytest.mark.parametrize(("language", "words"), [("ru", "не сохранился"), ("en", "no longer have the file log.txt")])
def test_the_api_says_at_which_question_a_file_is_gone(desk: Installation, language: str, words: str) -> None:
    api = Caller(desk)
    name = api.upload(LOG).json["id"]
    [key] = stored_keys(desk)
    desk.container.store.delete(key)
    refused = api.post("tickets", api.report(language=language, attachments=[name]))
    assert words in errors_of(refused)["files"][0]
    assert desk.query(select(Ticket.number)) == []


def test_a_further_message_whose_file_is_gone_is_refused_by_both_doors(desk: Installation) -> None:
    api = Caller(desk)
    token = api.create_ticket().json["token"]
    name = api.upload(LOG).json["id"]
    [key] = stored_keys(desk)
    desk.container.store.delete(key)
    refused = api.post(f"tickets/{token}/follow-ups", {"text": "Вот журнал", "attachments": [name]})
    assert "не сохранился" in errors_of(refused)["files"][0]
    form = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    page = form.submit("send", {"text": "Вот журнал", "files": name})
    assert page.status == 422
    assert "не сохранился" in page.text and "Вот журнал" in page.text
    assert desk.query(select(func.count()).select_from(FollowUp)) == [(0,)]


def test_a_sweep_between_the_bytes_and_their_row_costs_no_file(
    either_desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = either_desk
    upload(desk, LOG)
    age_uploads(desk)
    put, sweeps = FileStore.put, []

    def put_then_swept(store: FileStore, *file: object) -> None:
        put(store, *file)  # type: ignore[arg-type]
        if not sweeps:
            sweeps.append(True)
            [key] = stored_keys(desk)
            age(desk, key)
            sweep_now(desk)
            assert stored_keys(desk) == set()

    monkeypatch.setattr(FileStore, "put", put_then_swept)
    again = upload(desk, LOG)
    assert sweeps and desk.container.store.read(again.id) == LOG
    assert desk.query(select(PendingUpload.id)) == [(again.upload_id,)]


@pytest.mark.parametrize("has_row", [True, False], ids=["its row too", "its row not yet"])
def test_bytes_that_come_again_while_the_sweep_looks_at_the_others_stay(
    desk: Installation, monkeypatch: pytest.MonkeyPatch, has_row: bool
) -> None:
    key = upload(desk, LOG).id
    age_uploads(desk)
    delete_unused = retention.delete_unused

    def come_again(*looked_at: object) -> int:
        if has_row:
            upload(desk, LOG)
            age(desk, key)
        else:
            desk.container.store.put(LOG, key, len(LOG))
        return delete_unused(*looked_at)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "delete_unused", come_again)
    sweep_now(desk)
    assert stored_keys(desk) == {key}


def test_uploads_and_sweeps_at_the_same_time_lose_no_file_that_has_a_row(either_desk: Installation) -> None:
    """All send the same bytes, and everything grows old at once: each sweep deletes what nobody needs just then."""
    desk = either_desk
    claim_files(desk.app)
    stop, done, lost = threading.Event(), [], []

    def send(n: int) -> None:
        while not stop.is_set():
            file = upload(desk, LOG, caller=f"198.51.100.{n}")
            with desk.app.app_context(), writing() as connection:
                lock_uploads(connection)
                good = PendingUpload.created_at > datetime.now(UTC) - timedelta(hours=24)
                row = connection.execute(
                    select(PendingUpload.id).where(PendingUpload.id == file.upload_id, good)
                ).first()
                if row and not desk.container.store.holds(file.id, file.size):
                    lost.append(file)
            done.append(n)
            stop.wait(random.uniform(0, 0.05))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    settings = desk.container.settings
    with get_context("spawn").Pool(1, initializer=sys.path.extend, initargs=(list(sys.path),)) as pool:
        swept = pool.apply_async(age_and_sweep, (str(settings.instance_path), settings.database_uri))
        for thread in threads:
            thread.start()
        deleted = swept.get(120)
    stop.set()
    for thread in threads:
        thread.join()
    assert lost == []
    assert deleted == DELETIONS and len(done) > DELETIONS


DELETIONS = 3


def age_and_sweep(instance: str, database: str) -> int:
    """Another process: let everything grow old and sweep, until that has deleted the bytes some times."""
    config = {"INSTANCE_PATH": instance, "SECRET_KEY": "a key of the tests", "SQLALCHEMY_DATABASE_URI": database}
    desk = Installation(create_app(config), Sink())
    deleted, until = 0, time.monotonic() + 100
    with desk.app.app_context():
        while deleted < DELETIONS and time.monotonic() < until:
            age_uploads(desk)
            deleted += retention.sweep_uploads(desk.container, datetime.now(UTC))
    return deleted
