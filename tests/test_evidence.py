"""The captured address is the caller's own, whatever the caller writes into headers (threats W08)."""

from __future__ import annotations

import pytest
from flask import Flask, request

from wizard.evidence import caller_ip, seen_of

PROXY = "198.51.100.1"


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        (0, None, PROXY),
        (0, "203.0.113.25", PROXY),
        (1, "203.0.113.25", "203.0.113.25"),
        (1, "192.0.2.66, 203.0.113.25", "203.0.113.25"),
        (2, "192.0.2.66, 203.0.113.25, 198.51.100.9", "203.0.113.25"),
        (2, "203.0.113.25", PROXY),
        (1, "unknown", PROXY),
        (1, "", PROXY),
        (1, "203.0.113.25:443", "203.0.113.25"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.25", "203.0.113.25"),
        (1, "x" * 65536, PROXY),
        (1, ",,,", PROXY),
    ],
)
def test_only_the_hops_of_our_own_proxies_are_believed(hops: int, forwarded: str | None, expected: str) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with Flask("test").test_request_context(headers=headers, environ_base={"REMOTE_ADDR": PROXY}):
        assert caller_ip(request, hops) == expected


def test_several_header_lines_are_read_as_one_list() -> None:
    headers = [("X-Forwarded-For", "192.0.2.66"), ("X-Forwarded-For", "203.0.113.25")]
    with Flask("test").test_request_context(headers=headers, environ_base={"REMOTE_ADDR": PROXY}):
        assert caller_ip(request, 1) == "203.0.113.25"


def test_browser_and_system_are_named_in_words() -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    with Flask("test").test_request_context(headers={"User-Agent": agent}):
        seen = seen_of(request, 0)
    assert (seen.browser, seen.os) == ("Firefox 140", "Windows 10")
