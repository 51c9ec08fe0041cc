# ruff: noqa: E501 (reports stand here as servers write them)
"""What a mail server said of a mail that came back is read from a pasted text, and nothing is read from any other."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.triage.bounce.report import Bounce, explain_bounce, has_bounce_text, parse_bounce

# Name: the pasted text, then the recipient, the status and the reason that a person would read in it.
BOUNCES = {
    "postfix": (
        """This is the mail system at host mx1.detal.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<klient@pochta.example>: host mx.pochta.example[203.0.113.7] said: 550 5.1.1
    <klient@pochta.example>: Recipient address rejected: User unknown in
    virtual mailbox table (in reply to RCPT TO command)
""",
        "klient@pochta.example", "5.1.1", "no_mailbox",
    ),
    "postfix, no host": (
        """This is the mail system at host relay.detal.example.

<buh@net-takogo.example>: Host or domain name not found. Name service error for
    name=net-takogo.example type=A: Host not found
""",
        "buh@net-takogo.example", "", "no_domain",
    ),
    "postfix, too big": (
        "Undelivered Mail Returned to Sender\n\n<sklad@opt.example>: message size 31457280 exceeds size limit 20971520 of\n"
        "    server mx.opt.example[198.51.100.4]",
        "sklad@opt.example", "", "too_big",
    ),
    "postfix, loop": (
        "This is the mail system at host a.example.\n\n<x@petlya.example>: mail for petlya.example loops back to myself\n",
        "x@petlya.example", "", "loop",
    ),
    "postfix, timed out": (
        "This is the mail system at host a.example.\n\n<zakaz@tihiy.example>: connect to mx.tihiy.example[192.0.2.8]:25:\n"
        "    Connection timed out\n",
        "zakaz@tihiy.example", "", "no_answer",
    ),
    "postfix, russian client around it": (
        "Здравствуйте, вот что приходит:\n> <ivan@firma.example>: host mx.firma.example[192.0.2.1] said: 554 5.7.1\n"
        ">     Spam message rejected (in reply to end of DATA command)\nЧто делать?",
        "ivan@firma.example", "5.7.1", "spam",
    ),
    "one line, SPF": (
        "Undelivered Mail Returned to Sender. <zakup@bolshoy.example>: 554 5.7.1 Rejected: SPF check failed for moy.example",
        "zakup@bolshoy.example", "5.7.1", "spf",
    ),
    "exim": (
        """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  manager@shiny.example
    SMTP error from remote mail server after RCPT TO:<manager@shiny.example>:
    host mx.shiny.example [198.51.100.9]: 550 5.2.1 The account is disabled
""",
        "manager@shiny.example", "5.2.1", "disabled",
    ),
    "exim, no code": (
        """This message was created automatically by mail delivery software.
The following address(es) failed:

  nikto@detal.example
    Unrouteable address
""",
        "nikto@detal.example", "", "no_mailbox",
    ),
    "exim, retry timeout": (
        """Mail delivery failed: returning message to sender
The following address(es) failed:

  a@dolgo.example
    retry timeout exceeded
""",
        "a@dolgo.example", "", "expired",
    ),
    "exim, bare 550": (
        """The following address(es) failed:

  info@kuzov.example
    host mxs.kuzov.example [192.0.2.77]
    SMTP error from remote mail server after RCPT TO:<info@kuzov.example>:
    550 Message was not accepted -- invalid mailbox. Local mailbox info@kuzov.example is unavailable: user not found
""",
        "info@kuzov.example", "550", "no_mailbox",
    ),
    "exim, relay": (
        "This message was created automatically by mail delivery software.\n\n  b@chuzhoy.example\n    host mail.chuzhoy.example"
        " [192.0.2.3]\n    SMTP error from remote mail server after RCPT TO:<b@chuzhoy.example>:\n    550 relay not permitted",
        "b@chuzhoy.example", "550", "no_relay",
    ),
    "gmail": (
        """Address not found

Your message wasn't delivered to petrov@gmail.example because the address couldn't be found, or is unable to receive mail.

The response from the remote server was:
550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking
""",
        "petrov@gmail.example", "5.1.1", "no_mailbox",
    ),
    "gmail, DMARC": (
        """Message blocked
Your message to sales@gmail.example has been blocked. See technical details below for more information.
The response was:

550-5.7.26 Unauthenticated email from detal.example is not accepted due to domain's DMARC policy.
""",
        "sales@gmail.example", "5.7.26", "dmarc",
    ),
    "gmail, russian": (
        """Адрес не найден
