"""A file that no mail may carry: its link opens this one file, for as long as the ticket is kept."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from installation import Installation
from PIL import Image
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket, TicketAttachment
from wizard.files.file_links import LinkedFile, signed_name

LINK = re.compile(r"http://127\.0\.0\.1:8000(/ru/files/([\w.-]+)/)")
FILES = select(TicketAttachment.__table__).order_by(TicketAttachment.id)
TICKETS = select(Ticket.__table__).order_by(Ticket.number)
SMALL = {"MAIL_MAX_BYTES": 100_000}


def picture() -> bytes:
    """A picture that is too large for the mail."""
    noise = io.BytesIO()
    Image.frombytes("RGB", (300, 300), os.urandom(270_000)).save(noise, "PNG")
    return noise.getvalue()


def send_files(desk: Installation, *names: str) -> str:
    """Send a report with files; the token of its ticket."""
    form = desk.client.get(desk.address("site_down"))
    files = {"files": [(name, picture()) for name in names]}
    receipt = form.submit("check", desk.example_answers("site_down"), files).submit("send")
    return receipt.address.split("/tickets/")[1].split("/")[0]


def links_of(desk: Installation, letter: int = -1) -> list[str]:
    """The addresses in a letter's text."""
    return [match[1] for match in LINK.finditer(desk.inbox[letter].get_body(("plain",)).get_content())]


@pytest.fixture
def sent(make_desk: Callable[..., Installation]) -> Installation:
    """A ticket with two files, whose letter was sent."""
    desk = make_desk(**SMALL)
    send_files(desk, "first.png", "second.png")
    desk.run_worker()
    return desk


def get(desk: Installation, link: str) -> Any:
    """Ask for an address as a stranger."""
    return desk.app.test_client().get(link)


def test_each_link_of_the_letter_brings_its_own_file_to_be_stored(sent: Installation) -> None:
    links, rows = links_of(sent), sent.query(FILES)
    assert len(links) == len(rows) == 2
    for link, row in zip(links, rows, strict=True):
        answer = get(sent, link)
        assert answer.status_code == 200
        assert answer.data == sent.container.store.read(row.storage_key)
        assert answer.headers["Content-Disposition"] == f"attachment; filename={row.name}"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_the_letter_names_the_same_links_in_html_and_none_of_them_is_the_tickets_page(sent: Installation) -> None:
    [letter], [ticket] = sent.inbox, sent.query(TICKETS)
    html = letter.get_body(("html",)).get_content()
    # Each as the address of a link and as its text.
    assert list(dict.fromkeys(match[1] for match in LINK.finditer(html))) == links_of(sent)
    assert ticket.token not in str(sent.all_sent)


def test_a_link_opens_nothing_else(sent: Installation) -> None:
    first, second = (link.split("/")[3] for link in links_of(sent))
    for name in (first, second, first.replace(".", ""), first.rpartition(".")[2]):
        for address in (f"/ru/tickets/{name}/", f"/ru/tickets/{name}/follow-up/", f"/api/v1/tickets/{name}"):
            assert get(sent, address).status_code == 404
    assert get(sent, f"/ru/files/{first}/files/1/").status_code == 404


def test_no_byte_of_a_link_can_be_changed(sent: Installation) -> None:
    [row, _], [name, other] = sent.query(FILES), [link.split("/")[3] for link in links_of(sent)]
    forged = [name[:at] + ("1" if name[at] != "1" else "2") + name[at + 1 :] for at in range(len(name))]
    # The last sign of a signature has two bits that say nothing.
    forged += [name[:-1] + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if sign != name[-1]]
    signature, digest = name.rpartition(".")[2], row.sha256[:12]
    forged += [
        f"{other.rpartition('.')[0]}.{signature}",
        signed_name(LinkedFile(100_001, row.id, digest), "a" * 22),
        signed_name(LinkedFile(100_002, row.id, digest), sent.query(TICKETS)[0].token),
        f"{name}=",
        f"{name}.x",
        f"0{name}",
        "9" * 19 + name[6:],
        name.upper(),
        "1-1-000000000000." + "A" * 43,
        "%00",
        "..",
    ]
    pages = {(answer.status_code, answer.data) for answer in (get(sent, f"/ru/files/{text}/") for text in forged)}
    assert {status for status, _ in pages} == {404}
    assert len({page for _, page in pages if "По этой ссылке файла нет".encode() in page}) == 1
    assert get(sent, f"/ru/files/{name}/").status_code == 200


