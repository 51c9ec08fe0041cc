"""Card numbers are recognised, and nothing else."""

from __future__ import annotations

import pytest

from wizard.values.card_numbers import card_numbers


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "4111 – 1111"[:4] + "1111" * 3,
        "5555 5555 5555 4444", "2223003122003222", "2200 0000 0000 0004", "378282246310005", "3782 822463 10005",
        "6011 1111 1111 1117", "3530 1113 3330 0000", "3056 930902 5904", "4222222222222", "6250947000000014",
        "4111\u00a01111\u00a01111\u00a01111",
    ],
)  # fmt: skip
def test_a_card_number_is_found_where_it_stands(text: str) -> None:
    assert card_numbers(text) == [(0, len(text))]
    assert card_numbers(f"карта {text}, спасибо") == [(6, 6 + len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112", "4607034171234", "4009026000007", "1027700132195", "5077746887312", "304500116000157",
        "351756051523999", "40702810500000000001", "30101810400000000225", "39400012345674", "20261123094000",
        "+7 900 000-00-00, +7 900 000-00-01", "8 (900) 000-00-00", "OC4111111111111111", "4111111111111111A",
        "4111111111111111111111", "0 986 452 041 0 986 452 041", "0000 0000 0000 0000", "1234 5678 9012 3456",
        "45812, 45813, 45814, 45815", "203.0.113.25 198.51.100.7", "XTA00000000000001", "2026-11-23 09:40:00",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_card_number_is_left_alone(text: str) -> None:
    assert card_numbers(text) == []


def test_a_card_number_among_other_numbers_is_found() -> None:
    text = "Заказ 45812 4111 1111 1111 1111 12/28, ещё 5555555555554444"
    assert [text[start:end] for start, end in card_numbers(text)] == ["4111 1111 1111 1111", "5555555555554444"]
