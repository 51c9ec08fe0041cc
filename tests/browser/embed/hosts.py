"""Pages of somebody else, on another origin than the form, that put it in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

DARK = "body { background: #1b1d22; color: #eee }"
LIGHT = "body { background: #fff; color: #222 }"

HOST = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Детали 36</title><link rel="icon" href="data:,">{style}</head>
<body>{listener}
<main><h1>Детали 36</h1><input id="search" aria-label="Поиск">
{body}
<p>Подвал страницы</p></main></body></html>
"""

LISTENER = """<script>
  events = [];
  for (const type of ["ready", "height", "step", "submitted", "error"])
    document.addEventListener("zayavka:" + type, ({ target, detail }) =>
      events.push({ type, of: target.id, ...detail }));
</script>"""


@dataclass
class Host:
    """A small web server. To Chromium every name in ``.localhost`` is this machine: one server, many origins."""

    port: int
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The origin that the site allows."""
        return f"http://shop.localhost:{self.port}"

    def put(self, body: str, style: str = LIGHT, path: str = "/") -> str:
        """Put up a page that writes down the form's events; returns its address."""
        self.pages[path] = (HOST.format(body=body, style=f"<style>{style}</style>", listener=LISTENER), {})
        return self.origin + path

    def put_strict(self, body: str, policy: str) -> str:
        """Put up a page with nothing inline and a content security policy of its own; returns its address."""
        self.pages["/"] = (HOST.format(body=body, style="", listener=""), {"Content-Security-Policy": policy})
        return self.origin + "/"

    def start(self) -> None:
        """Begin to answer."""
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, headers = pages.get(urlsplit(self.path).path, ("", {}))
                self.send_response(200 if html else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: Any) -> None:
                """Keep requests out of the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def script(service: str, id_: str = "form", **data: str) -> str:
    """The tag of embed.js with its ``data-*`` attributes."""
    attributes = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in data.items())
    return f'<script async id="{id_}" src="{service}/embed.js"{attributes}></script>'
