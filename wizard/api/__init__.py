"""The JSON API: everything the form can do, for programs (docs/api.md)."""
