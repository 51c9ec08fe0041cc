"""A mailbox at work: letters go in over SMTP and are read on its pages."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from wizard.mailbox.pages import mailbox_pages
from wizard.mailbox.server import LocalMailbox

ROOT = Path(__file__).parents[2]


class Mailbox:
    """The SMTP side and the pages of one mailbox."""

    def __init__(self, server: LocalMailbox, client: FlaskClient) -> None:
        self.server, self.client = server, client

    def send(self, content: bytes) -> None:
        """Hand a letter in."""
        with smtplib.SMTP(self.server.host, self.server.port, timeout=10) as smtp:
            lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            smtp.sendmail("zayavka@desk.example", ["support@desk.example"], lines)

    def put(self, content: bytes) -> None:
        """Lay a letter down that no SMTP client would send."""
        place = self.server.folder / "new" / f"{1_700_000_000 + len(self.ids())}.M1.test"
        place.write_bytes(content)

    def ids(self) -> list[str]:
        """The letters in the folder."""
        return [path.name for path in (self.server.folder / "new").iterdir()]

    def newest(self) -> str:
        """The address of the newest letter's page."""
        page = self.client.get("/mailbox/").text
        return page.partition('class="row" href="')[2].partition("?")[0]


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    folder = tmp_path / "mailbox"
    server = LocalMailbox(folder, port=0)
    server.start()
    app = Flask("desk", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.register_blueprint(mailbox_pages(folder))
    yield Mailbox(server, app.test_client())
    server.stop()


@pytest.fixture
def letter() -> EmailMessage:
    """A letter as the outbox sends it, with a picture in it and a file beside it."""
    message = EmailMessage()
    message["From"] = "Служба <zayavka@desk.example>"
    message["To"] = "support@desk.example"
    message["Subject"] = "[##100001##] [ВНЕ ОЧЕРЕДИ] Проценка: нет результатов"
    message["X-Ticket-Number"] = "100001"
    message["Date"] = "Mon, 23 Nov 2026 12:00:00 +0300"
    message.set_content("Заявка 100001\nСсылка: https://help.desk.example/ru/tickets/abc/\n")
    message.add_alternative('<html><head><title>x</title></head><p>Заявка</p><img src="cid:shot@desk">', subtype="html")
    parts = message.get_payload()
    parts[1].add_related(b"\x89PNG picture", "image", "png", cid="<shot@desk>")
    message.add_attachment(b"rows", maintype="text", subtype="csv", filename="прайс.csv")
    return message
