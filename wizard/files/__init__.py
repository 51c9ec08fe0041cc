"""Attachments: inspection of what clients send, image re-encoding, storage, signed names of uploads."""
