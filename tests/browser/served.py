"""An installation that a browser can open, and whose server can be taken away and brought back."""

from __future__ import annotations

import json
import threading
from typing import Self

from installation import Installation
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from wizard.db.models import Ticket


class Served:
    """The service behind a port of this machine, with its client's and its agent's side in ``desk``."""

    def __init__(self, desk: Installation, port: int) -> None:
        self.desk, self.port = desk, port
        self.address = f"http://127.0.0.1:{port}"
        self._server: BaseWSGIServer | None = None

    def start(self) -> Self:
        """Begin to answer."""
        app = self.desk.app
        self._server = make_server("127.0.0.1", self.port, app, threaded=True, request_handler=_Quiet)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Be away: connections are refused until the next start. What was accepted stays."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def evidence(self) -> dict[str, str | None]:
        """What was stored with the only ticket of what was seen."""
        [(snapshot,)] = self.desk.query(select(Ticket.record))
        evidence: dict[str, str | None] = json.loads(snapshot)["evidence"]
        return evidence

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Keep requests out of the tests' output."""
