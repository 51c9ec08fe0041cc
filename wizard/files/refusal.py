"""Why an attachment is refused, in words that say what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.values.sizes import limit_text

if TYPE_CHECKING:
    from wizard.texts import Translator


class FileRefused(Exception):
    """A file is not taken. ``reason`` is the key of the text, less its ``attachments.``; ``values`` fill it in,
    a ``limit`` of bytes as people read it.
    """

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values

    def in_words(self, translate: Translator) -> str:
        """The message for the client, in the language of ``translate``."""
        values = dict(self.values)
        if isinstance(limit := values.get("limit"), int):
            values["limit"] = limit_text(limit, translate)
        return translate(f"attachments.{self.reason}", **values)
