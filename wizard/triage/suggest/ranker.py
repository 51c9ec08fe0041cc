"""Which situations a free text is about: it is compared with how clients put each of them."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import ClassVar

from wizard.catalog.cache import cached_on_catalog
from wizard.catalog.models import Catalog, Situation
from wizard.triage.suggest.classifier import Classifier
from wizard.triage.suggest.model_store import CorruptModel, TrainedModel, file_name_of, load, save
from wizard.triage.suggest.vocabulary import Vocabulary
from wizard.triage.words import compiled

MOST = 5
LEAST_SCORE = 0.02
"""Below it a situation is not worth showing."""
LIKELY = 0.3
"""From here on a part of a text is taken to be about a situation."""
SURE = 0.5
"""A text is about a situation that is as likely as all others together."""
ENOUGH_WORDS = 5
"""Words of a text, less fillers, from which on the share of known ones means something."""

LEAST_KNOWN = 0.34
"""The share of a text's own words below which nothing of it is known."""
FEW_WORDS = 3
"""Known words up to which a text with unknown ones may have met the trade's by chance."""
LEAST_GUARDED = 0.16
"""Below it, what few words say is taken for chance. Found on the tuning half of ``tests/data/unrelated.jsonl``."""

LEAST_OF_NOTHING = 0.5
"""Below it, what words that say nothing of a matter resemble is taken for chance: a greeting, "срочно"."""

_TRAINING = Lock()
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Suggestion:
    """A situation that a text may be about."""

    situation: str
    score: float
    """Likeness, 0 to 1."""


def suggest(catalog: Catalog, text: str, *, most: int = MOST) -> tuple[Suggestion, ...]:
    """The situations that a text may be about, the likeliest first; none when nothing fits."""
    return Ranker.of(catalog).suggest(text, most)


def known_share(catalog: Catalog, text: str) -> float | None:
    """The share of a text's words that the catalog's examples have too.

    None for a text of few words, and where nothing was learned yet: that takes seconds, which nobody waits for here.
    """
    if Ranker.folder is None or not model_path(catalog, Ranker.folder).exists():
        return None
    return Ranker.of(catalog).known_share(text)


class Ranker:
    """All examples of a catalog, and what was learned from them."""

    folder: ClassVar[Path | None] = None
    """Where this process stores its model, for others and for its next start; nowhere when None."""

    def __init__(self, catalog: Catalog, folder: Path | None = None) -> None:
        """Train, or load from ``folder`` what another process has learned from the same examples."""
        self.vocabulary = vocabulary_of(catalog)
        self._synonyms = _Synonyms(self.vocabulary, catalog.synonyms)
        self._fillers = compiled(catalog.phrasebook.fillers)
        self._everyday = compiled(catalog.phrasebook.everyday)
        self._model = _load_or_train(model_path(catalog, folder) if folder else None, lambda: self._train(catalog))

    @staticmethod
    def of(catalog: Catalog) -> Ranker:
        """The ranker of a catalog, made at its first use: some seconds, or a fifth of one when its model is stored."""
        # Whoever asks meanwhile waits for it: ten who learn the same at once take ten times as long, each of them.
        with _TRAINING:
            return _ranker_of(catalog)

    def suggest(self, text: str, most: int) -> tuple[Suggestion, ...]:
        """Rank the situations; none when the text is about nothing that the catalog knows."""
        tokens = self._tokens(text)
        own = [word for word in tokens if not self._fillers.found_in((word,))]
        known = [word for word in own or tokens if word in self._model.known]
        if not known or len(known) < LEAST_KNOWN * len(own):
            return ()
        likelihoods = self._model.classifier.likelihoods(self._features(tokens))
        if len(known) < len(own) and self._are_met_by_chance(known, likelihoods.guarded):
            return ()
        if not own and likelihoods.ranked[0][1] < LEAST_OF_NOTHING:
            return ()
        likeliest = likelihoods.ranked[:most]
        return tuple(Suggestion(situation, round(score, 3)) for situation, score in likeliest if score >= LEAST_SCORE)

    def known_share(self, text: str) -> float | None:
        """The share of a text's words, less fillers, that the examples have too; None for a text of few words."""
        own = [word for word in self._tokens(text) if not self._fillers.found_in((word,))]
        return sum(word in self._model.known for word in own) / len(own) if len(own) >= ENOUGH_WORDS else None

    def _are_met_by_chance(self, known: Sequence[str], guarded: float) -> bool:
        """Whether the known words of a text that has others too say nothing of the trade."""
        if all(self._everyday.found_in((word,)) for word in known):
            return True
        return len(known) <= FEW_WORDS and guarded < LEAST_GUARDED

    def _train(self, catalog: Catalog) -> TrainedModel:
        known: set[str] = set()

        def examples() -> Iterator[tuple[str, dict[str, float]]]:
            """Every situation's texts by their features; what words there are is noted in passing."""
            for situation in catalog.situations.values():
                for text in _training_texts(catalog, situation):
                    tokens = self._tokens(text)
                    known.update(tokens)
                    yield situation.id, self._features(tokens)

        classifier = Classifier.train(examples())
        return TrainedModel(frozenset(known), classifier)

    def _tokens(self, text: str) -> list[str]:
        return self._synonyms.replace(self.vocabulary.read(text))

    def _features(self, tokens: Sequence[str]) -> dict[str, float]:
        """Base forms, their neighbours in pairs, and pieces of words (a typing error spoils only some of them)."""
        counted: Counter[str] = Counter(tokens)
        for word in tokens:
            padded = f"^{word}$"
            counted.update("~" + padded[at : at + 4] for at in range(len(padded) - 3))
        counted.update(f"{first} {second}" for first, second in pairwise(tokens))
        return {feature: (1 + math.log(count)) * _feature_weight(feature) for feature, count in counted.items()}


