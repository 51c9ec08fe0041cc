"""The JSON API: everything the form can do, for programs (design.md, section 5)."""
