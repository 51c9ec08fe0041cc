"""What the request at hand may ask of the process that reads files (``limits.heavy``)."""

from __future__ import annotations

from threading import Event

from flask import g, request

from wizard.limits.heavy.allowance import Allowance
from wizard.web.rate_limits import caller_network
from wizard.web.request_context import container

CLIENT_GONE = "zayavka.client_gone"
"""Name under which the server in front says that nobody waits for the answer any more: a ``threading.Event``."""

RETRY_AFTER = 10
"""Seconds after which a file is sent again that found no place in the queue."""


def current_allowance() -> Allowance:
    """The allowance of the request at hand: one for all of its files."""
    if "allowance" not in g:
        gone: Event = request.environ.get(CLIENT_GONE) or Event()
        g.allowance = Allowance.of(container().settings, caller_network(), gone.is_set)
    allowance: Allowance = g.allowance
    return allowance
