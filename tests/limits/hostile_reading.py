"""The service, with a process that reads files which does what hostile files would do to it.

A picture is what it says: ``SLEEP`` and seconds, ``SPIN``, ``EAT``, ``DIE``. Everything else is looked at as ever.
"""

from __future__ import annotations

import os
from pathlib import Path

JPEG = b"\xff\xd8\xff"

HOSTILE = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from wizard.limits.heavy import child
look = child.look
def hostile(request, content):
    words = content.head(40)[3:].decode("latin-1").split()
    match words[0] if words else "":
        case "SLEEP":
            time.sleep(float(words[1]))
        case "SPIN":
            while True:
                pass
        case "EAT":
            held = bytearray(2 * 1024**3)
        case "DIE":
            os._exit(3)
        case "ENVIRONMENT":
            return {"refused": "image_heavy", "values": {"name": repr(dict(os.environ))}, "pixels": 0}, None
        case "LIE":
            return {"kind": "exe", "pixels": 10**12}, None
        case _:
            return look(request, content)
    return {"refused": "image_broken", "values": {}, "pixels": request["pixels"]}, None
child.WORK = {**child.WORK, "look": hostile}
child.main(parent=int(sys.argv[2]))
"""


def main() -> None:
    """Run the service; the order of the addresses that files come from is written to a file."""
    import app
    from wizard.limits.heavy import process
    from wizard.limits.heavy.turns import Job, Turns

    process._PROGRAM = HOSTILE
    take, order = Turns.take, Path(os.environ["WIZARD_INSTANCE_PATH"]) / "order"

    def take_and_say(turns: Turns) -> Job | None:
        job = take(turns)
        with order.open("a", encoding="ascii") as file:
            file.write(f"{job.network if job else ''}\n")
        return job

    Turns.take = take_and_say  # type: ignore[method-assign]
    app.main()


if __name__ == "__main__":
    main()
