"""Every page: importing a module of views hangs them on the blueprint."""

from __future__ import annotations

from wizard.pages import browse, embed, files, follow_up, form, new_question, privacy, search, tickets
from wizard.pages.blueprint import pages

__all__ = ["browse", "embed", "files", "follow_up", "form", "new_question", "pages", "privacy", "search", "tickets"]
