"""The database's own counter of ticket numbers, read and moved on, for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from wizard.db.models import FIRST_NUMBER, Ticket

_SQLITE_COUNTER = text("SELECT seq FROM sqlite_sequence WHERE name = 'tickets'")
_SQLITE_SET = text("UPDATE sqlite_sequence SET seq = :number WHERE name = 'tickets'")
_SQLITE_START = text("INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', :number)")

_POSTGRESQL_SEQUENCE = text("SELECT pg_get_serial_sequence('tickets', 'number')")
_POSTGRESQL_SET = text("SELECT setval(pg_get_serial_sequence('tickets', 'number'), :number)")


def highest_number(connection: Connection) -> int:
    """The highest number that this database knows to have given, to a ticket or to a transaction that failed."""
    highest: int = connection.execute(select(func.max(Ticket.number))).scalar() or 0
    return max(highest, _counter(connection), FIRST_NUMBER - 1)


def count_on_from(connection: Connection, number: int) -> None:
    """Let the next ticket have a number above ``number``. Never counts back. Part of the caller's transaction."""
    number = max(number, highest_number(connection))
    if connection.dialect.name == "postgresql":
        connection.execute(_POSTGRESQL_SET, {"number": number})
    elif not connection.execute(_SQLITE_SET, {"number": number}).rowcount:
        connection.execute(_SQLITE_START, {"number": number})


def _counter(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        sequence = connection.execute(_POSTGRESQL_SEQUENCE).scalar_one()
        row = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()
        # Before the first number is given, the sequence says which one that will be.
        return int(row.last_value) - (not row.is_called)
    return connection.execute(_SQLITE_COUNTER).scalar() or 0