Ваше сообщение не доставлено на адрес sidorov@gmail.example, поскольку он не существует или не принимает письма.
Ответ удаленного сервера:
550 5.1.1 The email account that you tried to reach does not exist.
""",
        "sidorov@gmail.example", "5.1.1", "no_mailbox",
    ),
    "gmail, full": (
        "Recipient inbox full\nYour message couldn't be delivered to full@gmail.example. Their inbox is full.\nThe response was:\n"
        "452 4.2.2 The email account that you tried to reach is over quota.",
        "full@gmail.example", "4.2.2", "full",
    ),
    "gmail, low reputation": (
        "Message not delivered\nThere was a problem delivering your message to r@gmail.example.\nThe response was:\n\n421-4.7.0 "
        "[203.0.113.5] Our system has detected that this message is suspicious due to the very low reputation",
        "r@gmail.example", "4.7.0", "blocklisted",
    ),
    "yandex": (
        """Это письмо сформировано автоматически почтовой системой Яндекса.
К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям.

<oleg@yandex.example>: host mx.yandex.example[198.51.100.8] said: 550 5.7.1 No such user! (in reply to RCPT TO command)
""",
        "oleg@yandex.example", "5.7.1", "no_mailbox",
    ),
    "yandex, spam": (
        "<opt@yandex.example>: host mx.yandex.example[198.51.100.8] said: 554 5.7.1 [2] Message rejected under suspicion of"
        " SPAM; https://ya.example/1.html (in reply to end of DATA command)",
        "opt@yandex.example", "5.7.1", "spam",
    ),
    "mail.ru": (
        """Это письмо создано автоматически сервером Mail.ru, отвечать на него не нужно.
К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

**********************
zakaz@mailru.example
user not found
**********************
""",
        "zakaz@mailru.example", "", "no_mailbox",
    ),
    "mail.ru, 550 spam": (
        "mail delivery failed, zakaz@mailru.example: host mxs.mailru.example [192.0.2.9]: 550 spam message rejected. Please visit"
        " http://help.mailru.example/notspam-support",
        "zakaz@mailru.example", "550", "spam",
    ),
    "exchange": (
        """Delivery has failed to these recipients or groups:

Anna Ivanova (anna@corp.example)
The e-mail address you entered couldn't be found.

Diagnostic information for administrators:
Generating server: ex01.corp.example
anna@corp.example
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##
""",
        "anna@corp.example", "5.1.1", "no_mailbox",
    ),
    "office 365, russian": (
        """Не удалось доставить сообщение следующим получателям или группам:

snab@zavod.example
Введенный адрес электронной почты не найден.

Сведения о диагностике для администраторов:
Создающий сервер: AM0PR01.prod.outlook.example
snab@zavod.example
Удаленный сервер возвратил '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'
""",
        "snab@zavod.example", "5.1.10", "no_mailbox",
    ),
    "office 365, your message": (
        "Ваше сообщение не доставлено получателю dir@zavod.example.\nRemote server returned '550 5.7.64 TenantAttribution; Relay Access Denied'",
        "dir@zavod.example", "5.7.64", "no_relay",
    ),
    "office 365, size": (
        "Undeliverable: прайс\nYour message to opt@corp.example couldn't be delivered.\nRemote Server returned '552 5.3.4 Message size exceeds fixed maximum message size'",
        "opt@corp.example", "5.3.4", "too_big",
    ),
    "exchange, old": (
        "Your message did not reach some or all of the intended recipients.\n\nThe following recipient(s) cannot be reached:\n\n"
        "      gena@staryi.example on 11.11.2026 10:20\n            <mail.staryi.example #5.7.1 smtp;550 5.7.1 Unable to relay for gena@staryi.example>",
        "gena@staryi.example", "5.7.1", "no_relay",
    ),
    "qmail": (
        """Hi. This is the qmail-send program at q.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<lena@q2.example>:
192.0.2.55 does not like recipient.
Remote host said: 550 5.1.1 <lena@q2.example>: no mailbox
Giving up on 192.0.2.55.
""",
        "lena@q2.example", "5.1.1", "no_mailbox",
    ),
    "qmail, local": (
        "Hi. This is the qmail-send program at q.example.\n\n<vova@q.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
        "vova@q.example", "5.1.1", "no_mailbox",
    ),
    "sendmail": (
        """The original message was received at Tue, 24 Nov 2026 10:00:00 +0300
   ----- The following addresses had permanent fatal errors -----
