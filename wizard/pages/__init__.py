"""The HTML pages: read the request, call, answer."""

from wizard.pages import browse, embed, hand_in, new_question, search, tickets
from wizard.pages.blueprint import pages

__all__ = ["browse", "embed", "hand_in", "new_question", "pages", "search", "tickets"]
