"""One laptop does not take the service away: silent connections, bodies that drip, too many at once (L01, W13)."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from raw_http import FORM, URLENCODED, answer_on, ask, connect, fields_of, head, is_open
from server_process import Running

STRANGER, ANOTHER = "127.0.0.2", "127.0.0.3"
SILENT = (b"", b"GET /ru/ HT", head("/ru/", method="GET"))
silent = pytest.mark.parametrize("sent", SILENT, ids=["silent", "half a head", "kept alive"])
SMALL = (URLENCODED, "Content-Length: 9", "Connection: close")
DRIPPING = (
    head(FORM, URLENCODED, "Content-Length: 5000") + b"details=a",
    head(FORM, URLENCODED, "Transfer-Encoding: chunked") + b"9\r\ndetails=a\r\n",
    head("/api/v1/tickets", "Content-Type: application/json", "Content-Length: 5000") + b'{"a',
)


IMPATIENT = "from wizard.serve import listeners; listeners.UNTAKEN = 2.0; import app; app.main()"
"""A program that runs the service and waits no longer for whoever takes no answer."""


@contextmanager
def _running(folder: pytest.TempPathFactory, program: str = "", **variables: str) -> Iterator[Running]:
    settings = {f"WIZARD_{name}": value for name, value in variables.items()}
    place, script = folder.mktemp("door"), "app.py"
    if program:
        script = str(place / "program.py")
        (place / "program.py").write_text(program)
    service = Running(place / "instance", script=script, WIZARD_OUTBOX_EMBEDDED="false", **settings)
    try:
        yield service.ready()
    finally:
        service.stop()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that waits for long: what keeps it open are its counts alone."""
    limits = {"CONNECTIONS": "64", "CONNECTIONS_PER_ADDRESS": "20", "REQUESTS_PER_ADDRESS": "12"}
    times = {"HEAD_TIMEOUT": "90", "BODY_GRACE": "90"}
    with _running(tmp_path_factory, **limits, **times) as service:
        yield service


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that waits for nobody, and has little room for bodies."""
    limits = {"CONNECTIONS": "64", "CONNECTIONS_PER_ADDRESS": "0", "REQUEST_SPOOL_BYTES": "1000000"}
    with _running(tmp_path_factory, IMPATIENT, HEAD_TIMEOUT="1", BODY_GRACE="1", **limits) as service:
        yield service


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with a proxy in front, whose address every connection comes from."""
    limits = {"CONNECTIONS_PER_ADDRESS": "2", "REQUESTS_PER_ADDRESS": "1"}
    hosts = {"TRUSTED_HOSTS": "x,127.0.0.1"}
    with _running(tmp_path_factory, TRUSTED_PROXIES="1", BODY_GRACE="90", **limits, **hosts) as service:
        yield service


