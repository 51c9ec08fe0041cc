"""Names by which people and programs introduce a secret, in several languages, with their typos; and words that follow
such a name in a message ("password: incorrect") and are none.

Data and exact look-ups: ``values.secrets`` decides what stands behind a name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Kind = Literal["password", "token", "key"]
"""How sure a name is: behind ``password`` nearly anything is a secret, behind ``key`` only what looks random."""


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


_OFTEN_MISTYPED = words_of("""
    пароль пароля паролем пароли паролю пассворд пасворд password passwort parol paroli parolya parolem
""")
_PASSWORD = words_of("""
    пароль пароля паролю паролем пароле пароли паролей паролям паролями паролях парол пасс пас пассы пассворд пасворд
    password passwords passwd pass pwd psw pswd passphrase passcode parol parola parolni paroli kennwort passwort
    contraseña contrasena hasło haslo şifre sifre sifra lozinka heslo wachtwoord senha гасло парола құпиясөз кілтсөз
    паролім паролі прль парольді 密码 密碼 パスワード
""")
_TOKEN = words_of("токен токена токену токеном token secret секрет")
_KEY = words_of("ключ ключа ключом ключи key keys")
_NOT_TYPOS = words_of("""
    carol karol patrol parole parolin payroll barol кароль паром парок паров патроль парился порол парили порою парило
    парила пароди паромы парами паролон
""")
"""Words of their own that are one letter away from a name."""

_LATIN, _CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_JCUKEN = "йцукенгшщзхъфывапролджэячсмитьбю"
_TO_JCUKEN, _TO_QWERTY = str.maketrans(_QWERTY, _JCUKEN), str.maketrans(_JCUKEN, _QWERTY)
_LOOKALIKES = str.maketrans("aeopcxykmtbhё", "аеорсхукмтвне")
_ANY_LATIN, _ANY_CYRILLIC = re.compile("[a-z]"), re.compile("[а-яё]")


@cache
def spoken_names() -> dict[str, Kind]:
    """Words of prose before a secret, in lower case: with typos, and as they come out in the other keyboard layout."""
    names: dict[str, Kind] = {}
    for word in _OFTEN_MISTYPED:
        names |= dict.fromkeys(_one_typo(word) - _NOT_TYPOS, "password")
    for word in _PASSWORD:
        # Keys that are letters in one layout only, as "ю" is a full stop, would cut the word.
        for typed in (word.translate(_TO_QWERTY), word.translate(_TO_JCUKEN)):
            if typed != word and typed.isalpha() and len(typed) > 3:
                names[typed] = "password"
        names[word] = "password"
    return names | dict.fromkeys(_TOKEN, "token") | dict.fromkeys(_KEY, "key")


def spoken_kind(word: str) -> Kind | None:
    """What a word of prose, in lower case, introduces; Latin letters that stand for Cyrillic ones are read as those."""
    kind = spoken_names().get(word)
    if kind is None and _ANY_LATIN.search(word) and _ANY_CYRILLIC.search(word):
        kind = spoken_names().get(word.translate(_LOOKALIKES))
    return kind


def _one_typo(word: str) -> set[str]:
    """The word, and all that is one letter missing, added, wrong or swapped with the next away from it."""
    letters = _LATIN if word.isascii() else _CYRILLIC
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    near = {word} | {left + right[1:] for left, right in splits if right}
    near |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    near |= {left + letter + right[1:] for left, right in splits[1:] if right for letter in letters}
    return near | {left + letter + right for left, right in splits for letter in letters}


_SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PASSWORD_SEGMENTS = words_of("password passwd passwort pass pwd psw pswd passphrase passcode parol userpass")
_PASSWORD_ENDING = re.compile(r"(?:password|passwd|pwd|psw|(?:db|user|mail|smtp|ftp|admin|root|my|sql|ssh)pass)$")
_SETTINGS_OF_ONE = words_of("""
    length len policy type expired expires expiry expiration expire timeout age min max field fields url link count size
    name names time date reset change changed required enabled disabled file path error errors status ttl lifetime limit
    attempts strength input label placeholder form page format algorithm algo encryption encoder recovery manager rules
    rule help hint title message messages check valid validation authentication mode id history complexity prompt
    provider service module cost mechanism mismatch
""")
"""Last segments of names that say something of passwords and hold none: ``password_min_length``."""
_NOTHING_MORE = words_of("base value text string prod dev test live new old current default")
_TOKEN_SEGMENTS = words_of("""
    token secret sid sessid sessionid phpsessid jsessionid aspsessionid signature sig jwt credential credentials apikey
    authtoken accesstoken secretkey csrftoken xsrf aspxauth hmac
