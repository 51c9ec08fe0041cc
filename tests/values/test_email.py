"""One validator of e-mail addresses: what any input accepts, an envelope can carry (threats E05, E06, E25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from installation import Installation, parsed

from wizard.config.setting_types import SettingsError
from wizard.config.sites import SitesError
from wizard.triage.bounce.report import parse_bounce
from wizard.values.email import bare_address, canonical_mailbox, parse_email, parse_emails
from wizard.values.invalid import InvalidAnswer


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("a@b.example", "a@b.example"),
        (" a.b+c@B.Example ", "a.b+c@B.Example"),
        ("o'neil@b.example", "o'neil@b.example"),
        ("ivan@пример.рф", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
        *(
            (wrong, None)
            for wrong in (
                None, "", "a", "@b.example", "a@", "a@b@c.example", "a@b..example", "a@-b.example", ".a@b.example",
                "a.@b.example", "a..b@c.example", '"a b"@c.example', '"a@evil"@ok.example', "a(c)@b.example",
                "alice@ok.example)evil@x.example", "<a@b.example>", "A <a@b.example>", "a@b.example, c@d.example",
                "g: a@b.example;", "@r.example:a@b.example", "a@[192.0.2.1]", "a@b.example\r\nBcc: c@d.example",
                "a\x00@b.example", "a =?utf-8?q?x?=@b.example", "=?utf-8?q?x?=@b.example", "и\u202eван@b.example",
                "a@b.example.", "a@b_c.example", "a" * 65 + "@b.example", "a@" + "b" * 64 + ".example",
                "\ud800@b.example", "a@\u202e.example", "a@b\u3002.example\n",
            )
        ),
    ],
)  # fmt: skip
def test_only_a_plain_address_is_an_address(address: str | None, bare: str | None) -> None:
    assert bare_address(address) == bare


UNCARRIABLE = [
    "support@desk_.example", "support@desk..example", "support@-desk.example", "support@desk-.example",
    ".support@desk.example", "sup..port@desk.example", "support@desk.example.", "support(desk)@desk.example",
    "\"support\"@desk.example", "support@[192.0.2.1]", "group:support@desk.example;", "support@desk", "@desk.example",
    "=?utf-8?q?a?=@desk.example", "s" * 65 + "@desk.example", "и" * 33 + "@desk.example",
    "support@" + "d" * 64 + ".example", "s" * 60 + "@" + ".".join(["d" * 60] * 4), "a@desk.example,b@desk.example",
    "Desk <support@desk.example>", "support@desk.example\r\nBcc: b@desk.example", "support@\u202edesk.example",
]  # fmt: skip
"""What every letter would die of; the first passed the start once."""


@pytest.mark.parametrize("address", UNCARRIABLE)
@pytest.mark.parametrize("name", ["SUPPORT_INBOX", "MAIL_DEFAULT_SENDER"])
def test_an_address_that_no_letter_could_carry_stops_the_start(
    make_app: Callable[..., Flask], name: str, address: str
) -> None:
    with pytest.raises(SettingsError) as fault:
        make_app(**{name: address})
    assert fault.value.message == f"WIZARD_{name}: must be one bare e-mail address such as support@desk.example"


def test_so_does_an_inbox_of_a_site(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text("shop: {inbox: support@desk_.example}")
    with pytest.raises(SitesError) as fault:
        make_app(SITES=str(path))
    assert fault.value.message == (
        f"WIZARD_SITES: {path}: shop.inbox: must be one bare e-mail address such as support@desk.example"
    )


@pytest.mark.parametrize("domain", ["desk example", "desk..example", "<desk.example>", "desk\u202e.example"])
def test_so_does_a_domain_that_no_message_id_could_hold(make_app: Callable[..., Flask], domain: str) -> None:
    with pytest.raises(SettingsError, match=r"^WIZARD_MAIL_DOMAIN: must be a domain such as desk\.example$"):
        make_app(MAIL_DOMAIN=domain)


@pytest.mark.parametrize("more", [{}, {"MAIL_DOMAIN": "пример.рф"}])
def test_letters_of_a_desk_in_an_international_domain_arrive_and_name_it_in_a_labels(
    make_desk: Callable[..., Installation], more: dict[str, str]
) -> None:
    desk = make_desk(SUPPORT_INBOX="поддержка@пример.рф", MAIL_DEFAULT_SENDER="zayavka@пример.рф", **more)
    desk.send("q_unclear")
    desk.run_worker()
    [letter] = [parsed(received.content) for received in desk.sink.received if b"X-Ticket-Number" in received.content]
    assert letter["From"].addresses[0].addr_spec == "zayavka@xn--e1afmkfd.xn--p1ai"
    assert letter["Message-ID"].endswith("@xn--e1afmkfd.xn--p1ai>")


CHARACTERS = st.one_of(
    st.characters(exclude_categories=()),
    st.sampled_from(list("abcдж0-_.+=?'\"()<>@:;,\\ [] \r\n\t\u200b\u202e\u00ad\u3002ß\u0301")),
)
LOCAL = st.one_of(st.text(CHARACTERS, max_size=70), st.from_regex(r"[a-zа-я0-9.+=?_-]{1,70}", fullmatch=True))
LABEL = st.one_of(st.text(CHARACTERS, max_size=8), st.from_regex(r"(xn--)?[a-zа-я0-9_-]{1,64}", fullmatch=True))
TYPED = st.one_of(
    st.text(CHARACTERS, max_size=40),
    st.builds(
        "{}{}@{}{}".format,
        st.sampled_from(["", "mailto:", "<", " "]),
        LOCAL,
        st.lists(LABEL, min_size=1, max_size=6).map(".".join),
        st.sampled_from(["", ">", ".", "?subject=x", " "]),
    ),
)


@settings(max_examples=500, deadline=None)
@given(text=TYPED)
def test_whatever_is_accepted_an_envelope_can_carry(text: str) -> None:
    try:
        address = parse_email(text)
    except InvalidAnswer:
        return
    bare = bare_address(address)
    assert bare is not None
    assert parse_email(address) == address
    assert len(bare.encode()) <= 254
    assert len(bare.rpartition("@")[0].encode()) <= 64
    assert bare.rpartition("@")[2].isascii()
    # Parsers that disagree about many addresses agree about this one.
    assert getaddresses([bare]) == [("", bare)]
    if bare.isascii():
        assert Address(addr_spec=bare).addr_spec == bare


ROWS_OF_THREATS = [
    "Иванов, Пётр <ivan@ok.example>", "a@ok.example, b@ok.example", "group: a@ok.example;", 
    "a@ok.example>,<b@x.example", "=?utf-8?q?b=40evil.example?= <a@ok.example>", "alice@ok.example)evil@x.example",
    '"a@evil.example"@ok.example',
    "alice(comment)@ok.example", "<@route.example:a@ok.example>", "a\\@b@ok.example", "иван@пример.рф",
    "=?utf-8?q?a?=@ok.example", "=?x@ok.example", "и" * 40 + "@ok.example", "用户@例子.example", "राम@मोहन.example",
    "josé@correo.example", "δοκιμή@παράδειγμα.example", "a@" + "я" * 50 + "." + "ю" * 50 + ".рф", "ivan@пример.рф",
]  # fmt: skip


@pytest.mark.parametrize("text", ROWS_OF_THREATS)
def test_the_addresses_of_the_threats_are_refused_or_can_be_carried(text: str) -> None:
    try:
        assert bare_address(parse_email(text))
    except InvalidAnswer as refused:
        assert refused.key in ("forms.email.wrong", "forms.email.at")


@pytest.mark.parametrize("text", ["=?x@ok.example", "и" * 40 + "@ok.example"])
def test_what_the_validator_takes_and_an_envelope_does_not_is_refused(text: str) -> None:
    with pytest.raises(InvalidAnswer):
        parse_email(text)
    with pytest.raises(InvalidAnswer):
        parse_emails(f"a@ok.example, {text}")


def test_a_bounce_names_only_what_can_be_written_to() -> None:
    reply = "550 5.1.1 <{}>: Recipient address rejected: User unknown"
    for address, recipient in [("buh@shop.example", "buh@shop.example"), ("buh@shop_.example", "")]:
        bounce = parse_bounce(reply.format(address))
        assert bounce is not None
        assert bounce.recipient == recipient


@pytest.mark.parametrize(
    "spelling",
    ["Vic.Tim@Mail.Example", "victim+shop@mail.example", "victim@mail.example.", "VICTIM@MAIL.EXAMPLE"],
)
def test_all_spellings_of_one_mailbox_have_one_name(spelling: str) -> None:
    assert canonical_mailbox(spelling) == "victim@mail.example"


def test_a_mailbox_of_an_international_domain_has_one_name() -> None:
    assert canonical_mailbox("a@ПРИМЕР.рф") == canonical_mailbox("a@xn--e1afmkfd.xn--p1ai")
    assert re.fullmatch(r"a@.+", canonical_mailbox("a@" + "я" * 500))