@contextmanager
def _held(port: int, count: int, source: str, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections of an address that are held, once they have sent so much."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(port, source)) for _ in range(count)]
        for connection in connections:
            if sent:
                connection.sendall(sent)
        yield connections


def _wait(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)


@silent
def test_connections_that_say_no_more_keep_no_page_out(patient: Running, sent: bytes) -> None:
    with _held(patient.port, 40, STRANGER, sent), _held(patient.port, 40, ANOTHER, sent):
        assert "ok" in patient.get("/healthz")
        assert "<form" in patient.get(FORM)


def test_of_too_many_connections_only_those_of_their_address_are_closed(patient: Running) -> None:
    with _held(patient.port, 3, ANOTHER) as others, _held(patient.port, 30, STRANGER) as connections:
        _wait(lambda: sum(map(is_open, connections)) == 20)
        assert all(map(is_open, others))


@pytest.mark.parametrize("sent", DRIPPING, ids=["form", "chunked", "api"])
def test_bodies_that_drip_take_no_thread(patient: Running, sent: bytes) -> None:
    with _held(patient.port, 12, STRANGER, sent) as connections:
        time.sleep(0.3)
        assert "[##1" in patient.send(f"Пока у других капает {sent[:60]!r}")
        assert all(map(is_open, connections))


def test_who_has_too_much_under_way_gets_a_page_that_says_what_to_do_and_others_go_on(patient: Running) -> None:
    with _held(patient.port, 12, STRANGER, DRIPPING[0]):
        time.sleep(0.3)
        answer = ask(patient.port, head(FORM, *SMALL) + b"details=a", STRANGER)
        fields, page = fields_of(answer), answer.partition(b"\r\n\r\n")[2].decode()
        assert (fields["status"], fields["retry-after"], fields["cache-control"]) == ("429", "5", "no-store")
        assert "Вернитесь назад в браузере: Ваши слова на месте." in page
        assert "Go back in your browser: your words are still there." in page
        assert fields["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in fields["content-security-policy"]
        call = ask(patient.port, head("/api/v1/tickets", "Accept-Language: en", "Content-Length: 2") + b"{}", STRANGER)
        assert fields_of(call)["content-type"] == "application/problem+json"
        assert json.loads(call.partition(b"\r\n\r\n")[2])["type"] == "/api/v1/problems/too-many-requests"
        assert b" 200 " in ask(patient.port, head(FORM, "Connection: close", method="GET"), STRANGER), "a cached page"
        assert b" 422 " in ask(
            patient.port, head(FORM, URLENCODED, "Connection: close", "Content-Length: 9") + b"details=a"
        )


@silent
def test_a_connection_that_says_no_more_is_closed(impatient: Running, sent: bytes) -> None:
    with connect(impatient.port) as connection:
        connection.sendall(sent)
        answer_on(connection)
    with _held(impatient.port, 70, STRANGER, sent):
        assert "ok" in impatient.get("/healthz"), (
            "more connections than there may be, and yet a page once they are closed"
        )


def test_a_body_that_drips_is_cut_off_with_a_page(impatient: Running) -> None:
    with connect(impatient.port) as connection:
        connection.sendall(DRIPPING[0])
        over = threading.Event()

        def drip() -> None:
            while not over.wait(0.2):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        answer = answer_on(connection)
        over.set()
        thread.join()
    assert fields_of(answer)["status"] == "408"
    assert "Ваши слова на месте" in answer.decode()


def test_a_body_that_comes_in_crumbs_is_cut_off(impatient: Running) -> None:
    crumbs = head(FORM, URLENCODED, "Transfer-Encoding: chunked") + b"1\r\na\r\n" * 3000
    assert fields_of(ask(impatient.port, crumbs))["status"] == "408"


def test_a_body_for_which_there_is_no_room_is_refused_and_small_ones_are_not(impatient: Running) -> None:
    fields = "Content-Type: text/plain", "Content-Length: 400000"
    answer = ask(impatient.port, head("/api/v1/attachments", *fields) + b"x" * 400_000)
    assert (fields_of(answer)["status"], fields_of(answer)["retry-after"]) == ("503", "30")
    assert "[##1" in impatient.send("Маленькая заявка")


def test_a_body_beyond_the_limit_is_refused_and_the_client_reads_why(impatient: Running) -> None:
    size = 60_000_000
    with connect(impatient.port) as connection:
        # Sent whole, as browsers do that look for an answer only then.
        connection.sendall(head(FORM, URLENCODED, f"Content-Length: {size}") + b"x" * size)
        answer = answer_on(connection)
    assert fields_of(answer)["status"] == "413"
    assert "Уберите часть файлов" in answer.decode()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_upload_arrives_whole(patient: Running, is_chunked: bool) -> None:
    content = bytes(range(32, 127)) * 30_000
    disposition = b'Content-Disposition: form-data; name="file"; filename="log.txt"\r\nContent-Type: text/plain\r\n\r\n'
    body = b"--b\r\n" + disposition + content + b"\r\n--b--\r\n"
    if is_chunked:
        pieces = [body[n : n + 50_000] for n in range(0, len(body), 50_000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}"
    fields = "Content-Type: multipart/form-data; boundary=b", length, "Connection: close"
    answer = ask(patient.port, head("/api/v1/attachments", *fields) + body)
    assert fields_of(answer)["status"] == "201"
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_body_is_asked_for_when_it_is_wanted(patient: Running) -> None:
    with connect(patient.port) as connection:
        connection.sendall(head(FORM, URLENCODED, "Expect: 100-continue", "Content-Length: 9", "Connection: close"))
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"details=a")
        assert b" 422 " in answer_on(connection)
    answer = ask(patient.port, head(FORM, URLENCODED, "Expect: 100-continue", "Content-Length: 99000000"))
    assert fields_of(answer)["status"] == "413"


def test_a_request_names_one_host(patient: Running) -> None:
    good = head("/ru/", "Connection: close", method="GET")
    assert fields_of(ask(patient.port, good))["status"] == "200"
    for request in (
        head("/ru/", "Host: y", "Connection: close", method="GET"),
        head("/ru/", "Connection: close", method="GET", host=None),
        head("/ru/", "Connection: close", method="GET", host="a b"),
        head("/ru/", "Connection: close", method="GET", host="evil.example/<script>"),
        head("/ru/", "Connection: close", method="GET", host="a" * 300),
    ):
        assert fields_of(ask(patient.port, request))["status"] == "400"
    # A balancer's check: HTTP/1.0 needs no host (RFC 9112, section 3.2).
    assert fields_of(ask(patient.port, b"GET /healthz HTTP/1.0\r\n\r\n"))["status"] == "200"


def test_a_page_from_the_cache_is_for_trusted_hosts_too(behind_proxy: Running) -> None:
    for host, status in (("x", "200"), ("x", "200"), ("evil.example", "400")):
        asked = head("/ru/", "Connection: close", method="GET", host=host)
        assert fields_of(ask(behind_proxy.port, asked))["status"] == status


def test_a_head_of_200_kb_is_refused(patient: Running) -> None:
    long = head("/ru/", f"X-Long: {'a' * 200_000}", "Connection: close", method="GET")
    assert fields_of(ask(patient.port, long))["status"] == "431"


def test_who_takes_no_answer_is_let_go(impatient: Running) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect(("127.0.0.1", impatient.port))
        connection.sendall(head("/ru/", method="GET") * 300)
        name = connection.getsockname()[1]
        _wait(lambda: not _is_established(impatient.port, name))


def _is_established(port: int, peer: int) -> bool:
    """Whether the service's end of a connection is open, as the kernel says."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    ends = {(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16)): row[3] for row in lines}
    return ends.get((port, peer)) == "01"


def test_http_2_is_not_spoken_without_tls(patient: Running) -> None:
    upgrade = "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
    assert ask(patient.port, head("/ru/", *upgrade, method="GET")).startswith(b"HTTP/1.1 200 OK")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    assert not ask(patient.port, preface).startswith(b"\x00")


def test_a_proxy_is_never_limited_but_its_clients_are(behind_proxy: Running) -> None:
    with _held(behind_proxy.port, 12, "127.0.0.1", DRIPPING[0]) as connections:
        time.sleep(0.6)
        assert all(map(is_open, connections))
        assert "[##1" in behind_proxy.send("Через прокси")
    forwarded = "X-Forwarded-For: 203.0.113.9"
    half = DRIPPING[0].replace(b"Host: x", f"Host: x\r\n{forwarded}".encode())
    with _held(behind_proxy.port, 1, "127.0.0.1", half):
        time.sleep(0.3)
        answers = [
            ask(behind_proxy.port, head(FORM, address, *SMALL) + b"details=a")
            for address in (forwarded, "X-Forwarded-For: 203.0.113.10")
        ]
    assert [fields_of(answer)["status"] for answer in answers] == ["429", "422"]


def test_a_header_with_an_underscore_says_nothing_of_the_clients_address(behind_proxy: Running) -> None:
    fields = "X_Forwarded_For: 198.51.100.7", "X-Forwarded-For: 203.0.113.9", "X_Forwarded_For: 198.51.100.8"
    for first in fields[:2]:
        rest = [field for field in fields if field != first]
        answer = ask(behind_proxy.port, head("/api/v1/evidence", first, *rest, "Connection: close", method="GET"))
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["ip"] == "203.0.113.9"
