"""What an answer of a mail server to a letter means: later, never, too large, or that the server will not have us.

A refusal for good (5xx) is about the letter only where it speaks of the recipient or of the content. What it says of
the sender, of this machine, its login, its rate or the conversation is about us: a person mends that, and until then
every letter gets the same answer (RFC 5321, section 4.2; RFC 3463; docs/decisions/0013-what-a-refusal-means.md).
"""

from __future__ import annotations

import re

from wizard.outbox.errors import DeliveryFailure, PermanentFailure, ServerAway, TemporaryFailure, TooLarge

_LOGIN = {530, 534, 535, 538}
"""Replies about our own login (RFC 4954, section 6), at whichever command."""

_CONVERSATION = {500, 502, 503, 521}
"""Not understood, out of turn, no mail at all here: an answer to us, whatever the letter is."""

_TOO_LARGE = {(3, 4), (2, 3)}
_MAILBOX_FULL = (2, 2)

_POLICY_ABOUT_RECIPIENT = {2, 17, 18, 19}
"""5.7.x about the recipient: a list's expansion (RFC 3463), an owner that has changed (RFC 7293)."""

_POLICY_ABOUT_US = {8, 10, 11, 13, 14, *range(20, 31), 57, 60, 61, 64, 124, 129, *range(133, 137)} | {
    *range(500, 512), 515, *range(600, 900)
}  # fmt: skip
"""5.7.x that never mean content: logins, encryption, SPF, DKIM, DMARC, floods (RFC 7372); the rest are Microsoft's."""


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_ENHANCED_CODE = re.compile(r"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
"""An enhanced status code (RFC 3463), and not the beginning of an IP address."""

_NAMES = re.compile(r"<[^>]*>|\S+@\S+|https?://\S+")
"""Addresses and links: ``<relay@desk.example>`` says nothing of relays."""

_SENDER = _words(r"\bsender\b.{0,20}\b(?:reject|denied|refused|verif|unknown|not\b)", r"\bnot.{0,20}\bsender\b")

_US = _words(
    _SENDER.pattern,
    r"send ?as\b|as this sender|bad outbound sender",
    r"\b(?:your|this|sending) (?:ip|host|server|network|domain|client)\b|\bip (?:address|you)",
    r"\bclient (?:host|was|does)\b|\b(?:helo|ehlo|ptr|rdns|starttls|tls|ssl)\b|reverse dns|encrypt",
    r"relay|rcpthosts|\bauth(?:enticat\w*|oriz\w*)?\b|log(?:ged)? ?in\b|\b(?:spf|dkim|dmarc)\b",
    r"(?:block|black|deny) ?list|\b(?:dns)?[br]bl\b|listed (?:at|in|on|by)\b",
    r"blocked using|spam statistics|spamhaus|spamcop",
    r"\bbanned\b|reputation|\brate\b|\btraffic\b|flood|too many (?:messages|mails|emails|connections|letters|errors)",
    r"\b(?:sending|message|daily|hourly) (?:limit|quota|rate)|limit.{0,20}(?:exceeded|reached)|submissionquota",
    r"exceeded.{0,40}(?:limit|threshold|messages)|sending for this account",
)
"""Words about who sends: the sender's address, this machine, its login, its reputation, its rate."""

_RECIPIENT = _words(
    r"(?:no such|unknown|invalid|non-?existent|inactive) (?:local )?(?:user|recipient|mailbox|address|account|person)",
    r"\b(?:user|recipient|mailbox|account|address)\b.{0,40}(?:unknown|not found|n[o']t exist|disabled|inactive)",
    r"\b(?:user|recipient|mailbox|account)\b.{0,40}(?:n[o']t have|unavailable|not available|suspended|full|quota)",
    r"\brecipient\S* (?:address )?(?:rejected|refused|denied)|target address|over quota",
)
_CONTENT = _words(r"\b(?:spam|virus|malware|phishing|content|attachment|unsolicited|headers?)\b")


def failure_of(step: str, code: int, reply: bytes | str, *, from_nobody: bool = False) -> DeliveryFailure:
    """The failure that an answer to a command means.

    ``from_nobody``: the letter has no envelope sender, as an acknowledgement. A refusal that is about us is final for
    it, but for one of the login: a server that dislikes us is not asked for a day about letters nobody waits for.
    """
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    text = " ".join(text.split())
    reason = f"{step}: {code} {text}"[:500]
    if not 500 <= code <= 599:
        return TemporaryFailure(reason)
    if code in _LOGIN:
        return ServerAway(reason, alarm=True)
    status = _status_of(text)
    if status in _TOO_LARGE or (code == 552 and status != _MAILBOX_FULL):
        return TooLarge(reason)
    if not _is_about_us(step, code, status, _NAMES.sub(" ", text)):
        return PermanentFailure(reason)
    # Not ``ServerAway``, not even at MAIL FROM: acknowledgements, which have no sender, may well go out meanwhile, and
    # each of their successes would wake all that waits.
    return PermanentFailure(reason, alarm=True) if from_nobody else TemporaryFailure(reason, alarm=True)


def _status_of(text: str) -> tuple[int, int]:
    """Subject and detail of the enhanced status code; (0, 0), which is "undefined", where there is none."""
    match = _ENHANCED_CODE.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _is_about_us(step: str, code: int, status: tuple[int, int], text: str) -> bool:
    """Whether a 5xx speaks of us rather than of the recipient or the content."""
    subject, detail = status
    if subject == 6:
        return False
    if step == "MAIL FROM":
        # Nobody but us was named yet.
        return True
    if subject == 7:
        return _is_policy_about_us(detail, text, is_content_known=step == "end of DATA")
    if subject == 1 and detail:
        return detail in (7, 8) or _SENDER.search(text) is not None
    if _US.search(text):
        return True
    if _RECIPIENT.search(text) or _CONTENT.search(text):
        return False
    # The server's own condition (5.3.x) and the conversation (5.5.x) say nothing of the letter.
    return subject in (3, 5) or (subject == 0 and code in _CONVERSATION)


def _is_policy_about_us(detail: int, text: str, *, is_content_known: bool) -> bool:
    """5.7.x: about us unless it names the recipient, once the content is known only where it names us."""
    if detail in _POLICY_ABOUT_RECIPIENT:
        return False
    if detail in _POLICY_ABOUT_US or _US.search(text):
        return True
    return not is_content_known and not _RECIPIENT.search(text)
