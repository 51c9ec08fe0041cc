"""Links to single files: the name of one file of a ticket, signed by what only that ticket has.

The key is the ticket's token, so a link holds as long as the ticket's files do: in every process, after a new secret
key, after a restore. It gives the token away no more than a Message-ID does (``tickets/thread_code.py``), and the same
file has the same link at every retry (docs/decisions/0027-links-to-files.md).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from itsdangerous import Signer

PURPOSE = "zayavka: link to a file"

DIGEST_SIGNS = 12
"""Hexadecimal digits of the bytes' SHA-256 that a link names. In a restored database the id of a row may be given once
more: then the old link opens nothing."""

_NAME = re.compile(rf"([1-9][0-9]{{0,17}})-([1-9][0-9]{{0,17}})-([0-9a-f]{{{DIGEST_SIGNS}}})\.[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True)
class LinkedFile:
    """What a link leads to."""

    ticket_number: int
    file: int
    """The id of the row of ``attachments``."""
    digest: str
    """The first signs of the SHA-256 of its bytes."""


def signed_name(linked: LinkedFile, token: str) -> str:
    """How a link names a file, ``100001-7-9f86d081884c.`` and 43 signs. ``token`` is the ticket's."""
    name = f"{linked.ticket_number}-{linked.file}-{linked.digest}"
    return Signer(token, salt=PURPOSE, digest_method=hashlib.sha256).sign(name).decode("ascii")


def linked_file(name: str) -> LinkedFile | None:
    """The file that a name speaks of, whoever signed it; None where it is no such name."""
    match = _NAME.fullmatch(name)
    return LinkedFile(int(match[1]), int(match[2]), match[3]) if match else None


def is_signed(name: str, token: str) -> bool:
    """Whether the token of a ticket has signed a name."""
    linked = linked_file(name)
    # The whole text is compared: base64 reads several spellings as the same octets.
    return linked is not None and hmac.compare_digest(name, signed_name(linked, token))
