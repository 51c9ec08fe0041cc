"""The process that reads files, as the web process sees it: asked, waited for, killed.

It is trusted with nothing: a picture may have taken it over. It gets no environment, which holds the application's
secrets, no descriptor but two pipes, and what it answers is checked by whoever asked.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from wizard.files.content import Content, new_file
from wizard.limits.heavy.frames import LENGTHS, LONGEST_HEADER, packed, unpacked

POLL = 0.1
"""Seconds between two looks whether the answer is still wanted."""
PIECE = 64 * 1024
"""Bytes of a pipe's buffer."""

_ROOT = Path(__file__).parents[3]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from wizard.limits.heavy.child import main; main(parent=int(sys.argv[2]))"
)


class ProcessFailed(Exception):
    """The process died, was killed, or answered what nobody asked."""


class ReadingProcess:
    """One process. It is made by a thread that lives as long: the kernel ends it with that thread."""

    def __init__(self) -> None:
        """Start it; it is ready when it answers."""
        command = [sys.executable, "-I", "-B", "-X", "utf8", "-c", _PROGRAM, str(_ROOT), str(os.getpid())]
        # A session of its own: Ctrl-C in the terminal is for the supervisor.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(
        self, request: Mapping[str, Any], content: Content, most: int, is_over: Callable[[], bool]
    ) -> tuple[dict[str, Any], IO[bytes] | None]:
        """Let it do something with a file.

        Args:
            request: what to do.
            content: the file.
            most: bytes of the file that it may answer with.
            is_over: whether the time is up, or nobody waits any more.

        Returns:
            What it answers, and the file that it made, if any.

        Raises:
            ProcessFailed: nothing was answered; the process must be replaced.
        """
        try:
            self._send(packed(request, content.size), is_over)
            for chunk in content.chunks():
                self._send(chunk, is_over)
            header, length = LENGTHS.unpack(self._receive(LENGTHS.size, is_over))
            if header > LONGEST_HEADER or length > most:
                raise ProcessFailed
            answer = unpacked(self._receive(header, is_over))
            return answer, self._receive_file(length, is_over) if length else None
        except (OSError, ValueError) as fault:
            raise ProcessFailed from fault

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _send(self, data: bytes, is_over: Callable[[], bool]) -> None:
        rest = memoryview(data)
        while rest:
            _wait(self._to, select.POLLOUT, is_over)
            rest = rest[os.write(self._to, rest[:PIECE]) :]

    def _receive(self, length: int, is_over: Callable[[], bool]) -> bytes:
        data = b""
        while len(data) < length:
            data += self._piece(length - len(data), is_over)
        return data

    def _receive_file(self, length: int, is_over: Callable[[], bool]) -> IO[bytes]:
        file = new_file()
        while length:
            piece = self._piece(length, is_over)
            file.write(piece)
            length -= len(piece)
        return file

    def _piece(self, length: int, is_over: Callable[[], bool]) -> bytes:
        _wait(self._from, select.POLLIN, is_over)
        piece = os.read(self._from, min(length, PIECE))
        if not piece:
            raise ProcessFailed
        return piece


def _wait(pipe: int, event: int, is_over: Callable[[], bool]) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    while not is_over():
        if poll.poll(1000 * POLL):
            return
    raise ProcessFailed
