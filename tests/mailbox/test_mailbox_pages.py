"""A newcomer reads the letters on the mailbox's pages."""

from __future__ import annotations

from email.message import EmailMessage

import pytest


def test_the_list_shows_who_wrote_to_whom_about_what(mailbox, letter: EmailMessage) -> None:
    mailbox.send(letter.as_bytes())
    page = mailbox.client.get("/mailbox/?lang=ru").text
    for shown in ("[##100001##] [ВНЕ ОЧЕРЕДИ] Проценка: нет результатов", "Служба", "support@desk.example", "Писем: 1"):
        assert shown in page


def test_an_empty_mailbox_says_what_will_come(mailbox) -> None:
    assert "No letters yet" in mailbox.client.get("/mailbox/?lang=en").text
    assert "Писем пока нет" in mailbox.client.get("/mailbox/", headers={"Accept-Language": "ru"}).text
    assert "No letters yet" in mailbox.client.get("/mailbox/", headers={"Accept-Language": "en-GB"}).text


def test_a_letter_is_read_as_text_with_its_headers(mailbox, letter: EmailMessage) -> None:
    mailbox.send(letter.as_bytes())
    page = mailbox.client.get(mailbox.newest() + "?show=text").text
    for shown in ("Заявка 100001", "X-Ticket-Number", "прайс.csv"):
        assert shown in page


def test_an_address_in_a_text_can_be_followed_and_nothing_else_can(mailbox) -> None:
    mailbox.put(
        b"Subject: x\r\n\r\nhttps://help.desk.example/ru/tickets/abc/ javascript:alert(1) data:text/html,x <a href=x>"
    )
    page = mailbox.client.get("/mailbox/1700000000.M1.test/").text
    text = page.partition("<pre")[2].partition("</pre>")[0]
    assert text.count("<a ") == 1 and 'href="https://help.desk.example/ru/tickets/abc/"' in text


def test_the_frame_shows_the_letters_own_picture(mailbox, letter: EmailMessage) -> None:
    mailbox.send(letter.as_bytes())
    address = mailbox.newest()
    page = mailbox.client.get(address + "?show=html").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page and f'src="{address}html"' in page
    html = mailbox.client.get(address + "html").text
    assert "cid:" not in html
    picture = html.partition('<img src="')[2].partition('"')[0]
    answer = mailbox.client.get(picture)
    assert (answer.data, answer.content_type) == (b"\x89PNG picture", "image/png")


def test_an_attachment_comes_as_it_was_sent_and_only_to_be_saved(mailbox, letter: EmailMessage) -> None:
    mailbox.send(letter.as_bytes())
    answer = mailbox.client.get(mailbox.newest() + "parts/3")
    assert answer.data == b"rows"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "%D0%BF%D1%80%D0%B0%D0%B9%D1%81.csv" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_source_is_the_letter_byte_for_byte(mailbox, letter: EmailMessage) -> None:
    content = letter.as_bytes().replace(b"\n", b"\r\n")
    mailbox.send(content)
    assert mailbox.client.get(mailbox.newest() + "source").data == content
    assert "Content-Transfer-Encoding" in mailbox.client.get(mailbox.newest() + "?show=source").text


def test_many_letters_are_spread_over_pages(mailbox) -> None:
    for n in range(65):
        mailbox.put(b"Subject: letter-%d.\r\n\r\ntext" % n)
    pages = [mailbox.client.get(f"/mailbox/?page={n}").text for n in (1, 2, 3)]
    assert [page.count('class="row"') for page in pages] == [30, 30, 5]
    assert "letter-64." in pages[0] and "letter-0." in pages[2]
    assert 'rel="next"' not in pages[2] and 'rel="prev"' not in pages[0]


@pytest.mark.parametrize("page", ["0", "-3", "x", "9" * 5000, "1e9", ""])
def test_a_page_that_is_none_is_a_page_all_the_same(mailbox, page: str) -> None:
    mailbox.put(b"Subject: only\r\n\r\ntext")
    answer = mailbox.client.get(
        "/mailbox/", query_string={"page": page, "_scheme": "x", "_external": "1", "endpoint": "x"}
    )
    assert answer.status_code == 200 and "only" in answer.text


@pytest.mark.parametrize("id_", ["nothing", "..", "%2e%2e%2fnew", "..%2f..%2fsecret_key", "%00", "-", "a" * 3000])
def test_what_lies_outside_the_folder_is_no_letter(mailbox, id_: str) -> None:
    (mailbox.server.folder.parent / "secret_key").write_text("secret")
    for rest in ("/", "/html", "/source", "/parts/0"):
        assert mailbox.client.get(f"/mailbox/{id_}{rest}").status_code == 404


def test_a_letter_has_the_parts_that_it_has(mailbox, letter: EmailMessage) -> None:
    mailbox.send(letter.as_bytes())
    assert mailbox.client.get(mailbox.newest() + "parts/99").status_code == 404
    mailbox.put(b"Subject: plain\r\n\r\ntext")
    assert mailbox.client.get("/mailbox/1700000001.M1.test/html").status_code == 404


def test_the_pages_change_nothing(mailbox) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(mailbox.client, method)("/mailbox/").status_code == 405
