"""Configuration: settings, sites and their webhooks, read and validated once at start."""
