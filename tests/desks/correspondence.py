"""What a desk gets of a client: a report, its acknowledgement, two follow-ups, and the answers that they bring."""

from __future__ import annotations

from dataclasses import dataclass
from email.header import Header
from email.mime.text import MIMEText
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cases import Case
from letter_reading import text_of
from service import INBOX, Service, parsed

AGENT = "agent@desk.example"
ANSWER = "Здравствуйте! Перезапустили службу, проверьте, пожалуйста."
CLIENT_REPLY = "Спасибо, теперь открывается."
LATE_REPLY = "Отвечаю на подтверждение: проблема ещё есть."


@dataclass(frozen=True)
class Correspondence:
    """The letters of one case as bytes, each in a file."""

    case: Case
    report: Path
    acknowledgement: Path
    by_page: Path
    by_number: Path
    answer: Path
    """What an agent with a plain mailbox writes to the client, the desk in copy."""
    client_reply: Path
    """What the client writes back."""
    reply_to_acknowledgement: Path

    @property
    def to_desk(self) -> tuple[Path, Path, Path]:
        """What the desk gets, in its order."""
        return self.report, self.by_page, self.by_number

    @property
    def words_of(self) -> dict[Path, tuple[str, ...]]:
        """What a reader must find whole in each letter to the desk."""
        report = (self.case.words, self.case.error) if self.case.error else (self.case.words,)
        return {self.report: report, self.by_page: (self.case.by_page,), self.by_number: (self.case.by_number,)}


def correspond(service: Service, case: Case, folder: Path) -> Correspondence:
    """Let a client send a report and two follow-ups, and store what comes of it."""
    words = "details" if case.situation in ("site_down", "site_other") else "steps"
    texts = {words: case.words} | ({"error_text": case.error} if case.error else {})
    answers = {**case.answers, **texts, "reg_email": case.client, "contact_name": "Иван, склад"}
    known = len(service.letters)
    receipt = service.report(f"/{case.language}/site/{case.situation}/", answers, case.files)
    report = service.letter_to(INBOX, known)
    acknowledgement = service.letter_to(case.client, known)
    letters = {"report": report, "acknowledgement": acknowledgement}
    headers = parsed(report)
    number = headers["X-Ticket-Number"] or headers["X-Ticket-Receipt"]
    by_number = {"text": case.by_number, "number": number, "address": case.client}
    for kind, page, typed, files in (
        ("by_page", urlsplit(receipt).path + "follow-up/", {"text": case.by_page}, case.files),
        ("by_number", f"/{case.language}/follow-up/", by_number, {}),
    ):
        known = len(service.letters)
        service.follow_up(page, typed, files)
        letters[kind] = service.letter_to(INBOX, known)
    letters["answer"] = reply(report, AGENT, [case.client, INBOX], ANSWER)
    letters["client_reply"] = reply(letters["answer"], case.client, [AGENT, INBOX], CLIENT_REPLY)
    letters["reply_to_acknowledgement"] = reply(acknowledgement, case.client, [INBOX], LATE_REPLY)
    paths = {kind: folder / f"{case.name}.{kind}.eml" for kind in letters}
    for kind, content in letters.items():
        paths[kind].write_bytes(content)
    return Correspondence(case, **paths)


def reply(to: bytes, author: str, recipients: list[str], text: str) -> bytes:
    """What a mail program sends when somebody answers a letter: the words on top, the letter quoted below."""
    original = parsed(to)
    quoted = "\n".join("> " + line for line in text_of(to).splitlines())
    body = f"{text}\n\nOn Tue, 4 Nov 2025 at 11:00, Support <{INBOX}> wrote:\n\n{quoted}\n"
    message = MIMEText(body, "plain", "utf-8")
    message["From"] = author
    message["To"] = ", ".join(recipients)
    message["Date"] = "Wed, 05 Nov 2025 12:00:00 +0000"
    subject = str(original["Subject"])
    # Not Python's newer way of folding, which loses spaces of a subject.
    message["Subject"] = Header(subject if subject.startswith("Re: ") else f"Re: {subject}", "utf-8").encode()
    message["Message-ID"] = f"<{sha256(to + author.encode()).hexdigest()[:20]}@{author.partition('@')[2]}>"
    message["In-Reply-To"] = original["Message-ID"]
    message["References"] = " ".join(filter(None, [original["References"], original["Message-ID"]]))
    return message.as_bytes()
