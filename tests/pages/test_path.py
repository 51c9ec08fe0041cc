"""The path of a client without scripts: forth, back, and aside, without losing a word."""

from __future__ import annotations

from installation import Installation
from walker import Page


def press(page: Page, words: str) -> Page:
    """Press the button that says so, wherever it sends the form."""
    button = next(button for button in page.soup.find_all("button") if words in button.get_text())
    page.form()["action"] = button.get("formaction", page.form()["action"]).split("#")[0]
    return page.submit(button["value"])


def test_a_client_walks_from_the_start_page_to_the_form_by_links_alone(desk: Installation) -> None:
    start = desk.client.get("/")
    assert start.address == "/ru/"
    category = desk.client.get(next(link for link in start.links() if link.endswith("/pricing/")))
    form = desk.client.get(next(link for link in category.links() if link.endswith("/pricing_all/")))
    assert form.title.startswith("Проценка не работает по всем поставщикам")
    assert desk.client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).address == "/en/"


def test_an_answer_can_be_changed_and_everything_else_stays(desk: Installation) -> None:
    check = desk.filled("site_down", details="Белая страница с утра")
    form = press(check, "Изменить")
    assert form.status == 200
    assert form.value("details") == "Белая страница с утра"
    assert not form.summary
    again = form.submit("check", {"details": "Белая страница с обеда"})
    assert "Белая страница с обеда" in again.text


def test_a_wrong_choice_leads_to_the_other_form_with_the_words_already_typed(desk: Installation) -> None:
    check = desk.filled("site_down", reach="only_us", details="Белая страница с утра")
    other = press(check, "Не открывается только у нас")
    assert other.address.endswith("/site/site_access/")
    assert other.value("details") == "Белая страница с утра"
    assert other.value("reg_email") == "zakaz@detal36.example"
    assert other.value("reach") == "only_us"


def test_what_is_left_out_reaches_no_letter(desk: Installation) -> None:
    desk.client.options = {"environ_base": {"REMOTE_ADDR": "203.0.113.77"}}
    check = desk.filled("q_unclear")
    assert "203.0.113.77" in check.text
    check.submit("send", {"leave_out": ["ip", "browser"]})
    desk.run_worker()
    assert "zakaz@detal36.example" in desk.all_sent
    assert "203.0.113.77" not in desk.all_sent


def test_errors_are_said_above_and_at_the_field_and_in_the_title(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    wrong = form.submit("check", {"site_url": "http://", "details": "Слова остаются"})
    assert wrong.status == 422
    assert wrong.title.startswith("Ошибка: ")
    assert "Есть ошибка" in wrong.summary
    assert wrong.value("details") == "Слова остаются"
    assert wrong.value("site_url") == "http://"
    for link in wrong.soup.select("[role=alert] a"):
        target = wrong.soup.find(id=link["href"][1:])
        assert target is not None, link
        assert link.get_text() in wrong.soup.find(id=f"{link['href'][1:]}-error").get_text()
