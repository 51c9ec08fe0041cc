"""``flask outbox run`` whose process aborts as soon as it composes a letter with the word "poison" in it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from flask.cli import main

sys.path.insert(0, str(Path(__file__).parents[1]))
from poison import abort_at_poison

from wizard.outbox import crashes

if __name__ == "__main__":
    abort_at_poison()
    crashes.PAUSE = timedelta(seconds=0.2)
    sys.argv = ["flask", "--app", "app", "outbox", "run"]
    main()
