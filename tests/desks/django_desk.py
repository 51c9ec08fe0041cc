"""A django-helpdesk on SQLite in a temporary folder, which reads mail from a folder by its own command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core import mail
from django.core.management import call_command

INSTALLED = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "rest_framework",
    "helpdesk",
)
EXTENSIONS = (".txt", ".log", ".csv", ".pdf", ".png", ".jpg", ".webp", ".gif", ".xls", ".xlsx", ".zip", ".eml", ".json")
"""What docs/desks.md says to allow: without it the desk drops ``ticket.json`` and some files of clients."""


@dataclass(frozen=True)
class Message:
    """One letter of a ticket, as the desk stores it."""

    message_id: str
    text: str
    files: tuple[tuple[str, bytes], ...]


class DjangoDesk:
    """The only one of a process: Django is configured once."""

    def __init__(self, folder: Path, inbox: str) -> None:
        self.incoming = folder / "incoming"
        self.incoming.mkdir()
        settings.configure(
            SECRET_KEY="of the tests",
            DEBUG=False,
            USE_TZ=True,
            INSTALLED_APPS=INSTALLED,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "desk.sqlite3")}},
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
            EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
            MEDIA_ROOT=str(folder / "media"),
            MEDIA_URL="/media/",
            ROOT_URLCONF="django_urls",
            SITE_ID=1,
            STATIC_URL="/static/",
            LANGUAGE_CODE="en",
            HELPDESK_VALID_EXTENSIONS=list(EXTENSIONS),
            HELPDESK_TEAMS_MODE_ENABLED=False,
            HELPDESK_USE_CDN=False,
        )
        django.setup()
        call_command("migrate", verbosity=0)
        mail.outbox = []
        from helpdesk.models import Queue

        Queue.objects.create(
            title="Support",
            slug="support",
            email_address=inbox,
            allow_email_submission=True,
            email_box_type="local",
            email_box_local_dir=str(self.incoming),
            email_box_interval=0,
        )

    def receive(self, letters: dict[str, bytes]) -> None:
        """Let the desk's own command read letters, each from a file; it deletes what it has taken."""
        for name, letter in letters.items():
            (self.incoming / name).write_bytes(letter)
        call_command("get_email", quiet=True)
        assert list(self.incoming.iterdir()) == []

    def tickets(self) -> list[Any]:
        """All tickets."""
        from helpdesk.models import Ticket

        return list(Ticket.objects.all())

    def ticket_of(self, message_id: str) -> Any:
        """The ticket that holds the letter of this Message-ID; fails where none or several do."""
        from helpdesk.models import FollowUp

        return FollowUp.objects.get(message_id=message_id).ticket

    def messages(self, ticket: Any) -> list[Message]:
        """The letters of a ticket in their order."""
        return [
            Message(entry.message_id, entry.comment, tuple(_file(file) for file in entry.followupattachment_set.all()))
            for entry in ticket.followup_set.order_by("id")
        ]

    def text_of_html(self, html: str) -> str:
        """What the desk shows of a letter that has HTML only."""
        from helpdesk.email import attempt_body_extract_from_html

        return str(attempt_body_extract_from_html(html)[0])


def _file(attachment: Any) -> tuple[str, bytes]:
    with attachment.file.open("rb") as content:
        return attachment.filename, content.read()
