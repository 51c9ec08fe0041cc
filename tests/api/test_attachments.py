"""Files are uploaded first and named in the report; they keep the rules of the form (threats U01, U05, U08)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from api_client import Caller, errors_of
from PIL import Image
from sqlalchemy import func, select
from test_problems import problem_of
from uploads_under_test import age_uploads

from wizard.db.models import PendingUpload, TicketAttachment
from wizard.files.storage import key_of
from wizard.intake.ownership import claim_files
from wizard.intake.retention import sweep_uploads


def picture() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def test_an_uploaded_file_comes_with_the_desks_letter(api: Caller) -> None:
    uploaded = api.upload(picture(), "снимок.jpg")
    assert uploaded.status_code == 201
    assert (uploaded.json["name"], uploaded.json["type"]) == ("снимок.png", "image/png")
    assert set(uploaded.json) == {"id", "name", "type", "size", "sha256"}
    token = api.create_ticket(attachments=[uploaded.json["id"]]).json["token"]
    [shown] = api.get(f"tickets/{token}").json["attachments"]
    assert shown == {name: uploaded.json[name] for name in ("name", "type", "size", "sha256")}
    api.desk.run_worker()
    assert "снимок.png" in [part.get_filename() for part in api.desk.inbox[0].iter_attachments()]


def test_the_form_takes_the_id_of_an_uploaded_file(api: Caller) -> None:
    name = api.upload(b"11:05 slow").json["id"]
    check = api.desk.filled("site_down", files=name)
    assert check.status == 200
    assert "log.txt" in check.text
    check.submit("send")
    assert api.desk.query(select(TicketAttachment.name)) == [("log.txt",)]


def test_the_form_refuses_an_uploaded_file_of_a_kind_that_its_question_does_not_take(api: Caller) -> None:
    name = api.upload(b"<?xml version='1.0'?><orders/>", "orders.xml").json["id"]
    page = api.desk.filled("site_down", files=name)
    assert page.status == 422
    assert "orders.xml" in page.summary
    assert page.submit("check").status == 200, "the file is dropped, and the form goes on"


def test_a_file_goes_to_the_first_question_that_takes_it_or_to_the_one_named(api: Caller) -> None:
    table, screen = api.upload(b"a;b\n1;2\n", "price.csv").json["id"], api.upload(picture(), "a.png").json["id"]
    other = api.upload(b"more of it\n", "more.txt").json["id"]
    api.create_ticket("pl_wrong", attachments=[table, screen, {"id": other, "question": "files"}])
    rows = api.desk.query(select(TicketAttachment.name, TicketAttachment.question).order_by(TicketAttachment.id))
    assert sorted(map(tuple, rows)) == [("a.png", "files"), ("more.txt", "files"), ("price.csv", "pl_file")]


def test_faults_of_files_stand_at_their_questions(api: Caller) -> None:
    missing = errors_of(api.post("tickets", api.report("pl_import_file", answers={"pl_how": "mail"})))
    assert set(missing) == {"pl_file"}
    screen = api.upload(picture(), "a.png").json["id"]
    wrong = errors_of(api.post("tickets", api.report("pl_import_file", attachments=[screen])))
    assert "a.png" in wrong["pl_file"][0]
    none = errors_of(api.post("tickets", api.report("pricing_slow", attachments=[screen])))
    assert none == {"attachments": ["В этой ситуации файлов не спрашивают"]}
    many = [api.upload(f"line {n}".encode()).json["id"] for n in range(6)]
    assert errors_of(api.post("tickets", api.report(attachments=many))) == {
        "files": ["Оставьте не больше 5: сейчас файлов 6"]
    }
    strange = {"id": screen, "question": "details"}
    assert set(errors_of(api.post("tickets", api.report(attachments=[strange])))) == {"attachments"}


@pytest.mark.parametrize("name", ["x", "../../etc/passwd", "a.b.c", "\ud800", ""])
def test_an_id_that_is_not_ours_is_no_file(api: Caller, name: str) -> None:
    assert set(errors_of(api.post("tickets", api.report(attachments=[name])))) == {"attachments"}


def test_refused_files_get_the_words_of_the_form(api: Caller) -> None:
    assert "report.exe" in errors_of(api.upload(b"MZ\x90\x00" + b"x" * 100, "report.exe"))["file"][0]
    assert "0 байт" in errors_of(api.upload(b"", "empty.txt"))["file"][0]
    assert "SVG" in errors_of(api.upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.xml"))["file"][0]
    page_only = errors_of(api.upload(b"<?xml version='1.0'?><a/>", "a.xml", "attachments?question=files"))
    assert "a.xml" in page_only["file"][0]
    assert set(errors_of(api.upload(b"x", path="attachments?question=details"))) == {"question"}


def test_a_file_beyond_measure_is_refused_before_it_is_read(make_api: Callable[..., Caller]) -> None:
    api = make_api(UPLOAD_MAX_BYTES=100_000)
    answer = api.upload(b"x" * 100_001)
    assert "log.txt" in problem_of(answer, 413, "too-large")["errors"]["file"][0]
    problem_of(api.upload(b"x" * 1_000_000), 413, "too-large")
    assert api.desk.query(select(func.count()).select_from(PendingUpload)) == [(0,)]


def test_a_body_without_exactly_one_file_is_told_what_to_send(api: Caller) -> None:
    kind = "multipart/form-data"
    for data in ({}, {"file": "text"}, {"other": (io.BytesIO(b"x"), "a.txt")}, {"file": (io.BytesIO(b"x"), "")}):
        assert set(errors_of(api.post("attachments", data=data, content_type=kind))) == {"file"}
    two = {"file": [(io.BytesIO(b"x"), "a.txt"), (io.BytesIO(b"y"), "b.txt")]}
    assert set(errors_of(api.post("attachments", data=two, content_type=kind))) == {"file"}
    answer = api.post("attachments", {"file": "x"})
    problem_of(answer, 415, "media-type")
    assert answer.headers["Accept"] == "multipart/form-data"
    answer = api.post("attachments", data=b"--x", content_type=f"{kind}; boundary=x")
    assert answer.status_code in (400, 422)


def test_a_full_spool_is_no_fault_of_the_file(make_api: Callable[..., Caller]) -> None:
    api = make_api(UPLOAD_SPOOL_BYTES=10)
    answer = api.upload(b"11:05 slow, 11:06 slower")
    problem_of(answer, 503, "no-room")
    assert int(answer.headers["Retry-After"]) > 0
    assert api.create_ticket().status_code == 201


def test_files_that_nobody_named_are_deleted_after_a_day(api: Caller) -> None:
    key = key_of(api.upload(b"11:05 slow").json["sha256"])
    assert api.desk.container.store.read(key) == b"11:05 slow"
    age_uploads(api.desk)
    claim_files(api.desk.app)
    with api.desk.app.app_context():
        assert sweep_uploads(api.desk.container, datetime.now(UTC)) == 1
    with pytest.raises(KeyError):
        api.desk.container.store.read(key)
