# ruff: noqa: E501 (reports stand here as servers write them)
"""A mail that came back is read from its file in bounded time, whatever the file holds."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bounce_mails import EXIM, HEADERS_ONLY, HTML, ORDINARY, QMAIL, RFC3464
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.limits.heavy.allowance import Allowance
from wizard.limits.heavy.process import ProcessFailed
from wizard.limits.heavy.reading import read_mail
from wizard.triage.bounce import eml, eml_summary
from wizard.triage.bounce.eml import Unreadable
from wizard.triage.bounce.report import Bounce

SLOTS = Path(tempfile.mkdtemp(prefix="zayavka-slots-"))


def read_eml(source):
    """Read a mail as a request would."""
    return read_mail(source, Allowance("203.0.113.5", SLOTS))


LONGEST = 10
"""Seconds in which every file ends (M01: 2 s, and the start of a process)."""

NESTED = b""
for _ in range(1000):
    NESTED += b"Content-Type: message/rfc822\n\n"
NESTED_PARTS = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(1000)
)
BOMBS = {
    "quotes": b"To: " + b'"' * 50_000 + b"\n\nx",
    "quotes of many lines": b"To: " + b'"""""""""""""""\n ' * 50_000 + b"\n\nx",
    "comments": b"To: " + b"(" * 50_000 + b"\nFrom: " + b"(" * 50_000 + b"\nDate: " + b"(" * 50_000 + b"\n\nx",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\nX-Failed-Recipients: " + b"=?utf-8?q?a?= " * 9_000 + b"\n\nx",
    "nested mails": NESTED + b"x",
    "nested parts": NESTED_PARTS,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "many headers": b"a: b\n" * 200_000,
    "parameters": b"Content-Type: text/plain" + b"; a*0*=utf-8''%ff" * 60_000 + b"\n\nx",
    "many parameter lines": b"Content-Type: text/plain" + b";\n a*0*=utf-8''%ff" * 50_000 + b"\n\nx",
    "bad date": RFC3464.replace(b"Tue, 24 Nov 2026 10:15:30 +0300", b"Tue, 99 Foo 99999 99:99:99 +9999999999"),
    "unknown charset": EXIM.replace(b"koi8-r", b"no-such-charset"),
    "charset by percent": EXIM.replace(b"charset=koi8-r", b"charset*=%ff'%ff'%ff"),
    "slow charset": EXIM.replace(b"koi8-r", b"punycode") + b"a" * 900_000,
    "unknown encoding": b"Content-Transfer-Encoding: nonsense\n" + EXIM,
    "broken base64": b"Content-Transfer-Encoding: base64\n" + EXIM,
    "names out of the folder": b"Content-Disposition: attachment; filename*0*=utf-8''%2e%2e%2f; filename*1=\"etc/passwd\"\n" + EXIM,
    "names twice": b"To: z@z.example\nContent-Type: text/plain; charset=utf-16\n" + EXIM,
    "utf-7": EXIM.replace(b"koi8-r", b"utf-7"),
    "one line": b"<a@" * 300_000,
    "tags": b"Content-Type: text/html\n\n" + b"<" * 1_000_000,
    "zeros": b"\x00" * 1_000_000,
    "all bytes": bytes(range(256)) * 4000,
    "addresses": b"Content-Type: text/plain\n\n" + b"a@b.example " * 80_000,
    "postfix lines": b"From: mailer-daemon@a.example\n\n" + b"  This is the Postfix program\n<a@b.example>: \n" * 20_000,
    "delivery status": b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: x\n\n" * 50_000,
    "ten megabytes": b"a" * 10_000_000,
}  # fmt: skip


def test_a_standard_report_tells_everything():
    assert read_eml(RFC3464) == Bounce(
        recipient="klient@pochta.example",
        sender="shop@detal.example",
        sent_at=datetime(2026, 11, 24, 7, 15, 30, tzinfo=UTC),
        status="5.1.1",
        said="550 5.1.1 <klient@pochta.example>: User unknown in virtual mailbox table",
        reason="no_mailbox",
    )


def test_a_report_with_the_headers_alone_tells_as_much():
    assert read_eml(HEADERS_ONLY) == read_eml(RFC3464)


