"""The commands that people type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from installation import Installation
from jsonschema import Draft202012Validator

from wizard.db.engine import db


def test_a_good_catalog_is_counted_and_a_bad_one_is_told_all_its_faults(desk: Installation, tmp_path: Path) -> None:
    commands = desk.app.test_cli_runner()
    counted = commands.invoke(args=["catalog", "check", "tradesoft"])
    assert counted.exit_code == 0
    assert "13 categories, 71 situations, 68 questions" in counted.output
    path = tmp_path / "mine.yaml"
    path.write_text("id: mine\nid: again\nversion: no\ncolour: red\n")
    refused = commands.invoke(args=["catalog", "check", str(path)])
    assert refused.exit_code != 0
    assert f"{path}:2: " in refused.output
    assert f"{path}:3: " in refused.output
    assert f"{path}:4: " in refused.output


def test_a_catalog_can_be_read_in_each_language(desk: Installation) -> None:
    commands = desk.app.test_cli_runner()
    assert "Проценка не работает по всем поставщикам" in commands.invoke(args=["catalog", "show"]).output
    assert "No results from any supplier" in commands.invoke(args=["catalog", "show", "--language", "en"]).output
    assert "--language" in commands.invoke(args=["catalog", "show", "--language", "fr"]).output


def test_the_schema_for_editors_is_a_json_schema(desk: Installation) -> None:
    schema = json.loads(desk.app.test_cli_runner().invoke(args=["catalog", "schema"]).output)
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_migrations_and_tables_say_the_same(
    make_app: Callable[..., Flask], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    app = make_app(**where)
    with app.app_context(), db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
