"""Claims: which deliveries a worker leases next, under its name, so that no two workers ever hold the same one."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, false, or_, select, update
from sqlalchemy.orm import aliased

from wizard.config.settings import Settings
from wizard.db.engine import reading, writing
from wizard.db.models import Delivery, Installation
from wizard.outbox.burst import BurstWatch
from wizard.outbox.claim import Claim
from wizard.outbox.clock import steady_seconds
from wizard.outbox.letter_kinds import BURST
from wizard.outbox.optional import optional
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.outbox.similar import CountedTicket, count_similar, is_uncounted
from wizard.outbox.webhook_events import WEBHOOK_RANK

NAME_LENGTH = 12
"""Hexadecimal digits of a worker's name; its lease tokens begin with it."""

OTHERS_LEASE = timedelta(hours=1)
"""No lease is longer: workers of other machines may have other settings, or had them before a change."""

PATIENCE = timedelta(minutes=1)
"""How long a suspect letter to the desk that is due holds back other suspects: it may not be able to go."""

BATCH = 20
"""Letters to the desk that are claimed at a time: one commit for all of them."""

_Rows: TypeAlias = Sequence[Row[Any]]

_TO_DESK = Delivery.rank < ACKNOWLEDGEMENT_RANK
_IS_LETTER = Delivery.rank < WEBHOOK_RANK
_IN_TURN = (Delivery.rank, Delivery.due_at, Delivery.id)

# Built once: putting a statement together costs more than running it.
# PostgreSQL: rows that another worker is claiming are skipped. SQLite ignores FOR UPDATE; there BEGIN IMMEDIATE lets
# one worker claim at a time.
_OWED = (
    select(Delivery.__table__)
    .where(
        Delivery.state == "owed",
        or_(Delivery.is_suspect == false(), bindparam("suspects")),
        ~select(Installation.id).where(Installation.outbox_held).exists(),
    )
    .order_by(*_IN_TURN)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=Delivery)
)
# A date that no backoff reaches was written by a clock that was wrong.
_DUE = _OWED.where(or_(Delivery.due_at <= bindparam("now"), Delivery.due_at > bindparam("farthest")))
_suspect = aliased(Delivery)
# A suspect is alone in its process: one that waits for an endpoint that hangs would hold up the desk's.
_MAY_GO_BEFORE_DESK = or_(
    Delivery.is_suspect == false(),
    _TO_DESK,
    ~exists().where(
        _suspect.state == "owed",
        _suspect.rank < ACKNOWLEDGEMENT_RANK,
        _suspect.is_suspect,
        _suspect.due_at > bindparam("patience"),
    ),
)
DUE_TO_DESK = _DUE.where(_TO_DESK)
DUE_LETTERS = _DUE.where(_IS_LETTER, _MAY_GO_BEFORE_DESK)
WAITING_TO_DESK = _OWED.where(_TO_DESK, Delivery.waits_for == bindparam("server"))
WAITING_LETTERS = _OWED.where(_IS_LETTER, Delivery.waits_for == bindparam("server"))
_in_flight = aliased(Delivery)
# An endpoint that hangs holds one call, and not as many as there are threads (threats R11).
DUE_WEBHOOKS = _DUE.where(
    Delivery.rank == WEBHOOK_RANK,
    _MAY_GO_BEFORE_DESK,
    ~exists().where(
        _in_flight.state == "sending",
        _in_flight.rank == WEBHOOK_RANK,
        _in_flight.recipient == Delivery.recipient,
        _in_flight.lease_until > bindparam("now"),
    ),
)
LEASE = (
    update(Delivery.__table__)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)), Delivery.state == "owed")
    .values(
        state="sending",
        lease_token=bindparam("token"),
        lease_until=bindparam("until"),
        attempts=Delivery.attempts + 1,
    )
)


def has_ended(now: datetime, lease: timedelta) -> Any:
    """The condition that a lease is over. One that ends later than any can was written by a clock that was wrong."""
    farthest = now + max(2 * lease, OTHERS_LEASE)
    is_over = or_(Delivery.lease_until <= now, Delivery.lease_until > farthest)
    return and_(Delivery.state == "sending", is_over)


