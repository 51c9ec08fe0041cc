"""The outbox: letters and webhooks that wait, leased to a worker, retried with backoff, delivered or dead."""
