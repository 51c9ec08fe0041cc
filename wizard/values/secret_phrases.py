"""Words and phrases of prose that introduce a secret, and secrets that are words themselves: "кодовое слово барсик"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from wizard.values.secret_looks import mentions
from wizard.values.secret_names import Kind, is_message, spoken_kind, spoken_names, words_of

_WORD = re.compile(r"[^\W\d_]+")
_MIXED = re.compile("[a-z][а-яё]|[а-яё][a-z]")
_PHRASE = re.compile(
    r"(?<!\w)(?:құпия\s{0,2}с[өо]з\w{0,4}|парольд\w{1,3}|пар0ль|p[a4@]ssw[o0]rd|pw(?=\s?[:=]|\s[a-z]{3,20}\d)|кілт\s{1,2}сөз\w{0,3}"
    r"|(?:кодов\w{2}|кодава\w{1,2})\s{1,2}(?:слов\w|фраз\w)"
    r"|(?:секретн\w{2}|сакрэтн\w{1,3})\s{1,2}(?:слов\w|фраз\w|код)|контрольн\w{2}\s{1,2}(?:слов\w|вопрос\w{0,2})"
    r"|девичь\w{1,2}\s{1,2}фамили\w(?:\s{1,2}матери)?|(?:mother['’]?s\s{1,2})?maiden\s{1,2}name"
    r"|mot\s{1,2}de\s{1,2}passe|secret\s{1,2}(?:word|phrase|code)|pass\s{1,2}(?:word|code|phrase)|p/w"
    r"|п а р о л ь|p a s s w o r d|секретн\w{2}\s{1,2}вопрос\w{0,2}|(?:wpa[23]?|wi-?fi|вай-?фай"
    r"|сет\w{1,4})[- ](?:key|ключ\w{0,2}))(?!\w)",
    re.IGNORECASE,
)
_PARTS_OF_PHRASES = words_of(
    "сөз пар0 ssw0 девичь maiden контрольн кодава сакрэт слов фраз секретн mot secret pass p/w п/п вопрос wpa fi фай"
    " сет"
) | {
    "п а р",
    "pw ",
    "pw=",
    "pw:",
    "p a s",
}
_ASKED_WORD = re.compile(r"код|секретн|сакрэтн|контрольн|девичь|құпия|mother|maiden|secret\s", re.IGNORECASE)
"""Begins the names of what is one word of a language."""
_LAST_WORD = re.compile(r"\w{4,30}+\s{0,2}(?=$|[.,;!\n])")
_OWNER = re.compile(
    r"клиент|поставщик|менеджер|организац|компани|банк|сотрудник|пользовател|владел|сайт", re.IGNORECASE
)
_FOUR_WORDS = re.compile(r"[a-z]{3,12}+(?: [a-z]{3,12}+){3,7}(?=\s{0,2}(?:$|\n))")


def introductions(text: str, lowered: str, names: Collection[str]) -> Iterator[tuple[int, int, Kind]]:
    """Each word or phrase that introduces a secret: where it begins and ends, and what it introduces."""
    if mentions(lowered, _PARTS_OF_PHRASES):
        yield from ((*match.span(), "password") for match in _PHRASE.finditer(text))
    words = set(_WORD.findall(lowered))
    kinds = {word: kind for word in words if (kind := spoken_names().get(word))}
    if _MIXED.search(lowered):
        kinds |= {word: kind for word in words if (kind := spoken_kind(word))}
    kinds |= dict.fromkeys(words.intersection(names), "password")
    if kinds:
        for match in _WORD.finditer(text):
            if kind := kinds.get(match.group().lower()):
                yield (*match.span(), kind)


def is_word_asked_for(name: str, text: str, start: int, value: str) -> bool:
    """Whether the value, at ``start``, is the one word that such a name asks for, and the last of its sentence."""
    is_last = _ASKED_WORD.match(name) is not None and _LAST_WORD.match(text, start) is not None
    return is_last and not is_message(value) and not _OWNER.match(value)


def phrase_behind(text: str, start: int) -> tuple[int, int] | None:
    """A phrase to be remembered, "correct horse battery staple", that says nothing and ends its line."""
    words = _FOUR_WORDS.match(text, start)
    return words.span() if words and sum(map(is_message, words.group().split())) <= 1 else None