class Leases:
    """What one worker process claims. For all its threads.

    A suspect (a delivery that a worker died with) is claimed alone, and the process has one of them at a time, the
    desk's first: when it dies again, that one is known.
    """

    def __init__(self, settings: Settings, name: str | None = None) -> None:
        self.name = name or secrets.token_hex(NAME_LENGTH // 2)
        self.lease = timedelta(seconds=settings.outbox_lease)
        self._longest_backoff = settings.longest_backoff
        self._suspect = threading.Lock()
        self._bursts = BurstWatch(settings)

    def claim_to_desk(self, now: datetime, limit: int = BATCH) -> list[Claim]:
        """Lease letters to the desk that are due, fast track first."""
        return self._claim(DUE_TO_DESK, now, limit, lambda rows: rows)

    def claim_letters(self, now: datetime, limit: int = BATCH, acknowledgements: int = BATCH) -> list[Claim]:
        """Lease letters to the desk that are due, or so many acknowledgements when there is none for the desk."""
        return self._claim(DUE_LETTERS, now, limit, lambda rows: _of_one_lane(rows, acknowledgements))

    def claim_waiting(self, now: datetime, server: str, *, to_desk: bool) -> list[Claim]:
        """Lease one letter that waits for a mail server, the most urgent one, whether or not its time has come."""
        due = WAITING_TO_DESK if to_desk else WAITING_LETTERS
        return self._claim(due, now, 1, lambda rows: rows, server=server)

    def claim_webhook(self, now: datetime) -> list[Claim]:
        """Lease the webhook that is due first, of an endpoint that is not being called at this moment; or none."""
        return self._claim(DUE_WEBHOOKS, now, 1, lambda rows: rows)

    def has_any(self) -> bool:
        """Whether a delivery is leased to this worker."""
        leased = exists().where(Delivery.state == "sending", Delivery.lease_token.startswith(self.name))
        with reading() as connection:
            return bool(connection.execute(select(leased)).scalar())

    def end(self, claims: Sequence[Claim]) -> None:
        """Nothing of these claims is under way any more."""
        if any(claim.is_suspect for claim in claims):
            self._suspect.release()

    def _claim(
        self, due: Select[Any], now: datetime, limit: int, choose: Callable[[_Rows], _Rows], **parameters: Any
    ) -> list[Claim]:
        with_suspects = self._suspect.acquire(blocking=False)
        claims: list[Claim] = []
        try:
            parameters |= {
                "now": now,
                "farthest": now + self._longest_backoff,
                "limit": limit,
                "patience": now - PATIENCE,
            }
            claims = self._lease(due, parameters | {"suspects": with_suspects}, choose)
        finally:
            if with_suspects and not any(claim.is_suspect for claim in claims):
                self._suspect.release()
        return claims

    def _lease(self, due: Select[Any], parameters: dict[str, Any], choose: Callable[[_Rows], _Rows]) -> list[Claim]:
        token = self.name + secrets.token_hex(16 - NAME_LENGTH // 2)
        now = parameters["now"]
        until, ends = now + self.lease, steady_seconds() + self.lease.total_seconds()
        with writing() as connection:
            # First what has to wait is left out: nothing else is to wait for it.
            rows = self._bursts_last(connection, connection.execute(due, parameters).all(), now)
            rows = choose(_suspects_apart(rows))
            if not rows:
                return []
            connection.execute(LEASE, {"ids": [row.id for row in rows], "token": token, "until": until})
            claims = [Claim.of(row, token=token, ends=ends) for row in rows]
            return self._with_similar(connection, claims, now)

    # Letters go without these where they fail.

    def _bursts_last(self, connection: Connection, rows: _Rows, now: datetime) -> _Rows:
        if all(row.kind != BURST for row in rows):
            return rows
        ready = partial(self._bursts.ready, connection, rows, now)
        return optional(connection, "waiting for those of a burst", ready, otherwise=rows)

    def _with_similar(self, connection: Connection, claims: list[Claim], now: datetime) -> list[Claim]:
        """The claims with what is counted and listed for them; a burst that shows is noticed."""
        if any(claim.kind == BURST for claim in claims):
            list_tickets = partial(self._bursts.list_tickets, connection, claims)
            claims = optional(connection, "the list of a burst", list_tickets, otherwise=claims)
        if not any(is_uncounted(claim) for claim in claims):
            return claims
        count = partial(count_similar, connection, claims, self._bursts.window)
        uncounted: tuple[list[Claim], list[CountedTicket]] = (claims, [])
        claims, counted = optional(connection, "the number of similar reports", count, otherwise=uncounted)
        if found := self._bursts.find(counted, now):
            notice = partial(self._bursts.notice, connection, found, now)
            optional(connection, "notice of a burst", notice, otherwise=None)
        return claims


def _suspects_apart(rows: _Rows) -> _Rows:
    """The first one if it is a suspect, or those that are none."""
    if rows and rows[0].is_suspect:
        return rows[:1]
    return [row for row in rows if not row.is_suspect]


def _of_one_lane(rows: _Rows, acknowledgements: int) -> _Rows:
    """The letters to the desk, or the first acknowledgements: none is to wait behind those of another lane."""
    to_desk = [row for row in rows if row.rank < ACKNOWLEDGEMENT_RANK]
    return to_desk or rows[:acknowledgements]
