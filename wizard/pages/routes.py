"""Every page: importing a module of views hangs them on the blueprint."""

from __future__ import annotations

from wizard.pages import assets, browse, embed, hand_in, new_question, reference, search, tickets
from wizard.pages.blueprint import pages

__all__ = ["assets", "browse", "embed", "hand_in", "new_question", "pages", "reference", "search", "tickets"]
