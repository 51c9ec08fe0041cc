"""PostgreSQL's own programs, ``pg_dump`` and ``pg_restore``, on the configured database."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, Connection, text

from wizard.backup.manifest import BackupError
from wizard.db.engine import db, reading

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def dump(connection: Connection, copy: Path) -> None:
    """Dump the moment that the connection's transaction sees.

    Raises:
        BackupError: ``pg_dump`` is missing or failed.
    """
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={copy}")


def load(copy: Path) -> None:
    """Load a dump into the database, in one transaction.

    Raises:
        BackupError: ``pg_restore`` is missing or failed; nothing was loaded.
    """
    _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(copy))


def check_program(name: str) -> str:
    """Where one of PostgreSQL's programs lies.

    Raises:
        BackupError: it is not on PATH.
    """
    program = shutil.which(name)
    if program is None:
        raise BackupError(
            f"{name} is not on PATH. Install PostgreSQL's client programs, of the server's version or newer "
            "(on Debian: apt install postgresql-client)"
        )
    return program


def other_connections() -> int:
    """How many others have this database open."""
    with reading() as connection:
        count: int = connection.execute(_OTHERS).scalar_one()
        return count


def _run(name: str, *arguments: str) -> None:
    program, url = check_program(name), db.engine.url
    # The password goes by the environment: everybody on this machine sees a command line.
    environment = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else None
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    command = [program, f"--dbname={address.render_as_string()}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        lines = [line.removeprefix(f"{name}: ").strip() for line in done.stderr.splitlines() if line.strip()]
        raise BackupError(f"{name} failed: {'; '.join(lines[:3]) or f'exit code {done.returncode}'}")
