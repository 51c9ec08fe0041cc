"""A form of any size costs only so much: its fields are counted before they are looked at, however it is encoded."""

from __future__ import annotations

import io

import pytest
from installation import Installation

from wizard.web.form_bodies import MOST_FIELDS, MOST_TEXT

PLAIN = "application/x-www-form-urlencoded"
DOORS = ("/ru/question/q_unclear/", "/ru/follow-up/")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["details", "leave_out", "files", "files_remove", "action"])
def test_a_name_that_comes_a_hundred_thousand_times_is_no_form(desk: Installation, door: str, name: str) -> None:
    answer = desk.app.test_client().post(door, data="&".join([f"{name}=x"] * 100_000), content_type=PLAIN)
    assert answer.status_code == 413
    assert "<html" in answer.text


@pytest.mark.parametrize("door", DOORS)
def test_parts_are_counted_as_fields_are(desk: Installation, door: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="leave_out"\r\n\r\nip\r\n'
    body = part * (MOST_FIELDS + 1) + b"--b--\r\n"
    answer = desk.app.test_client().post(door, data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413


@pytest.mark.parametrize("door", DOORS)
def test_a_text_of_any_size_is_no_form(desk: Installation, door: str) -> None:
    body = b"details=" + b"x" * MOST_TEXT
    assert desk.app.test_client().post(door, data=body, content_type=PLAIN).status_code == 413
    huge = io.BytesIO(b"x" * 20 * MOST_TEXT)
    assert desk.app.test_client().post(door, input_stream=huge, content_type=PLAIN).status_code == 413
    assert huge.tell() < 2 * MOST_TEXT, "no more of it is read than a form may have"


def test_as_many_fields_as_a_form_may_have_are_read(desk: Installation) -> None:
    fields = [f"details={'x' * 100}", *["leave_out=ip"] * (MOST_FIELDS - 1)]
    answer = desk.app.test_client().post(DOORS[0], data="&".join(fields), content_type=PLAIN)
    assert answer.status_code == 422
    assert "x" * 100 in answer.text
