"""CORS: pages of our sites may call, no others, and nobody with credentials (threats W02, W15)."""

from __future__ import annotations

import io

import pytest
from api_client import Caller
from sqlalchemy import func, select
from test_problems import problem_of

from wizard.db.models import PendingUpload

SHOP, OTHER, EVIL = "https://detal36.example", "https://other.example", "https://detal36.example.evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}


@pytest.mark.parametrize(
    ("origin", "query", "is_allowed"),
    [
        (SHOP, "", True),
        (OTHER, "", True),
        (SHOP, "?site=shop", True),
        (OTHER, "?site=shop", False),
        (SHOP, "?site=nobody", True),
        (EVIL, "", False),
        (EVIL, "?site=shop", False),
        ("null", "", False),
        ("http://detal36.example", "", False),
        ("https://DETAL36.example", "", False),
    ],
)
def test_only_origins_of_a_site_may_ask_and_read(with_sites: Caller, origin: str, query: str, is_allowed: bool) -> None:
    preflight = with_sites.client.options(f"/api/v1/tickets{query}", headers={"Origin": origin, **PREFLIGHT})
    assert preflight.status_code == 204
    called = with_sites.get(f"catalog{query}", headers={"Origin": origin})
    missing = with_sites.get(f"nothing{query}", headers={"Origin": origin})
    for answer in (preflight, called, missing):
        assert answer.headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    if is_allowed:
        assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
        assert "Authorization" not in preflight.headers["Access-Control-Allow-Headers"]
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        assert "Retry-After" in called.headers["Access-Control-Expose-Headers"]


def test_a_cached_answer_of_one_origin_is_not_given_to_another(with_sites: Caller) -> None:
    for origin in (SHOP, OTHER, EVIL, None, SHOP):
        answer = with_sites.get("catalog", headers={"Origin": origin} if origin else {})
        wanted = origin if origin in (SHOP, OTHER) else None
        assert answer.headers.get("Access-Control-Allow-Origin") == wanted


def test_without_sites_no_page_elsewhere_may_call(api: Caller) -> None:
    assert "Access-Control-Allow-Origin" not in api.get("catalog", headers={"Origin": SHOP}).headers


def test_what_a_foreign_page_sends_without_a_preflight_is_refused(with_sites: Caller) -> None:
    """A multipart form is sent by a browser without a preflight; it must not fill our spool."""
    foreign = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    data = {"file": (io.BytesIO(b"11:05 slow"), "log.txt")}
    answer = with_sites.post("attachments", data=data, content_type="multipart/form-data", headers=foreign)
    assert EVIL in problem_of(answer, 403, "forbidden")["detail"]
    problem_of(with_sites.post("tickets", with_sites.report(), headers=foreign), 403, "forbidden")
    assert with_sites.desk.query(select(func.count()).select_from(PendingUpload)) == [(0,)]
    ours = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"}
    assert with_sites.post("tickets", with_sites.report(), headers=ours).status_code == 201
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    data = {"file": (io.BytesIO(b"11:05 slow"), "log.txt")}
    answer = with_sites.post("attachments", data=data, content_type="multipart/form-data", headers=own)
    assert answer.status_code == 201


def test_pages_get_no_cors_headers(with_sites: Caller) -> None:
    answer = with_sites.client.get("/ru/", headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in answer.headers
