"""What refusals mean, as servers really word them: about us (retried, with an alarm), final, too large, or later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from smtp_servers import HostileServer
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox.errors import DeliveryFailure, PermanentFailure, ServerAway, TemporaryFailure, TooLarge
from wizard.outbox.smtp_replies import failure_of

MAIL, RCPT, DATA, END = "MAIL FROM", "RCPT TO", "DATA", "end of DATA"

US, FINAL, LARGE, LATER = "about us", "final", "too large", "later"

REPLIES = [
    # Postfix
    (RCPT, 554, "5.7.1 <support@desk.example>: Relay access denied", US),
    (RCPT, 454, "4.7.1 <support@desk.example>: Relay access denied", LATER),
    (RCPT, 554, "5.7.1 <unknown[203.0.113.9]>: Client host rejected: Access denied", US),
    (RCPT, 554, "5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org", US),
    (RCPT, 550, "5.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]", US),
    (RCPT, 504, "5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", US),
    (RCPT, 550, "5.1.8 <wizard@gone.example>: Sender address rejected: Domain not found", US),
    (RCPT, 553, "5.7.1 <wizard@desk.example>: Sender address rejected: not owned by user wizard", US),
    (RCPT, 550, "5.1.0 <a@b.example>: Sender address rejected: User unknown in virtual mailbox table", US),
    (RCPT, 550, "5.7.23 <support@desk.example>: Recipient address rejected: Message rejected due to: SPF fail", US),
    (RCPT, 550, "5.7.1 <support@desk.example>: Recipient address rejected: rejected due to SPF fail", US),
    (RCPT, 550, "5.1.1 <support@desk.example>: Recipient address rejected: User unknown in local table", FINAL),
    (RCPT, 550, "5.1.1 <relay@desk.example>: Recipient address rejected: unverified address", FINAL),
    (RCPT, 554, "5.7.1 <support@desk.example>: Recipient address rejected: Access denied", FINAL),
    (RCPT, 550, "5.1.2 <support@desk.exmaple>: Recipient address rejected: Domain not found", FINAL),
    (RCPT, 501, "5.1.3 Bad recipient address syntax", FINAL),
    (RCPT, 503, "5.5.1 Error: need MAIL command", US),
    (RCPT, 552, "5.2.2 <support@desk.example>: mailbox is full", FINAL),
    (MAIL, 552, "5.3.4 Message size exceeds fixed limit", LARGE),
    (MAIL, 501, "5.1.7 Bad sender address syntax", US),
    (MAIL, 530, "5.7.0 Must issue a STARTTLS command first", US),
    (DATA, 554, "5.7.1 <DATA>: Data command rejected: Improper use of SMTP command pipelining", US),
    (END, 554, "5.7.1 Spam message rejected", FINAL),
    (END, 550, "5.7.1 Blocked by SpamAssassin", FINAL),
    (END, 554, "5.7.1 Blocked by spam statistics", US),
    (END, 554, "5.6.0 Message contains a bare LF", FINAL),
    (END, 554, "5.4.6 Too many hops", FINAL),
    (END, 554, "5.3.0 Error: queue file write error", US),
    # Exim, qmail, Dovecot, Sendmail
    (RCPT, 550, "Sender verify failed", US),
    (RCPT, 550, "relay not permitted", US),
    (RCPT, 550, "authentication required", US),
    (RCPT, 550, "Unrouteable address", FINAL),
    (RCPT, 550, "No such user here", FINAL),
    (RCPT, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", US),
    (RCPT, 500, "what?", US),
    (END, 552, "Message size exceeds maximum permitted", LARGE),
    (END, 550, "This message was classified as SPAM and may not be delivered", FINAL),
    (END, 554, "Found virus Eicar-Test-Signature", FINAL),
    (RCPT, 550, "5.3.0 <support@desk.example>... User unknown", FINAL),
    # Microsoft 365 and Exchange
    (RCPT, 530, "5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM", US),
    (END, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", US),
    (END, 554, "5.2.252 SendAsDenied; wizard@desk.example not allowed to send as support@desk.example", US),
    (END, 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", US),
    (RCPT, 550, "5.7.606 Access denied, banned sending IP [203.0.113.9]", US),
    (RCPT, 550, "5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus", US),
    (RCPT, 550, "5.1.8 Access denied, bad outbound sender AS(42004)", US),
    (END, 550, "5.7.509 Access denied, sending domain desk.example does not pass DMARC verification", US),
    (END, 550, "5.7.515 Access denied, sending domain desk.example doesn't meet the authentication level", US),
    (RCPT, 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", US),
    (END, 550, "5.7.708 Service unavailable. Access denied, traffic not accepted from this IP", US),
    (RCPT, 550, "5.7.1 Unable to relay", US),
    (RCPT, 550, "5.7.64 TenantAttribution; Relay Access Denied", US),
    (RCPT, 550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", FINAL),
    (RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", FINAL),
    (RCPT, 550, "5.2.1 RESOLVER.RST.MailboxDisabled; mailbox disabled", FINAL),
    (RCPT, 550, "5.5.0 Requested action not taken: mailbox unavailable", FINAL),
    (END, 550, "5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", LARGE),
    (END, 550, "5.7.1 Message rejected as spam by Content Filtering.", FINAL),
    # Gmail
    (RCPT, 550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking", FINAL),
    (RCPT, 550, "5.2.1 The email account that you tried to reach is inactive", FINAL),
    (MAIL, 530, "5.7.0 Authentication Required. For more information, go to https://support.google.com/mail", US),
    (MAIL, 550, "5.4.5 Daily user sending limit exceeded.", US),
    (END, 550, "5.4.5 Daily user sending limit exceeded.", US),
    (END, 550, "5.7.26 This mail has been blocked because the sender is unauthenticated.\n5.7.26 SPF and DKIM", US),
    (END, 550, "5.7.1 The IP you're using to send mail is not authorized to send email directly to our servers", US),
    (END, 550, "5.7.1 [203.0.113.9] Our system has detected an unusual rate of unsolicited mail from your IP", US),
    (END, 550, "5.7.1 [203.0.113.9 12] Our system has detected that this message is likely unsolicited mail", FINAL),
    (END, 552, "5.7.0 This message was blocked because its content presents a potential security issue", LARGE),
    (END, 421, "4.7.28 Gmail has detected an unusual rate of unsolicited mail", LATER),
    (RCPT, 450, "4.2.1 The user you are trying to contact is receiving mail too quickly", LATER),
    # Yandex and Mail.ru
    (MAIL, 553, "5.7.1 Sender address rejected: not owned by auth user.", US),
    (END, 554, "5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc", FINAL),
    (RCPT, 554, "5.7.1 [2] Blocked by spam statistics", US),
    (RCPT, 550, "5.7.1 Policy rejection on the target address", FINAL),
    (RCPT, 550, "5.7.1 No such user!", FINAL),
    (END, 550, "spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=x", FINAL),
    (MAIL, 550, "not local sender over smtp", US),
    (RCPT, 550, "message sending for this account is disabled", US),
    (RCPT, 550, "user not found", FINAL),
    (RCPT, 550, "Mailbox is full", FINAL),
    (END, 550, "Message was not accepted -- invalid mailbox. Local mailbox is unavailable: user is terminated", FINAL),
    (MAIL, 550, "5.7.1 Too many messages from 203.0.113.9", US),
    # Yahoo and others
    (RCPT, 553, "5.7.1 [BL21] Connections will not be accepted from 203.0.113.9, because the ip is in a list", US),
    (END, 554, "5.7.9 Message not accepted for policy reasons", FINAL),
    (END, 554, "delivery error: dd This user doesn't have a yahoo.com account", FINAL),
    (RCPT, 556, "5.1.10 Domain does not accept mail (null MX)", FINAL),
    (RCPT, 521, "host does not accept mail", US),
]  # fmt: skip


def meaning(failure: DeliveryFailure) -> str:
    """A failure in a word."""
    if isinstance(failure, TooLarge):
        return LARGE
    if isinstance(failure, PermanentFailure):
        return FINAL
    assert isinstance(failure, TemporaryFailure)
    return US if failure.alarm else LATER


@pytest.mark.parametrize(("step", "code", "reply", "expected"), REPLIES)
def test_a_refusal_is_final_only_where_it_speaks_of_the_recipient_or_the_content(
    step: str, code: int, reply: str, expected: str
) -> None:
    failure = failure_of(step, code, reply.encode())
    assert meaning(failure) == expected
    assert str(failure).startswith(f"{step}: {code} ")
    assert "\n" not in str(failure)


@pytest.mark.parametrize(
    ("step", "code", "reply", "is_away"),
    [
        (MAIL, 550, "5.7.1 not you", False),
        (MAIL, 530, "5.7.0 log in", True),
        (RCPT, 530, "5.7.57 log in", True),
        (RCPT, 554, "5.7.1 no relay", False),
    ],
)
def test_only_what_acknowledgements_would_be_told_too_is_about_the_server_as_a_whole(
    step: str, code: int, reply: str, is_away: bool
) -> None:
    assert isinstance(failure_of(step, code, reply), ServerAway) is is_away


@pytest.mark.parametrize("reply", ["Unrouteable address, says 5.7.1.9", "Unrouteable address, says 195.7.1"])
def test_an_ip_address_is_no_status_code(reply: str) -> None:
    assert meaning(failure_of(RCPT, 550, reply)) == FINAL


@pytest.mark.parametrize("address", ["relay@desk.example", "spf-auth@blocklist.example"])
def test_the_name_of_a_recipient_says_nothing_of_us(address: str) -> None:
    assert meaning(failure_of(RCPT, 550, f"<{address}>: Unrouteable address")) == FINAL


@pytest.mark.parametrize(
    ("step", "code", "reply", "expected"),
    [
        (MAIL, 550, "5.7.1 null senders are not welcome", FINAL),
        (RCPT, 554, "5.7.1 Relay access denied", FINAL),
        (END, 550, "5.7.26 unauthenticated", FINAL),
        (MAIL, 530, "5.7.0 authentication required", US),
        (RCPT, 451, "4.7.1 greylisted", LATER),
    ],
)
def test_an_acknowledgement_is_not_repeated_at_a_server_that_dislikes_us(
    step: str, code: int, reply: str, expected: str
) -> None:
    assert meaning(failure_of(step, code, reply, from_nobody=True)) == expected


LETTERS = select(Delivery.kind, Delivery.state, Delivery.attempts, Delivery.last_error).order_by(Delivery.id)


def make_due(desk: Installation, **values: object) -> None:
    """Let the time of the next try be now."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(due_at=datetime.now(UTC) - timedelta(seconds=1), **values))


LOGIN = {"MAIL_USERNAME": "wizard", "MAIL_PASSWORD": "secret"}


@pytest.mark.parametrize(
    ("mode", "settings"),
    [
        ("greeting_554", {}),
        ("auth_535", LOGIN),
        ("mail_530", {}),
        ("mail_550", {}),
        ("mail_550_rate", {}),
        ("rcpt_554_relay", {}),
        ("rcpt_550_blocked", {}),
        ("end_550_dmarc", {}),
    ],
)
def test_a_day_with_a_server_that_will_not_have_us_costs_no_desk_letter(
    make_desk: Callable[..., Installation], mode: str, settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with HostileServer(mode) as server:
        desk = make_desk(MAIL_PORT=server.port, **settings)
        desk.send("site_down", reg_email="", contact_email="")
        for attempt in (1, 2):
            caplog.clear()
            make_due(desk)
            desk.run_worker()
            [letter] = desk.query(LETTERS)
            assert (letter.state, letter.attempts) == ("owed", attempt)
            assert any(record.levelno == logging.ERROR for record in caplog.records)
        server.mode = "auth_good" if settings else "good"
        make_due(desk)
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["sent"]
        assert len(server.received) == 1


def test_a_desk_letter_that_is_refused_by_policy_for_five_days_is_dead(make_desk: Callable[..., Installation]) -> None:
    with HostileServer("mail_550") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.send("site_down", reg_email="", contact_email="")
        make_due(desk, created_at=datetime.now(UTC) - timedelta(days=4, hours=22), attempts=100)
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["owed"]
        make_due(desk, created_at=datetime.now(UTC) - timedelta(days=5))
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["dead"]


def test_a_server_that_takes_no_letters_for_others_costs_the_acknowledgement_alone(
    make_desk: Callable[..., Installation],
) -> None:
    with HostileServer("rcpt_554_relay") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.send("site_down")
        desk.run_worker()
        assert [(row.kind, row.state) for row in desk.query(LETTERS)] == [("desk", "owed"), ("acknowledgement", "dead")]
