"""``X_Forwarded_For`` is another header than ``X-Forwarded-For``, though WSGI knows one name for both (threats W08)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from installation import Installation
from werkzeug.serving import BaseWSGIServer, make_server

PROXY = "X-Forwarded-For: 203.0.113.7\r\n"
FORGED = "X_Forwarded_For: 198.51.100.9\r\n"


@pytest.fixture
def flask_run(make_desk: Callable[..., Installation]) -> Iterator[BaseWSGIServer]:
    """The server of ``flask run``, behind one proxy."""
    server = make_server("127.0.0.1", 0, make_desk(TRUSTED_PROXIES=1).app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.mark.parametrize("headers", [PROXY, PROXY + FORGED, FORGED + PROXY])
def test_only_what_the_proxy_wrote_is_believed_by_flask_run(flask_run: BaseWSGIServer, headers: str) -> None:
    with socket.create_connection(("127.0.0.1", flask_run.port), timeout=20) as connection:
        request = f"GET /api/v1/evidence HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["ip"] == "203.0.113.7"
