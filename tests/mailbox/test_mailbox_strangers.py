"""The mailbox holds everybody's letters: only whoever sits at this machine may read it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.3.2.1", "[::1]:8000"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_reads_its_mailbox(mailbox, host: str, address: str) -> None:
    answer = mailbox.client.get("/mailbox/", headers={"Host": host}, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "address", ["203.0.113.9", "192.168.1.5", "10.0.0.1", "::ffff:203.0.113.9", "fe80::1", "", "unix:"]
)
def test_another_machine_finds_no_such_page(mailbox, address: str) -> None:
    for path in ("", "x/", "x/html", "x/source", "x/parts/0"):
        answer = mailbox.client.get(f"/mailbox/{path}", environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        "help.desk.example",
        "127.0.0.1.desk.example",
        "localhost.desk.example",
        "0.0.0.0",
        "203.0.113.9",
        "2130706433",
        "[::]",
        "localhost; script-src *",
        "localhost@desk.example",
        "desk.example#localhost",
        "",
    ],
)
def test_a_foreign_name_for_this_machine_finds_no_such_page(mailbox, host: str) -> None:
    assert mailbox.client.get("/mailbox/", environ_overrides={"HTTP_HOST": host}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_whoever_comes_through_a_proxy_finds_no_such_page(mailbox, header: str) -> None:
    assert mailbox.client.get("/mailbox/", headers={header: "127.0.0.1"}).status_code == 404
