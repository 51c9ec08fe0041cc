"""Why a file is not taken, in words that say what to do instead."""

from __future__ import annotations

from wizard.texts import Say


class FileRefused(Exception):
    """A file is not taken. ``reason`` is the key of the text, less its ``attachments.``; ``values`` fill it in."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values

    def in_words(self, say: Say) -> str:
        """What the client is told, in the language of ``say``."""
        return say(f"attachments.{self.reason}", **self.values)
