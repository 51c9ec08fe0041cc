"""What an installation is told: settings, sites and their webhooks, read and checked once at start."""
