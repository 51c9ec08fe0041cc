"""``app.py`` whose worker aborts as soon as it composes a letter with the word "poison" in it."""

from __future__ import annotations

import sys
from pathlib import Path

import app

sys.path.insert(0, str(Path(__file__).parents[1]))
from poison import abort_at_poison

if __name__ == "__main__":
    abort_at_poison()
    app.main()
