"""Delivery of letters: claimed in batches, composed, sent to the mail server over one SMTP connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from wizard.config.desk import Desk
from wizard.config.logs import place_of
from wizard.container import Container
from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.fallback_letter import UnreadableTicket, compose_fallback, compose_unreadable
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.outbox import queue
from wizard.outbox.burst import compose_burst_letter
from wizard.outbox.claim import Claim, ClaimedRows, read_rows
from wizard.outbox.digest import compose_held_digest
from wizard.outbox.errors import DeliveryFailure, ServerAway
from wizard.outbox.leases import BATCH, Leases
from wizard.outbox.letter_files import follow_up_message, links_to_files, load_files
from wizard.outbox.letter_kinds import ACKNOWLEDGEMENT, BURST, FOLLOW_UP, KINDS, OF_MANY
from wizard.outbox.server_backoff import ServerBackoff
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings
from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.snapshot import load as load_snapshot

log = logging.getLogger(__name__)


class EmailTransport:
    """Delivers letters (``lanes.Transport``) over one connection, for as long as the server is not away.

    Args:
        container: the installation.
        backoff: what all lanes of this process know about the server.
        lane: the name of the lane that uses this transport.
        acknowledgements: how many of them it may claim at a time; 0 for a lane of letters to the desk alone.
    """

    def __init__(self, container: Container, backoff: ServerBackoff, lane: str, acknowledgements: int) -> None:
        self._container, self._backoff, self._lane = container, backoff, lane
        self._acknowledgements = acknowledgements
        self._client = SmtpClient(smtp_settings(container))
        self.longest = timedelta(seconds=container.settings.mail_deadline)

    def claim(self, leases: Leases, now: datetime) -> Sequence[Claim]:
        """The letters that are due, the desk's first; one that waits for the server when it is time to probe it."""
        limit = self._backoff.may_claim(self._lane, BATCH)
        # After the limit is known: no batch is claimed past what is more urgent and still waits.
        self._wake(now)
        if not limit:
            return []
        claims = self._claim(leases, now, limit)
        if not claims:
            self._backoff.claimed_nothing(self._lane)
        return claims

    def _wake(self, now: datetime) -> None:
        if self._backoff.take_wake():
            try:
                queue.wake(self._backoff.server, now)
            except BaseException:
                self._backoff.give_back_wake()
                raise

    def _claim(self, leases: Leases, now: datetime, limit: int) -> Sequence[Claim]:
        if self._acknowledgements:
            claims = leases.claim_letters(now, limit, min(limit, self._acknowledgements))
        else:
            claims = leases.claim_to_desk(now, limit)
        if not claims and self._backoff.may_probe_waiting():
            return leases.claim_waiting(now, self._backoff.server, to_desk=not self._acknowledgements)
        return claims

    def prepare(self, claim: Claim) -> Callable[[], None]:
        """Compose the letter."""
        letter = compose(self._container, claim)
        return partial(self._deliver, letter, claim.recipient)

    def may_go_on(self) -> bool:
        """Whether the server takes what is left of a batch."""
        return not self._backoff.is_shut(self._lane)

    def close(self) -> None:
        """End the SMTP session."""
        self._client.close()

    def _deliver(self, letter: FinishedLetter, recipient: str) -> None:
        self._backoff.wait_for_turn()
        try:
            self._client.deliver(letter.content, letter.sender, recipient)
        except ServerAway as away:
            is_away_for_all = self._backoff.fail(self._lane)
            if not is_away_for_all and not away.in_letter:
                raise NotTried(str(away)) from away
            raise
        except DeliveryFailure:
            self._backoff.answer(self._lane)
            raise
        self._backoff.succeed(self._lane)


class NotTried(Exception):
    """Nothing of the letter was sent, and another connection to the server works: it goes there."""


def server_of(container: Container) -> str:
    """The mail server as ``outbox.waits_for`` names it."""
    settings = smtp_settings(container)
    return f"{settings.host}:{settings.port}"[:255]


