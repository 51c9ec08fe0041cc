"""The caller: who sends a report or a follow-up, as far as anybody can know."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.values.keyed_digest import SHORT, keyed_digest


@dataclass(frozen=True)
class Caller:
    """Whom limits count for, and together with whom the same content is the same report."""

    network: str = "unknown"
    """The address, or the network that one customer has (``values.ip.network_of``)."""
    site: str | None = None
    """The key of the site whose own server calls, known by its secret."""
    named_site: str | None = None
    """The key of a site that a server names without its secret: for one release its reports have a budget together."""
    doubts: tuple[str, ...] = ()
    """What speaks for a program that fills in forms (``limits.doubts``); empty where nothing does."""
    challenge: str | None = None
    """The challenge that it has solved, to be used up by what it sends (``limits.proof``)."""
    has_worked: bool = False
    """That challenge was not used before: the budget of the address does not count."""

    @property
    def is_known(self) -> bool:
        """Whether anything tells it from others: a connection without an address could be anybody's."""
        return self.site is not None or self.network != UNKNOWN.network

    def digest(self, secret_key: str) -> str:
        """Who it is, in 128 bits that say so to nobody without the key: for rows and for the log, in place of the
        address. A site's own server is the site, wherever it calls from."""
        who = f"caller:network:{self.network}" if self.site is None else f"caller:site:{self.site}"
        return keyed_digest(secret_key, who)[:SHORT]

    def log_id(self, secret_key: str) -> str:
        """The beginning of that: enough to tell callers apart in the log."""
        return self.digest(secret_key)[:12]


UNKNOWN = Caller()
