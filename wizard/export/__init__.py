"""The pages as static files: rendered by the app itself, for any web server or CDN (docs/export.md)."""

from wizard.export.errors import ExportError
from wizard.export.writing import Outcome, write_export

__all__ = ["ExportError", "Outcome", "write_export"]
