"""The kinds of letters, as the column ``outbox.kind`` has them. Those of webhooks: ``config.webhook.EVENTS``."""

from __future__ import annotations

DESK, FOLLOW_UP, ACKNOWLEDGEMENT = "desk", "follow_up", "acknowledgement"

DIGEST = "digest"
"""The hourly letter that tells the desk what is held."""

BURST = "burst"
"""The letter that tells the desk which tickets belong together (``outbox.burst``)."""

TO_DESK = (DESK, FOLLOW_UP)
"""Those that bring a ticket, or more of it, to the desk. Of these a digest tells; what else is held goes with them."""

OF_MANY = (DIGEST, BURST)
"""Those that are about many tickets."""

KINDS = (*TO_DESK, ACKNOWLEDGEMENT, *OF_MANY)
"""Those that this version composes."""
