"""Signs of spam: none in what clients of a desk write, however cross and however strange; enough in what bots write."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest

from wizard.limits.doubts import ENOUGH, doubts_of
from wizard.limits.spam import Signs, advertising, same_values, signs_of

DATA = Path(__file__).parents[1] / "data"
HONEST = [
    json.loads(line)["text"]
    for name in ("reports.jsonl", "reports_synthetic.jsonl", "unrelated.jsonl")
    for line in (DATA / name).read_text(encoding="utf-8").splitlines()
]

STRANGE_AND_HONEST = [
    "Przy składaniu zamówienia wyskakuje błąd, klienci widzą pustą stronę i szczegółów nie ma",
    "Вітаю! На сайце ў кошык тавар дадаецца, а аформіць замову нельга, кнопка шэрая.",
    "Қайырлы күн, баға парағы жүктелмейді: поставщиктің прайсы бос деп жазады",
    "W712-7501, OC 47, 0451103316, C2029 KNECHT: не проценивает ни по одному",
    "логин admin7, vhod ne rabotaet, пишет NullPointerException at com.example.Price.load(Price.java:117)",
    "СРОЧНО!!! ПОЧИНИТЕ НАКОНЕЦ, НЕ МОГУ ПРОДАВАТЬ ТРЕТИЙ ДЕНЬ!!!!!",
    "вставил код <a href='https://detal36.example/cart'>корзина</a> на главную, кнопка не работает",
    "https://a.example/1 работает, а https://a.example/2 и https://a.example/3 уже нет, и http://b.example тоже",
    "На сайт кто-то залил рекламу казино, уберите",
    "Не доходят письма клиентам 😡😡",
]

RUSSIAN_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


def all_signs(text: str, language: str) -> Signs:
    """What a text shows by itself."""
    return {**signs_of([text], language), **advertising([text])}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_labelled_report_is_doubted_for_its_words(language: str) -> None:
    assert len(HONEST) > 700
    assert [text for text in HONEST if sum(all_signs(text, language).values()) >= ENOUGH] == []


@pytest.mark.parametrize("text", STRANGE_AND_HONEST)
def test_what_is_strange_and_honest_is_not_doubted(text: str) -> None:
    # Without scripts and without a browser's headers one may be: that weighs one, and one more.
    assert sum(all_signs(text, "ru").values()) < ENOUGH


def test_somebody_who_writes_english_in_the_russian_form_is_not_doubted_for_that() -> None:
    text = "The shop does not open since this morning, customers see a blank page. Please have a look."
    assert all_signs(text, "ru") == {"language": 1}
    assert all_signs(text, "en") == {}


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"http://site{n}.example/offer" for n in range(100)),
        "Best [url=http://pills.example]cheap pills[/url]",
        '<a href="http://a.example">a</a> <a href="http://b.example">b</a> <a href="http://c.example">c</a>',
        "Z̵̢̛̺a̷̡̛l̶g̷̨̛o̵ comes",
        "Сaйт нe oткpывaeтcя y клиентoв",
        "🔥🔥🔥💰💰💰 заходи 🔥🔥🔥💰💰💰",
        "фывапролд фывафыва ывапыва",
        "YrBsVjKqPnHzXw LkJhGfDsAq",
        "We offer SEO and backlinks, organic traffic guaranteed, click here",
        "Предлагаем услуги: продвижение сайтов, рассылка по формам, целевой трафик",
    ],
)
def test_what_bots_write_is_doubted(text: str) -> None:
    assert sum(all_signs(text, "ru").values()) >= ENOUGH


@pytest.mark.parametrize("letters", [string.ascii_lowercase, RUSSIAN_LETTERS])
def test_most_texts_of_random_letters_are_known(letters: str) -> None:
    draw = random.Random(7)
    texts = [" ".join("".join(draw.choices(letters, k=draw.randint(4, 10))) for _ in range(8)) for _ in range(200)]
    assert sum("gibberish" in signs_of([text], "ru") for text in texts) >= 190


def test_links_to_what_the_sender_names_as_their_own_do_not_count() -> None:
    text = " ".join(f"https://shop.example/part/{n}" for n in range(40))
    assert signs_of([text], "ru")["links"] == 3
    assert "links" not in signs_of([text], "ru", {"shop.example"})


def test_one_value_in_three_fields_is_a_program_and_in_two_a_hasty_person() -> None:
    assert same_values(["test value", "Test  value", "test value"]) == {"same_values": 3}
    assert same_values(["не работает", "не работает", "сайт"]) == {}


def test_signs_add_up_and_the_heaviest_is_named_first() -> None:
    assert doubts_of({"language": 1, "no_scripts": 1}) == ()
    assert doubts_of({"language": 1, "too_fast": 2}) == ("too_fast", "language")
