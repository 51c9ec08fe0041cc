"""A load generator: many connections, one thread, ready-made requests."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Result:
    """What came of a run."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.rate:8.0f} /s   p50 {self.percentile(0.5):6.1f} ms   p99 {self.percentile(0.99):6.1f} ms"
            f"   ({statuses})"
        )


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = bytearray()
        self.begun = 0.0

    def ask(self, request: bytes) -> None:
        self.answer.clear()
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int | None:
        """Read what is there; the status once the answer is whole."""
        self.answer += self.socket.recv(262144)
        head, separator, body = self.answer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        return int(head[9:12]) if len(body) >= length else None


def run(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Result:
    """Let clients send requests one after another for a time, or until there are no more requests."""
    result = Result()
    selector = selectors.DefaultSelector()
    begun = time.perf_counter()
    for _ in range(clients):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(next(requests))
    working = clients
    while working:
        for key, _ in selector.select(timeout=10):
            connection = key.data
            status = connection.read()
            if status is None:
                continue
            now = time.perf_counter()
            result.latencies.append(now - connection.begun)
            result.statuses[status] = result.statuses.get(status, 0) + 1
            request = next(requests, None) if now - begun < seconds else None
            if request is None:
                selector.unregister(connection.socket)
                connection.socket.close()
                working -= 1
            else:
                connection.ask(request)
    result.seconds = time.perf_counter() - begun
    return result
