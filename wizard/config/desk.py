"""The support desk, as letters name it: sender, inbox, language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Desk:
    """The support team that a letter goes to, or comes from."""

    name: str
    inbox: str
    """The address that the desk reads."""
    language: str
    sender: str
    """``MAIL_DEFAULT_SENDER``, a bare address: the only one that letters come from, so that SPF and DMARC hold."""
    mail_domain: str
    """The right-hand side of every Message-ID."""
    time_zone: str = "UTC"
    """The IANA zone in which times are written."""
    tag_pattern: str = "[##{number}##]"
    """How we write a ticket's number into subjects."""
    desk_tag: str = ""
    """How the help desk writes its own number there; empty where it has none, or nobody said so."""
    is_auto_submitted: bool = False
    """Its letters say that a program made them."""
    base_url: str = ""
    """Where clients reach the form."""
    ticket_json_version: Literal[1, 2] = 2
    """The shape of ``ticket.json`` that its programs read."""

    @property
    def tag_patterns(self) -> tuple[str, ...]:
        """The tags that no text of a client's may form: ours and the help desk's."""
        return (self.tag_pattern, self.desk_tag) if self.desk_tag else (self.tag_pattern,)
