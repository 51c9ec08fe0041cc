"""The HTML by which a site owner puts the form into their page, composed from what they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlencode

from markupsafe import Markup

from wizard.texts import translate

Mode = Literal["inline", "button"]
Theme = Literal["site", "auto", "light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)
THEMES: tuple[Theme, ...] = get_args(Theme)


@dataclass(frozen=True)
class Placing:
    """How a site owner wants the form."""

    site: str
    """The site's key."""
    language: str
    mode: Mode = "inline"
    """In the page itself, or behind a button that floats over it."""
    theme: Theme = "site"
    """``site``: as ``sites.yaml`` says; ``auto``: like the page around the form."""
    category: str | None = None
    situation: str | None = None
    """What to open; the start page when both are None."""

    @property
    def attributes(self) -> dict[str, str]:
        """The ``data-*`` attributes of the script, without ``data-``; only what differs from the defaults."""
        chosen = {
            "site": self.site,
            "mode": "" if self.mode == "inline" else self.mode,
            "category": self.category or "",
            "situation": self.situation or "",
            "theme": "" if self.theme == "site" else self.theme,
            "lang": self.language,
        }
        return {name: value for name, value in chosen.items() if value}

    def address(self, root: str, *, framed: bool) -> str:
        """The address that the script opens, for those who have no scripts."""
        steps = [step for step in (self.language, self.category, self.situation) if step]
        frame = {"embed": "auto" if self.theme == "site" else self.theme} if framed else {}
        return f"{root}/{'/'.join(steps)}/?{urlencode({'site': self.site, **frame})}"


def compose_snippet(root: str, placing: Placing, script: str | None = None) -> str:
    """The snippet, with ``root`` as the service's address without a slash at its end.

    ``script`` is the address of ``embed.js`` where it is not taken from the service.
    Without scripts the page shows a plain frame (for a button, none) and a link that opens the form by itself.
    """
    attributes = Markup("").join(Markup(' data-{}="{}"').format(*item) for item in placing.attributes.items())
    frame = Markup('<iframe src="{}" title="{}" width="100%" height="900" frameborder="0"></iframe>\n  ').format(
        placing.address(root, framed=True), translate(placing.language, "embed.script.title")
    )
    link = Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(
        placing.address(root, framed=False), translate(placing.language, "embed.script.open")
    )
    tag = Markup('<script async src="{}"{}></script>').format(script or f"{root}/embed.js", attributes)
    plain = frame + link if placing.mode == "inline" else link
    return f"{tag}\n<noscript>\n  {plain}\n</noscript>\n"
