"""Nothing that a sender types becomes a header, an address, a disguise, markup or a tag (threats E01–E07, E18, E22)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.utils import getaddresses
from html import unescape

import pytest
from bs4 import BeautifulSoup
from header_payloads import PAYLOADS, PLACES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from letters_under_test import DESK, SNAPSHOT, WHEN, attached, html_of, json_of, plain_of, with_text

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter, LoadedFile
from wizard.mail.mime import serialise
from wizard.tickets.snapshot import TicketSnapshot

Deliver = Callable[[Letter], EmailMessage]

MEANT = [
    *("Date", "From", "Reply-To", "To", "Subject", "Message-ID"),
    *("X-Ticket-Number", "X-Ticket-Category", "X-Ticket-Situation", "X-Ticket-Fast-Track", "X-Ticket-Priority"),
    *("X-Ticket-Site", "X-Ticket-Language", "Importance", "X-Priority", "MIME-Version", "Content-Type"),
]
PART_HEADERS = {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"}
TAG = re.compile(r"##\s*\d+\s*##|\[##")

anything = st.text(st.characters(), max_size=300)
"""Every sign that Python knows, lone surrogates too."""


def letter_of(snapshot: TicketSnapshot) -> Letter:
    """The desk's letter with the snapshot's files in it."""
    return compose_desk_letter(snapshot, DESK, [LoadedFile(attachment, b"text") for attachment in snapshot.attachments])


def check(message: EmailMessage) -> None:
    """What must hold of every letter, whatever was typed."""
    # Without an address that a header can carry there is no Reply-To; nothing else may come or go.
    assert message.keys() in (MEANT, [name for name in MEANT if name != "Reply-To"])
    assert all(set(part.keys()) <= PART_HEADERS for part in message.walk() if part is not message)
    [(_, sender)] = getaddresses([message["From"]])
    assert sender == DESK.sender
    assert [address.addr_spec for address in message["From"].addresses] == [DESK.sender]
    if message["Reply-To"]:
        assert len(message["Reply-To"].addresses) == len(getaddresses([message["Reply-To"]])) == 1
        assert message["Reply-To"].addresses[0].display_name == ""
    assert message["To"] == DESK.inbox
    assert message["Subject"].startswith("[##100001##] ")
    values = " ".join(str(value) for value in message.values())
    assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", values)
    assert "=?" not in values
    assert_one_tag(message)


def assert_one_tag(message: EmailMessage) -> None:
    """The letter holds one tag, ours, in its subject (threats E07)."""
    assert TAG.findall(str(message["Subject"])) == ["[##"]
    names = " ".join(part.get_filename() or "" for part in message.walk())
    headers = " ".join(str(value) for name, value in message.items() if name != "Subject")
    shown = unescape(re.sub("<[^>]*>", "", html_of(message)))
    for text in (plain_of(message), html_of(message), shown, names, headers):
        assert not TAG.search(text)


@pytest.mark.parametrize("place", PLACES)
def test_forty_payloads_in_every_place_leave_the_headers_as_meant(deliver: Deliver, place: str) -> None:
    for payload in PAYLOADS:
        check(deliver(letter_of(PLACES[place](payload))))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_all_places_at_once_reaches_json_raw_and_headers_never(deliver: Deliver, payload: str) -> None:
    message = deliver(letter_of(with_text(payload)))
    check(message)
    assert {answer["value"] for answer in json_of(message)["answers"]} == {payload}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_follow_up_is_as_safe_as_the_ticket(deliver: Deliver, payload: str) -> None:
    letter = compose_follow_up(
        with_text(payload), DESK, payload, [attached(payload)], follow_up_number=1, created_at=WHEN, verified=True
    )
    message = deliver(letter)
    assert [name for name in message if name.lower() in ("bcc", "cc")] == []
    assert re.findall(r"##\d+##", str(message["Subject"])) == ["##100001##"]
    assert not TAG.search(plain_of(message) + html_of(message))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=anything)
def test_any_text_in_all_places_makes_a_sound_letter(deliver: Deliver, text: str) -> None:
    message = deliver(letter_of(with_text(text)))
    check(message)
    assert {answer["text"] for answer in json_of(message)["answers"]} == {text}


@settings(max_examples=200, deadline=None)
@given(before=st.text("a #[", max_size=6), number=st.integers(0, 10**7), after=st.text("#]Nщ \u200b", max_size=6))
def test_no_tag_of_the_clients_survives(before: str, number: int, after: str) -> None:
    text = f"{before}[##{number}##{after}##{number}##"
    letter = compose_desk_letter(with_text(text), DESK)
    [subject] = [str(value) for name, value in letter.headers if name == "Subject"]
    assert len(TAG.findall(subject)) == 1
    assert not TAG.search(letter.text + letter.html)


@pytest.mark.parametrize(
    ("pattern", "tag", "typed"),
    [
        ("[Ticket#{number}]", "[Ticket#100001]", "Re: [Ticket#654321] [TICKET# 654321]"),
        ("Заявка-{number}", "Заявка-100001", "Заявка-654321"),
        ("{number}/SUP", "100001/SUP", "654321/SUP"),
    ],
)
def test_a_tag_of_another_pattern_is_neutralised_as_well(pattern: str, tag: str, typed: str) -> None:
    snapshot = replace(with_text(typed), tag=tag)
    letter = compose_desk_letter(snapshot, replace(DESK, tag_pattern=pattern))
    [subject] = [str(value) for name, value in letter.headers if name == "Subject"]
    tag_regex = re.compile(re.escape(pattern).replace(r"\{number\}", r"\s*\d+"), re.IGNORECASE)
    assert tag_regex.findall(subject) == [tag]
    assert not tag_regex.search(letter.text + letter.html)


SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='https://evil.example'>Войти</a>",
    "</td></tr></table><form action=//evil.example><input name=p>",
    '"><svg onload=alert(1)>',
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "<!-- --><base href=//evil.example>",
    "&lt;b&gt;&#60;script&#62;",
    "javascript:alert(1)",
    "{{7*7}} {% raw %} %s {0.__class__}",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "\x00<\x00script>",
]
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "h2", "p", "b", "span"),
    *("img", "br", "a"),
}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing", "border"),
    *("align", "valign", "href", "src", "alt"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_markup_stays_text(deliver: Deliver, script: str) -> None:
    url = f"{SNAPSHOT.base_url}/ru/files/100001-7-9f86d081884c.{'s' * 43}/"
    links = [(attached(f"{script} {url}", content=b"x", type_=script).attachment, url)]
    message = deliver(compose_desk_letter(with_text(script), DESK, [attached(f"{script}.png")], links))
    html = html_of(message)
    soup = BeautifulSoup(html, "html5lib")
    assert {element.name for element in soup.find_all(True)} <= TAGS
    assert {name for element in soup.find_all(True) for name in element.attrs} <= ATTRIBUTES
    # An address of ours is a link; what the client typed is none, not even the same address.
    assert [element["href"] for element in soup.find_all("a")] == [url] == soup.a.contents
    assert all(image["src"].startswith("cid:") for image in soup.find_all("img"))
    # The letter's own style sheet refers to nothing outside it.
    assert not re.search(r"url\(|@import", str(soup.style))
    if "\x00" not in script:
        assert script in soup.get_text()


NAMES = [
    "отчёт\u202egpj.exe",
    "a\u200bb\u200d.png",
    "=?utf-8?q?a=0D=0ABcc:_x?=.png",
    "../../etc/passwd",
    "C:\\windows\\x.exe",
    'a"; filename="evil.exe',
    "a\r\nBcc: x.png",
    "[##654321##].png",
    "щ" * 300 + ".png",
    "a" * 300 + ".png",
    "🛞" * 60 + ".log",
    "",
    ".",
    "\udcff.png",
    "a;b'c%20d*.txt",
    "percent%0d%0aBcc:.txt",
    "файл с пробелами.xlsx",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_is_never_a_disguise(deliver: Deliver, name: str) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached(name, content=b"x", type_="text/plain")]))
    check(message)
    shown = list(message.iter_attachments())[-1].get_filename()
    assert shown
    assert len(shown) <= 100
    assert not re.search(r'[/\\":;\x00-\x1f\u200b-\u200f\u202a-\u202e]|=\?|##', shown)
    if re.search(r"\.\w{3,4}$", name):
        assert shown.endswith("." + name.rsplit(".")[-1])


def test_a_plain_name_arrives_as_it_is(deliver: Deliver) -> None:
    for name in ("снимок экрана (2).png", "report_1.xlsx", "日本語.txt", "Zoë.png"):
        message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached(name, content=b"x", type_="text/plain")]))
        assert list(message.iter_attachments())[-1].get_filename() == name


@settings(max_examples=100, deadline=None)
@given(text=anything)
def test_any_text_as_a_header_reads_back_as_the_visible_part_of_it(text: str) -> None:
    from email import message_from_bytes
    from email.policy import default

    from wizard.mail.sanitize import in_a_header

    value = in_a_header(text)
    content = serialise(Letter((("Subject", value),), "text\n", "", (), DESK.sender, DESK.inbox))
    assert message_from_bytes(content, policy=default)["Subject"] == value
