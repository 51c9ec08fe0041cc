"""What was learned is stored for other processes, and whatever becomes of the file, suggestions are made as before."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.suggest.classifier import Classifier
from wizard.triage.suggest.model_store import is_intact
from wizard.triage.suggest.ranker import Ranker, model_path

CATALOG = load_catalog(named_catalog("hosting"))
ROOT = Path(__file__).parents[3]
TEXT = "сертификат просрочен, браузер ругается"


def answers(ranker: Ranker) -> list[tuple[str, float]]:
    """What a ranker makes of some texts."""
    texts = [TEXT, "почта не доходит", "how do I pay", "сайт лежит", "погода"]
    return [(suggestion.situation, suggestion.score) for text in texts for suggestion in ranker.suggest(text, 5)]


@pytest.fixture(scope="module")
def learned_anew() -> list[tuple[str, float]]:
    """What a ranker says that has no folder."""
    return answers(Ranker(CATALOG))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a ranker that has learned."""
    Ranker(CATALOG, tmp_path / "learned")
    [path] = (tmp_path / "learned").iterdir()
    return path


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of the file."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_second_process_learns_nothing_and_says_the_same(
    file: Path, learned_anew: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Classifier, "train", lambda _examples: pytest.fail("it learned"))
    assert answers(Ranker(CATALOG, file.parent)) == learned_anew
    assert not warnings_of(caplog)


@pytest.mark.parametrize("share", [0, 0.0001, 0.001, 0.3, 0.5, 0.999])
def test_a_file_cut_short_is_learned_anew_with_one_line_in_the_log(
    file: Path, learned_anew: list[tuple[str, float]], caplog: pytest.LogCaptureFixture, share: float
) -> None:
    whole = file.stat().st_size
    os.truncate(file, int(whole * share))
    assert not is_intact(file)
    assert answers(Ranker(CATALOG, file.parent)) == learned_anew
    [said] = warnings_of(caplog)
    assert str(file) in said
    assert file.stat().st_size == whole
    assert is_intact(file)


@pytest.mark.parametrize("place", [0, 40, 70, -1])
def test_a_changed_byte_is_noticed(
    file: Path, learned_anew: list[tuple[str, float]], caplog: pytest.LogCaptureFixture, place: int
) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert answers(Ranker(CATALOG, file.parent)) == learned_anew
    assert len(warnings_of(caplog)) == 1


def test_a_folder_that_cannot_be_written_costs_one_line_in_the_log(
    tmp_path: Path, learned_anew: list[tuple[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "learned").write_text("in the way")
    assert answers(Ranker(CATALOG, tmp_path / "learned")) == learned_anew
    assert len(warnings_of(caplog)) == 1


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path,
    learned_anew: list[tuple[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    assert answers(Ranker(CATALOG, tmp_path / "learned")) == learned_anew
    assert "No space left on device" in warnings_of(caplog)[0]
    assert not list((tmp_path / "learned").iterdir())


def test_other_examples_get_another_file_and_the_old_one_goes_away(file: Path) -> None:
    taught = {**CATALOG.examples, "certificate": {"ru": ("замочек стал красным",)}}
    changed = CATALOG.model_copy(update={"examples": taught})
    other = load_catalog(named_catalog("tradesoft")).model_copy(update={"examples": {}})
    Ranker(other, file.parent)
    crashed, begun = file.with_suffix(".1-1"), file.with_suffix(".2-2")
    for path in (crashed, begun):
        path.write_bytes(b"half")
    os.utime(crashed, (time.time() - 7200,) * 2)
    assert model_path(changed, file.parent) != file
    Ranker(changed, file.parent)
    assert set(file.parent.iterdir()) == {model_path(catalog, file.parent) for catalog in (changed, other)} | {begun}


def learner(folder: Path, catalog: str = "hosting") -> subprocess.Popen[str]:
    """``flask triage learn`` as a process of its own."""
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(folder), "WIZARD_CATALOG": catalog}
    command = [sys.executable, "-m", "flask", "--app", "app", "triage", "learn"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_two_processes_that_learn_at_once_leave_one_whole_file(
    tmp_path: Path, learned_anew: list[tuple[str, float]]
) -> None:
    both = [learner(tmp_path), learner(tmp_path)]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    [file] = (tmp_path / "learned").iterdir()
    assert is_intact(file)
    assert answers(Ranker(CATALOG, tmp_path / "learned")) == learned_anew


def test_a_process_killed_while_it_writes_leaves_no_file_under_the_name(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from wizard.catalog.loader import load_catalog, named_catalog;"
        "from wizard.triage.suggest.ranker import Ranker;"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL);"
        "Ranker(load_catalog(named_catalog('hosting')), Path(sys.argv[1]))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "learned")], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    [half] = (tmp_path / "learned").iterdir()
    assert half != model_path(CATALOG, tmp_path / "learned")
    Ranker(CATALOG, tmp_path / "learned")
    assert is_intact(model_path(CATALOG, tmp_path / "learned"))
