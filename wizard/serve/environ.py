"""What the app sees of a request: ASGI's scope as the WSGI environ of PEP 3333."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import IO, Any
from urllib.parse import unquote_to_bytes

LONGEST_KNOWN = 64
"""Characters of a header's name that is remembered."""

Fields = dict[str, str]
"""Header fields by their names in an environ."""


def fields_of(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Header fields as an environ has them; those that come more than once are joined.

    A name with an underscore is dropped: in an environ it could not be told from the one with a hyphen, which a proxy
    in front sets. Of two ``Host`` the joined one names no host, and is refused (``web.hosts``).
    """
    fields: Fields = {}
    for name, value in headers:
        if b"_" in name:
            continue
        key, text = _key(name), value.decode("latin-1")
        if key in fields:
            text = f"{fields[key]}{';' if key == 'HTTP_COOKIE' else ','}{text}"
        fields[key] = text
    return fields


def has_body(fields: Fields) -> bool:
    """Whether a body comes after the head (RFC 9112, section 6.3)."""
    return "HTTP_TRANSFER_ENCODING" in fields or fields.get("CONTENT_LENGTH", "0").strip("0") != ""


def path_of(scope: Mapping[str, Any]) -> str:
    """The path, each octet of it as one character."""
    raw: bytes = scope["raw_path"]
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")


def environ_of(scope: Mapping[str, Any], fields: Fields, body: IO[bytes], length: int) -> dict[str, Any]:
    """The environ of a request whose body, of so many bytes, has arrived whole."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path_of(scope),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        # Granian says "1" of HTTP/1.0.
        "SERVER_PROTOCOL": "HTTP/1.0" if scope["http_version"] in ("1", "1.0") else f"HTTP/{scope['http_version']}",
        "SERVER_SOFTWARE": "Granian",
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **fields,
    }
    # The chunks are put together: what is left of them is the length.
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or length:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _key(name: bytes) -> str:
    # Only what browsers send is worth remembering: a stranger must not fill the memory with names.
    return _known_key(name) if len(name) <= LONGEST_KNOWN else _new_key(name)


def _new_key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


_known_key = lru_cache(maxsize=512)(_new_key)
