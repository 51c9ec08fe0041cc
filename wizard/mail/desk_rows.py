"""What a letter says about a ticket, in the desk's language: the rows and sections that its letters share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from wizard.config.desk import Desk
from wizard.mail.layout import Row, Section
from wizard.mail.message import LoadedFile
from wizard.mail.sanitize import in_a_body, in_a_file_name, in_a_line, line_without_tags, neutralise_tags, shortened
from wizard.mail.similar_line import similar_line
from wizard.texts import translate, translator
from wizard.tickets.report import Attachment
from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import AnswerSnapshot, TicketSnapshot
from wizard.values.datetimes import datetime_text
from wizard.values.email import header_address
from wizard.values.sizes import size_text

Links = Sequence[tuple[Attachment, str]]

LONGEST_NAME = 40
"""Characters of each name in the line about who reports; longer ones stand whole among the answers."""


class DeskRows:
    """The snapshot of a ticket put into rows; every text of the client's is sanitised and its tags neutralised."""

    def __init__(self, snapshot: TicketSnapshot, desk: Desk) -> None:
        self.snapshot = snapshot
        self.desk = desk

    def words(self, text: str) -> str:
        """A text of any length as a body may show it (threats E07, E22)."""
        return neutralise_tags(in_a_body(text), *self.desk.tag_patterns)

    def line(self, text: str) -> str:
        """A text as one line of a body."""
        return line_without_tags(text, self.desk.tag_patterns)

    def translate(self, key: str, **values: object) -> str:
        """One of the program's own texts, in the desk's language."""
        return translate(self.desk.language, f"mail.{key}", **values)

    def verdict(self) -> str:
        """The queue and its reason, so that an agent can dispute it."""
        reason = self.line(self.snapshot.reason)
        if self.snapshot.fast_track:
            label = self.translate("out_of_turn")
            if reason.casefold().startswith(label.casefold()):
                reason = label.upper() + reason[len(label) :]
            else:
                reason = f"{label.upper()}. {reason}"
        elif self.snapshot.priority in ("high", "normal", "low"):
            reason = f"{reason} {self.translate('priority_' + self.snapshot.priority)}"
        return reason

    def queue(self) -> Row:
        """The verdict of a ticket in turn, which decides less than what happened and to whom."""
        return Row(self.translate("queue"), self.verdict())

    def who(self) -> Row:
        """Who reports and how to reach them, in one line."""
        return Row(self.translate("client"), " · ".join(self._identity().values()))

    def name(self) -> str:
        """Who reports, in the fewest words: a name, else an address."""
        reporter = self.snapshot.reporter
        name = reporter.registered_name or reporter.name or reporter.reply_to
        return self._short(name) if name else self.translate("nobody")

    def has_name(self) -> bool:
        """Whether there is a name or an address of who reports."""
        reporter = self.snapshot.reporter
        return bool(reporter.registered_name or reporter.name or reporter.reply_to)

    def in_short(self) -> str:
        """What happened, what decides and how the client's own words begin, in one line."""
        return self.line(self.snapshot.brief)

    def reply_notes(self) -> tuple[str, ...]:
        """Said when "Reply" does not reach the client (threats E25)."""
        address = self.snapshot.reporter.reply_to
        if header_address(address):
            return ()
        text = self.translate("reply_by_hand" if address else "no_reply_note")
        return (Row(self.translate("note"), text).line,)

    def reference(self, created_at: datetime | None = None, received: str = "accepted") -> str:
        """Number, time and situation in one line.

        Args:
            created_at: when what the letter brings was received; the ticket itself when absent.
            received: the key of the text that says so.
        """
        snapshot = self.snapshot
        parts = (
            self.ticket().line,
            Row(self.translate(received), self.moment(created_at or snapshot.created_at)).line,
            self.situation(),
        )
        return " · ".join(parts)

    def situation(self) -> str:
        """Category and situation."""
        return f"{self.line(self.snapshot.category_label)} › {self.line(self.snapshot.situation_label)}"

    def similar(self, similar: Similar | None) -> tuple[str, ...]:
        """How many similar reports came before this one; nothing where none did."""
        grouped_by = self.snapshot.grouped_by
        about = next((self.line(answer.label) for answer in self.snapshot.answers if answer.id == grouped_by), "")
        line = similar_line(similar, self.desk.language, about)
        return (line,) if line else ()

    def ticket(self) -> Row:
        """The number without its hashes: a letter holds one tag, in its subject."""
        snapshot = self.snapshot
        return Row(self.translate("ticket" if snapshot.number is not None else "receipt"), in_a_line(snapshot.name))

    def moment(self, moment: datetime) -> str:
        """A time in the desk's zone, with the zone's name."""
        return datetime_text(moment, self.desk.time_zone, self.desk.language, "digits")

    def answers(self) -> Section:
        """The answers in the order of the questions; last who reports, less what the line about them has said."""
        said = self._identity()
        identity = [answer for answer in self._of_part("identity") if said.get(answer.text) != self.line(answer.text)]
        rows = tuple(
            Row(self.line(answer.label), self.words(answer.text)) for answer in (*self._of_part("answer"), *identity)
        )
        return Section(self.translate("answers"), rows=rows)

    def set_off(self, part: str, heading: str, *, is_code: bool = False) -> Section:
        """What the client wrote or pasted, untouched, each under its question unless the heading has said that."""
        title = self.translate(heading)
        words = tuple(
            Row("" if answer.label == title else self.line(answer.label), self.words(answer.text))
            for answer in self._of_part(part)
        )
        return Section(title, words=words, is_code=is_code)

    def captured(self) -> Section:
        """What was captured, not asked; only what is known, and not the time, which is that of acceptance."""
        evidence, snapshot = self.snapshot.evidence, self.snapshot
        language = (
            snapshot.language
            if snapshot.language not in ("ru", "en")
            else self.translate("language_" + snapshot.language)
        )
        facts = {
            "ip": evidence.ip,
            "browser": evidence.browser,
            "os": evidence.os,
            "screen": evidence.screen,
            "time_zone": evidence.time_zone,
            "page": evidence.page,
            "site": snapshot.site,
            "language": language,
            "user_agent": evidence.user_agent,
            "consent": snapshot.consent and self.translate("consent_version", version=snapshot.consent.version),
        }
        return Section(
            self.translate("captured"),
            rows=tuple(Row(self.translate(key), self.line(text)) for key, text in facts.items() if text),
        )

    def not_given(self) -> Section:
        """The questions that were left blank and whose answers are missed."""
        return Section(self.translate("not_given"), items=tuple(map(self.line, self.snapshot.not_given)))

    def attachments(self, files: Iterable[LoadedFile], links: Links, others: Iterable[Attachment] = ()) -> Section:
        """The client's files: in the letter, or where to find them."""
        rows = {file.attachment.id: self._file(file.attachment) for file in files}
        rows.update(
            (attachment.id, self._file(attachment, self.translate("file_linked", url=url), link=url))
            for attachment, url in links
        )
        for attachment in others:
            rows.setdefault(attachment.id, self._file(attachment, self.translate("file_elsewhere")))
        return Section(self.translate("attachments"), rows=tuple(rows.values()))

    def _file(self, attachment: Attachment, *remarks: str, link: str = "") -> Row:
        name = self.line(in_a_file_name(attachment.name, *self.desk.tag_patterns))
        size = size_text(attachment.size, translator(self.desk.language))
        return Row(name, ", ".join([self.line(attachment.type), size, *remarks]), link)

    def _identity(self) -> dict[str, str]:
        """What the line about the reporter is made of: each text as it was given, and as it is shown."""
        reporter = self.snapshot.reporter
        names = {name: self._short(name) for name in (reporter.registered_name, reporter.name) if name}
        reach = {text: self.line(text) for text in (reporter.reply_to, reporter.phone) if text}
        if not names:
            names = {"": self.translate("nobody")}
        return names | ({} if reporter.reply_to else {" ": self.translate("no_reply_address")}) | reach

    def _short(self, text: str) -> str:
        return shortened(self.line(text), LONGEST_NAME)

    def _of_part(self, part: str) -> list[AnswerSnapshot]:
        return [answer for answer in self.snapshot.answers if answer.part == part]
