"""The OpenAPI document is true: a client that a stranger's tool makes of it sends a report with a file.

Nothing of the client is written by us. It is made at test time by openapi-python-client, and all its calls go through
httpx: what it sends and how it reads the answers comes from the document alone.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from api_client import Caller

TOKEN = "a-token-of-the-tests-0123456789"


class Generated:
    """The generated package, and its client for one installation."""

    def __init__(self, package: ModuleType, api: Caller) -> None:
        self.package = package
        base = "http://help.desk.example/api/v1"
        self.client = package.AuthenticatedClient(base_url=base, token=TOKEN, raise_on_unexpected_status=True)
        transport = httpx.WSGITransport(app=api.desk.app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.client.set_httpx_client(httpx.Client(base_url=base, transport=transport, headers=headers))

    def model(self, name: str) -> Any:
        """A class of the generated models."""
        return getattr(importlib.import_module(f"{self.package.__name__}.models"), name)

    def call(self, operation: str, *path: Any, **values: Any) -> Any:
        """The status of an answer, and the answer as the generated code reads it."""
        module = importlib.import_module(f"{self.package.__name__}.api.{operation}")
        answer = module.sync_detailed(*path, client=self.client, **values)
        return int(answer.status_code), answer.parsed


@pytest.fixture
def generated(agent: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generated]:
    """What the tool makes of the document as it is served."""
    (tmp_path / "openapi.json").write_text(json.dumps(agent.document.content), "utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    run = subprocess.run(
        [*command, "--path", "openapi.json", "--output-path", "desk_client"],
        cwd=tmp_path,
        # It tidies up with ruff, which stands beside this Python.
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Generated(importlib.import_module("desk_client"), agent)
    for name in [name for name in sys.modules if name.partition(".")[0] == "desk_client"]:
        del sys.modules[name]


def uploaded(generated: Generated, content: bytes, name: str) -> Any:
    """A file that waits for its ticket."""
    content_part = importlib.import_module("desk_client.types").File(io.BytesIO(content), name, "text/plain")
    status, file = generated.call(
        "reports.upload_attachment", body=generated.model("UploadAttachmentBody")(file=content_part)
    )
    assert (status, file.name) == (201, name)
    return file


def test_a_generated_client_sends_a_report_with_a_file(generated: Generated, agent: Caller) -> None:
    status, catalog = generated.call("catalog.get_catalog", language=generated.model("GetCatalogLanguage").EN)
    assert status == 200
    offered = {situation.id for category in catalog.categories for situation in category.situations}
    assert "site_down" in offered

    log = uploaded(generated, b"11:05 the site answers 502\n", "errors.txt")
    report = generated.model("TicketRequest").from_dict({**agent.report("site_down", "en"), "attachments": [log.id]})
    key = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    status, ticket = generated.call("reports.create_ticket", body=report, idempotency_key=key)
    assert status == 201
    again = generated.call("reports.create_ticket", body=report, idempotency_key=key)[1]
    assert (ticket.number, again.token) == (100_001, ticket.token)

    words = generated.model("FollowUpRequest")(text="It opens again, but slowly.")
    assert generated.call("reports.add_follow_up", ticket.token, body=words)[0] == 201
    agent.desk.run_worker()
    status, seen = generated.call("reports.get_ticket", ticket.token)
    assert status == 200
    assert [file.sha256 for file in seen.attachments] == [log.sha256]
    assert [message.text for message in seen.follow_ups] == ["It opens again, but slowly."]
    assert {delivery.state.value for delivery in seen.deliveries} == {"sent"}
    [letter, _] = agent.desk.inbox
    assert "errors.txt" in [part.get_filename() for part in letter.iter_attachments()]


def test_a_generated_client_works_on_the_queue(generated: Generated, agent: Caller) -> None:
    agent.create_ticket("site_down")
    status, queue = generated.call("agents.get_queue")
    assert (status, [entry.number for entry in queue.tickets]) == (200, [100_001])
    take = generated.model("Mark")(state=generated.model("MarkState").TAKEN)
    status, entry = generated.call("agents.mark_ticket", 100_001, body=take)
    assert (status, entry.state.value, entry.ticket.situation) == (200, "taken", "site_down")
    assert generated.call("agents.get_queue")[1].tickets == []


def test_a_generated_client_reads_what_is_refused(generated: Generated, agent: Caller) -> None:
    report = agent.report("site_down", "en")
    del report["answers"]["details"]
    status, problem = generated.call("reports.create_ticket", body=generated.model("TicketRequest").from_dict(report))
    assert (status, problem.type_.value) == (422, "/api/v1/problems/refused")
    assert set(problem.errors.to_dict()) == {"details"}
    status, problem = generated.call("reports.get_ticket", "x" * 22)
    assert (status, problem.type_.value) == (404, "/api/v1/problems/not-found")
