"""Delivery failures, temporary (retry) or permanent. Which SMTP reply means which stands in ``smtp_replies``."""

from __future__ import annotations

import smtplib
import ssl

_STEPS: dict[type[BaseException], str] = {
    smtplib.SMTPAuthenticationError: "login",
    smtplib.SMTPHeloError: "EHLO",
    smtplib.SMTPConnectError: "greeting",
}


class DeliveryFailure(Exception):
    """A delivery was not accepted. The text says what the server answered, in one line."""

    def __init__(self, reason: str, *, alarm: bool = False) -> None:
        super().__init__(reason)
        self.alarm = alarm
        """Somebody has to look at the settings: nothing will go before that."""


class TemporaryFailure(DeliveryFailure):
    """Retry later: 4xx, the network, time, TLS, a refusal that is about us (threats R13, R22)."""


class EndpointAway(TemporaryFailure):
    """Nobody answers there, or not before a while: the site's other webhooks are deferred as well."""


class PermanentFailure(DeliveryFailure):
    """The server refused this delivery for good: 5xx to a letter (threats R14), 410 to a webhook."""


class TooLarge(PermanentFailure):
    """The letter is larger than the server takes; without its files it may pass."""


class ServerAway(TemporaryFailure):
    """The mail server is away, or wants to be left alone (421): that is about all letters, not about this one."""

    def __init__(self, reason: str, *, alarm: bool = False, in_letter: bool = False) -> None:
        super().__init__(reason, alarm=alarm)
        self.in_letter = in_letter
        """It happened after the letter's MAIL FROM was accepted, so that the letter itself may be the cause."""


def failure_behind(fault: OSError | UnicodeError, *, in_letter: bool) -> TemporaryFailure:
    """What did not come from an answer to the letter itself (network, time, TLS, login): to be tried again.

    Args:
        fault: what went wrong.
        in_letter: the letter's MAIL FROM had been accepted.
    """
    # smtplib makes a hang-up of a timeout while it reads.
    is_hang_up = isinstance(fault, smtplib.SMTPServerDisconnected | ConnectionError)
    if in_letter and (not is_hang_up or isinstance(fault.__context__, TimeoutError)):
        # Too slow with this letter: a recipient that is looked up, a scanner. The server itself is there.
        return TemporaryFailure(f"{type(fault).__name__}: {fault}"[:500])
    if isinstance(fault, smtplib.SMTPResponseException):
        error = fault.smtp_error
        text = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error)
        reason = f"{_STEPS.get(type(fault), 'connecting')}: {fault.smtp_code} {' '.join(text.split())}"[:500]
        return ServerAway(reason, alarm=fault.smtp_code >= 500)
    # TLS, a login that the server does not offer, a password that is not ASCII: settings, not weather.
    is_ours = isinstance(fault, ssl.SSLError | UnicodeError | smtplib.SMTPNotSupportedError)
    is_ours = is_ours or type(fault) is smtplib.SMTPException
    return ServerAway(f"{type(fault).__name__}: {fault}"[:500], alarm=is_ours, in_letter=in_letter)
