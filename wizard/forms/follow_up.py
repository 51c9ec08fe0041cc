"""What a further message may be: the one set of rules for its page and for the API."""

from __future__ import annotations

from wizard.catalog.phrasebook import Phrasebook
from wizard.catalog.questions import Files
from wizard.texts import Translator
from wizard.values.secrets import MASK, mask_secrets
from wizard.values.text import many_lines

FOLLOW_UP_FILES = Files(
    id="files",
    type="files",
    label={"ru": "Файлы", "en": "Files"},
    section="follow_up",
    types=("png", "jpg", "webp", "gif", "pdf", "txt", "log", "csv", "xls", "xlsx", "eml", "msg", "zip"),
)

LONGEST_MESSAGE = 8000
"""Characters of a further message."""


def parse_message(typed: str) -> str:
    """The message in its lines, as it is shown again."""
    return many_lines(typed)


def accepted_message(book: Phrasebook, message: str, token: str = "") -> str:
    """The message as it is stored: without secrets (docs/decisions/0021-masked-by-default.md).

    ``token`` is its ticket's, which no letter may hold, however it is written down; empty where no ticket is known.
    """
    return mask_secrets(message.replace(token, MASK) if token else message, book.secret_names)


def message_error(message: str, translate: Translator) -> str | None:
    """What stands in the way of a message, in the client's language; None when it can be sent."""
    if not message.strip():
        return translate("views.follow_up_empty")
    if len(message) > LONGEST_MESSAGE:
        return translate("views.follow_up_too_long", max=LONGEST_MESSAGE, length=len(message))
    return None