def test_a_link_of_one_ticket_opens_no_file_of_another(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(**SMALL)
    tokens = [send_files(desk, "first.png"), send_files(desk, "second.png")]
    mine, theirs = desk.query(FILES)
    stolen = signed_name(LinkedFile(100_001, theirs.id, theirs.sha256[:12]), tokens[0])
    assert get(desk, f"/ru/files/{stolen}/").status_code == 404
    # A restored database gives the id of a row once more.
    reused = signed_name(LinkedFile(100_001, mine.id, theirs.sha256[:12]), tokens[0])
    assert get(desk, f"/ru/files/{reused}/").status_code == 404


def test_a_retry_has_the_same_link_and_the_same_bytes_after_a_new_secret_key_too(
    make_desk: Callable[..., Installation], sent: Installation
) -> None:
    link = links_of(sent)[0]
    database = f"sqlite:///{sent.container.settings.instance_path / 'zayavka.db'}"
    other = make_desk(**SMALL, SQLALCHEMY_DATABASE_URI=database, SECRET_KEY="another key of the tests")
    with other.app.app_context(), writing() as connection:
        again = {"state": "owed", "due_at": datetime.now(UTC)}
        connection.execute(update(Delivery).where(Delivery.kind == "desk").values(again))
    other.run_worker()
    first, second = (letter.content for letter in sent.sink.received if b"ticket.json" in letter.content)
    assert first == second
    [row, _] = sent.query(FILES)
    other.container.store.put(sent.container.store.read(row.storage_key), row.storage_key, row.size)
    assert get(other, link).data == get(sent, link).data == sent.container.store.read(row.storage_key)


def test_a_file_that_the_storage_has_lost_has_a_link_that_says_so(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk()
    send_files(desk, "first.png")
    [row] = desk.query(FILES)
    desk.container.store.delete(row.storage_key)
    desk.run_worker()
    [link] = links_of(desk)
    answer = get(desk, link)
    assert answer.status_code == 404
    assert "Файла нет в хранилище" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_once_the_ticket_is_erased_the_page_says_that_the_file_is(sent: Installation) -> None:
    links = links_of(sent)
    erased = sent.app.test_cli_runner().invoke(args=["privacy", "erase", "100001", "--yes"])
    assert erased.exit_code == 0, erased.output
    for link, language, said in ((links[0], "ru", "Файл удалён вместе с заявкой"), (links[1], "en", "was erased with")):
        answer = get(sent, link.replace("/ru/", f"/{language}/"))
        assert answer.status_code == 410
        assert said in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    # Whether a ticket was erased is told to those alone whose link it signed.
    assert get(sent, links[0].replace("/files/100001-", "/files/100001-7")).status_code == 404


def test_a_follow_ups_file_has_a_link_too(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(**SMALL)
    token = send_files(desk, "first.png")
    form = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    form.submit("send", {"text": "Ещё снимок"}, {"files": [("second.png", picture())]})
    desk.run_worker()
    [link] = links_of(desk)
    [_, row] = desk.query(FILES)
    assert get(desk, link).data == desk.container.store.read(row.storage_key)


def test_the_client_still_opens_files_by_the_tickets_own_page(sent: Installation) -> None:
    [ticket], rows = sent.query(TICKETS), sent.query(FILES)
    for row in rows:
        answer = get(sent, f"/ru/tickets/{ticket.token}/files/{row.id}/")
        assert answer.status_code == 200
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert get(sent, f"/ru/tickets/{'x' * 22}/files/{rows[0].id}/").status_code == 404
    assert get(sent, f"/ru/tickets/{ticket.token}/files/99/").status_code == 404


def test_a_download_that_broke_off_goes_on_where_it_stopped_by_either_address(sent: Installation) -> None:
    [ticket], [row, _] = sent.query(TICKETS), sent.query(FILES)
    content, client = sent.container.store.read(row.storage_key), sent.app.test_client()
    for address in (links_of(sent)[0], f"/ru/tickets/{ticket.token}/files/{row.id}/"):
        whole = client.get(address)
        assert whole.headers["Accept-Ranges"] == "bytes"
        assert whole.headers["Content-Length"] == str(len(content))
        same = {"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]}
        rest = client.get(address, headers=same)
        assert (rest.status_code, rest.data) == (206, content[1000:])
        assert rest.headers["Content-Range"] == f"bytes 1000-{len(content) - 1}/{len(content)}"
        assert "sandbox" in rest.headers["Content-Security-Policy"] and rest.headers["Cache-Control"] == "no-store"
        other = client.get(address, headers={**same, "If-Range": '"of another file"'})
        assert (other.status_code, other.data) == (200, content)
        beyond = client.get(address, headers={"Range": f"bytes={len(content)}-"})
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_the_page_of_a_link_without_a_file_leads_nowhere(sent: Installation) -> None:
    page = BeautifulSoup(get(sent, links_of(sent)[0].replace(".", ".x")).text, "html5lib")
    assert [link["href"] for link in page.select("a, form")] == ["#content"]


def test_a_refused_link_is_a_security_event(sent: Installation, caplog: pytest.LogCaptureFixture) -> None:
    get(sent, links_of(sent)[0].replace(".", ".x"))
    [event] = [record.getMessage() for record in caplog.records if record.name == "wizard.security"]
    assert re.fullmatch(r"file_link_refused caller=\w+ route=pages\.linked", event)
