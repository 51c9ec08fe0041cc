"""Compile every template, so that a slip in one is found before anybody opens its page."""

import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError

templates = Path(__file__).parent.parent / "templates"
environment = Environment(loader=FileSystemLoader(templates), autoescape=True)
faults = 0
for path in sorted(templates.rglob("*.*")):
    try:
        environment.get_template(path.relative_to(templates).as_posix())
    except TemplateSyntaxError as error:
        print(f"{path}:{error.lineno}: {error.message}")
        faults += 1
print(f"templates: {faults} faults")
sys.exit(bool(faults))
