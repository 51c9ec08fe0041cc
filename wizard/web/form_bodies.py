"""Submitted forms within bounds, however they are encoded: Werkzeug bounds ``multipart/form-data`` alone."""

from __future__ import annotations

import io
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

MOST_FIELDS = 500
"""Fields of one form, files among them; the longest form of the catalogs has sixty."""
MOST_TEXT = 2**20
"""Bytes of all that is typed in one form."""


class BoundedFormParser(FormDataParser):
    """A parser that counts bytes and fields before it makes objects of them."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """The fields and files of a body.

        Raises:
            RequestEntityTooLarge: there are more than a form has.
        """
        if mimetype == "application/x-www-form-urlencoded":
            body = stream.read(MOST_TEXT + 1)
            if len(body) > MOST_TEXT or body.count(b"&") >= MOST_FIELDS:
                raise RequestEntityTooLarge
            stream = io.BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class FormRequest(Request):
    """A request whose form is bounded."""

    form_data_parser_class = BoundedFormParser
