"""Bringing the database to the newest form of the tables."""

from __future__ import annotations

from flask import Flask
from flask_migrate import upgrade

from wizard.extensions import db


def migrate_to_newest(app: Flask) -> None:
    """Apply the migrations that are missing, and leave no connection open."""
    with app.app_context():
        upgrade()
        db.engine.dispose()
