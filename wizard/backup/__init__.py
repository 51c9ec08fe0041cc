"""Backup and restore of an installation: its database, files, secret key and the last number that was given."""
