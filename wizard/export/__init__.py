"""The pages as static files: rendered by the app itself, for any web server or CDN (docs/export.md)."""
