"""Which Chromium the tests open, and how.

Debian packs it twice: ``chromium`` draws its own tabs and menus even where no screen is, which costs about a third of
the processor's time; ``chromium-headless-shell`` is the same engine without them, but asks for no page's icon and knows
no settings of a profile. ``CHROMIUM`` names another one, for all tests.
"""

from __future__ import annotations

import os
import shutil

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def bare() -> str:
    """The one without tabs and menus; where it is missing, the whole one."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or whole()


def whole() -> str:
    """The one that people use."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.fail("No Chromium: `apt-get install chromium` as root, or name one with CHROMIUM=/path/to/chromium")
    return path
