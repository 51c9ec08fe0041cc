"""The pages of the local mailbox: its letters, and one letter. For the people at this machine only."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from wizard.files.file_names import shown_name
from wizard.mailbox import maildir
from wizard.mailbox.letter import MAX_TEXT, Leaf, Letter
from wizard.mailbox.loopback import is_at_this_machine
from wizard.texts import LANGUAGES, translator
from wizard.values.sizes import size_text
from wizard.web.assets import asset

PAGE_SIZE = 30
MAX_HEADER_BYTES = 65_536
"""Bytes of a letter that the list reads."""
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Links may open a new tab, at a click; there are no scripts to click for the reader.
SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
LETTER_POLICY = (
    f"{SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src {{images}}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
ARGUMENTS = ("lang", "page", "show")
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
NEW_TAB = '<base target="_blank">'
CID = re.compile(r"""cid:([^"'\s<>)]{1,300})""", re.IGNORECASE)


def mailbox_pages(folder: Path) -> Blueprint:
    """The blueprint at ``/mailbox/`` over a Maildir. To anybody but this machine there is no such page."""
    pages = Blueprint("mailbox", __name__, url_prefix="/mailbox")
    pages.before_request(_refuse_strangers)
    pages.after_request(_add_headers)

    @pages.get("/")
    def letters() -> Response:
        """The letters, newest first."""
        entries = maildir.entries(folder)
        last = max(1, -(-len(entries) // PAGE_SIZE))
        number = min(max(1, request.args.get("page", 1, type=int)), last)
        on_page = entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        letters = [(entry, Letter(entry.read(MAX_HEADER_BYTES))) for entry in on_page]
        return _render("mailbox/letters.html", letters=letters, count=len(entries), number=number, last=last)

    @pages.get("/<id_>/")
    def letter(id_: str) -> Response:
        """One letter, as text, as it looks, or as it came."""
        letter = _letter(folder, id_)
        show = request.args.get("show", "")
        if show not in ("text", "html", "source") or (show == "html" and letter.html is None):
            show = "text" if letter.text or not letter.html else "html"
        return _render("mailbox/letter.html", id=id_, letter=letter, show=show, max_text=MAX_TEXT, sandbox=SANDBOX[8:])

    @pages.get("/<id_>/html")
    def letter_html(id_: str) -> Response:
        """The letter's HTML, for the frame of its page. Nothing in it runs and nothing is fetched from elsewhere."""
        letter = _letter(folder, id_)
        if letter.html is None:
            abort(404)
        answer = make_response(_with_own_images(id_, letter))
        answer.content_type = "text/html; charset=utf-8"
        answer.headers["Content-Security-Policy"] = LETTER_POLICY.format(images=_images_of(id_))
        return answer

    @pages.get("/<id_>/parts/<int:index>")
    def part(id_: str, index: int) -> Response:
        """One attachment, to be saved."""
        leaf = next((leaf for leaf in _letter(folder, id_).leaves if leaf.index == index), None)
        if leaf is None:
            abort(404)
        return _to_be_saved(leaf.content, _media_type(leaf), leaf.name or f"part-{index}")

    @pages.get("/<id_>/source")
    def source(id_: str) -> Response:
        """The letter as it came, to be saved."""
        return _to_be_saved(_letter(folder, id_).source, "application/octet-stream", f"{id_[:40]}.eml")

    return pages


def _refuse_strangers() -> None:
    if not is_at_this_machine(request):
        abort(404)


def _add_headers(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _letter(folder: Path, id_: str) -> Letter:
    entry = maildir.entry(folder, id_)
    if entry is None:
        abort(404)
    return Letter(entry.read())


def _render(template: str, **context: Any) -> Response:
    language = request.args.get("lang") or ""
    if language not in LANGUAGES:
        language = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    other = next(code for code in LANGUAGES if code != language)

    def here(**changes: Any) -> str:
        """This page's address with other arguments."""
        args: dict[str, Any] = {key: request.args[key] for key in ARGUMENTS if key in request.args}
        args |= {**(request.view_args or {}), **changes}
        return url_for(request.endpoint or "mailbox.letters", **args)

    # The common frame without the form's own heading and links.
    frame = {"theme": "auto", "asset": asset, "bare": True, "size_text": size_text}
    links = {"here": here, "other_language_url": here(lang=other)}
    return make_response(
        render_template(template, **context, **frame, **links, language=language, translate=translator(language))
    )


def _with_own_images(id_: str, letter: Letter) -> str:
    """The HTML with its ``cid:`` addresses (RFC 2392) pointing at the letter's own parts."""
    indexes = {leaf.content_id: leaf.index for leaf in letter.leaves if leaf.content_id}

    def own_address(match: re.Match[str]) -> str:
        index = indexes.get(unquote(html.unescape(match[1])))
        return match[0] if index is None else url_for("mailbox.part", id_=id_, index=index)

    text = letter.html.text if letter.html else ""
    text, count = HEAD.subn(lambda match: match[0] + NEW_TAB, CID.sub(own_address, text), count=1)
    return text if count else NEW_TAB + text


def _images_of(id_: str) -> str:
    """The only place from which a letter's HTML may fetch: its own parts."""
    host = request.host
    # A policy cannot name an address of IPv6; the whole origin is the next best.
    return "'self'" if "[" in host else f"{request.scheme}://{host}/mailbox/{quote(id_)}/parts/"


def _media_type(leaf: Leaf) -> str:
    kind = leaf.type
    return kind if kind in ("image/png", "image/jpeg", "image/gif", "image/webp") else "application/octet-stream"


def _to_be_saved(content: bytes, media_type: str, name: str) -> Response:
    answer = make_response(content)
    answer.content_type = media_type
    name = shown_name(name)
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer
