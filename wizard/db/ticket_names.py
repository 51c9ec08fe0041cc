"""What people and programs call a ticket: its number or its receipt code."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement

from wizard.db.models import Ticket
from wizard.values.receipt_code import read_receipt_code

LARGEST_NUMBER = 2**63 - 1
"""What a column of the database can hold."""

_NUMBER = re.compile(r"[0-9]{1,19}")


def is_named(name: str) -> ColumnElement[bool] | None:
    """The condition that a ticket has a number or a receipt code, however that is written; None for what is neither."""
    if _NUMBER.fullmatch(name) and int(name) <= LARGEST_NUMBER:
        return Ticket.number == int(name)
    receipt = read_receipt_code(name, needs_prefix=False)
    return Ticket.receipt == receipt if receipt else None
