"""A softmax regression over sparse features: learns from examples which label a text has, in a second or two."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

ROUNDS = 8
BATCH = 64
STEP = 0.5
"""Of AdaGrad: chosen by cross-validation on the labelled reports, and flat around this value."""
LEAST_EXAMPLES = 2
"""A feature of a single example tells nothing of the others."""


class Classifier:
    """Labels told apart by weighted features; the same examples always give the same classifier."""

    def __init__(self, examples: Iterable[tuple[str, Mapping[str, float]]]) -> None:
        """Learn from ``examples``: a label and the features of a text, each with its weight (0 or more)."""
        # The tables are small: threads would wait for one another far longer than they compute.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Imported here: 16 MB and a tenth of a second, which a process that ranks nothing need not pay.
        import numpy

        self._np = numpy
        self._columns: dict[str, int] = {}
        place: dict[str, int] = {}
        labels, rows = array("i"), []
        for label, features in examples:
            labels.append(place.setdefault(label, len(place)))
            columns = array("i", (self._columns.setdefault(name, len(self._columns)) for name in features))
            rows.append((numpy.array(columns), numpy.array(array("f", features.values()))))
        self.labels = list(place)
        self._learn(self._prepared(rows), numpy.array(labels))

    def likelihoods(self, features: Mapping[str, float]) -> list[tuple[str, float]]:
        """Every label with how likely it is (together 1), the likeliest first."""
        numpy = self._np
        known = [(self._columns[name], weight) for name, weight in features.items() if name in self._columns]
        columns = numpy.array([column for column, _ in known], numpy.int32)
        values = self._unit(columns, numpy.array([weight for _, weight in known], numpy.float32))
        scores = values @ self._weights[columns] + self._bias
        likely = numpy.exp(scores - scores.max())
        likely /= likely.sum()
        order = numpy.argsort(-likely, kind="stable")
        return [(self.labels[number], float(likely[number])) for number in order]

    def _prepared(self, rows: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """The rows less the features that too few examples have, weighted by rarity and of length one."""
        numpy = self._np
        holders = numpy.bincount(numpy.concatenate([columns for columns, _ in rows]), minlength=len(self._columns))
        kept = holders >= LEAST_EXAMPLES
        renumbered = numpy.where(kept, numpy.cumsum(kept) - 1, -1)
        self._columns = {name: int(renumbered[old]) for name, old in self._columns.items() if kept[old]}
        self._rarity = (1 + numpy.log((1 + len(rows)) / (1 + holders[kept]))).astype(numpy.float32)
        remaining = [(columns[kept[columns]], values[kept[columns]]) for columns, values in rows]
        return [
            (renumbered[columns].astype(numpy.int32), self._unit(renumbered[columns], values))
            for columns, values in remaining
        ]

    def _unit(self, columns: Any, values: Any) -> Any:
        weighted = values * self._rarity[columns]
        length = float(self._np.sqrt((weighted * weighted).sum()))
        return weighted / length if length else weighted

    def _learn(self, rows: list[tuple[Any, Any]], labels: Any) -> None:
        numpy = self._np
        self._weights = numpy.zeros((len(self._columns), len(self.labels)), numpy.float32)
        self._bias = numpy.zeros(len(self.labels), numpy.float32)
        gathered = numpy.full(self._weights.shape, 1e-3, numpy.float32)
        chance = numpy.random.default_rng(0)
        for _ in range(ROUNDS):
            order = chance.permutation(len(rows))
            for begin in range(0, len(rows), BATCH):
                chosen = order[begin : begin + BATCH]
                used, texts = self._table([rows[number] for number in chosen])
                scores = texts @ self._weights[used] + self._bias
                wrong = numpy.exp(scores - scores.max(axis=1, keepdims=True))
                wrong /= wrong.sum(axis=1, keepdims=True)
                wrong[numpy.arange(len(chosen)), labels[chosen]] -= 1
                slope = texts.T @ wrong
                gathered[used] += slope * slope
                self._weights[used] -= STEP * slope / numpy.sqrt(gathered[used])
                self._bias -= 0.01 * wrong.mean(axis=0)

    def _table(self, rows: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        """The columns that some of the rows have, and the rows as a table of just these."""
        numpy = self._np
        used, place = numpy.unique(numpy.concatenate([columns for columns, _ in rows]), return_inverse=True)
        table = numpy.zeros((len(rows), len(used)), numpy.float32)
        number = numpy.repeat(numpy.arange(len(rows)), [len(columns) for columns, _ in rows])
        table[number, place] = numpy.concatenate([values for _, values in rows])
        return used, table
