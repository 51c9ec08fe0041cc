"""A login with its password: "логин/пароль: a/b", "admin / Zx81qwErt", "доступ к хостингу: host36 / …"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from wizard.values.secret_looks import cut_value, has_special, is_personal, looks_chosen, looks_strong, mentions
from wizard.values.secret_names import is_message, words_of

_LOGIN_BEFORE = re.compile(
    r"(?<!\w)(?:логин\w{0,2}|лог|л|имя|юзер|пользовател\w{1,2}|login|log|user(?:name)?|l)(?:\s{0,2}(?:[/\\"
    r"|,+&-]{1,2}|и|and)\s{0,2}|\s)$",
    re.IGNORECASE,
)
_PAIR_BEHIND = re.compile(
    r"(?:\s{1,2}(?:от|для|к|for|to)\s{1,2}\S{2,30})?(?P<sign>\s{0,3}(?:[:=]|[—–-]{1,2}(?=\s))|\s{1,2})\s{0,3}"
    r"[^\s/|:;,]{2,64}(?:\s{0,2}[/|:;,]\s{0,2}|\s{1,3})(?=\S)"
)
_PAIR = re.compile(
    r"(?<![\w/\\.@=&?-])(?P<login>[A-Za-zА-Яа-яё][\w.+-]{1,63}+(?:@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,4})?"
    r"|\d[\d ]{5,14}\d)"
    r"(?P<gap>\s{0,2}[/|]\s{0,2}|\s{0,2}:\s{0,2}|\s{1,2}[—–-]\s{1,2}|[ ]?\n[ ]?)(?=\S)"
)
_NO_LOGIN = re.compile(
    r"(?<!\w)(?:раздел\w{0,2}|артикул\w{0,2}|бренд\w{0,2}|меню|страниц\w|категори\w|пап\w{2}|файл\w{0,2}|тем\w|вкладк\w"
    r"|каталог\w{0,2}|прайс\w{0,2}|модуль|модул\w|section|page|menu|article|brand|folder|file|theme|tab)\s{1,2}$",
    re.IGNORECASE,
)
"""Before what is no login but a part, a brand or a place on a site."""
_LOGINS = re.compile(
    r"(?:admin\w{0,10}|administrator|root|user(?:name)?\d{0,4}|test\d{0,4}|demo|manager\d{0,3}|sa|guest"
    r"|operator\d{0,3}|support|sklad\d{0,3}"
    r"|buh\d{0,3}|админ\w{0,10}|менеджер\d{0,3}|бухгалтер\w?|оператор\d{0,3})|\S+@\S+",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"(?<!\w)(?:доступ\w{0,3}|уч[её]тк\w{0,2}|вход|rdp|рдп|vpn|ssh|ftp|anydesk|энидеск|teamviewer|rudesktop"
    r"|ammyy|wi-?fi|вай-?фай|логин\w{0,2}|login"
    r"|анидеск|эни ?деск|тим ?в[ьи]\w{1,6}|данные|бд|db|хост|host|creds|credentials|access|хостинг\w{0,2}"
    r"|кабинет\w{0,2}|админк\w|ssid|dostup\w?)(?!\w)[^\n]{0,60}(?:\n[^\n]{0,40})?$",
    re.IGNORECASE,
)
_LOGIN_AND_VALUE = re.compile(
    r"(?<![\w/.])(?:логин\w{0,2}|login|user(?:name)?|юзер)(?:\s{0,2}[:=—–-]\s{0,2}"
    r"|\s{1,2})[^\s,;/:]{2,64}+[,;/\s]{1,3}(?=\S)",
    re.IGNORECASE,
)


_TWO_LETTERS = re.compile(
    r"(?<!\w)(?:u|l|л)\s?[:=]\s{0,2}[^\s,;]{2,64}+[\s,;/]{1,3}(?:p|п)\s?[:=]\s{0,2}(?=\S{3})", re.IGNORECASE
)
_IN_CONTEXT = re.compile(
    r"(?<!\w)(?:данные(?: для (?:входа|доступа|подключения))?|доступы?|уч[её]тк\w|уч[её]тные данные|вход|rdp|рдп"
    r"|vpn|впн|ssh|ftp|anydesk|анидеск|teamviewer|creds|credentials)(?!\w)",
    re.IGNORECASE,
)
_TELLING_GAPS = (" / ", " | ", ":")
_LOGIN_WITH_MORE = re.compile(
    r"(?<!\w)(?:логин\w{0,2}|login|user(?:name)?|юзер|под|as|with)(?:\s{0,2}[:=—–-]\s{0,2}|\s{1,2})"
    r"(?P<login>[a-z]{3,30}+)\s{0,2}[/:]\s{0,2}(?P<value>(?P=login)\d{2,8})(?![\w/.])",
    re.IGNORECASE,
)
"""``vasya/vasya1985``, behind a word that says login."""
_ADDRESS_AND_VALUE = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\s{1,2}(?=\S{6})")
_ONLY_TWO = re.compile(r"\s?[:—–-]\s{0,3}[A-Za-z][\w.+@-]{1,63}\s{1,3}(?P<value>[^\s,;/]{6,64}+)\s{0,3}(?=$|[\n,;])")
_TOKEN = re.compile(r"[^\s,;]{2,100}+")


_PARTS = words_of("""
    admin root user test demo manager sa: sa/ guest operator support sklad buh админ менеджер бухгалтер оператор @
    доступ учетк учётк учетн учётн вход rdp рдп vpn впн ssh ftp anydesk desk анидеск теам тим эни wi-fi wifi вай логин
    login cred access хостинг кабинет ssid dostup данные бд db хост host юзер ammyy teamv u: u= л: l: под
