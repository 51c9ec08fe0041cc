"""A file that was stored stays, whole and once, under a key made of its content (threats U02, U05, U09)."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from wizard.files.storage import FileStore, StorageFull, key_of

ROOT = Path(__file__).parents[2]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def put(store: FileStore, content: bytes) -> str:
    """Store a file; returns its key."""
    key = key_of(sha256(content).hexdigest())
    store.put(content, key, len(content))
    return key


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.mark.parametrize("content", [b"", b"one", os.urandom(3_000_000)], ids=["nothing", "little", "much"])
def test_what_was_stored_is_read_again(store: FileStore, content: bytes) -> None:
    assert store.read(put(store, content)) == content
    store.put(io.BytesIO(content), "0" * 32, len(content))
    with store.open("0" * 32) as file:
        assert file.read() == content


def test_the_same_bytes_lie_there_once_and_are_ours_alone(store: FileStore, tmp_path: Path) -> None:
    keys = {put(store, content) for content in (b"same", b"same", b"other") for _ in range(20)}
    assert len(keys) == 2 and all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)
    assert sorted(path.read_bytes() for path in files_in(tmp_path)) == [b"other", b"same"]
    for path in files_in(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_bytes_that_come_again_are_not_written_again_but_become_young(store: FileStore, tmp_path: Path) -> None:
    key = put(store, b"same")
    [path] = files_in(tmp_path)
    os.utime(path, (1, 1))
    number = path.stat().st_ino
    assert put(store, b"same") == key
    assert path.stat().st_ino == number
    assert list(store.keys_older_than(timedelta(hours=1))) == []


def test_a_file_that_a_broken_disk_cut_short_is_not_there_and_is_written_again(store: FileStore) -> None:
    key = put(store, b"the whole file")
    store.path(key).write_bytes(b"the whole")
    assert not store.holds(key, len(b"the whole file"))
    put(store, b"the whole file")
    assert store.holds(key, len(b"the whole file")) and store.read(key) == b"the whole file"


def test_a_file_deleted_while_it_comes_again_is_written_again(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(store, b"same")
    utime = os.utime

    def deleted_meanwhile(descriptor: int) -> None:
        store.delete(key)
        utime(descriptor)

    monkeypatch.setattr(os, "utime", deleted_meanwhile)
    assert store.read(put(store, b"same")) == b"same"


def test_one_of_several_that_start_together_owns_the_files(tmp_path: Path) -> None:
    owners: list[str] = []

    def claim(n: int) -> None:
        owners.append(FileStore(tmp_path / "files").claim(f"{n}" * 32))

    assert FileStore(tmp_path / "files").owner() is None
    threads = [threading.Thread(target=claim, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [owner] = set(owners)
    assert len(owners) == 8 and FileStore(tmp_path / "files").owner() == owner
    assert [path.name for path in files_in(tmp_path)] == ["database"]
    assert list(FileStore(tmp_path / "files").all_keys()) == []


def test_a_full_disk_does_not_keep_known_files_from_their_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FileStore(tmp_path / "files").claim("a" * 32)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    assert FileStore(tmp_path / "files").claim("b" * 32) == "a" * 32


def test_files_are_owned_on_a_network_folder_without_hard_links_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert FileStore(tmp_path / "files").claim("a" * 32) == "a" * 32
    assert FileStore(tmp_path / "files").claim("b" * 32) == "a" * 32


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "../../secret_key",
        "/etc/passwd",
        "0" * 31,
        "0" * 33,
        "G" * 32,
        "A" * 32,
        "0" * 30 + "/x",
        "0" * 31 + "\n",
        "٠" * 32,
    ],
)
def test_a_key_that_is_not_ours_opens_and_deletes_nothing(store: FileStore, key: str) -> None:
    for touch in (store.open, store.read, store.delete):
        with pytest.raises(KeyError):
            touch(key)


def test_deleting_twice_is_deleting_once(store: FileStore) -> None:
    key = put(store, b"x")
    store.delete(key)
    store.delete(key)
    with pytest.raises(KeyError):
        store.read(key)


def test_only_files_of_some_age_are_old(store: FileStore, tmp_path: Path) -> None:
    old, young = put(store, b"old"), put(store, b"young")
    unfinished = tmp_path / "files" / "unfinished" / ("0" * 32)
    unfinished.write_bytes(b"half")
    for path in (*files_in(tmp_path / "files" / old[:2]), unfinished):
        if path.name in (old, unfinished.name):
            os.utime(path, (time.time() - 90_000,) * 2)
    assert list(store.keys_older_than(timedelta(days=1))) == [old]
    assert unfinished.exists()
    store.clear_unfinished(timedelta(days=2))
    assert unfinished.exists()
    store.clear_unfinished(timedelta(days=1))
    assert not unfinished.exists()
    assert set(store.all_keys()) == {old, young}


def test_an_empty_store_is_nothing_special(store: FileStore) -> None:
    assert list(store.keys_older_than(timedelta())) == []
    assert list(store.all_keys()) == [] and store.owner() is None
    assert store.free_bytes() > 0


def test_the_file_is_on_the_disk_before_its_name_and_the_name_before_the_answer(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, b"the folders are there from now on, as a rule")
    events: list[str] = []
    sync, rename = os.fsync, os.rename

    def watched_sync(descriptor: int) -> None:
        events.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        sync(descriptor)

    def watched_rename(*places: Path) -> None:
        events.append("rename")
        rename(*places)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(os, "rename", watched_rename)
    put(store, b"x")
    assert events[-3:] == ["sync file", "rename", "sync folder"]


KILLED = """
import os, signal, sys
from pathlib import Path
from wizard.files.storage import FileStore
at = sys.argv[2]
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
class Source:
    left = 5
    def read(self, size):
        self.left -= 1
        if at == "half" and self.left == 2: die()
        return b"x" * 100_000 if self.left > 0 else b""
