"""What was erased stays erased, whatever copy of the database comes back (threats V03)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result
from installation import Installation
from sqlalchemy import select, update
from uploads_under_test import stored_keys

from app import create_app
from wizard.db.engine import db, writing
from wizard.db.models import Installation as InstallationRow
from wizard.db.models import Ticket
from wizard.files.tombstones import AddressTombstone, TicketTombstone, Tombstones
from wizard.intake import erased_files, erasure
from wizard.serve.database import prepare_database

Run = Callable[..., Result]
Search = Callable[[Installation, str], list[str]]
Numbers = Callable[[Installation], list[int]]
NewDesk = Callable[..., Installation]

ADDRESS, OTHER = "irina@kolesa77.example", "sklad@maslo.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def new_desk(request: pytest.FixtureRequest, make_desk: NewDesk) -> NewDesk:
    """Make empty installations on databases of their own."""
    if request.param == "sqlite":
        return make_desk
    request.getfixturevalue("postgresql_programs")
    new_postgresql: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return lambda: make_desk(SQLALCHEMY_DATABASE_URI=new_postgresql())


def send(desk: Installation, address: str, content: bytes) -> None:
    """Send a report with a file from an address."""
    form = desk.client.get(desk.address("site_down"))
    typed = desk.example_answers("site_down", reg_email=address, contact_email=address)
    form.submit("check", typed, {"files": [("log.txt", content)]}).submit("send")


def closed(desk: Installation) -> Installation:
    """The installation, its connections closed as after a stop."""
    with desk.app.app_context():
        db.engine.dispose()
    return desk


def move(old: Installation, new: Installation) -> None:
    """Move what the documentation says into the installation that is to be restored into."""
    source, target = old.container.settings.files_folder, new.container.settings.files_folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in ("last_number", "erased"):
        shutil.copy(source / name, target / name)


def test_what_was_erased_after_a_backup_is_erased_again_by_its_restore_with_its_files(
    new_desk: NewDesk, run: Run, numbers: Numbers, stores_with: Search, tmp_path: Path
) -> None:
    old, new = new_desk(), new_desk()
    send(old, ADDRESS, b"of irina@kolesa77.example alone\n")
    send(old, ADDRESS, b"of both\n")
    send(old, OTHER, b"of both\n")
    assert run(old, "backup", tmp_path / "backup").exit_code == 0
    run(old, "privacy", "erase", ADDRESS, "--yes")
    move(old, new)
    done = run(closed(new), "restore", tmp_path / "backup")
    assert done.exit_code == 0, done.output
    assert "2 of these tickets had been erased since, and were erased again." in done.output
    assert numbers(new) == [100003]
    assert len(stored_keys(new)) == 1 and stores_with(new, "kolesa77") == []
    erased = [row.erased_at for row in old.query(select(Ticket.erased_at).order_by(Ticket.number))]
    assert [row.erased_at for row in new.query(select(Ticket.erased_at).order_by(Ticket.number))] == erased


def test_a_backup_carries_what_had_been_erased_so_that_an_older_one_stays_erased_on_a_new_machine(
    make_desk: NewDesk, run: Run, numbers: Numbers, stores_with: Search, tmp_path: Path
) -> None:
    old = make_desk()
    send(old, ADDRESS, b"log\n")
    send(old, OTHER, b"log\n")
    run(old, "backup", tmp_path / "older")
    run(old, "privacy", "erase", "100001", "--yes")
    run(old, "backup", tmp_path / "newer")
    machine = make_desk()
    assert run(closed(machine), "restore", tmp_path / "newer").exit_code == 0
    assert numbers(machine) == [100002]
    again = make_desk()
    move(machine, again)
    assert run(closed(again), "restore", tmp_path / "older").exit_code == 0
    assert numbers(again) == [100002] and stores_with(again, "kolesa77") == []


def test_the_files_tombstones_are_added_to_and_never_replaced_by_older_ones(
    make_desk: NewDesk, run: Run, numbers: Numbers, tmp_path: Path
) -> None:
    old, new = make_desk(), make_desk()
    for address in (ADDRESS, OTHER):
        send(old, address, b"log\n")
    run(old, "privacy", "erase", "100002", "--yes")
    run(old, "backup", tmp_path / "backup")
    run(old, "privacy", "erase", "100001", "--yes")
    move(old, new)
    run(closed(new), "restore", tmp_path / "backup")
    assert numbers(new) == []
    assert new.container.tombstones.read() == old.container.tombstones.read()


def test_an_older_copy_put_in_place_by_hand_is_erased_by_the_next_start(
    desk: Installation, run: Run, numbers: Numbers, capsys: pytest.CaptureFixture[str]
) -> None:
    database = desk.container.settings.instance_path / "zayavka.db"
    send(desk, ADDRESS, b"log\n")
    send(desk, OTHER, b"log\n")
    closed(desk)
    shutil.copy(database, database.with_name("older"))
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    closed(desk)
    for path in database.parent.glob("zayavka.db*"):
        path.unlink()
    database.with_name("older").rename(database)
    app = create_app({"INSTANCE_PATH": str(database.parent), "SECRET_KEY": "a key of the tests"})
    prepare_database(app)
    assert "1 tickets that had been erased came back" in capsys.readouterr().err
    again = Installation(app, desk.sink)
    assert numbers(again) == [100002]
    prepare_database(app)
    assert "came back" not in capsys.readouterr().err
    closed(again)


def test_an_erased_address_catches_tickets_whose_numbers_nobody_knows_any_more(
    desk: Installation, run: Run, numbers: Numbers
) -> None:
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    before = desk.query(select(InstallationRow.tombstones_applied))
    # They come back with an older copy, from before the erasure.
    send(desk, "Irina+2@Kolesa77.example", b"log\n")
    send(desk, OTHER, b"log\n")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(created_at=long_ago))
        connection.execute(update(InstallationRow).values(tombstones_applied=None))
    prepare_database(desk.app)
    assert numbers(desk) == [100002]
    assert desk.query(select(InstallationRow.tombstones_applied)) == before != [(None,)]
    send(desk, ADDRESS, b"log\n")
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(tombstones_applied=None))
    prepare_database(desk.app)
    assert numbers(desk) == [100002, 100003], "who comes back after being erased is a client like any other"


def test_a_number_that_was_given_again_is_another_ticket(desk: Installation, run: Run, numbers: Numbers) -> None:
    send(desk, ADDRESS, b"log\n")
    with desk.app.app_context():
        stone = TicketTombstone(100001, "0123456789", datetime.now(UTC))
        with desk.container.tombstones.opened() as file:
            file.add([stone])
    prepare_database(desk.app)
    assert numbers(desk) == [100001]
    run(desk, "privacy", "erase", "100001", "--yes")
    assert numbers(desk) == []


def kill_within(desk: Installation, module: ModuleType, function: str, after: int) -> int:
    """Run the command in a process that is killed when it has called a function so many times; its exit status."""
    closed(desk)
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    genuine, calls = getattr(module, function), count()

    def die(*arguments: object) -> object:
        if next(calls) >= after:
            os.kill(os.getpid(), signal.SIGKILL)
        return genuine(*arguments)

    setattr(module, function, die)
    desk.app.test_cli_runner().invoke(args=["privacy", "erase", ADDRESS, "--yes"])
    os._exit(0)


@pytest.mark.parametrize(
    ("module", "function", "after"),
    [
        (erasure, "_follow", 0),
        (erasure, "_erase_ticket", 1),
        (erased_files, "delete_all_erased_files", 0),
        (erased_files, "_delete_batch", 0),
    ],
    ids=["before the first ticket", "between two tickets", "before the files", "among the files"],
)
def test_an_erasure_that_was_killed_is_finished_by_the_next_start_and_sweep(
    desk: Installation, numbers: Numbers, stores_with: Search, module: ModuleType, function: str, after: int
) -> None:
    for content in (b"of irina@kolesa77.example\n", b"of kolesa77 too\n"):
        send(desk, ADDRESS, content)
    assert kill_within(desk, module, function, after) == signal.SIGKILL
    assert stores_with(desk, "kolesa77")
    prepare_database(desk.app)
    assert numbers(desk) == []
    desk.run_worker()
    assert stores_with(desk, "kolesa77") == [] and not stored_keys(desk)


def test_a_tombstone_that_cannot_be_written_lets_nothing_be_erased(
    desk: Installation, run: Run, numbers: Numbers
) -> None:
    send(desk, ADDRESS, b"log\n")
    desk.container.tombstones.path.mkdir()
    done = run(desk, "privacy", "erase", ADDRESS, "--yes")
    assert done.exit_code == 1 and "erased: Is a directory" in done.output
    assert numbers(desk) == [100001]


def test_half_a_line_that_a_crash_left_costs_no_other(tmp_path: Path) -> None:
    tombstones, now = Tombstones(tmp_path / "erased"), datetime.now(UTC)
    stones = [TicketTombstone(number, "K7Q2M9XH4D", now) for number in (100001, 100002)]
    tombstones.path.write_bytes(stones[0].line().encode() + b"\nticket 1000")
    with tombstones.opened() as file:
        file.add([stones[1]])
        [(read, place)] = file.after(None, 50)
    assert read == stones
    with tombstones.opened() as file:
        assert list(file.after(place, 50)) == []
        assert [stones for stones, _ in file.after("7:another file's", 1)][:2] == [[stones[0]], [stones[1]]]


def test_an_address_is_held_as_a_keyed_digest_under_one_key_for_the_whole_file(tmp_path: Path) -> None:
    tombstones, now = Tombstones(tmp_path / "erased"), datetime.now(UTC)
    for mailbox in (ADDRESS, OTHER):
        with tombstones.opened() as file:
            file.add([AddressTombstone.of(mailbox, file.address_key(), now)])
    assert b"kolesa" not in tombstones.read() and oct(tombstones.path.stat().st_mode)[-3:] == "600"
    with tombstones.opened() as file:
        [(stones, _)] = file.after(None, 50)
    first, second = (stone for stone in stones if isinstance(stone, AddressTombstone))
    assert first.key == second.key and first.is_of(ADDRESS) and not first.is_of(OTHER) and second.is_of(OTHER)
    elsewhere = Tombstones(tmp_path / "elsewhere")
    elsewhere.merge(tombstones.read())
    elsewhere.merge(tombstones.read())
    assert elsewhere.read() == tombstones.read()


def test_two_that_erase_at_once_lose_nothing(desk: Installation, numbers: Numbers) -> None:
    desk.enqueue(20, "report")
    rows = desk.query(select(Ticket.number, Ticket.token))

    def erase(row: object) -> None:
        with desk.app.app_context():
            erasure.erase(desk.container, [row], datetime.now(UTC))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(erase, rows))
    assert numbers(desk) == [] and desk.container.tombstones.read().count(b"\n") == 20


def test_a_file_of_tombstones_that_is_lost_is_told_of_at_every_start(
    desk: Installation, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_database(desk.app)
    assert capsys.readouterr().err == "", "nothing was ever erased"
    send(desk, ADDRESS, b"log\n")
    run(desk, "privacy", "erase", ADDRESS, "--yes")
    prepare_database(desk.app)
    assert capsys.readouterr().err == ""
    kept = desk.container.tombstones.read()
    desk.container.tombstones.path.unlink()
    for _ in range(2):
        prepare_database(desk.app)
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and "files/erased" in line and "is lost" in line
    desk.container.tombstones.path.write_bytes(kept)
    prepare_database(desk.app)
    assert capsys.readouterr().err == ""
