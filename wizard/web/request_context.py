"""What the request at hand is served with."""

from __future__ import annotations

from flask import current_app

from wizard.container import Container


def container() -> Container:
    """The container of the app that is at work."""
    made_at_start: Container = current_app.extensions["zayavka"]
    return made_at_start
