"""What stops an export."""

from click import ClickException


class ExportError(ClickException):
    """The export cannot be written; the text says why and what to change."""
