"""The captured address is the caller's own, whatever the caller writes into headers (threats W08)."""

from __future__ import annotations

import pytest
from flask import Flask, request

from wizard.tickets.evidence import read_screen, read_zone
from wizard.web.evidence import caller_ip, seen_of

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


@pytest.mark.parametrize(
    ("reported", "stored"),
    [
        ("1920×1080", "1920×1080"),
        ("390x844@3", "390×844 @3x"),
        ("390×844 @3x", "390×844 @3x"),
        ("1280×800 @1x", "1280×800"),
        ("1536×864 @1.25x", "1536×864 @1.25x"),
        ("0×0 @1x", None),
        ("1920×1080\r\nBcc: x@evil.example", None),
        ("１９２０×１０８０", None),
        ("9" * 100_000, None),
        ("", None),
    ],
)
def test_only_what_has_the_shape_of_a_screen_is_kept_as_one(reported: str, stored: str | None) -> None:
    assert read_screen(reported) == stored


@pytest.mark.parametrize(
    ("reported", "stored"),
    [
        ("Asia/Yekaterinburg", "Asia/Yekaterinburg"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("Europe/Atlantis", None),
        ("../../etc/passwd", None),
        ("/etc/localtime", None),
        ("Europe", None),
        ("Europe/Moscow\n", None),
        ("Europe/" + "x" * 100_000, None),
        ("", None),
    ],
)
def test_only_a_time_zone_that_exists_is_kept_as_one(reported: str, stored: str | None) -> None:
    assert read_zone(reported) == stored
