"""Mail that came back: whether a text quotes such a report of a mail server."""

from __future__ import annotations

import re

LONGEST = 100_000
"""Characters that are searched."""

_ANNOUNCED = re.compile(
    r"mail delivery (?:failed|failure|subsystem)|undeliver(?:ed|able)|returned (?:mail|to sender)|mailer-daemon"
    r"|delivery status notification|delivery (?:has )?failed|could not be delivered|wasn.t delivered|address not found"
    r"|не удалось доставить|не может быть доставлено|не было доставлено|недоставленное сообщение"
    r"|сообщение не доставлено|письмо не доставлено|qmail-send program",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\b[45]\d\d[ -]{1,3}#?[245]\.\d{1,3}\.\d{1,3}\b|\b5[05]\d[ -][A-Za-z<#]|\b[45]\.\d{1,3}\.\d{1,3} [A-Za-z<]"
)
_DELIVERY = re.compile(
    r"recipient|mailbox|user|relay|reject|spam|spf|dkim|dmarc|policy|quota|host|unknown|address|account|blocked|message",
    re.IGNORECASE,
)


def has_bounce_text(text: str) -> bool:
    """Whether a text quotes what a mail server said of a mail that it could not deliver.

    A client who only says that mail does not arrive quotes nothing; a bare "550" is no quotation either.
    """
    read = text[:LONGEST]
    answered = _ANSWERED.search(read)
    if answered and _DELIVERY.search(read, answered.start(), answered.start() + 300):
        return True
    return bool(_ANNOUNCED.search(read)) and ("@" in read or answered is not None)
