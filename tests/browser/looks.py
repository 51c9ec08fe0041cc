"""The ways in which a page is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

PHONE, DESKTOP, NARROWEST = 390, 1280, 320
"""Widths in CSS pixels."""


@dataclass(frozen=True)
class Look:
    """A language, a theme and a width."""

    language: str = "ru"
    theme: str = "light"
    width: int = PHONE

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


EVERY_LOOK = [Look(*combination) for combination in product(("ru", "en"), ("light", "dark"), (PHONE, DESKTOP))]
