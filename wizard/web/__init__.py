"""What the pages, the API, the mailbox and the export share on their way to a browser."""
