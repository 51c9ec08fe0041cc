"""Whatever a letter holds, its page shows it, and nothing in it runs."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.mailbox.letter import Letter

ATTACK = (
    '<script>parent.hacked=1</script><img src="https://evil.example/pixel.png" onerror=alert(1)>'
    '<meta http-equiv="refresh" content="0;url=https://evil.example/"><form action="https://evil.example/"><input></form>'
    '<link rel=stylesheet href="https://evil.example/x.css"><base href="https://evil.example/">'
)
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1200))
BROKEN = {
    "empty": b"",
    "no headers": b"\r\n\r\njust text",
    "no end": b"Subject: x",
    "binary": bytes(range(256)) * 50,
    "unknown charset": b"Content-Type: text/plain; charset=nope\r\n\r\nhi \xff",
    "charset that is none": b"Content-Type: text/plain; charset=hex\r\n\r\nabc",
    "charset of half signs": b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800 text",
    "charset with a NUL": b'Content-Type: text/plain; charset="utf\x00-8"\r\n\r\nabc',
    "broken base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n@@@=\r\n",
    "broken uuencode": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 x\r\n%%%\r\n",
    "broken encoded words": b"Subject: =?utf-8?b?0J/R?= =?nope?q?=?= =?utf-8?q?=ff=fe?=\r\n\r\nx",
    "raw 8 bit headers": "Subject: Привет\r\nFrom: Служба <a@desk.example>\r\n\r\nx".encode("cp1251"),
    "broken address": b'From: "a <@>,;:[]()"\r\nTo: ((((\r\nDate: yesterday\r\nMessage-ID: <[>\r\n\r\nx',
    "broken date": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\ntext",
    "type that is none": b"Content-Type: \xff\xfe/;;;=\r\nContent-Disposition: x; filename*=x'y'%ff%zz\r\n\r\nx",
    "endless header": b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nx",
    "endless headers": b"X-A: 1\r\n" * 20_000 + b"\r\nx",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5_000,
    "deep parts": b"Subject: deep\r\n" + DEEP,
    "letters in letters": b"Content-Type: message/rfc822\r\n\r\n" * 200 + b"Subject: x\r\n\r\nx",
    "a filename with a path": b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nx',
    "a filename that breaks a header": b'Content-Disposition: attachment; filename="a\\"\r\n ; x=y"\r\n\r\nx',
    "delivery report": b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status"
    b"\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; y\r\n\r\n--b--",
}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_a_broken_letter_is_shown_on_every_page(mailbox, source: bytes) -> None:
    mailbox.put(source)
    assert mailbox.client.get("/mailbox/").status_code == 200
    address = "/mailbox/1700000000.M1.test/"
    for show in ("", "?show=text", "?show=html", "?show=source", "source"):
        assert mailbox.client.get(address + show).status_code == 200, show
    for part in ("html", "parts/0"):
        assert mailbox.client.get(address + part).status_code in (200, 404)


def test_letters_mutated_at_random_are_shown(mailbox, letter) -> None:
    chance = random.Random(2)
    source = letter.as_bytes()
    for _ in range(150):
        spoilt = bytearray(source)
        for _ in range(chance.randrange(1, 40)):
            place = chance.randrange(len(spoilt))
            spoilt[place : place + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        (mailbox.server.folder / "new" / "1700000000.M1.test").write_bytes(spoilt)
        for path in ("", "1700000000.M1.test/", "1700000000.M1.test/parts/0", "1700000000.M1.test/?show=html"):
            assert mailbox.client.get(f"/mailbox/{path}").status_code == 200


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.binary(max_size=200))
def test_any_bytes_are_a_letter(head: bytes, body: bytes) -> None:
    letter = Letter(head + b"\r\n\r\n" + body)
    shown = [letter.subject, letter.sender, letter.recipients, letter.shown_source(), *map(str, letter.headers)]
    for leaf in letter.leaves:
        shown += [leaf.name, leaf.type, leaf.content_id, leaf.text]
    for text in shown:
        text.encode("utf-8")


def hostile_page(mailbox) -> str:
    head = "Subject: <script>alert(1)</script>\r\nFrom: <img src=x onerror=alert(1)>\r\nContent-Type: text/html\r\n\r\n"
    mailbox.put((head + ATTACK).encode())
    return "/mailbox/1700000000.M1.test/"


def test_a_hostile_letters_html_is_sandboxed_wherever_it_is_opened(mailbox) -> None:
    address = hostile_page(mailbox)
    answer = mailbox.client.get(address + "html", headers={"Host": "127.0.0.1:8000"})
    policy = [part.strip() for part in answer.headers["Content-Security-Policy"].split(";")]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "default-src 'none'" in policy and "form-action 'none'" in policy and "base-uri 'none'" in policy
    assert f"img-src http://127.0.0.1:8000{address}parts/" in policy
    assert not any(part.startswith(("script-src", "connect-src", "frame-src")) for part in policy)


def test_a_hostile_letter_is_text_on_our_own_page(mailbox) -> None:
    address = hostile_page(mailbox)
    for path in ("/mailbox/", address, address + "?show=source"):
        answer = mailbox.client.get(path)
        assert "<script" not in answer.text and "<img" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src" not in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_a_page_disguised_as_a_picture_is_only_ever_saved(mailbox) -> None:
    mailbox.put(b"Content-Type: text/html\r\nContent-Disposition: attachment; filename=x.png\r\n\r\n<script>1</script>")
    answer = mailbox.client.get("/mailbox/1700000000.M1.test/parts/0")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


def test_signs_that_turn_text_around_are_not_shown(mailbox) -> None:
    mailbox.put("Subject: invoice \u202egpj.exe\r\n\r\nx".encode())
    assert "\u202e" not in mailbox.client.get("/mailbox/").text