if at in ("rename", "fsync"): setattr(os, at, die)
FileStore(Path(sys.argv[1])).put(Source(), "0" * 32, 400_000)
"""


@pytest.mark.parametrize("moment", ["half", "fsync", "rename"])
def test_a_process_killed_while_writing_leaves_no_file_under_a_key(tmp_path: Path, moment: str) -> None:
    folder = tmp_path / "files"
    put(FileStore(folder), b"stored")
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder), moment], cwd=ROOT, check=False)
    assert run.returncode == -signal.SIGKILL
    assert [FileStore(folder).read(key) for key in list(FileStore(folder).all_keys())] == [b"stored"]
    FileStore(folder).clear_unfinished(timedelta())
    assert len(files_in(folder)) == 1


def test_processes_killed_at_any_moment_leave_only_whole_files(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    program = (
        "import sys; from pathlib import Path; from wizard.files.storage import FileStore\n"
        "store = FileStore(Path(sys.argv[1]))\n"
        "for n in range(10**9):\n"
        "    key = f'{int(sys.argv[2]):02x}{n:030x}'\n"
        "    store.put(b'x' * 300_000, key, 300_000)\n"
        "    print(key, flush=True)"
    )
    keys: list[str] = []
    for n in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            keys.append(writer.stdout.readline().strip())
            time.sleep(0.013 * n)
            writer.kill()
            keys += [line.strip() for line in writer.stdout if line.endswith("\n")]
    store = FileStore(folder)
    assert all(len(store.read(key)) == 300_000 for key in keys)
    assert all(len(store.read(key)) == 300_000 for key in list(store.all_keys()))


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of one megabyte; where none can be mounted, the largest file is as small as that."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", folder], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_refuses_the_file_keeps_the_others_and_recovers(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder):
        store = FileStore(folder / "files")
        key = put(store, b"x" * 300_000)
        for _ in range(20):
            with pytest.raises(StorageFull):
                put(store, b"y" * 2_000_000)
        assert len(files_in(folder)) == 1 and store.read(key) == b"x" * 300_000
        assert store.read(put(store, b"z" * 300_000)) == b"z" * 300_000


def test_the_reserve_of_the_disk_is_left_alone(tmp_path: Path) -> None:
    free = FileStore(tmp_path).free_bytes()
    store = FileStore(tmp_path / "files", reserve=free + 10**9)
    with pytest.raises(StorageFull):
        put(store, b"x")
    assert files_in(tmp_path) == []


def test_a_sender_that_breaks_off_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    class BrokenSource(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(BrokenSource(), "0" * 32, 10)
    assert files_in(tmp_path) == []


def test_many_at_once_do_not_meet(store: FileStore) -> None:
    keys: dict[str, bytes] = {}

    def keep(n: int) -> None:
        for m in range(10):
            content = b"%d-%d" % (n, m)
            keys[put(store, content)] = content

    threads = [threading.Thread(target=keep, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 80 and all(store.read(key) == content for key, content in keys.items())