@cached_on_catalog
def _ranker_of(catalog: Catalog) -> Ranker:
    return Ranker(catalog, Ranker.folder)


def model_path(catalog: Catalog, folder: Path) -> Path:
    """The file of ``folder`` for the model of these very examples, there or not yet."""
    examples = [(situation.id, list(_training_texts(catalog, situation))) for situation in catalog.situations.values()]
    return folder / file_name_of(catalog.id, [*examples, catalog.synonyms])


def _load_or_train(path: Path | None, train: Callable[[], TrainedModel]) -> TrainedModel:
    """The model in the file; when there is none that can be used, one trained now and stored there if possible."""
    if path is None:
        return train()
    try:
        return load(path)
    except OSError:
        pass  # It is not there yet; or the folder is out of order, and then so is writing to it.
    except CorruptModel as error:
        _LOG.warning("%s: cannot be used, %s; learning anew", path, error)
    model = train()
    try:
        save(path, model)
    except OSError as error:
        _LOG.warning("%s: cannot be written (%s); each process learns for itself", path, error.strerror)
    return model


class _Synonyms:
    """Words and phrases of one meaning, read as the first of their group."""

    def __init__(self, vocabulary: Vocabulary, groups: Iterable[tuple[str, ...]]) -> None:
        self._first: dict[tuple[str, ...], tuple[str, ...]] = {}
        for group in groups:
            first = tuple(vocabulary.read(group[0]))
            for phrase in group[1:]:
                self._first.setdefault(tuple(vocabulary.read(phrase)), first)
        self._longest = max((len(phrase) for phrase in self._first), default=0)

    def replace(self, tokens: list[str]) -> list[str]:
        """The words with each known phrase replaced, the longest first."""
        replaced: list[str] = []
        at = 0
        while at < len(tokens):
            for length in range(min(self._longest, len(tokens) - at), 0, -1):
                if first := self._first.get(tuple(tokens[at : at + length])):
                    replaced.extend(first)
                    at += length
                    break
            else:
                replaced.append(tokens[at])
                at += 1
        return replaced


@cached_on_catalog
def vocabulary_of(catalog: Catalog) -> Vocabulary:
    """The words by which a catalog's clients are understood."""
    texts = [text for situation in catalog.situations.values() for text in _training_texts(catalog, situation)]
    return Vocabulary([*texts, *(phrase for group in catalog.synonyms for phrase in group)])


def native(catalog: Catalog, text: str) -> str:
    """The text in its own letters: Russian that was typed in Latin ones is spelt in Cyrillic."""
    return vocabulary_of(catalog).native(text)


def _training_texts(catalog: Catalog, situation: Situation) -> Iterator[str]:
    """Everything that is said of a situation in every language."""
    category = catalog.category_of[situation.id]
    for language in catalog.languages:
        yield f"{category.label[language]}: {situation.label[language]}"
        if situation.hint:
            yield f"{situation.label[language]} {situation.hint[language]}"
    for phrases in catalog.examples.get(situation.id, {}).values():
        yield from phrases


def _feature_weight(feature: str) -> float:
    """How much a kind of feature counts beside whole words: many pieces of words say what one word says."""
    if feature.startswith("~"):
        return 0.6
    return 0.8 if " " in feature else 1.0
