"""Files without scripts: chosen once, kept through errors, sent with the ticket, gone after a day."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from installation import Installation
from PIL import Image
from sqlalchemy import func, select
from uploads_under_test import age_uploads
from walker import Page

from wizard.db.models import PendingUpload, TicketAttachment
from wizard.intake.ownership import claim_files
from wizard.intake.retention import sweep_uploads


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind)
    return out.getvalue()


def test_a_chosen_file_survives_errors_and_comes_with_the_mail(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    typed = desk.example_answers("site_down")
    wrong = form.submit("check", {**typed, "site_url": ""}, {"files": [("снимок.png", picture())]})
    assert wrong.status == 422
    assert "снимок.png" in wrong.text
    check = wrong.submit("check", {"site_url": "detal36.example"})
    assert check.status == 200
    assert "снимок.png" in check.text
    check.submit("send")
    desk.run_worker()
    names = [part.get_filename() for part in desk.inbox[0].iter_attachments()]
    assert names[0] == "ticket.json"
    assert "снимок.png" in names


def test_a_refused_file_costs_no_other_file_and_no_answer(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    files = [("screen.png", picture()), ("report.exe", b"MZ\x90\x00" + b"x" * 100)]
    answer = form.submit("check", desk.example_answers("site_down"), {"files": files})
    assert answer.status == 422
    assert "report.exe" in answer.summary
    assert "screen.png" in answer.text
    assert answer.submit("check").status == 200


def test_a_kept_file_can_be_removed(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    wrong = form.submit("check", {"details": "Белая страница"}, {"files": [("screen.png", picture())]})
    signed_name = wrong.value("files")
    check = wrong.submit("check", {**desk.example_answers("site_down"), "files_remove": signed_name})
    assert check.status == 200
    assert "screen.png" not in check.text


def test_no_more_than_five_files_and_the_same_picture_once(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    same = [("a.png", picture()), ("b.png", picture())]
    once = form.submit("check", desk.example_answers("site_down"), {"files": same})
    assert once.status == 200
    assert ("a.png" in once.text, "b.png" in once.text) == (True, False)
    many = [(f"{n}.png", picture(size=(20 + n, 20))) for n in range(7)]
    answer = form.submit("check", desk.example_answers("site_down"), {"files": many})
    assert answer.status == 422
    assert "4.png" in answer.text
    assert answer.submit("check").status == 200


def test_a_file_name_of_another_visitor_or_of_nobody_is_no_file(desk: Installation) -> None:
    [key] = _stored(desk)
    typed = {**desk.example_answers("site_down"), "files": [key, "../../etc/passwd", "x.y.z"]}
    answer = desk.client.get(desk.address("site_down")).submit("check", typed)
    assert answer.status == 422
    assert "приложите его ещё раз" in answer.summary.casefold()


def test_the_fifth_screenshot_of_a_flood_finds_no_room_but_the_report_goes(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(UPLOAD_SPOOL_BYTES=len(picture("BMP")) // 2)
    form = desk.client.get(desk.address("site_down"))
    files = [(f"{n}.png", picture(size=(400 + n, 300))) for n in range(5)]
    answer = form.submit("check", desk.example_answers("site_down"), {"files": files})
    assert answer.status == 422
    assert "Отправьте заявку без него" in answer.summary
    assert answer.submit("check").submit("send").address.count("/tickets/") == 1


def test_a_sent_file_takes_no_room_among_the_files_that_nobody_has_sent(make_desk: Callable[..., Installation]) -> None:
    log = b"11:05 slow\n" * 100
    desk = make_desk(UPLOAD_SPOOL_BYTES=len(log) + 10, UPLOAD_BYTES_PER_IP_DAY=10 * len(log))

    def chosen(words: str) -> Page:
        form = desk.client.get(desk.address("site_down"))
        return form.submit("check", desk.example_answers("site_down", details=words), {"files": [("log.txt", log)]})

    first = chosen("Первое")
    assert "log.txt" in chosen("Второе").summary, "there is room for one file"
    receipt = first.submit("send")
    second = chosen("Третье")
    assert second.status == 200, second.summary
    second.submit("send")
    follow_up = desk.client.get(f"{receipt.address.split('?')[0]}follow-up/")
    follow_up.submit("send", {"text": "И ещё"}, {"files": [("later.txt", log)]})
    assert chosen("Четвёртое").status == 200, "what came with a further message takes no room either"
    names = select(TicketAttachment.ticket_number, TicketAttachment.follow_up, TicketAttachment.name).order_by(
        TicketAttachment.id
    )
    assert desk.query(names) == [(100_001, 0, "log.txt"), (100_002, 0, "log.txt"), (100_001, 1, "later.txt")]


def test_files_that_nobody_sent_are_gone_after_a_day_and_sent_ones_stay(desk: Installation) -> None:
    assert len(_stored(desk)) == 1
    form = desk.client.get(desk.address("site_down"))
    sent = form.submit("check", desk.example_answers("site_down"), {"files": [("sent.png", picture(size=(50, 50)))]})
    sent.submit("send")
    later = datetime.now(UTC) + timedelta(hours=26)
    age_uploads(desk)
    claim_files(desk.app)
    with desk.app.app_context():
        assert sweep_uploads(desk.container, datetime.now(UTC)) == 1
        assert sweep_uploads(desk.container, later) == 0
    assert desk.query(select(func.count()).select_from(PendingUpload)) == [(0,)]
    [key] = [row.storage_key for row in desk.query(select(TicketAttachment.storage_key))]
    assert desk.container.store.read(key)


def _stored(desk: Installation) -> list[str]:
    form = desk.client.get(desk.address("site_down"))
    wrong = form.submit("check", {"details": "Белая страница"}, {"files": [("screen.png", picture())]})
    return [row.id for row in desk.query(select(PendingUpload.id)) if wrong.status == 422]
