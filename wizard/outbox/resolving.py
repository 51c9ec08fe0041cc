"""The addresses of a host, asked once: a call goes to the very address that was looked at (threats W18)."""

from __future__ import annotations

import queue
import socket
import threading

from wizard.outbox.errors import EndpointAway, TemporaryFailure
from wizard.values.ip import is_public


def addresses_of(host: str, port: int, seconds: float, *, private: bool) -> list[str]:
    """The addresses to call, in the resolver's order; those of the public Internet only unless ``private``.

    Raises:
        EndpointAway: the name has no address, or the resolver did not answer within ``seconds``.
        TemporaryFailure: it has private addresses only.
    """
    found = _resolved(host, port, seconds)
    allowed = [address for address in found if private or is_public(address)]
    if not allowed:
        raise TemporaryFailure("private address: only WIZARD_WEBHOOK_PRIVATE_ADDRESSES=true allows it", alarm=True)
    return allowed


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    # A resolver knows no timeout of ours: it is waited for in a thread that may be left behind.
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            answer.put(fault)
        else:
            answer.put(list(dict.fromkeys(str(place[0]) for *_, place in found)))

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        resolved = answer.get(timeout=seconds)
    except queue.Empty:
        raise EndpointAway("name: the resolver does not answer") from None
    if isinstance(resolved, Exception):
        raise EndpointAway(f"name: {resolved}"[:200])
    return resolved
