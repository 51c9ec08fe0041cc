"""What the request at hand is served with."""

from __future__ import annotations

from flask import current_app

from wizard.container import Service


def service() -> Service:
    """The service of the app that is at work."""
    found: Service = current_app.extensions["zayavka"]
    return found
