"""Receipt codes are read as people write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wizard.values.receipt_code import find_receipt_code, hide_receipt_codes, new_receipt_code, read_receipt_code

CODE = "ОБР-7K3M-9Q"


@pytest.mark.parametrize(
    "written",
    [
        "ОБР-7K3M-9Q",
        "обр-7k3m-9q",
        " ОБР 7K3M 9Q ",
        "ОБР7K3M9Q",
        "OBP-7K3M-9Q",
        "obp7k3m9q",
        "ОБР–7К3М–9Q",
        "обр7к3м9q",
    ],
)
def test_case_spaces_and_letters_that_look_alike_do_not_matter(written: str) -> None:
    assert read_receipt_code(written) == find_receipt_code(written) == CODE


def test_letters_that_are_taken_for_digits_are_read_as_digits() -> None:
    assert read_receipt_code("ОБР-O1IL-0О") == "ОБР-0111-00"


def test_without_its_prefix_a_code_is_known_by_a_letter() -> None:
    assert read_receipt_code("7k3m-9q", needs_prefix=False) == CODE
    assert read_receipt_code("7k3m-9q") is None, "where it is not asked for"
    assert read_receipt_code("100001", needs_prefix=False) is None
    assert read_receipt_code("ОБР-1000-01", needs_prefix=False) == "ОБР-1000-01"


@pytest.mark.parametrize("written", ["", "ОБР", "ОБР-7K3M", "ОБР-7K3M-9QX", "[##100001##]", "6tq0b9f3kz1x2c4v5n7m8q"])
def test_what_is_no_code_is_none(written: str) -> None:
    assert read_receipt_code(written, needs_prefix=False) is None


@pytest.mark.parametrize(
    "pasted",
    [
        "Обращение ОБР-7K3M-9Q принято: Сайт",
        "7K3M9Q",
        "7К3М 9Q",
        "Re: ОБР-7K3M-9Q",
        "№ 7K3M-9Q",
        "код OBP 7k3m 9q, вот",
    ],
)
def test_it_is_read_out_of_what_was_pasted_around_it(pasted: str) -> None:
    assert find_receipt_code(pasted) == CODE


def test_every_new_code_is_read_back() -> None:
    for _ in range(200):
        code = new_receipt_code()
        assert read_receipt_code(code) == read_receipt_code(code.lower()) == find_receipt_code(f"Re: {code}") == code


@pytest.mark.parametrize(
    "words",
    [
        "Деньги обратно не пришли на карту",
        "Вернулся обратно на главную",
        "обратно то же, обратно он, обратно та",
        "Деньги обратно — не пришли",
        "обратно-то, обратно-не",
        "Обратно 12 июня не вернули",
        "ВЕРНИТЕ ОБРАТНО НЕ ТО",
        "не подобр 1200 50",
    ],
)
def test_words_are_no_code(words: str) -> None:
    assert hide_receipt_codes(words) == words
    assert find_receipt_code(f"{words}, код 123456") == "ОБР-1234-56"


@pytest.mark.parametrize("code", [CODE, "ОБР-ATHO-HE", "ОБР-QWVZ-GD", "ОБР-ATH0-1E", "ОБР-1234-56", "ОБР-ABCD-12"])
@pytest.mark.parametrize(
    "spelled",
    [
        str,
        str.lower,
        lambda code: code.replace("-", " "),
        lambda code: code.replace("-", "").lower(),
        lambda code: code.replace("-", "–"),
        lambda code: code.replace("-", " - "),
        lambda code: code.replace("-", "", 1),
        lambda code: code.replace("ОБР", "OBP"),
        # With a Cyrillic keyboard.
        lambda code: code.translate(str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")).lower(),
    ],
)
@pytest.mark.parametrize("around", ["{}", "Re: {}", "по заявке {}, ответа нет", "({})", "обратно не {} не"])
def test_a_code_in_any_spelling_is_found_among_words_and_hidden(
    code: str, spelled: Callable[[str], str], around: str
) -> None:
    text = around.format(spelled(code))
    assert find_receipt_code(text) == read_receipt_code(code)
    assert hide_receipt_codes(text) == around.format("…")