<egor@unix.example>
    (reason: 550 5.1.1 <egor@unix.example>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx.unix.example.:
>>> RCPT To:<egor@unix.example>
<<< 550 5.1.1 <egor@unix.example>... User unknown
""",
        "egor@unix.example", "5.1.1", "no_mailbox",
    ),
    "sendmail, delayed": (
        "   ----- The following addresses had transient non-fatal errors -----\n<t@slow.example>\n\n   ----- Transcript of session"
        " follows -----\n451 4.4.1 <t@slow.example>... Deferred: Connection timed out with mx.slow.example.\n",
        "t@slow.example", "4.4.1", "no_answer",
    ),
    "delivery status fields": (
        "Final-Recipient: rfc822; roma@dsn.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox size limit exceeded",
        "roma@dsn.example", "5.2.2", "full",
    ),
    "greylisted": (
        "<k@seriy.example>: host mx.seriy.example[192.0.2.1] said: 450 4.7.1 <k@seriy.example>: Recipient address\n    rejected: Greylisted, try again later",
        "k@seriy.example", "4.7.1", "greylisted",
    ),
    "blocklist": (
        "<k@list.example>: host mx.list.example[192.0.2.1] said: 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org",
        "k@list.example", "5.7.1", "blocklisted",
    ),
    "one line, the client's own words behind": (
        "Undelivered Mail Returned to Sender. <zakup@bolshoy.example>: 554 5.7.1 Rejected: SPF. Так со всеми, отправитель i@moy.example",
        "zakup@bolshoy.example", "5.7.1", "spf",
    ),
    "refused, in a sentence": ("The customer got SMTP error 554: relay access denied", "", "554", "no_relay"),
    "pasted answer only": ("550 5.1.1 <klient@pochta.example>: user unknown", "klient@pochta.example", "5.1.1", "no_mailbox"),
    "bare reply code": ("Сервер ответил: 550 User not found: klient@pochta.example", "klient@pochta.example", "550", "no_mailbox"),
}  # fmt: skip

NO_BOUNCES = [
    "",
    "письма не доходят до клиентов",
    "Письма с сайта возвращаются, пишет ошибку 550, что делать?",
    "ошибка 550",
    "550",
    "Не приходят письма на адрес info@detal36.example, проверьте",
    "После обновления до версии 5.1.1 не открывается отчёт",
    "Версия 4.2.2, путь /5.7.1/, клиент user@firma.example не входит",
    "Артикул 550 123 BOSCH не ищется, поставщик пользователя отключён",
    "Цена 554 руб., а должна быть 450 р. для user opt-5",
    "HTTP 500 Internal Server Error на странице https://detal36.example/",
    "502 Bad Gateway при оплате",
    "Заказ 550 создан, письмо клиенту на ivan@pochta.example не пришло",
    "сайт выдает 503 Service Unavailable",
    "mail does not arrive at client@shop.example since Monday",
    "Our mails do not reach the customer, there is no returned mail",
    "Письмо с подтверждением не было доставлено, адрес klient@pochta.example верный",
    "Курьер: адрес не найден, позвоните клиенту ivan@pochta.example",
    "Сообщение не доставлено в Telegram, бот молчит",
    "Как настроить SPF и DKIM для домена detal36.example?",
    "Настройте ящик info@detal36.example, порт 465, сервер smtp.detal36.example",
    "В 2026 году 451 заказ, 552 позиции, account manager Пётр",
    "IP 192.0.5.1.1 заблокирован, from 10.5.1.1",
    "ошибка 550 user",
    "Login failed for user 'sa'. Error 450: account locked, sql",
    "не удалось доставить товар по адресу, клиент kl@pochta.example недоволен",
]  # fmt: skip


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_is_read_from_pasted_text(name):
    text, recipient, status, why = BOUNCES[name]
    assert has_bounce_text(text)
    bounce = parse_bounce(text)
    assert (bounce.recipient, bounce.status, bounce.reason) == (recipient, status, why)


@pytest.mark.parametrize("name", [name for name, (_, recipient, *_) in BOUNCES.items() if recipient])
def test_the_same_bounce_is_read_from_a_quotation(name):
    text, recipient, status, why = BOUNCES[name]
    bounce = parse_bounce(
        "Добрый день! Письма не уходят.\r\n\r\n" + "".join(f"> {line}\r\n" for line in text.split("\n"))
    )
    assert (bounce.recipient, bounce.status, bounce.reason) == (recipient, status, why)


@pytest.mark.parametrize("text", NO_BOUNCES)
def test_what_quotes_no_server_is_no_bounce(text):
    assert not has_bounce_text(text)
    assert parse_bounce(text) is None


def test_headers_pasted_along_tell_who_sent_the_mail_and_when():
    bounce = parse_bounce(
        "From: MAILER-DAEMON@mx.detal.example\nTo: shop@detal.example\nDate: Tue, 24 Nov 2026 11:00:00 +0300\n\n"
        + BOUNCES["postfix"][0]
        + "\nFrom: Shop <shop@detal.example>\nTo: klient@pochta.example\nDate: Tue, 24 Nov 2026 10:15:30 +0300\nSubject: Zakaz\n"
    )
    assert bounce == Bounce(
        recipient="klient@pochta.example",
        sender="shop@detal.example",
        sent_at=datetime(2026, 11, 24, 7, 15, 30, tzinfo=UTC),
        status="5.1.1",
        said="550 5.1.1 <klient@pochta.example>: Recipient address rejected: User unknown in virtual mailbox table",
        reason="no_mailbox",
    )


def test_a_report_goes_back_to_the_sender():
    bounce = parse_bounce("От: MAILER-DAEMON@mx.example\nКому: shop@detal.example\n\n" + BOUNCES["exim"][0])
    assert (bounce.sender, bounce.recipient) == ("shop@detal.example", "manager@shiny.example")


@pytest.mark.parametrize(
    ("status", "ru", "en"),
    [
        ("550 5.1.1 x", "Такого ящика", "no such mailbox"),
        ("550 5.1.2 x", "Такого почтового домена", "no such mail domain"),
        ("550 5.2.1 x", "отключён", "disabled"),
        ("552 5.2.2 x", "переполнен", "full"),
        ("552 5.3.4 x", "больше, чем принимает", "larger"),
        ("554 5.4.6 x", "по кругу", "circle"),
        ("554 5.4.0 x", "пути", "no way"),
        ("554 5.7.1 x", "правилам", "policy"),
        ("554 5.7.26 x", "DMARC", "DMARC"),
        ("451 4.3.0 x", "временный", "temporary"),
    ],
)
def test_a_code_is_explained_in_both_languages(status, ru, en):
    bounce = parse_bounce(f"<a@b.example>: host mx.b.example said: {status}")
    assert ru in explain_bounce(bounce, "ru")
    assert en in explain_bounce(bounce, "en")


def test_only_class_four_is_temporary():
    assert parse_bounce(BOUNCES["greylisted"][0]).is_temporary
    assert not parse_bounce(BOUNCES["postfix"][0]).is_temporary
    assert not Bounce().is_temporary


def test_a_date_without_a_zone_is_no_moment():
    text = BOUNCES["postfix"][0] + "\nFrom: shop@detal.example\nTo: k@p.example\nDate: {}\n"
    assert parse_bounce(text.format("Tue, 24 Nov 2026 10:15:30")).sent_at is None
    assert parse_bounce(text.format("Tue, 99 Foo 2026 99:99:99 +9999")).sent_at is None
    assert parse_bounce(text.format("Tue, 24 Nov 2026 10:15:30 GMT")).sent_at == datetime(
        2026, 11, 24, 10, 15, 30, tzinfo=UTC
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_of_a_bounce_raises(data):
    text = data.draw(st.sampled_from([text for text, *_ in BOUNCES.values()]))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(st.text(st.characters(exclude_categories=()), max_size=12)) + text[end:]
    bounce = parse_bounce(text)
    assert (bounce is not None) == has_bounce_text(text)
    if bounce:
        assert explain_bounce(bounce, "ru") and explain_bounce(bounce, "en")


@pytest.mark.parametrize(
    "piece",
    ["a", "a@", "a.", "@a.b", "<", ">", "550 ", "550 5.1.1 ", "5.1.1 ", "550 user ", "From: a@b.example\n", "\n", " ", "\ud800",
     "final-recipient: rfc822;", "final-recipient: rfc822; a@b.example\n", "mail from:", "a-", "a@a.", "> ", "\n> ", "x: ", "İ", "\x00",
     "mailer-daemon@a.example ", "a b", "От ", "said: 550 ", "(in reply", "# ", "--", "\n\t"],
)  # fmt: skip
def test_a_long_text_takes_no_long_time(piece):
    text = (piece * 100_000)[:100_000]
    for read in (has_bounce_text, parse_bounce):
        read("")
        for long in (text, "Diagnostic-Code: x\n" + text):
            began = time.process_time()
            read(long)
            assert time.process_time() - began < 5
