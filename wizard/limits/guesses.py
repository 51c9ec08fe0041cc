"""Wrong guesses at a ticket's number and its reporter's address (threats W07).

Counted for an address and a number together, and more generously for an address alone. So 20 wrong tries of a colleague
behind the same address keep nobody from adding to another ticket, nor, up to 30, to the same one. Guessing stays
hopeless: whoever knows a number tries 30 mailboxes of it an hour, whoever knows a mailbox 100 numbers, and a wrong
number and a wrong mailbox look the same. What is over the limit
is not looked up, so a right guess tells nothing either; and what a right one brings is a message to the desk that says
that nobody has verified its sender.
"""

from __future__ import annotations

from datetime import datetime

from wizard.config.settings import Settings
from wizard.db.engine import reading, writing
from wizard.limits.usage import HOUR, count, digest_of_caller, hour_of, read_usage
from wizard.tickets.caller import Caller

SCOPE, SCOPE_OF_NUMBER = "guesses", "guesses_of_number"

OF_NUMBER, OF_ADDRESS = 30, 100
"""Wrong guesses in an hour: of one number, and in all, from one address."""


def may_guess(settings: Settings, caller: Caller, number: str, now: datetime) -> bool:
    """Whether a number and an address from this caller are looked up at all."""
    of_address, of_number = _keys(settings, caller, number)
    with reading() as connection:
        return (
            read_usage(connection, SCOPE_OF_NUMBER, of_number, now).hour < OF_NUMBER
            and read_usage(connection, SCOPE, of_address, now).hour < OF_ADDRESS
        )


def count_wrong_guess(settings: Settings, caller: Caller, number: str, now: datetime) -> None:
    """Count one that was wrong."""
    of_address, of_number = _keys(settings, caller, number)
    with writing() as connection:
        count(connection, SCOPE, of_address, now)
        count(connection, SCOPE_OF_NUMBER, of_number, now)


def seconds_to_wait(now: datetime) -> int:
    """Seconds until there is a guess again."""
    return round((hour_of(now) + HOUR - now).total_seconds()) + 1


def _keys(settings: Settings, caller: Caller, number: str) -> tuple[str, str]:
    return digest_of_caller(settings, caller.network), digest_of_caller(settings, caller.network, "guess", number)
