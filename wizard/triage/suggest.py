"""Which situations a free text is about: it is compared with how clients put each of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from wizard.catalog.schema import Catalog, Situation
from wizard.triage.language import Vocabulary

MOST = 5
LEAST_SCORE = 0.12
"""Below it a text has nothing to do with a situation."""
NEAREST = 3
"""Examples of one situation that are heard."""


@dataclass(frozen=True)
class Suggestion:
    """A situation that a text may be about."""

    situation: str
    score: float
    """Likeness, 0 to 1."""


def suggest(catalog: Catalog, text: str, *, most: int = MOST) -> tuple[Suggestion, ...]:
    """The situations that a text may be about, the likeliest first; none when nothing fits."""
    return Guide.of(catalog).suggest(text, most)


class Guide:
    """All examples of a catalog, weighted so that rare words count for more."""

    def __init__(self, catalog: Catalog) -> None:
        told = [(situation.id, text) for situation in catalog.situations.values() for text in _told(catalog, situation)]
        self.vocabulary = Vocabulary(
            [*(text for _, text in told), *(each for group in catalog.synonyms for each in group)]
        )
        self._synonyms = _Synonyms(self.vocabulary, catalog.synonyms)
        self._owners = [situation for situation, _ in told]
        features = [self._features(text) for _, text in told]
        self._rarity = self._weigh(features)
        self._examples: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, counted in enumerate(features):
            for feature, weight in self._unit(counted).items():
                self._examples[feature].append((number, weight))
        self._typical: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for situation, weights in self._centres(features).items():
            for feature, weight in weights.items():
                self._typical[feature].append((situation, weight))

    @staticmethod
    @lru_cache(maxsize=4)
    def of(catalog: Catalog) -> Guide:
        """The guide of a catalog, made at its first use."""
        return Guide(catalog)

    def suggest(self, text: str, most: int) -> tuple[Suggestion, ...]:
        """Rank the situations by their nearest examples and by what is typical of them."""
        asked = self._unit(self._features(text))
        alike: dict[int, float] = defaultdict(float)
        for feature, weight in asked.items():
            for number, there in self._examples.get(feature, ()):
                alike[number] += weight * there
        nearest: dict[str, list[float]] = defaultdict(list)
        for number, likeness in alike.items():
            nearest[self._owners[number]].append(likeness)
        typical: dict[str, float] = defaultdict(float)
        for feature, weight in asked.items():
            for situation, there in self._typical.get(feature, ()):
                typical[situation] += weight * there
        scores = {
            situation: 0.5 * sum(sorted(found, reverse=True)[:NEAREST]) / NEAREST + 0.5 * typical[situation]
            for situation, found in nearest.items()
        }
        ranked = sorted(scores.items(), key=lambda each: -each[1])[:most]
        return tuple(Suggestion(each, round(min(score, 1.0), 3)) for each, score in ranked if score >= LEAST_SCORE)

    def _features(self, text: str) -> Counter[str]:
        """Base forms, their neighbours in pairs, and pieces of words (a typing error spoils only some of them)."""
        spoken = self._synonyms.replace(self.vocabulary.read(text))
        counted: Counter[str] = Counter()
        for word in spoken:
            counted[word] += 1
            padded = f"^{word}$"
            for at in range(len(padded) - 3):
                counted["~" + padded[at : at + 4]] += 1
        counted.update(f"{one} {other}" for one, other in pairwise(spoken))
        return counted

    def _weigh(self, features: list[Counter[str]]) -> dict[str, float]:
        owners: dict[str, set[str]] = defaultdict(set)
        for situation, counted in zip(self._owners, features, strict=True):
            for feature in counted:
                owners[feature].add(situation)
        everyone = len(set(self._owners))
        return {feature: math.log(1 + everyone / len(found)) for feature, found in owners.items()}

    def _unit(self, counted: Counter[str]) -> dict[str, float]:
        weights = {
            feature: (1 + math.log(count)) * self._rarity[feature] * _share(feature)
            for feature, count in counted.items()
            if feature in self._rarity
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}

    def _centres(self, features: list[Counter[str]]) -> dict[str, dict[str, float]]:
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for situation, counted in zip(self._owners, features, strict=True):
            sums[situation].update(counted)
        return {situation: self._unit(counted) for situation, counted in sums.items()}


class _Synonyms:
    """Words and phrases of one meaning, read as the first of their group."""

    def __init__(self, vocabulary: Vocabulary, groups: Iterable[tuple[str, ...]]) -> None:
        self._first: dict[tuple[str, ...], tuple[str, ...]] = {}
        for group in groups:
            first = tuple(vocabulary.read(group[0]))
            for phrase in group[1:]:
                self._first.setdefault(tuple(vocabulary.read(phrase)), first)
        self._longest = max((len(phrase) for phrase in self._first), default=0)

    def replace(self, spoken: list[str]) -> list[str]:
        """The words with each known phrase replaced, the longest first."""
        replaced: list[str] = []
        at = 0
        while at < len(spoken):
            for length in range(min(self._longest, len(spoken) - at), 0, -1):
                if first := self._first.get(tuple(spoken[at : at + length])):
                    replaced.extend(first)
                    at += length
                    break
            else:
                replaced.append(spoken[at])
                at += 1
        return replaced


def _told(catalog: Catalog, situation: Situation) -> Iterator[str]:
    """Everything that is said of a situation in every language."""
    category = catalog.category_of[situation.id]
    for language in catalog.languages:
        yield f"{category.label[language]}: {situation.label[language]}"
        if situation.hint:
            yield f"{situation.label[language]} {situation.hint[language]}"
    for phrases in catalog.examples.get(situation.id, {}).values():
        yield from phrases


def _share(feature: str) -> float:
    """How much a kind of feature counts beside whole words: many pieces of words say what one word says."""
    if feature.startswith("~"):
        return 0.35
    return 0.8 if " " in feature else 1.0
