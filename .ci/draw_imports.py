"""Draw the rooms of ``wizard/`` and who imports whom, from the imports themselves, into docs/architecture.md.

``python .ci/draw_imports.py`` draws anew; with ``--check`` it only says whether the drawing is still true.
"""

import sys
from collections import defaultdict
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by .ci/draw_imports.py -->\n", "<!-- end of the drawing -->\n"


def arrows() -> dict[str, set[str]]:
    """The rooms below each room: those that it imports, less those that it reaches through another one anyway."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph("wizard", cache_dir=None)
    direct: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            upper, lower = _room(module), _room(imported)
            if upper != lower:
                direct[upper].add(lower)
    return {room: below - set().union(*(_reached(direct, other) for other in below)) for room, below in direct.items()}


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _reached(direct: dict[str, set[str]], room: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(direct[room]) if room in direct else []
    while waiting:
        other = waiting.pop()
        if other not in reached:
            reached.add(other)
            waiting.extend(direct.get(other, ()))
    return reached


def drawing() -> str:
    """The graph as Mermaid, which GitHub and most editors show as a picture."""
    lines = [f"    {upper} --> {lower}" for upper, below in sorted(arrows().items()) for lower in sorted(below)]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"]) + "\n"


def main() -> int:
    """Write the drawing, or compare it with what stands there."""
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    drawn = f"{before}{BEGIN}{drawing()}{END}{after}"
    if "--check" not in sys.argv:
        PAGE.write_text(drawn, "utf-8")
    elif drawn != page:
        print("docs/architecture.md: the drawing is old; draw it anew with: make drawing")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
