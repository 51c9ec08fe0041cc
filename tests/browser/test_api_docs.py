"""The page on which the API is read and tried: everything comes from this service, calls go to it and really happen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from looks import DESKTOP, Look
from playwright.sync_api import Page, expect
from served import Served

from wizard.api.operations import OPERATIONS
from wizard.api.problems import STATUS, type_of
from wizard.api.request_body import LARGEST_BODY
from wizard.config.settings import Settings
from wizard.texts import translate, translator
from wizard.values.sizes import limit_text

CREATE_TICKET = OPERATIONS["api.create_ticket"].summary

LOADED = {"zayavka.css", "api.css", "viewer.js", "rapidoc-min.js", "docs", "openapi.json"}

FINGERPRINT = re.compile(r"\.[0-9a-f]{12}(?=\.)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_description_is_read_from_this_service_alone_in_the_colours_of_the_system(
    make_page: Callable[..., Page], theme: str
) -> None:
    page = make_page(Look("en", theme, DESKTOP))
    requested: list[str] = []
    page.on("request", lambda request: requested.append(FINGERPRINT.sub("", request.url.rpartition("/")[2])))
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", name=CREATE_TICKET)).to_be_visible()
    for words in ("Tickets in the order in which they are to be taken", "Upload one file"):
        expect(page.get_by_role("heading", name=words)).to_be_visible()
    # The watch of every page would also have told of a request to a stranger, and of a breach of the policy.
    # A Chromium without tabs asks for no icon.
    assert set(requested) - {"favicon.svg"} == LOADED
    assert page.locator("rapi-doc").get_attribute("theme") == theme


def test_a_call_that_is_tried_on_the_page_makes_a_ticket(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(Look("en", "light", DESKTOP))
    page.goto("/api/v1/docs")
    call = page.locator("[id='post-/tickets']")
    # The body is written into its field after the field is there; before that there is nothing to send.
    expect(call.locator("textarea").first).to_have_value(re.compile("site_down"))
    with page.expect_response("**/api/v1/tickets") as answered:
        call.get_by_role("button", name="Try").click()
    assert answered.value.status == 201
    number = answered.value.json()["number"]
    expect(call.get_by_text("Response Status")).to_contain_text("201")
    served.desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in served.desk.inbox] == [str(number)]


def test_the_policy_is_wider_on_that_page_only_and_never_lets_a_stranger_in(served: Served) -> None:
    client = served.desk.app.test_client()
    policy = client.get("/api/v1/docs").headers["Content-Security-Policy"]
    rules = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    for place in ("/en/", "/api/v1/problems/refused", "/api/v1/openapi.json", "/en/no-such-page/"):
        assert "unsafe-inline" not in client.get(place).headers["Content-Security-Policy"], place


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_type_of_a_problem_leads_to_a_page_that_explains_it(
    make_page: Callable[..., Page], flaws: Callable[[Page], list[str]], language: str
) -> None:
    page = make_page(Look(language))
    sizes = {"body": LARGEST_BODY, "file": Settings.model_fields["upload_max_bytes"].default}
    limits = {name: limit_text(size, translator(language)) for name, size in sizes.items()}
    for kind in STATUS:
        answer = page.goto(type_of(kind))
        assert answer and answer.status == 200
        expect(page.get_by_role("heading")).to_have_text(translate(language, f"api.{kind}.title"))
        expect(page.get_by_text(translate(language, f"api.{kind}.to_do", **limits))).to_be_visible()
    assert flaws(page) == []


def test_the_type_that_a_program_is_told_is_the_address_of_its_page(make_page: Callable[..., Page]) -> None:
    page = make_page(Look("en"))
    problem = page.request.post("/api/v1/tickets?language=en", data={})
    page.goto(problem.json()["type"])
    expect(page.get_by_role("heading")).to_have_text(problem.json()["title"])
    page.get_by_role("link", name="The API, described").click()
    page.wait_for_url("**/api/v1/docs")
    expect(page.get_by_role("heading", name=CREATE_TICKET)).to_be_visible()
