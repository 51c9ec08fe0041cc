"""What the app sees of a request, and when: like any WSGI server's, whole, and only while the client is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from raw_http import answer_on, ask, connect, fields_of, head
from server_process import Running

PROGRAM = """
import time
from functools import partial
from pathlib import Path
from flask import jsonify, request, stream_with_context
from app import create_app
from wizard.config.instance import listen_address
from wizard.serve import supervisor

NOTES = Path({notes!r})

def load():
    app = create_app(with_commands=False)

    @app.route("/environ", methods=["GET", "POST"])
    def environ():
        body = request.environ["wsgi.input"]
        whole = body.read().decode("latin-1")
        body.seek(0)
        seen = {{name: value for name, value in request.environ.items() if isinstance(value, str)}}
        return jsonify(environ=seen, body=whole, again=body.read().decode("latin-1"))

    @app.get("/wait")
    def wait():
        with NOTES.open("a") as notes:
            notes.write("began\\n")
        is_gone = request.environ["zayavka.client_gone"].wait(20)
        with NOTES.open("a") as notes:
            notes.write("gone\\n" if is_gone else "stayed\\n")
        return "late"

    @app.get("/stream")
    def stream():
        def pieces():
            for number in range(3):
                yield f"{{request.path}} {{number}} "
                time.sleep(0.5)
        return app.response_class(stream_with_context(pieces()))

    @app.get("/long")
    def long():
        def pieces():
            try:
                for _ in range(400):
                    yield b"x" * 100_000
            finally:
                with NOTES.open("a") as notes:
                    notes.write("closed\\n")
        return app.response_class(pieces())

    @app.get("/fault")
    def fault():
        class Broken:
            def __iter__(self):
                raise RuntimeError("secret")
        return app.response_class(Broken())

    return app

supervisor.serve(load(), load, *listen_address(), processes=1)
"""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app under test writes what happened."""
    path = tmp_path_factory.mktemp("gateway") / "notes"
    path.touch()
    return path


@pytest.fixture(scope="module")
def service(notes: Path) -> Iterator[Running]:
    """The service, with some pages more."""
    script = notes.with_name("serve.py")
    script.write_text(PROGRAM.format(notes=str(notes)))
    running = Running(notes.with_name("instance"), script=str(script), WIZARD_OUTBOX_EMBEDDED="false")
    try:
        yield running.ready()
    finally:
        running.stop()


def _seen(service: Running, request: bytes) -> dict[str, str]:
    seen = json.loads(ask(service.port, request).partition(b"\r\n\r\n")[2])
    assert seen["body"] == seen["again"]
    return {**seen["environ"], "body": seen["body"]}


def _wait(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)


def test_the_environ_is_that_of_a_wsgi_server(service: Running) -> None:
    fields = "Cookie: a=1", "X-Twice: one", "X-Twice: two", "Cookie: b=2", "X_Hidden: no", "Connection: close"
    seen = _seen(
        service, head("/environ?q=%D1%8F&x=+", *fields, "User-Agent: \xff", method="GET", host="desk.example:81")
    )
    assert seen["REQUEST_METHOD"] == "GET"
    assert seen["PATH_INFO"] == "/environ"
    assert seen["SCRIPT_NAME"] == ""
    assert seen["QUERY_STRING"] == "q=%D1%8F&x=+"
    assert seen["HTTP_HOST"] == "desk.example:81"
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("127.0.0.1", str(service.port))
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["HTTP_COOKIE"].replace(" ", "") == "a=1;b=2"
    assert seen["HTTP_X_TWICE"] == "one,two"
    assert seen["HTTP_USER_AGENT"] == "\xff"
    assert "HTTP_X_HIDDEN" not in seen
    assert "CONTENT_LENGTH" not in seen
    assert seen["body"] == ""


@pytest.mark.parametrize("size", [0, 1, 70_000, 700_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_is_whole_and_may_be_read_again(service: Running, size: int, is_chunked: bool) -> None:
    body = b"".join(b"%07d" % number for number in range(size // 7 + 1))[:size]
    if is_chunked:
        chunks = [body[n : n + 9000] for n in range(0, size, 9000)]
        sent = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    else:
        sent = body
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
    seen = _seen(service, head("/environ", "Content-Type: text/x-plain", length, "Connection: close") + sent)
    assert seen["body"].encode() == body
    assert seen["CONTENT_LENGTH"] == str(size)
    assert seen["CONTENT_TYPE"] == "text/x-plain"
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_half_a_chunked_body_is_no_body(service: Running, notes: Path) -> None:
    with connect(service.port) as connection:
        connection.sendall(head("/environ", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
        connection.shutdown(1)
        assert b"hello" not in answer_on(connection)


def test_an_address_of_octets_stays_what_it_was(service: Running) -> None:
    with connect(service.port) as connection:
        connection.sendall(head("/%D1%8F%FF%20", "Connection: close", method="GET"))
        assert b" 404 " in answer_on(connection)


def test_pieces_are_sent_as_they_come(service: Running) -> None:
    with connect(service.port) as connection:
        connection.sendall(head("/stream", "Connection: close", method="GET"))
        begun, first = time.monotonic(), connection.recv(65536)
        while b"/stream 0" not in first:
            first += connection.recv(65536)
        assert b"/stream 2" not in first
        rest = answer_on(connection)
    assert b"/stream 2" in rest
    assert time.monotonic() - begun > 0.7
    assert b"chunked" in first


def test_who_reads_slowly_holds_no_thread_and_who_leaves_ends_the_answer(service: Running, notes: Path) -> None:
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(connect(service.port)).sendall(head("/long", method="GET"))
        time.sleep(0.5)
        assert "ok" in service.get("/healthz")
    _wait(lambda: notes.read_text().count("closed") == 12)
    answer = ask(service.port, head("/long", "Connection: close", method="GET"))
    assert answer.count(b"x" * 1000) >= 40_000


def test_head_is_get_without_its_body(service: Running) -> None:
    for path in ("/ru/", "/nowhere/", "/environ"):
        bare = ask(service.port, head(path, "Connection: close", method="HEAD"))
        full = ask(service.port, head(path, "Connection: close", method="GET"))
        assert bare.endswith(b"\r\n\r\n")
        names = ("status", "content-type", "etag")
        assert [fields_of(bare).get(name) for name in names] == [fields_of(full).get(name) for name in names]
        if path == "/ru/":
            assert fields_of(bare)["content-length"] == fields_of(full)["content-length"]


def test_a_fault_below_flask_is_a_page_that_tells_nothing(service: Running) -> None:
    answer = ask(service.port, head("/fault", "Connection: close", method="GET"))
    assert fields_of(answer)["status"] == "500"
    assert b"secret" not in answer


def test_a_client_who_leaves_is_noticed_and_nobody_works_for_one_who_left_before(service: Running, notes: Path) -> None:
    notes.write_text("")
    request = head("/wait", method="GET")
    with ExitStack() as stack:
        working = [stack.enter_context(connect(service.port, "127.0.0.2")) for _ in range(8)]
        for connection in working:
            connection.sendall(request)
        _wait(lambda: notes.read_text().count("began") == 8)
        waiting = [stack.enter_context(connect(service.port, "127.0.0.2")) for _ in range(5)]
        for connection in waiting:
            connection.sendall(request)
        time.sleep(0.5)
        # One address has all turns that it may have: another is answered at once.
        assert "ok" in service.get("/healthz")
        for connection in waiting:
            connection.close()
        time.sleep(0.5)
    _wait(lambda: notes.read_text().count("gone") == 8)
    time.sleep(0.5)
    assert notes.read_text().count("began") == 8
