"""What a letter is before it becomes bytes: plain values, no network, no ``EmailMessage``."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.tickets.report import Attachment


@dataclass(frozen=True)
class Mailbox:
    """A header value that is one address: ``Name <address>``."""

    address: str
    """A bare addr-spec, its domain in A-labels."""
    name: str = ""


Header = tuple[str, str | Mailbox]


@dataclass(frozen=True)
class Part:
    """A file in a letter."""

    name: str
    """For people."""
    type: str
    """Media type."""
    content: bytes
    cid: str | None = None
    """Set for an image that the HTML shows in its text (``<img src="cid:…">``)."""

    @property
    def inline(self) -> bool:
        """Shown inside the HTML, not listed beside it."""
        return self.cid is not None


@dataclass(frozen=True)
class LoadedFile:
    """A client's file with its bytes."""

    attachment: Attachment
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A composed letter: what it says, in words. ``serialise`` makes the bytes."""

    headers: tuple[Header, ...]
    """Names and decoded values, each name once. MIME headers are not among them: those are the serialiser's."""
    text: str
    html: str
    """Empty when the letter is plain text only."""
    attachments: tuple[Part, ...]
    envelope_from: str
    """For MAIL FROM; empty for letters that must never be answered by a robot (RFC 3834, section 3.3)."""
    recipient: str
    """For RCPT TO."""
