"""Quotas of acknowledgements, and the addresses that get none: nobody has verified them (threats E11, E13)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, ScalarSelect, bindparam, func, select

from wizard.config.settings import Settings
from wizard.db.engine import advisory_lock
from wizard.db.models import Delivery
from wizard.values.email import canonical_mailbox

ACKNOWLEDGEMENT_RANK = 1
"""Where acknowledgements stand in the outbox: after the letters to the desk."""

ROLE = re.compile(
    r"(no|not|do[-_.]?not|dont|never)[-_.]?repl(y|ies).*|"
    r"auto[-_.]?(repl(y|ies|ier)|respon(d|der|se)s?|answer|notif(y|ications?)|confirm(ation)?|generated)([-_.\d].*)?|"
    # A word of a program, alone or among others: robotov@ and nikolay.alertov@ are people.
    r"(.*[-_.])?(mail)?(ro)?bots?\d*([-_.].*)?|"
    r"(.*[-_.])?(notif(y|ier|ications?)|alerts?|nobody|mailer|daemon|unsubscribe|dev-?null)\d*([-_.].*)?|"
    r"mailer[-_.]?daemon|postmaster|hostmaster|abuse|bounces?([-+_.].*)?|"
    r"root|listserv|majordomo|.*-(request|bounces|owner)|owner-.*",
    re.IGNORECASE,
)
"""Addresses behind which a program answers, or nobody (RFC 2142, RFC 3834)."""


def _recent(quota: str, since: str, *which: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many went since then, counted no further than the quota (threats R27)."""
    recent = select(Delivery.id).where(*which, Delivery.created_at > bindparam(since)).limit(bindparam(quota))
    return select(func.count()).select_from(recent.subquery()).scalar_subquery()


_IS_NOT_HELD = Delivery.state != "held"
RECENT = select(
    _recent("per_address", "day", Delivery.cap_address == bindparam("mailbox")).label("to_address"),
    # What is held is not sent: it takes nothing from others. A mailbox has no more of them waiting than it may get.
    _recent("per_domain", "hour", Delivery.cap_domain == bindparam("domain"), _IS_NOT_HELD).label("to_domain"),
    _recent("in_all", "hour", Delivery.rank == ACKNOWLEDGEMENT_RANK, _IS_NOT_HELD).label("to_all"),
)


def may_acknowledge(connection: Connection, settings: Settings, inboxes: set[str], address: str, now: datetime) -> bool:
    """Whether this address gets an acknowledgement now. The report itself never depends on it."""
    return not answers_itself(address, inboxes, settings) and _below_quotas(connection, settings, address, now)


def answers_itself(address: str, inboxes: set[str], settings: Settings) -> bool:
    """Whether the address is one of ours, a role, a list or a robot: mail to it may come back to us."""
    local, _, _domain = address.rpartition("@")
    ours = {canonical_mailbox(inbox) for inbox in inboxes} | {canonical_mailbox(settings.mail_default_sender)}
    return bool(ROLE.fullmatch(local) or ROLE.fullmatch(local.partition("+")[0])) or canonical_mailbox(address) in ours


def _below_quotas(connection: Connection, settings: Settings, address: str, now: datetime) -> bool:
    mailbox = canonical_mailbox(address)
    advisory_lock(connection, f"acknowledgements to {mailbox}")
    recent = connection.execute(
        RECENT,
        {
            "mailbox": mailbox,
            "domain": mailbox.rpartition("@")[2],
            "hour": now - timedelta(hours=1),
            "day": now - timedelta(days=1),
            "per_address": settings.acknowledgements_per_address_day,
            "per_domain": settings.acknowledgements_per_domain_hour,
            "in_all": settings.acknowledgements_per_hour,
        },
    ).one()
    return bool(
        recent.to_address < settings.acknowledgements_per_address_day
        and recent.to_domain < settings.acknowledgements_per_domain_hour
        and recent.to_all < settings.acknowledgements_per_hour
    )
