"""Signs of spam in what was typed: what it weighs, never a verdict (``doubts.py`` adds up).

Clients of a support desk write short, cross and full of part numbers, addresses and pieces of logs: each sign here is
one that all reports of ``tests/data`` lack, or one that weighs too little to hold anything by itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from functools import cache
from itertools import pairwise

from wizard.triage.words import Phrases, words
from wizard.values.text import to_nfc

_LINK = re.compile(r"(?:https?://|\bwww\.)(?:[^\s/@]{0,80}@)?([^\s/?#:\"'<>\[\]()]{1,255})", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s[^>]{0,200}href|<img\s[^>]{0,200}src|\[(?:url|link|img)\b", re.IGNORECASE)
_BOARD_MARKUP = re.compile(r"\[(?:url|link)\b", re.IGNORECASE)
"""BBCode: nothing in a support desk's day is written in it."""
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")
_NAME = re.compile(r"[@/\\]|\w\.\w")
"""In addresses, paths and file names, and in no word of a language."""
_LETTERS = re.compile(r"[^\W\d_]+")
_CHANGE_OF_SCRIPT = re.compile(r"[a-z](?=[\u0400-\u04ff])|[\u0400-\u04ff](?=[a-z])", re.IGNORECASE)
_COMBINING = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]{3}")
_PLACEHOLDER = re.compile(r"\blorem ipsum\b", re.IGNORECASE)
_PICTURES = re.compile("[\u2190-\u2bff\U0001d400-\U0001d7ff\U0001f000-\U0001faff]")
_INNER_CAPITAL = re.compile(r"[a-zа-яё][A-ZА-ЯЁ]")

_ADVERTISING = """
    backlink*, casino*, viagra, cialis, payday loan*, personal loan*, guest post*, link building, seo,
    search engine optimi*, first page of google, rank higher, ranking*, organic traffic, web traffic,
    website traffic, targeted traffic, domain authority, bulk email*, email list*, buy now, click here,
    limited offer, limited time, special offer, unsubscribe, opt out, free trial, make money, earn money,
    passive income, crypto*, bitcoin*, forex, investment*, escort*, dating, web design service*,
    app development, digital marketing, marketing agency, increase your sales, grow your business,
    lead generation, affordable price*, best price*, weight loss, replica watches, казино, букмекер*,
    ставки на спорт, заработ* в интернете, пассивн* доход*, инвестици*, криптовалют*, биткоин*,
    продвижени* сайт*, раскрутк*, прогон* по, ссылочн* масс*, вывед* в топ, выведем в топ, предлагаем услуги,
    предлагаем сотрудничество, наше предложение, выгодн* предложени*, коммерческ* предложен*,
    рассылк* по формам, рассылки по формам, целев* трафик*, увелич* продаж*, микрозайм*, займ*, заработай*, интим*,
    познакомлюсь, знакомств*, базы email, вывести в топ, в топ яндекса, яндекс директ, оплата по результату,
    gift card*, targeted visitors, factory price*, free quote, quick quote, oem software, эскорт*, досуг, похуде*,
    промокод*, бонус* за регистраци*, отписаться, скидк* только сегодня
"""
"""What is sold through other people's forms. Clients speak of a few of these too: one or two alone say nothing."""

_KEYBOARD = ("qwerty", "asdf", "zxcv", "йцук", "фыва", "ячсм")

_RARE = """
    aoq bfghpqvwxz cbfgjnqvwxz dhqwx fbcdghjkmnpqvwxz gbcfjkpqvwxyz hcfgjpqvwxz iquw jbcfghijkmpqrvwxyz
    kbcdfgjkmpqwxyz lhqwx mcfghjkqrvwxz nqwx oq pbfgjmqvwxz qabcdefghijklmnopqrstvwxyz rhqx sgxz tgqxz uquwx
    vbdfghjpqvwx wbcdfgjklmpqtuvwxyz xbdfghjklmnoqrsuvwxyz yfqxz zbcfgjpqstwxz ааоъыьэ ббвгджзйптфхцчшьэю
    вбгджйфцъэю гбвгжзйкмпстфхцчшщъыьэюя дгзйфхцчшщъэю еъыьэя жвгжзйлмпрстфхцчшщъыьэюя зжзйпстфхцчшщъьэю иуъыьэ
    йабвгежзийопруфхцщъыьэюя кбгджзймпфхчшщъыьэюя лвдзймпрфхцшщъэ мбвгджзйкрфхцчшщъьэю нбвжймпрфшщъэ оаъыь
    пбвгджзймсфхцшщъэю рйфцщъэю сгжзйфцшщъэю тгжзйтфхцшщъэю уиоуфцъыьэя фбвгджзйклмнпсуфхцчшщъыьэюя
    хбджзйкмптуфхцчшщъыьэюя цбвгджзйклмнпрстфхцчшщъьэюя чбвгджзйлмопрсфхцчшщъыэюя шбвгджзймпрсфхцчшщъыэюя
    щбвгджзйклмнопрстфхцчшщъыьэюя ъабвгджзийклмнопрстуфхцчшщъыьэюя ыажзиноуфцщъыьэюя ьабвджийлопруфхцчщъыьэ
    эабвгдежзиймнопрсуфхцчшщъыьэюя юавгежзийлмнопруфхцшъыьэюя яажийкопуфцшъыьэя
"""
_RARE_PAIRS = frozenset(row[0] + letter for row in _RARE.split() for letter in row[1:])
"""Letters that hardly follow one another (under one pair in 10,000) in English, in Russian as pymorphy3's dictionary
has it, and in Russian written in Latin letters. A row is a letter and all that seldom follow it."""


