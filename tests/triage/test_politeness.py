# ruff: noqa: E501 (texts stand here as clients write them)
"""Insults and shouting are noticed, however they are spelt; anger, trade words and capitals are held against nobody."""

from __future__ import annotations

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.politeness import is_polite

BOOK = load_catalog(named_catalog("tradesoft")).phrasebook


@pytest.mark.parametrize(
    "text",
    [
        "идиоты, верните сайт", "дебилами надо быть", "д е б и л ы", "деб*лы криворукие", "ну что за бл*дство", "мудaки",
        "ИДИОТЫЫЫЫ", "вы там вообще живые?", "руки бы оторвать вашим программистам", "you are idiots", "this is bullsh*t",
        "КТО РАБОТАТЬ БУДЕТ??? ДЕНЬГИ БЕРЁТЕ А ТОЛКУ НЕТ!!!", "раздолбаи", "ваша программа полный отстой",
    ],
)  # fmt: skip
def test_what_insults_is_noticed(text):
    assert not is_polite(BOOK, text)


@pytest.mark.parametrize(
    "text",
    [
        "себестоимость в отчёте нулевая", "хлебные крошки на сайте пропали", "верните деньги себе", "страхование груза",
        "Третий раз пишу! Сколько можно? Клиенты уходят, мы платим!!!", "Мы очень недовольны, это никуда не годится",
        "АРТИКУЛ 90915YZZE1 TOYOTA, W 712/75 MANN, OC 47 KNECHT", "НЕ РАБОТАЕТ САЙТ ADRES.EXAMPLE", "Херсон, склад 2",
        "потребление, употребляют, оскорблять", "колебания цены, рубля", "гребёнка впускного коллектора", "сухари клапанов",
        "отстойник топливный 2101", "меня кидало на главную страницу", "ебитда за квартал", "нифига не грузится, помогите",
        "lazy loading of pictures is broken", "garbage characters in the text", "Баранов просил акт",
        "ООО «Козлов и сыновья»", "мандатная подписка", "застрахуй заказ", "команда ребят, сабля, рубль, корабль",
    ],
)  # fmt: skip
def test_what_only_sounds_alike_is_polite(text):
    assert is_polite(BOOK, text)