""") | {"sa /", "u :", "л :", "l :", "u ="}
"""One of them is in every text that holds such a pair, in lower case."""


def pair_behind(text: str, name_start: int, name_end: int) -> tuple[int, int] | None:
    """The password of a pair behind a pair of names, "логин/пароль: a/b"; None where no such pair stands."""
    if not _LOGIN_BEFORE.search(text, max(0, name_start - 20), name_start):
        return None
    pair = _PAIR_BEHIND.match(text, name_end)
    if not pair:
        return None
    start, end = pair.end(), cut_value(text, pair.end())
    value = text[start:end]
    if value.startswith("***"):
        # Masked before; else the login would be taken for it now.
        return start, end
    has_sign = bool(pair["sign"].strip())
    fits = (value.isascii() and len(value) >= 3 and not is_message(value)) if has_sign else looks_chosen(value)
    return (start, end) if fits else None


def pairs(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Passwords of pairs that stand without a name: ``(start, end, kind)``. ``lowered`` is the text in lower case."""
    if not mentions(lowered, _PARTS):
        return
    for match in _PAIR.finditer(text):
        end = cut_value(text, match.end())
        if _is_pair(text, match, text[match.end() : end]):
            yield match.end(), end, "password"
    for match in _TWO_LETTERS.finditer(text):
        yield match.end(), cut_value(text, match.end()), "password"
    yield from ((*match.span("value"), "password") for match in _LOGIN_WITH_MORE.finditer(text))
    for match in _IN_CONTEXT.finditer(text):
        if in_context := _behind_context(text, match):
            yield (*in_context, "password")
    for match in chain(_LOGIN_AND_VALUE.finditer(text), _ADDRESS_AND_VALUE.finditer(text)):
        span = match.end(), cut_value(text, match.end())
        value = text[slice(*span)]
        if looks_strong(value) and "=" not in value:
            yield (*span, "password")


def _is_pair(text: str, match: re.Match[str], value: str) -> bool:
    gap, login = match["gap"], match["login"]
    if "/" in value or len(value) < 6 or is_message(login) or login[:4].lower() == value[:4].lower():
        return False
    if ":" in gap and (":" in value or login.lower() in ("user", "username")):
        return False
    if _NO_LOGIN.search(text, max(0, match.start() - 20), match.start()) or not value.isascii():
        return False
    is_login = _LOGINS.fullmatch(login) is not None
    if is_login and "\n" not in gap and (looks_strong(value) or (gap in _TELLING_GAPS and is_personal(value))):
        return True
    is_likely = is_personal(value) and (looks_strong(value) or "/" in gap or is_login)
    return is_likely and _CONTEXT.search(text, max(0, match.start() - 100), match.start()) is not None


def _behind_context(text: str, context: re.Match[str]) -> tuple[int, int] | None:
    """The password in "данные для входа: support nissan77": behind a login, or with a sign that no login has."""
    before = ""
    # "Доступ: vasya vasya1985", and no more on the line.
    if only := _ONLY_TWO.match(text, context.end()):
        end = cut_value(text, only.start("value"))
        if is_personal(text[only.start("value") : end]):
            return only.start("value"), end
    for token in _TOKEN.finditer(text, context.end(), context.end() + 90):
        end = cut_value(text, token.start())
        value = text[token.start() : end]
        if "=" in value or "/" in value or _NO_LOGIN.match(f"{value} "):
            return None
        if looks_strong(value) and has_special(value):
            return token.start(), end
        is_behind_login = _LOGINS.fullmatch(before) or before.isdigit()
        if is_behind_login and not _LOGINS.fullmatch(value) and len(value) >= 6 and is_personal(value):
            return token.start(), end
        before = token.group()
    return None
