"""The HTML pages: read the request, call, answer."""
