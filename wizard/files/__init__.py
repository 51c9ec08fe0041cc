"""Files that clients send: how they are kept."""
