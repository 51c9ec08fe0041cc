"""What is loaded by importing a module: the pure rooms take no framework, no database and no form library along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PURE_ROOMS = ("catalog", "config", "files", "forms", "mail", "texts", "tickets", "triage", "values")
FORM_CLASSES = {"wizard.forms.factory", "wizard.forms.fields", "wizard.forms.report_form"}
"""The modules that are WTForms classes, or make them."""

FRAMEWORKS = {"flask", "flask_limiter", "flask_mail", "flask_sqlalchemy", "sqlalchemy", "werkzeug"}
NETWORK = {"smtplib", "urllib3"}
FORMS_AND_DATES = {"babel", "wtforms"}
MODELS = {"numpy", "pymorphy3"}
"""What triage reckons with; it is loaded by the first text that is read."""


def loaded_by(*modules: str) -> set[str]:
    """The libraries and modules that a fresh interpreter holds after these imports."""
    program = f"import sys; import {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def modules_of(room: str) -> list[str]:
    """The modules of a room by their full names, those below it included."""
    paths = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "wizard" / room).rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_loads_neither_framework_nor_database_nor_network_nor_forms(room: str) -> None:
    modules = [module for module in modules_of(room) if module not in FORM_CLASSES]
    assert not loaded_by(*modules) & (FRAMEWORKS | NETWORK | FORMS_AND_DATES | MODELS)


def test_what_is_composed_at_the_start_knows_no_framework() -> None:
    assert not loaded_by("wizard.container") & (FRAMEWORKS | NETWORK | FORMS_AND_DATES | MODELS)


def test_form_classes_load_wtforms_and_no_framework() -> None:
    loaded = loaded_by(*FORM_CLASSES)
    assert "wtforms" in loaded
    assert not loaded & (FRAMEWORKS | NETWORK | MODELS | {"babel"})


@pytest.mark.parametrize(
    "module",
    [
        "wizard.catalog.validation.faults",
        "wizard.config.desk",
        "wizard.config.logs",
        "wizard.files.storage",
        "wizard.mail.html",
        "wizard.mail.message",
        "wizard.mail.mime",
        "wizard.tickets.evidence",
        "wizard.tickets.report",
        "wizard.triage.words",
    ],
)
def test_a_small_pure_module_takes_not_even_the_catalogs_libraries_along(module: str) -> None:
    loaded = loaded_by(module)
    assert not loaded & {"babel", "email_validator", "pydantic", "wtforms", "yaml"}
    assert not {name for name in loaded if name.startswith("wizard.catalog.")} - {module, module.rpartition(".")[0]}


def test_babel_is_loaded_by_the_first_date_in_words() -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from wizard.values.datetimes import datetime_text;"
        "assert 'babel' not in sys.modules; moment = datetime(2026, 11, 23, 6, 40, tzinfo=UTC);"
        "print(datetime_text(moment, 'Europe/Moscow', 'en', 'words')); assert 'babel' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "23 November 2026, 09:40 (MSK)\n"


def test_no_package_imports_ours_when_it_is_named() -> None:
    packages = [path.parent for path in (ROOT / "wizard").rglob("__init__.py")]
    for package in packages:
        name = ".".join(package.relative_to(ROOT).parts)
        own = {module for module in loaded_by(name) if module.startswith("wizard")}
        assert own <= {".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 2)}


def test_a_web_process_loads_what_sends_letters_for_nobody(tmp_path: Path) -> None:
    program = (
        "import sys; from app import create_app;"
        f"create_app({{'INSTANCE_PATH': {str(tmp_path)!r}}}, with_commands=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    libraries = {"PIL", "alembic", "altcha", "babel", "brotli", "flask_mail", "granian", "ua_parser"}
    assert not loaded & (libraries | NETWORK | MODELS)
    assert "wizard.outbox.worker" not in loaded
