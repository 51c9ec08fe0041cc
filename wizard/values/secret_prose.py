"""Secrets as people write them: "пароль от базы …", "токен …". Pairs of login and password without such a word are of
``secret_pairs``, codes in digits and keys of licences of ``secret_codes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from wizard.values.secret_looks import (
    cut_value,
    is_personal,
    is_placeholder,
    looks_chosen,
    looks_random,
    looks_strong,
)
from wizard.values.secret_names import Kind, is_message, words_of
from wizard.values.secret_pairs import pair_behind, pairs
from wizard.values.secret_phrases import introductions, is_word_asked_for, phrase_behind

_SIGN = re.compile(r"\s{0,3}(?:=>|:=|->|→|:(?!//)|=|[—–-]{1,2}(?=[\s«\"']))|\s{1,3}(?:это|is|такой|вот|стоит|=)(?!\w)")
_FILLER = re.compile(
    r"(?:\s{1,3}|,\s(?=нов|теперь|вот|такой|new))(?P<word>от|для|к|на|у|с|в|и|за|под|пользовател\w{0,3}"
    r"|юзер\w{0,2}|логин\w{0,2}|базы|базе|базу|админк\w|панел\w|сайта|сайту|сайте|почт\w|ящика|программы"
    r"|сервера|серверу|серваку?|кабинет\w{0,2}|магазина|уч[её]тн\w{2,3}|уч[её]тк\w|записи|вход\w"
    r"|удал[её]нн?\w{0,3}|доступа|рдп|хостинг\w|роутер\w{0,2}|интернет\w|вай[- ]?фа[йя]|личн\w{2,3}|данных"
    r"|сети|архив\w{0,2}|я|мы|по?меня\w{1,3}|смени\w{1,3}|измени\w{1,3}|постав\w{2,4}|сдела\w{1,3}|будет|был"
    r"|стал|взял\w?|теперь уже|админ\w{0,2}"
    r"|нов\w{2}|стар\w{2}|временн\w{2,3}|мо[йя]|наш\w{0,2}|ваш\w{0,2}|св\w{2,3}|тут|такой|вот|сейчас|теперь"
    r"|же|него|не[её]|нас|всех|общий|одинаков\w{2}|прежний|текущий"
    r"|shop|store|account|server|panel|user|mailbox|mail|email|wi-?fi|vpn|rdp|ssh|api|ftp|smtp|imap|sql|mysql"
    r"|1[сc]|anydesk|teamviewer|windows|wordpress|bitrix"
    r"|for|to|of|the|in|on|database|db|site|admin|my|our|your|new|old|current|login"
    r"|ад|да|від|до|меня|сайт[ау]?|кабінет\w|пошт\w|базі|үшін|сайтқа|кіру|сөзі"
    r"|ot|takoi|takoy|dlya|bazy|sayta|saita|admina|adminki|pochty|vhoda|k|na|u|servera|vhod|novyi|noviy|novyj)(?![\w@.-])",
    re.IGNORECASE,
)
_WEAK_SIGN = re.compile(r"[>➡⇒_.…;-]{1,40}+\s{0,2}(?=\S)")
_COMMA = re.compile(r",\s{0,2}(?=\S)")
_LAST_COMMA = re.compile(r",\s{1,2}(?=[a-z]{3,20}\d{2,8}\s{0,2}(?:$|\n))")
_DISTANT = re.compile(r"(?:[ ,(]{1,2}[\w@.'-]{1,40}+\)?){1,6}(?::\s{0,2}|\s?=\s{0,2}|\s[—–-]\s{1,2})(?=\S)")
_NOW = re.compile(r"[^\n.:=]{0,60}?(?:[,;]\s{1,2}(?:сейчас|теперь|новый|now)|\s(?:to|на))\s{1,2}(?=\S)", re.IGNORECASE)
_OF_APPLICATION = re.compile(r"[a-z]{16}")
"""A password that Google or Yandex makes for one program."""
_OF_APPLICATION_BEHIND = re.compile(
    r"(?:\s{1,2}приложени\w(?:\s{1,2}\w{3,12})?)?(?:\s?:)?\s{1,2}(?P<secret>(?:[a-z]{4} ){3}[a-z]{4})(?!\w)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?:[ ][\w.'-]{1,20}+){1,3}[ ](?=\S)")
_ASIDE = re.compile(
    r"\s{1,2}\([^()\n]{1,40}\)|\s{1,2}(?:[\w.+-]{1,64}@)?(?:[\w-]{1,63}\.){1,4}[a-zа-я]{2,10}(?!\w)", re.IGNORECASE
)
_OPENING = re.compile(r"\s{0,3}(?:([\"'«“„`(\[])\s?|(?=\S))")
_OPENING_BEHIND_SIGN = re.compile(r"[^\S\n]{0,20}(?:\n{1,3}[^\S\n]{0,20})?(?:([\"'«“„`(\[])\s?|(?=\S))")
_CLOSING = {'"': '"', "'": "'", "«": "»", "“": "”", "„": "“", "`": "`"}
_WHOSE = words_of("от для к на у for to of пользователя пользователю user юзера логина логин login ot dlya")
_CHANGES = ("поменя", "меняли", "меняла", "меняем", "смени", "измени", "постав", "сдела")
_SIGN_AFTER = re.compile(r"(?:\s{0,2}[:=]\s{0,2}|\s{1,2}[—–-]{1,2}\s{1,2})(?=\S)")
_MORE = re.compile(
    r"[\"'»]?[ ,]{1,3}(?:или|либо|or|and|и|на|to|затем|потом|новый|->|→)(?:\s{1,2}(?:новый|new))?\s{1,2}[\"'«]?"
)
_BEFORE = re.compile(
    r"(?<!\S)[\"'«(]?(\S{6,64}?)[\"'»)]?\s{0,2}[—–-]{1,2}\s{0,2}(?:(?:это|мой|наш|новый|my|the)\s){0,2}$"
)
_BARE = words_of("windows wordpress outlook word excel chrome firefox ftp api gmail wifi admin root user guest")


def prose_secrets(text: str, lowered: str, names: Collection[str] = ()) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    yield from pairs(text, lowered)
    for name_start, start, kind in introductions(text, lowered, names):
        yield from _behind(text, name_start, start, kind)
        before = _BEFORE.search(text, max(0, name_start - 80), name_start) if kind == "password" else None
        if before and looks_strong(before[1]):
            yield (*before.span(1), "password")


def _behind(text: str, name_start: int, start: int, kind: Kind) -> Iterator[tuple[int, int, str]]:
    """The secret behind a name, and a second one joined to it."""
    if kind == "password" and (pair := pair_behind(text, name_start, start)):
        yield (*pair, "password")
        return
    if kind == "password" and (words := _OF_APPLICATION_BEHIND.match(text, start)):
        yield (*words.span("secret"), "password")
        return
    span = _right_behind(text, name_start, start, kind) or _further_behind(text, start, kind)
    if span is None:
        return
    yield (*span, "password" if kind == "password" else "token")
    more = _MORE.match(text, span[1])
    if more and kind == "password":
        end = cut_value(text, more.end())
        if looks_chosen(text[more.end() : end]):
            yield more.end(), end, "password"


def _right_behind(text: str, name_start: int, start: int, kind: Kind) -> tuple[int, int] | None:
    position, has_sign, last_word = _between(text, start + (text[start : start + 1] in ("'", "’")))
    opening = (_OPENING_BEHIND_SIGN if has_sign else _OPENING).match(text, position)
    if opening is None or (opening.end() == start and not has_sign):
        return None
    return _value(text, opening, kind, has_sign=has_sign, last_word=last_word, name=text[name_start:start])


def _is_long(value: str) -> bool:
    return len(value) >= 12 and looks_strong(value)


def _further_behind(text: str, start: int, kind: Kind) -> tuple[int, int] | None:
    """A value behind words that say nothing here, when it looks like a secret by itself."""
    for pattern, looks in _FURTHER[kind]:
        if between := pattern.match(text, start):
            end = cut_value(text, between.end())
            value = text[between.end() : end]
            if looks(value):
                return between.end(), end
    return None


def _between(text: str, position: int) -> tuple[int, bool, str]:
    """Where what stands between a name and its value ends, whether a sign was in it, and its last word."""
    has_sign, last_word = False, ""
    for _ in range(8):
        if sign := _SIGN.match(text, position):
            position, has_sign, last_word = sign.end(), True, ""
        elif not has_sign and (filler := _FILLER.match(text, position)):
            position = filler.end()
            # "поменяли на Leto2025": behind the change of a password stands the password, not whose it is.
            last_word = "" if last_word == "changed" else filler["word"].lower()
            last_word = "changed" if last_word.startswith(_CHANGES) else last_word
        elif not has_sign and (aside := _ASIDE.match(text, position)) and not _holds_value(text, aside):
            position, last_word = aside.end(), ""
        else:
            break
    return position, has_sign, last_word


def _holds_value(text: str, aside: re.Match[str]) -> bool:
    """Whether it is the secret that stands in parentheses: "пароль (zx55tt) не принимает"."""
    inner = aside.group().strip()
    return inner.startswith("(") and _is_strong_or_personal(inner[1:-1]) and not _SIGN.match(text, aside.end())


def _value(
    text: str, opening: re.Match[str], kind: Kind, *, has_sign: bool, last_word: str, name: str
) -> tuple[int, int] | None:
    start = opening.end()
    if closing := _CLOSING.get(opening[1] or ""):
        end = text.find(closing, start, start + 200)
        if end > start and "\n" not in text[start:end]:
            value = text[start:end]
            is_word = kind == "password" and last_word not in _WHOSE and _is_hidden_word(value)
            return (start, end) if is_word or _is_secret(value, kind, has_sign=has_sign, ends=True, name=name) else None
    end = cut_value(text, start)
    if not has_sign and (sign := _SIGN_AFTER.match(text, end)):
        # "пароль admin: …" names the login too.
        end_behind = cut_value(text, sign.end())
        behind = text[sign.end() : end_behind]
        if behind.startswith("***") or (kind == "password" and looks_chosen(behind)):
            return sign.end(), end_behind
    if last_word in _WHOSE and not looks_strong(text[start:end]):
        # "пароль пользователя ivanov …": the login, behind which the password may stand.
        next_value = re.compile(r"[ :/—–-]{1,3}").match(text, end)
        if not next_value:
            return None
        start = next_value.end()
        end = cut_value(text, start)
        return (start, end) if looks_chosen(text[start:end]) else None
    ends = re.compile(r"\s*(?:$|[\n,;.)»\"]|[а-яё]{1,20}\s?[:=])").match(text, end) is not None
    in_other_script = _reads_on_in_cyrillic(text, end) or not name.isascii()
    value = text[start:end]
    if _is_secret(value, kind, has_sign=has_sign, ends=ends, name=name):
        return start, end
    if not has_sign and kind == "password" and in_other_script and _is_foreign_word(value, name):
        return start, end
    if is_word_asked_for(name, text, start, value):
        return start, end
    return phrase_behind(text, start) if has_sign else None


def _is_strong_or_personal(value: str) -> bool:
    return (
        _OF_APPLICATION.fullmatch(value) is not None or looks_strong(value) or (len(value) >= 6 and is_personal(value))
    )


_FURTHER: dict[Kind, tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = {
    "password": (
        (_WEAK_SIGN, _is_strong_or_personal),
        (_COMMA, looks_strong),
        (_LAST_COMMA, is_personal),
        (_DISTANT, _is_strong_or_personal),
        (_WORDS, looks_strong),
        (_NOW, looks_strong),
    ),
    "token": ((_DISTANT, _is_long), (_WORDS, looks_random)),
    "key": ((_DISTANT, looks_random), (_WORDS, looks_random)),
}


def _is_hidden_word(value: str) -> bool:
    """One word in quotation marks right behind "пароль": «мурзик»."""
    return len(value) >= 4 and value.isalpha() and not is_message(value)


def _reads_on_in_cyrillic(text: str, position: int) -> bool:
    return re.compile(r"\s{1,3}[а-яё]", re.IGNORECASE).match(text, position) is not None


def _is_foreign_word(value: str, name: str) -> bool:
    """A small Latin word right behind "пароль": ``qwerty``."""
    return (
        not name.isascii()
        and re.fullmatch(r"[a-z]{4,30}", value) is not None
        and value not in _BARE
        and not is_message(value)
    )


def _is_secret(value: str, kind: Kind, *, has_sign: bool, ends: bool, name: str) -> bool:
    if len(value) < 3 or is_placeholder(value) or is_message(value.split(maxsplit=1)[0]):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if kind == "key":
        has_small = any(map(str.islower, value))
        return looks_random(value) or (
            has_sign and len(value) >= 8 and has_digit and has_small and value.isalnum() and value.isascii()
        )
    if kind == "token":
        return has_letter and has_digit and len(value) >= 8 and (has_sign or looks_random(value) or looks_strong(value))
    if not has_sign:
        # "пароля 1500 клиентов" counts something.
        return looks_chosen(value) and not (value.isdigit() and name.lower() in ("пароля", "паролей", "passwords"))
    if value.isdigit() and name.lower() in ("pass", "пароли", "passwords"):
        return ends and len(value) >= 4
    if value.startswith(("/", "~/")) and name.lower() == "pwd":
        # The folder at hand.
        return False
    if value.isascii():
        return ends or has_digit or any(not sign.isalpha() for sign in value) or not name.isascii()
    return has_digit or (ends and len(value) >= 4 and (" " not in value or value == value.lower()))
