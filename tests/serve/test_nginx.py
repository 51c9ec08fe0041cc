"""The example for a proxy in front, ``deploy/nginx.conf``, under a real nginx: its limits are those of each client."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ports import free_port
from raw_http import FORM, URLENCODED, ask, connect, fields_of, head
from server_process import ROOT, Running

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx; on Debian: apt install nginx")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service, with one proxy in front."""
    folder = tmp_path_factory.mktemp("proxied") / "instance"
    running = Running(folder, WIZARD_TRUSTED_PROXIES="1", WIZARD_OUTBOX_EMBEDDED="false")
    try:
        yield running.ready()
    finally:
        running.stop()


@pytest.fixture
def port(service: Running, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with the example's limits in front of the service."""
    listened = free_port()
    example = (ROOT / "deploy" / "nginx.conf").read_text()
    for written, here in (
        ("listen 80;", f"listen 127.0.0.1:{listened};"),
        ("127.0.0.1:8000", f"127.0.0.1:{service.port}"),
        ("/srv/zayavka/deploy", str(ROOT / "deploy")),
    ):
        assert written in example
        example = example.replace(written, here)
    folders = "".join(f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy"))
    others = "".join(f"{kind}_temp_path {tmp_path / kind};" for kind in ("fastcgi", "uwsgi", "scgi"))
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off; user root; pid {tmp_path / 'nginx.pid'}; error_log {tmp_path / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log off; {folders}{others}\n{example}\n}}\n"
    )
    assert NGINX
    with subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(configuration)], stderr=subprocess.PIPE) as proxy:
        try:
            _wait_for(listened, proxy)
            yield listened
        finally:
            proxy.terminate()


def _wait_for(port: int, proxy: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert proxy.poll() is None, proxy.stderr and proxy.stderr.read().decode()
        try:
            connect(port).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx did not start")


def test_each_client_of_the_proxy_has_limits_of_its_own(port: int) -> None:
    forged = "X-Forwarded-For: 203.0.113.9", "X_Forwarded_For: 203.0.113.9"
    call = ask(port, head("/api/v1/evidence", *forged, "Connection: close", method="GET"), "127.0.0.2")
    assert json.loads(call.partition(b"\r\n\r\n")[2])["ip"] == "127.0.0.2"

    small = head(FORM, URLENCODED, "Content-Length: 9", "Connection: close") + b"details=a"
    with ExitStack() as stack:
        for _ in range(110):
            half = stack.enter_context(connect(port, "127.0.0.3"))
            half.sendall(head(FORM, URLENCODED, "Content-Length: 5000") + b"details=a")
        time.sleep(0.5)
        refused, accepted = ask(port, small, "127.0.0.3"), ask(port, small, "127.0.0.2")
    assert fields_of(refused)["status"] == "429"
    assert "Ваши слова на месте" in refused.decode()
    assert fields_of(accepted)["status"] == "422"


def _refused(port: int, path: str) -> bytes:
    with connect(port) as connection:
        connection.sendall(head(path, URLENCODED, "Content-Length: 60000000"))
        answer = b""
        # Not to the connection's end: nginx reads on for a while before it closes it.
        while b"\r\n\r\n" not in answer or not answer.endswith((b"</html>\n", b"}\n")):
            piece = connection.recv(65536)
            assert piece, answer
            answer += piece
        return answer


def test_what_the_proxy_refuses_says_that_the_words_are_still_there(port: int) -> None:
    page = _refused(port, FORM)
    assert (fields_of(page)["status"], fields_of(page)["cache-control"]) == ("413", "no-store")
    assert "your words are still there" in page.decode()
    call = _refused(port, "/api/v1/tickets")
    assert (fields_of(call)["status"], fields_of(call)["content-type"]) == ("413", "application/problem+json")
    assert "Idempotency-Key" in json.loads(call.partition(b"\r\n\r\n")[2])["title"]
