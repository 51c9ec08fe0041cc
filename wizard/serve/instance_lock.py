"""One service an instance folder: a lock that the kernel frees when its holder ends, however that comes to be."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from wizard.serve.listeners import FORMER_SERVICE_ENDS


@contextmanager
def instance_lock(folder: Path) -> Iterator[int]:
    """Hold the lock of an instance folder; its descriptor is to be closed in every child.

    Raises:
        click.ClickException: another service holds it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path) -> None:
    until = time.monotonic() + FORMER_SERVICE_ENDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
                raise click.ClickException(
                    f"another service (process {holder}) runs on {folder}. Stop it, or name another folder with "
                    "WIZARD_INSTANCE_PATH"
                ) from None
            time.sleep(0.1)