def smtp_settings(container: Container) -> SmtpSettings:
    """Where mail goes: the owner's server, or the local mailbox."""
    settings = container.settings
    if settings.uses_local_mailbox:
        host, port = "127.0.0.1", settings.mailbox_smtp_port
    else:
        host, port = str(settings.mail_server), settings.mail_port
    return SmtpSettings(
        host=host,
        port=port,
        use_tls=settings.mail_use_tls,
        use_ssl=settings.mail_use_ssl,
        username=settings.mail_username,
        password=settings.mail_password,
        timeout=settings.mail_timeout,
        deadline=settings.mail_deadline,
    )


@dataclass(frozen=True)
class FinishedLetter:
    """A letter as it goes to the server."""

    content: bytes
    sender: str
    """Envelope sender; empty for letters that must never be answered by a robot."""


def compose(container: Container, claim: Claim) -> FinishedLetter:
    """Compose and serialise the letter that a claim stands for. The same claim gives the same bytes at every try.

    The one exception is a follow-up whose ticket got the help desk's number between two tries: from then on it carries
    the desk's tag, under the same Message-ID.

    What cannot be composed goes to the desk as a plain letter with the snapshot attached, and links to the client's
    files (threats E03).

    Raises:
        ValueError: the kind is of a newer version, whose worker will know it.
    """
    if claim.kind not in KINDS:
        raise ValueError("a kind of letter that this version does not know")
    if claim.kind in OF_MANY:
        of_many = (
            compose_burst_letter(container, claim) if claim.kind == BURST else compose_held_digest(container, claim)
        )
        return FinishedLetter(serialise(of_many), of_many.envelope_from)
    rows = read_rows(claim, with_files=claim.kind != ACKNOWLEDGEMENT)
    ticket = rows.ticket
    desk = container.desk(ticket.inbox, container.site(ticket.site))
    try:
        snapshot = load_snapshot(ticket)
    except ValueError as fault:
        # Written by another version of this program. The desk gets it as it lies in the database.
        log.error("ticket %s: its snapshot cannot be read: %s", claim.ticket_number, place_of(fault))
        if claim.kind == ACKNOWLEDGEMENT:
            raise
        unreadable = compose_unreadable(
            desk,
            UnreadableTicket(ticket.number, ticket.receipt, ticket.token, ticket.created_at, stored_json=ticket.record),
            follow_up=follow_up_message(rows),
            links=links_to_files(rows, desk.base_url, desk.language),
            desk_reference=ticket.desk_reference,
        )
        return FinishedLetter(serialise(unreadable), unreadable.envelope_from)
    try:
        letter = _letter(container, claim, snapshot, desk, rows)
        return FinishedLetter(serialise(letter), letter.envelope_from)
    except (OSError, MemoryError):
        # Passing troubles of this machine: the letter is better late than poor.
        raise
    except Exception as fault:
        log.error("ticket %s: the %s letter cannot be composed: %s", claim.ticket_number, claim.kind, place_of(fault))
        if claim.kind == ACKNOWLEDGEMENT:
            raise
        letter = compose_fallback(
            snapshot,
            desk,
            place_of(fault),
            follow_up=follow_up_message(rows),
            links=links_to_files(rows, desk.base_url, desk.language),
            desk_reference=ticket.desk_reference,
        )
        return FinishedLetter(serialise(letter), letter.envelope_from)


def _letter(container: Container, claim: Claim, snapshot: TicketSnapshot, desk: Desk, rows: ClaimedRows) -> Letter:
    if claim.kind == ACKNOWLEDGEMENT:
        # The client reads the desk's name in the language of the rest.
        name = container.desk_name(container.site(snapshot.site), snapshot.language)
        return compose_acknowledgement(snapshot, replace(desk, name=name), claim.recipient)
    files, links = load_files(container, claim, rows, snapshot.base_url, desk.language)
    if claim.kind == FOLLOW_UP:
        follow_up = rows.follow_up
        assert follow_up is not None
        return compose_follow_up(
            snapshot,
            desk,
            follow_up.text,
            files,
            links,
            follow_up_number=follow_up.position,
            created_at=follow_up.created_at,
            verified=follow_up.verified,
            desk_reference=rows.ticket.desk_reference,
        )
    similar = Similar.load(claim.details) if claim.details else None
    return compose_desk_letter(snapshot, desk, files, links, similar=similar)
