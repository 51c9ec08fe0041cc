"""A server on a bare socket, for those that go wrong on purpose."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self


class BareServer(ABC):
    """Takes connections on loopback, each in a thread of its own, until the end of a ``with``.

    Subclasses say in ``talk`` what happens on one; when it returns or the line breaks, we hang up.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.connections = 0
        self.stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopped.set()
        for open_socket in (self._listener, *self._open):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()

    def prepare(self, client: socket.socket) -> socket.socket:
        """The socket to talk on, before anything is said."""
        return client

    @abstractmethod
    def talk(self, client: socket.socket) -> None:
        """What happens on a connection."""

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError):
            client = self.prepare(client)
            self.talk(client)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()
