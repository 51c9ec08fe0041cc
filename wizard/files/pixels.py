"""Pixels: of one picture, and of all pictures of one request together (threats U03, L02)."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.files.refusal import FileRefused

MEGAPIXELS = 50
MOST_PIXELS = MEGAPIXELS * 1_000_000
"""Of one image, or of all frames of an animation together: 200 MB of memory, several times over."""


@dataclass
class PixelBudget:
    """What the pictures of one request may still hold, in pixels."""

    left: int = MOST_PIXELS
    together: int = MEGAPIXELS
    """Megapixels that it began with, for the client's eyes."""

    def check(self, pixels: int) -> None:
        """Refuse a picture before it costs anything.

        Raises:
            FileRefused: it is too large by itself, or together with those before it.
        """
        if pixels > MOST_PIXELS:
            raise FileRefused("image_large", megapixels=MEGAPIXELS)
        if pixels > self.left:
            raise FileRefused("images_large", megapixels=self.together)

    def spend(self, pixels: int) -> None:
        """Count what is about to be decoded.

        Raises:
            FileRefused: as ``check``.
        """
        self.check(pixels)
        self.left -= pixels

    @classmethod
    def of(cls, megapixels: int) -> PixelBudget:
        """The budget of a request that begins."""
        return cls(megapixels * 1_000_000, megapixels)
