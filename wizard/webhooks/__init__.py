"""Webhooks: who is told of what, in which words, with which signature. No database, no network."""
