"""Lines of a client's words that programs take for the history of a correspondence, or for a signature.

Help desks cut such lines away, and all that follows them. An indent saves most of them; but mail-parser-reply 1.4 drops
indents before it looks, so that these get a sign without width as well: ``ticket.json`` and the HTML have none.
"""

from __future__ import annotations

import re

from wizard.mail.sanitize import ZERO_WIDTH_SPACE

_WROTE = re.compile(
    r"\b(?:wrote|пишет|(?:на)?писал(?:а|\(а\))?)(?=:)"
    r"|\b(?:a écrit|schrieb|escribió|ha scritto|schreef|skrev|napsala?|nadesłał|napisał(?:a|\(a\))?|пише|жазды)(?!\w)",
    re.IGNORECASE,
)
"""``On Mon, 3 Nov 2025, Sklad wrote:``; in other languages a space, a name or a line end may
stand before the colon."""

_BEGINNING = re.compile(
    r"\s*(?=>|[-_]{2}|[-_] ?\w"
    r"|[* ]*(?:from|sent|to|subject|date|cc|organization|от|отправлено|кому|тема|дата|копия)\b[* ]*:"
    r"|sent from|get outlook for|(?:best|kind|warm) regards|regards,|thanks,|thank you,|best,|all the best"
    r"|(?:caution|disclaimer|warning|confidential)\b)",
    re.IGNORECASE,
)
"""A header of a mail, a mark of what is quoted, what stands above a signature."""


def unlike_history(line: str) -> str:
    """The same line to the eye, which no such program knows."""
    if ":" in line:
        line = _WROTE.sub(rf"\g<0>{ZERO_WIDTH_SPACE}", line)
    start = _BEGINNING.match(line)
    return f"{start[0]}{ZERO_WIDTH_SPACE}{line[start.end() :]}" if start else line
