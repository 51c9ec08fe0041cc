"""A softmax regression over sparse features: learns from examples which label a text has, in a second or two."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

ROUNDS = 8
BATCH = 64
STEP = 0.5
"""Of AdaGrad: chosen by cross-validation on the labelled reports, and flat around this value."""
LEAST_EXAMPLES = 2
"""A feature of a single example tells nothing of the others."""
WEIGHT = "<f2"
"""How a weight is stored: half precision ranks the labelled reports as single precision does, in half the memory."""


@cache
def numpy_of_one_thread() -> Any:
    """NumPy, loaded at the first use: 16 MB and a tenth of a second that a process which ranks nothing need not pay."""
    # The tables are small: threads would wait for one another far longer than they compute.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy

    return numpy


class Likelihoods(NamedTuple):
    """What a classifier thinks of a text."""

    ranked: list[tuple[str, float]]
    """Every label with its likelihood (together 1), the likeliest first, by the features that are known."""
    guarded: float
    """The likelihood of the first when features that no example has speak against every label: about how far what is
    known carries a text as a whole."""


class Classifier:
    """Labels told apart by weighted features; the same examples always give the same classifier."""

    def __init__(self, labels: Sequence[str], features: Sequence[str], rarity: Any, bias: Any, weights: Any) -> None:
        """Take what was learned: ``weights`` has a row for each feature and a column for each label."""
        self.labels = list(labels)
        self.features = list(features)
        self.rarity = rarity
        self.bias = bias
        self.weights = weights
        self._row = {name: number for number, name in enumerate(self.features)}
        self._numpy = numpy_of_one_thread()

    @classmethod
    def train(cls, examples: Iterable[tuple[str, Mapping[str, float]]]) -> Classifier:
        """Learn from ``examples``: a label and the features of a text, each with its weight (0 or more)."""
        numpy = numpy_of_one_thread()
        place: dict[str, int] = {}
        number_of: dict[str, int] = {}
        labels, rows = array("i"), []
        for label, features in examples:
            labels.append(place.setdefault(label, len(place)))
            columns = array("i", (number_of.setdefault(name, len(number_of)) for name in features))
            rows.append((numpy.array(columns), numpy.array(array("f", features.values()))))
        document_counts = numpy.bincount(numpy.concatenate([columns for columns, _ in rows]), minlength=len(number_of))
        frequent = document_counts >= LEAST_EXAMPLES
        rarity = (1 + numpy.log((1 + len(rows)) / (1 + document_counts[frequent]))).astype(numpy.float32)
        prepared = [_prepare(columns, values, frequent, rarity) for columns, values in rows]
        bias, weights = _fit(prepared, numpy.array(labels), (len(rarity), len(place)))
        names = [name for name, number in number_of.items() if frequent[number]]
        return cls(list(place), names, rarity, bias, weights.astype(WEIGHT))

    def likelihoods(self, features: Mapping[str, float]) -> Likelihoods:
        """How likely each label is, the likeliest first."""
        numpy = self._numpy
        known = [(self._row[name], weight) for name, weight in features.items() if name in self._row]
        rows = numpy.array([row for row, _ in known], numpy.int32)
        values = numpy.array([weight for _, weight in known], numpy.float32) * self.rarity[rows]
        scores = _normalise(values) @ self.weights[rows].astype(numpy.float32)
        likelihoods = _softmax(scores + self.bias)
        order = numpy.argsort(-likelihoods, kind="stable")
        unknown = sum(weight * weight for name, weight in features.items() if name not in self._row)
        known_weight = float((values * values).sum())
        total_weight = known_weight + unknown * float(self.rarity.max(initial=0)) ** 2
        guarded = _softmax(scores * (known_weight / total_weight) ** 0.5 + self.bias) if total_weight else likelihoods
        ranked = [(self.labels[number], float(likelihoods[number])) for number in order]
        return Likelihoods(ranked, float(guarded.max()))


def _prepare(columns: Any, values: Any, frequent: Any, rarity: Any) -> tuple[Any, Any]:
    """A row less the features that too few examples have, renumbered, weighted by rarity and of length one."""
    numpy = numpy_of_one_thread()
    renumbered = (numpy.cumsum(frequent, dtype=numpy.int32) - 1)[columns[frequent[columns]]]
    return renumbered, _normalise(values[frequent[columns]] * rarity[renumbered])


def _normalise(values: Any) -> Any:
    length = float(numpy_of_one_thread().sqrt((values * values).sum()))
    return values / length if length else values


def _softmax(scores: Any) -> Any:
    likelihoods = numpy_of_one_thread().exp(scores - scores.max())
    return likelihoods / likelihoods.sum()


def _fit(rows: list[tuple[Any, Any]], labels: Any, shape: tuple[int, int]) -> tuple[Any, Any]:
    numpy = numpy_of_one_thread()
    weights, bias = numpy.zeros(shape, numpy.float32), numpy.zeros(shape[1], numpy.float32)
    squared_gradients = numpy.full(shape, 1e-3, numpy.float32)
    random = numpy.random.default_rng(0)
    for _ in range(ROUNDS):
        order = random.permutation(len(rows))
        for begin in range(0, len(rows), BATCH):
            chosen = order[begin : begin + BATCH]
            used, texts = _dense([rows[number] for number in chosen])
            scores = texts @ weights[used] + bias
            errors = numpy.exp(scores - scores.max(axis=1, keepdims=True))
            errors /= errors.sum(axis=1, keepdims=True)
            errors[numpy.arange(len(chosen)), labels[chosen]] -= 1
            gradient = texts.T @ errors
            squared_gradients[used] += gradient * gradient
            weights[used] -= STEP * gradient / numpy.sqrt(squared_gradients[used])
            bias -= 0.01 * errors.mean(axis=0)
    return bias, weights


def _dense(rows: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The columns that some of the rows have, and the rows as a table of just these."""
    numpy = numpy_of_one_thread()
    used, place = numpy.unique(numpy.concatenate([columns for columns, _ in rows]), return_inverse=True)
    table = numpy.zeros((len(rows), len(used)), numpy.float32)
    number = numpy.repeat(numpy.arange(len(rows)), [len(columns) for columns, _ in rows])
    table[number, place] = numpy.concatenate([values for _, values in rows])
    return used, table