Signs = dict[str, int]
"""Signs by name, each with its weight."""


def signs_of(texts: Sequence[str], language: str, own_hosts: Collection[str] = ()) -> Signs:
    """The signs of spam in the shape of a text, each with its weight.

    Args:
        texts: what a person wrote as sentences; texts of error messages, returned mail and addresses are none.
        language: the language of the form.
        own_hosts: what the sender gave as addresses of their own; links that lead there are none.
    """
    text = to_nfc("\n".join(texts)[:8000])
    prose = without_names(text)
    signs = {
        "links": _links(text, own_hosts),
        "markup": _markup(text),
        "gibberish": _gibberish(prose),
        "language": _language(prose, language),
        "symbols": _symbols(text),
        "length": _length(text),
        "placeholder": 2 * bool(_PLACEHOLDER.search(text)),
    }
    return {name: weight for name, weight in signs.items() if weight}


def advertising(texts: Sequence[str]) -> Signs:
    """The sign of several things that are sold through other people's forms, in whatever field."""
    tokens = words("\n".join(texts)[:8000])
    weight = min(3, len({tokens[start:end] for start, end in _phrases().places(tokens)}))
    return {"advertising": weight} if weight else {}


def without_names(text: str) -> str:
    """The text without addresses, paths and names of files."""
    return " ".join(word for word in text.split() if not _NAME.search(word))


def host_of(address: str) -> str:
    """The host of a web or mail address, in small letters, without ``www.``."""
    return (
        address.casefold()
        .partition("://")[2 * ("://" in address)]
        .rpartition("@")[2]
        .removeprefix("www.")
        .split("/")[0]
    )


def same_values(values: Sequence[str]) -> Signs:
    """The sign of one value in every field; a client may say the same twice."""
    written = [" ".join(value.casefold().split()) for value in values]
    most = max((written.count(value) for value in set(written) if len(value) > 3), default=0)
    return {"same_values": 3} if most > 2 else {}


def _links(text: str, own_hosts: Collection[str]) -> int:
    hosts = [host for found in _LINK.findall(text) if (host := host_of(found)) not in own_hosts]
    different = len(set(hosts))
    if different > 4 or len(hosts) > 15:
        return 3
    if different > 2:
        return 2
    return int(bool(hosts))


def _markup(text: str) -> int:
    if _BOARD_MARKUP.search(text):
        return 3
    return min(2, len(_MARKUP.findall(text)))


def _language(prose: str, language: str) -> int:
    """Another language than the form's; somebody who speaks no Russian may well have come to the Russian form."""
    letters = "".join(_LETTERS.findall(prose))
    if len(letters) < 12:
        return 0
    if len(_CYRILLIC.findall(letters)) + len(_LATIN.findall(letters)) < len(letters) / 2:
        return 2
    return int(language == "ru" and _is_latin(letters))


def _is_latin(text: str) -> bool:
    """Whether next to nothing of a text is in Russian; a greeting may be."""
    return 4 * len(_CYRILLIC.findall(text)) < len(_LATIN.findall(text))


def _gibberish(prose: str) -> int:
    """Letters in an order that neither language has. One strange word is a login; a text of them is none."""
    written = [word for word in _LETTERS.findall(prose) if len(word) > 3 and not word.isupper()]
    pairs = [first + second for word in written for first, second in pairwise(word.casefold().replace("ё", "е"))]
    if len(pairs) < 12:
        return 0
    is_random = sum(pair in _RARE_PAIRS for pair in pairs) > 0.17 * len(pairs)
    strange = sum(len(word) for word in written if _is_mashed(word))
    return 3 if is_random or strange > 0.5 * sum(map(len, written)) else 0


def _is_mashed(word: str) -> bool:
    """Whether somebody ran their fingers along the keyboard, or a program drew letters of both cases."""
    return len(_INNER_CAPITAL.findall(word)) > 1 or any(row in word.casefold() for row in _KEYBOARD)


@cache
def _phrases() -> Phrases:
    return Phrases(_ADVERTISING.replace("\n", " ").split(","))


def _symbols(text: str) -> int:
    mixed = sum(len(_CHANGE_OF_SCRIPT.findall(word)) > 1 for word in _LETTERS.findall(text))
    if _COMBINING.search(text) or mixed > 2:
        return 3
    pictures = len(_PICTURES.findall(text))
    if pictures > 15 or pictures > max(5, len(text) / 4):
        return 3
    return int(pictures > 4)


def _length(text: str) -> int:
    if len(text) < 1500:
        return 0
    encoded = text.encode(errors="replace")
    is_repetitive = len(zlib.compress(encoded, 1)) < len(encoded) / 12
    return int(len(text) > 3500) + 2 * is_repetitive
