# ruff: noqa: E501 (reports stand here as servers write them)
"""Bounces as files: delivery status notifications (RFC 3464), and what servers of other kinds write."""

from __future__ import annotations

RFC3464 = b"""\
From: MAILER-DAEMON@mx.detal.example
To: shop@detal.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=b"

--=b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.detal.example.

<other@wrong.example>: said something

--=b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.detal.example
Arrival-Date: Tue, 24 Nov 2026 10:16:00 +0300

Final-Recipient: rfc822; klient@pochta.example
Original-Recipient: rfc822;klient@pochta.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.pochta.example
Diagnostic-Code: smtp; 550 5.1.1 <klient@pochta.example>: User unknown in
    virtual mailbox table

--=b
Content-Type: message/rfc822

From: Shop <shop@detal.example>
To: klient@pochta.example
Subject: private
Date: Tue, 24 Nov 2026 10:15:30 +0300
Content-Type: text/plain; charset=utf-8

private words
--=b--
"""
EXIM = (
    "From: Mail Delivery System <Mailer-Daemon@host.example>\nTo: shop@detal.example\n"
    "X-Failed-Recipients: nikto@opt.example\nContent-Type: text/plain; charset=koi8-r\n\n"
    "A message that you sent could not be delivered.\n\n  nikto@opt.example\n"
    "    host mx.opt.example [192.0.2.1]:\n    550 5.2.2 ящик переполнен\n"
).encode("koi8-r")
HEADERS_ONLY = RFC3464.replace(b"message/rfc822", b"text/rfc822-headers").replace(b"\nprivate words", b"")
QMAIL = b"""From: MAILER-DAEMON@q.example\nTo: shop@detal.example\nSubject: failure notice\n
Hi. This is the qmail-send program at q.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<lena@q2.example>:
192.0.2.55 does not like recipient.
Remote host said: 550 5.1.1 no mailbox
Giving up on 192.0.2.55.

--- Below this line is a copy of the message.

Return-Path: <shop@detal.example>
"""
HTML = (
    b"From: postmaster@outlook.example\nTo: shop@detal.example\nContent-Type: text/html; charset=utf-8\n\n<html><p>Delivery has failed to "
    b"these recipients or groups:</p><p><a href='mailto:x'>anna@corp.example</a></p><p>Remote Server returned '550 5.7.1 spam'</p></html>"
)
ORDINARY = b"From: a@b.example\nTo: c@d.example\nSubject: Hello\n\nThe price list is attached, see version 5.1.1.\n"
