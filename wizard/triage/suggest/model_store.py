"""The trained model of a catalog's examples, stored in a file whose pages all processes share.

A file is whole or it is none: it begins with a digest of all that follows, and is renamed atomically. Behind the
digest stand a line of JSON (labels, features, words) and the weights; nothing in it is ever run.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wizard.triage.suggest.classifier import WEIGHT, Classifier, numpy_of_one_thread

ENDING = ".learned"
STALE_AFTER = 3600
"""Seconds after which an unfinished file is what a killed process left behind."""
SOURCES = (
    "lemmas.py",
    "words.py",
    "suggest/classifier.py",
    "suggest/model_store.py",
    "suggest/ranker.py",
    "suggest/vocabulary.py",
)
"""The code of triage on which depends what is learned, or how it is stored."""
LIBRARIES = ("numpy", "pymorphy3", "pymorphy3-dicts-ru")


class CorruptModel(Exception):
    """A file that does not hold what was written to it."""


@dataclass(frozen=True)
class TrainedModel:
    """What a catalog's examples teach."""

    known: frozenset[str]
    """The words that they use, in their base form."""
    classifier: Classifier


def file_name_of(catalog: str, examples: Iterable[object]) -> str:
    """The file's name for a catalog's id: it changes with the examples, with the code and with the libraries."""
    digest = hashlib.sha256()
    for part in (*(f"{name} {version(name)}" for name in LIBRARIES), *map(repr, examples)):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\n")
    for name in SOURCES:
        digest.update((Path(__file__).parents[1] / name).read_bytes())
    return f"{catalog}-{digest.hexdigest()[:32]}{ENDING}"


def is_intact(path: Path) -> bool:
    """Whether a file is there and holds what was written to it; loads no library to find out."""
    try:
        _verified(path)
    except (OSError, CorruptModel):
        return False
    return True


def load(path: Path) -> TrainedModel:
    """What a file holds; its weights are not copied, and stay readable when the file is removed.

    Raises:
        OSError: there is none yet, or it cannot be read.
        CorruptModel: it was cut short, or changed.
    """
    numpy = numpy_of_one_thread()
    content, start = _verified(path)
    try:
        end = content.find(b"\n", start)
        header = json.loads(content[start:end])
        shape = (len(header["features"]), len(header["labels"]))
        weights = numpy.frombuffer(content, WEIGHT, shape[0] * shape[1], end + 1).reshape(shape)
        rarity, bias = (numpy.array(header[name], numpy.float32) for name in ("rarity", "bias"))
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptModel(f"it holds something else ({type(error).__name__})") from None
    classifier = Classifier(header["labels"], header["features"], rarity, bias, weights)
    return TrainedModel(frozenset(header["known"]), classifier)


def save(path: Path, model: TrainedModel) -> None:
    """Store a model under its name, and remove those of the catalog's earlier examples.

    Processes that write at the same time write the same, each to a file of its own until it is whole.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            parts = list(_parts(model))
            file.write(_digest(parts))
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _remove_stale(path)


def _parts(model: TrainedModel) -> Iterator[bytes]:
    classifier = model.classifier
    header = {
        "labels": classifier.labels,
        "features": classifier.features,
        "known": sorted(model.known),
        "rarity": classifier.rarity.tolist(),
        "bias": classifier.bias.tolist(),
    }
    line = json.dumps(header, separators=(",", ":")).encode()
    # Weights begin at an even place: a processor may be slow with numbers that do not.
    yield line + b" " * (len(line) % 2) + b"\n"
    yield classifier.weights.astype(WEIGHT).tobytes()


def _digest(parts: Iterable[Any]) -> bytes:
    digest = hashlib.blake2b(digest_size=32)
    for part in parts:
        digest.update(part)
    return digest.hexdigest().encode() + b"\n"


def _verified(path: Path) -> tuple[mmap.mmap, int]:
    """A file that holds what was written to it, and where its content begins."""
    with path.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise CorruptModel("it is empty") from None
    start = content.find(b"\n") + 1
    with memoryview(content) as whole, whole[start:] as rest:
        if not start or content[:start] != _digest([rest]):
            raise CorruptModel("it was cut short or changed")
    return content, start


def _remove_stale(path: Path) -> None:
    """Remove the files of the catalog's earlier examples, and what killed processes have left unfinished."""
    catalog = path.name.rpartition("-")[0]
    for other in path.parent.iterdir():
        is_earlier = other.suffix == ENDING and other.name.rpartition("-")[0] == catalog and other != path
        # Another process may have done the same meanwhile.
        with suppress(OSError):
            if is_earlier or (other.suffix != ENDING and other.stat().st_mtime < time.time() - STALE_AFTER):
                other.unlink()