def test_a_path_is_read_as_its_bytes_are(tmp_path):
    (tmp_path / "report.eml").write_bytes(RFC3464)
    assert read_eml(tmp_path / "report.eml") == read_eml(RFC3464)
    assert read_eml(tmp_path / "no.eml") == Unreadable()


@pytest.mark.parametrize(
    ("raw", "recipient", "status", "why"),
    [
        (EXIM, "nikto@opt.example", "5.2.2", "full"),
        (QMAIL, "lena@q2.example", "5.1.1", "no_mailbox"),
        (HTML, "anna@corp.example", "5.7.1", "spam"),
        (RFC3464.replace(b"\n", b"\r\n"), "klient@pochta.example", "5.1.1", "no_mailbox"),
        (RFC3464.replace(b"Status: 5.1.1", b"Status: 5.0.0"), "klient@pochta.example", "5.1.1", "no_mailbox"),
        (
            RFC3464.replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1", b"4.4.1"),
            "klient@pochta.example",
            "4.4.1",
            "no_answer",
        ),
        (
            b'Content-Type: multipart/mixed; boundary="=f"\n\n--=f\n\nSee attached.\n--=f\nContent-Type: message/rfc822\n\n'
            + RFC3464
            + b"\n--=f--\n",
            "klient@pochta.example",
            "5.1.1",
            "no_mailbox",
        ),
    ],
)
def test_reports_of_other_shapes_are_read(raw, recipient, status, why):
    bounce = read_eml(raw)
    assert (bounce.recipient, bounce.status, bounce.reason) == (recipient, status, why)
    assert bounce.sender == "shop@detal.example"


def test_an_ordinary_mail_reports_nothing():
    assert read_eml(ORDINARY) is None


def test_nothing_of_the_mail_that_came_back_is_taken():
    assert "private" not in repr(read_eml(RFC3464))


@pytest.mark.parametrize("raw", [b"", b"   \n", None, 5, "no such file"])
def test_what_is_no_file_is_unreadable(raw):
    assert read_eml(raw) == Unreadable()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_time(name):
    began = time.monotonic()
    read_eml(BOMBS[name])
    assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("name", ["bad date", "unknown charset", "charset by percent", "names out of the folder"])
def test_what_is_wrong_in_a_corner_spoils_nothing_else(name):
    bounce = read_eml(BOMBS[name])
    assert bounce.recipient in ("klient@pochta.example", "nikto@opt.example")


@pytest.mark.parametrize("name", ["nested mails", "nested parts", "many parts"])
def test_a_mail_deeper_than_any_report_is_unreadable(name):
    assert read_eml(BOMBS[name]) == Unreadable()


@pytest.mark.parametrize(
    "summary",
    [
        None,
        [],
        "text",
        {"recipient": 5},
        {"unknown": "x"},
        {"sender": "x" * 2000},
        {"text": "x" * 20000},
        {5: "x"},
    ],
)
def test_a_summary_that_is_none_makes_the_file_unreadable(summary):
    assert eml.read_eml(RFC3464, lambda _: summary) == Unreadable()


def test_whatever_goes_wrong_with_the_summary_makes_the_file_unreadable():
    def fail(_):
        raise ProcessFailed

    assert eml.read_eml(RFC3464, fail) == Unreadable()


def test_the_answer_stays_small():
    raw = b"To: shop@detal.example\nContent-Type: text/plain\n\n" + b'"\\' * 40_000
    summary = eml_summary.summarise_within(raw)
    assert len(json.dumps(summary)) <= eml_summary.ANSWER
    assert set(summary) <= {"recipient", "sender", "status", "said", "sent", "arrived", "text"}


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_no_mutation_of_a_report_raises(data):
    raw = data.draw(st.sampled_from([RFC3464, EXIM, QMAIL, HTML, HEADERS_ONLY]))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(raw)))
        end = min(len(raw), start + data.draw(st.integers(0, 40)))
        raw = raw[:start] + data.draw(st.binary(max_size=12)) + raw[end:]
    began = time.monotonic()
    bounce = read_eml(raw)
    assert bounce is None or isinstance(bounce, Bounce | Unreadable)
    assert time.monotonic() - began < LONGEST