""")
_KEY_QUALIFIERS = words_of("""
    api access secret private auth license licence app client encryption signing security master webhook storage account
    shared
""")


_BACKWARDS = {("id", "session"), ("api", "key")}


PARTS_OF_IDENTIFIERS = words_of("pass pwd psw secret token key sid sess auth jwt sig cookie credential parol xsrf hmac")
"""One of them is in every name that ``identifier_kind`` knows, in lower case."""
_MAY_NAME = re.compile("|".join(sorted(PARTS_OF_IDENTIFIERS)), re.IGNORECASE)


def identifier_kind(identifier: str) -> Kind | None:
    """What a name of a program's variable, header or parameter holds: ``DB_PASSWORD``, ``apiKey``, ``phpsessid``."""
    if len(identifier) > 64 or not _MAY_NAME.search(identifier):
        return None
    words = segments(identifier)
    return _of_segments(words) if words else None


def segments(identifier: str) -> list[str]:
    """The words of which an identifier is made, in lower case."""
    return [segment.lower() for segment in _SEGMENT.findall(identifier)]


def _of_segments(words: list[str]) -> Kind | None:
    while len(words) > 1 and words[-1] in _NOTHING_MORE:
        words = words[:-1]
    last = words[-1]
    if any(word in _PASSWORD_SEGMENTS or _PASSWORD_ENDING.search(word) for word in words):
        return None if last in _SETTINGS_OF_ONE else "password"
    before = words[-2] if len(words) > 1 else ""
    if last in _TOKEN_SEGMENTS or (last == "key" and before in _KEY_QUALIFIERS) or (last, before) in _BACKWARDS:
        return "token"
    return "key" if last in ("key", "auth", "session") else None


_MESSAGE_WORDS = words_of("""
    all
    the must is are was not no yes on off invalid incorrect wrong bad weak required field empty blank missing expired
    failed failure fail failing error mismatch reset change changed forgot forgotten null nil none true false undefined
    ok correct too can cannot could please your you enter at for and or does do should authentication authenticated
    access denied rejected minimum maximum min max between should has have supplied provided accepted expected
    unexpected unknown valid long short same different new old again confirm repeat never always optional set unset
    hidden removed redacted filtered masked secret password string text varchar char files file systemd sss compat
    number integer boolean object array default example disabled enabled plain strong i we my they it this that there
    n/a when what why how if but only with without from into login logon user digits letters symbols characters
""")
_MESSAGE_STEMS = re.compile(
    r"(?:не|нет|ни|тот|та|те|то|такой же|он|она|был|была|есть|да|или|и|а|но|что|как|где|если|надо|нужно|можно|для|от|на"
    r"|без|ещё|еще|уже|там|тут|теперь|опять|снова|верн\w*|неверн\w*|неправильн\w*|правильн\w*|нев[её]рн\w*|ошиб\w*"
    r"|забы\w*|сбро\w*|сбра\w*|восстан\w*|смен\w*|введ\w*|введён\w*|ввест\w*|ввод\w*|пуст\w*|обязател\w*|долж\w*"
    r"|минимум|минимал\w*|максим\w*|измен\w*|исте\w*|истё\w*|просроч\w*|устар\w*|требу\w*|поле|поля|указ\w*|заполн\w*"
    r"|повтор\w*|совпа\w*|подход\w*|действ\w*|недейств\w*|запраш\w*|прос\w*|слишком|корот\w*|длин\w*|прежн\w*|стар\w*"
    r"|нов\w*|отсутств\w*|нужен|нужна|спраш\w*|скры\w*|удал\w*|потер\w*|утер\w*|работ\w*|проверь\w*|провер\w*|простой"
    r"|слаб\w*|сложн\w*|кнопк\w*|см|также|вход\w*|войти|логин\w*|пароль\w*|символ\w*|знак\w*|цифр\w*|букв\w*|скину\w*"
    r"|пришл\w*|отправ\w*|дам|дади\w*|позвон\w*|телефон\w*|лично|отдельно|знает\w*|прилаг\w*|верный|доступ\w*|ұмыт\w*)\b",
    re.IGNORECASE,
)


def is_message(value: str) -> bool:
    """Whether what follows a name belongs to a message about it."""
    lowered = value.lower().strip("[]<>*.!?:;'\"`")
    return lowered in _MESSAGE_WORDS or _MESSAGE_STEMS.fullmatch(lowered) is not None
