"""Accepting a report: the ticket, its files and its deliveries are stored in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wizard.config.webhook import TICKET_CREATED
from wizard.container import Container
from wizard.db.engine import advisory_lock, writing
from wizard.db.models import Ticket
from wizard.intake import snapshot_build
from wizard.intake.idempotency import Accepted, Content, Sending, checksums, digest_of, known, remember, sent_before
from wizard.intake.numbers import mark_number
from wizard.intake.similar_keys import client_key, similar_key
from wizard.intake.snapshot_build import reporter_of
from wizard.intake.uploads import attach
from wizard.limits import budgets
from wizard.limits.doubts import own_words
from wizard.limits.proof import use_proof
from wizard.limits.repetition import doubt_repetition
from wizard.outbox import queue
from wizard.outbox.webhook_events import enqueue_event
from wizard.tickets.report import Report
from wizard.triage.advice import give_advice
from wizard.triage.verdict import decide_verdict, queue_rank
from wizard.values.receipt_code import new_receipt_code

TRIES = 5

# Made once: putting a statement together costs more than running it.
NEW_TICKET = insert(Ticket).returning(Ticket.number)


class Unavailable(Exception):
    """The database cannot be reached or written; nothing was accepted."""


def accept(container: Container, report: Report, sending: Sending | str) -> Accepted:
    """Accept a report. When this returns, the ticket and its deliveries are on the disk.

    A report that comes again, by its key or within ten minutes by its content from the same caller, is the ticket that
    it already is.
    A plain text as ``sending`` is its key.

    Raises:
        IdempotencyConflict: the key has sent a report of other content.
        OverBudget: the caller has sent many times more than its budget; nothing was stored.
        Unavailable: nothing was stored.
    """
    sending = Sending(sending) if isinstance(sending, str) else sending
    content = _content(container, report)
    for _ in range(TRIES):
        # Before the transaction: SQLite has one writer at a time, and who writes should not think meanwhile.
        ticket = _new_ticket(container, report)
        try:
            with writing() as connection:
                advisory_lock(connection, content.digest)
                if earlier := known(connection, container.settings, sending, content, report.evidence.time):
                    return earlier
                words = own_words(container.catalog, report)
                caller = doubt_repetition(connection, container.settings, sending.caller, words, report.evidence.time)
                doubted = replace(sending, caller=caller)
                accepted, spent = _store(connection, container, report, ticket, doubted, content)
            mark_number(container, accepted.number)
            budgets.log_held(container.settings, sending.caller, spent)
            return accepted
        except budgets.OverBudget as over:
            budgets.log_refused(container.settings, sending.caller, over)
            raise
        except IntegrityError:
            # Another process stored this very key between our look and our write, or a receipt code was drawn twice.
            continue
        except SQLAlchemyError as error:
            raise Unavailable(type(error).__name__) from error
    raise Unavailable("IntegrityError")


def accepted_before(container: Container, report: Report, sending: Sending) -> Accepted | None:
    """The ticket that a report has become by its key, when it comes again; nothing is accepted here.

    Raises:
        IdempotencyConflict: the key has sent a report of other content.
        Unavailable: the database cannot be read.
    """
    try:
        return sent_before(container.settings, replace(sending, request=_content(container, report).digest))
    except SQLAlchemyError as error:
        raise Unavailable(type(error).__name__) from error


def _content(container: Container, report: Report) -> Content:
    return Content(
        digest_of([report.site, report.situation, dict(report.answers), checksums(report.attachments)]),
        tells_senders_apart=reporter_of(container.catalog, report.answers).reply_to is not None,
    )


def _new_ticket(container: Container, report: Report) -> dict[str, Any]:
    """The row of a ticket that is not stored yet; only its number is missing."""
    catalog = container.catalog
    situation = catalog.situations[report.situation]
    verdict = decide_verdict(catalog, situation, report.answers)
    language, as_typed = container.desk_language, report.as_typed
    advice = give_advice(catalog, situation, report.answers, language, with_tone=False, as_typed=as_typed)
    receipt = new_receipt_code() if container.settings.numbering == "desk" else None
    token = secrets.token_urlsafe(16)
    return {
        "token": token,
        "receipt": receipt,
        "created_at": report.evidence.time,
        "site": report.site,
        "language": report.language,
        "category": catalog.category_of[situation.id].id,
        "situation": situation.id,
        "fast_track": verdict.fast_track,
        "priority": verdict.priority,
        "queue_rank": queue_rank(verdict),
        "inbox": container.inbox_of(container.site(report.site)),
        "similar_key": similar_key(container.settings.secret_key, catalog, situation, report.answers),
        "client_key": client_key(container.settings.secret_key, reporter_of(catalog, report.answers)),
        "record": snapshot_build.build(container, report, verdict, [piece.text for piece in advice], receipt, token),
    }


def _store(
    connection: Connection,
    container: Container,
    report: Report,
    ticket: dict[str, Any],
    sending: Sending,
    content: Content,
) -> tuple[Accepted, budgets.Spent]:
    number: int = connection.execute(NEW_TICKET, ticket).scalar_one()
    now, fast_track, settings = report.evidence.time, ticket["fast_track"], container.settings
    caller = use_proof(connection, sending.caller, now)
    spent = budgets.spend(connection, settings, budgets.TICKETS, caller, now, may_be_held=not fast_track)
    remember(connection, settings, sending, content, number, now)
    attach(connection, number, 0, report.attachments)
    # One address must not use up the acknowledgements of all.
    may_acknowledge = spent.count <= settings.acknowledgements_per_sender_hour
    reply_to = reporter_of(container.catalog, report.answers).reply_to if may_acknowledge else None
    held_for = spent.held_for
    queue.enqueue_ticket(
        connection, container, number, ticket["inbox"], reply_to, now, fast_track=fast_track, held_for=held_for
    )
    enqueue_event(connection, container.site(report.site), TICKET_CREATED, number, now, held_for=held_for)
    budgets.count_in_all(connection, spent)
    return Accepted(number, ticket["token"], ticket["receipt"], saved_response=sending.saved_response), spent
