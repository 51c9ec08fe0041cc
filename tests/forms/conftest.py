"""A small catalog with every type of question, and a way to fill its form in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog
from wizard.forms.factory import report_form
from wizard.forms.report_form import ReportForm

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))


def both(text: str) -> dict[str, str]:
    """The same words in both languages, told apart by a mark."""
    return {"ru": text, "en": f"{text} (en)"}


def question(type_: str, label: str, **more: Any) -> dict[str, Any]:
    """A question as a catalog has it."""
    return {"type": type_, "label": both(label), "section": "facts", **more}


def options(*ids: str, specify: str = "") -> list[dict[str, Any]]:
    """Options whose labels are made of their ids."""
    return [{"id": id_, "label": both(f"Вариант {id_}"), "specify": id_ == specify} for id_ in ids]


QUESTIONS: dict[str, dict[str, Any]] = {
    "topic": question("short_text", "Тема", max_length=60, mask_secrets=False, empty=both("Назовите тему")),
    "version": question("short_text", "Версия", pattern=r"\d+(\.\d+)*", wrong=both("Версия — это числа с точками")),
    "login": question("short_text", "Логин", mask_secrets=True),
    "words": question("long_text", "Своими словами", min_length=5, max_length=4000),
    "mailbox": question("email", "Ящик", example="shop@detal36.example"),
    "mailboxes": question("email", "Ящики", several=True),
    "callback": question("phone", "Телефон"),
    "page": question("url", "Страница", evidence="page"),
    "domain": question("domain", "Домен"),
    "reach": question("choice", "У кого", options=options("everyone", "us", "other", specify="other")),
    "parts": question("choices", "Какие части", options=options("search", "cart", "else", specify="else")),
    "started": question("datetime", "Когда началось"),
    "sent_at": question("datetime", "Когда отправлено", allow_unknown=False),
    "address": question("ip", "Внешний адрес", evidence="ip"),
    "article": question("part_number", "Артикул", example="OC 47"),
    "brand": question("brand", "Производитель"),
    "browser": question("short_text", "Браузер", evidence="browser"),
    "files": question("files", "Снимок", max_files=3, types=["png", "txt"]),
    "bounce": question("bounce", "Вернувшееся письмо"),
    "number": question("ticket_number", "Номер заявки"),
    "key": question("tail", "Конец ключа"),
    "depth": question("short_text", "Ещё глубже"),
    "name": question("short_text", "На кого оформлено", part="identity", section="who"),
    "email": question("email", "Почта", part="identity", section="who"),
}


def situation(id_: str, required: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A situation that asks what is named."""
    return {"id": id_, "label": both(id_), "required": required or [], **more}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The small catalog."""
    everything = [id_ for id_ in QUESTIONS if id_ not in ("name", "email", "depth")]
    return Catalog.model_validate(
        {
            "id": "small",
            "version": 1,
            "languages": ["ru", "en"],
            "time_zone": "Europe/Moscow",
            "title": both("Служба"),
            "rules": [],
            "sections": [{"id": "facts", "title": both("Уточним")}, {"id": "who", "title": both("Кто Вы")}],
            "identity": {
                "questions": ["name", "email"],
                "one_of": ["name", "email"],
                "empty": both("Укажите имя или почту: достаточно одного"),
                "reply_to": ["email"],
                "name": ["name"],
            },
            "politeness": {"reminder": both("Будьте вежливы"), "rude": both("Хотите поправить?")},
            "questions": {id_: {"id": id_, **fields} for id_, fields in QUESTIONS.items()},
            "categories": [
                {
                    "id": "all",
                    "label": both("Всё"),
                    "situations": [
                        situation("everything", optional=everything),
                        situation("strict", required=everything),
                        situation(
                            "branching",
                            ["reach", "address", "parts", "depth"],
                            show_when={
                                "address": {"reach": "us"},
                                "parts": {"reach": ["us", "other"]},
                                "depth": {"parts": "cart"},
                            },
                        ),
                    ],
                }
            ],
        }
    )


Fill = Callable[..., ReportForm]


@pytest.fixture(scope="session")
def fill(catalog: Catalog) -> Fill:
    """Fill in and check: ``fill(topic="…")`` in the situation that asks everything and requires nothing."""

    def filled(
        typed: Mapping[str, Any] | None = None,
        *,
        situation: str = "everything",
        language: str = "ru",
        named: bool = True,
        attached: Mapping[str, int] | None = None,
        evidence: Any = None,
        **answers: Any,
    ) -> ReportForm:
        who = {"name": "ИП Соколов А. В."} if named else {}
        form_class = report_form(catalog, catalog.situations[situation], language)
        form = form_class(MultiDict({**who, **(typed or {}), **answers}), attached, evidence, NOW)
        form.validate()
        return form

    return filled


@pytest.fixture(scope="session")
def answer(fill: Fill) -> Callable[[str, Any], Any]:
    """The answer made of what was typed for one question; a list holds what is said instead."""

    def answered(id_: str, typed: Any) -> Any:
        form = fill({id_: typed})
        return form.errors_by_question.get(id_) or form.answers().get(id_)

    return answered
