"""The slow and obvious answer to a query: brute force over documents, with scores in 64 bits from the formula as it is written down."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from whoosh.util.numeric import byte_to_length, length_to_byte

from marketplace.search import tokens
from marketplace.search.documents import Document
from marketplace.search.engine import Query
from marketplace.search.snapshot import Bands, Group
from marketplace.search.understanding import Understanding
from marketplace.search.wordlists import TOPIC_FACET
from tests.search.corpus import band_of


class Answer(NamedTuple):
    """What must be found: keys (smaller first) of all hits, counts, the places applied, and whether the words had to be relaxed."""

    keys: Mapping[int, float]
    facets: Mapping[str, Mapping[str, int]]
    regions: tuple[str, ...]
    is_relaxed: bool


class Oracle:
    """Everything about a set of documents that a query may ask."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = {one.id: one for one in documents}
        self.weights = {one.id: self._weights(one) for one in self.documents.values()}
        self.lengths = {one: byte_to_length(length_to_byte(sum(w.values()))) for one, w in self.weights.items()}
        self.frequencies = Counter(token for weights in self.weights.values() for token in weights)
        count = len(self.documents) or 1
        self.average = float(f"{sum(self.lengths.values()) / count or 1:.4g}")

    @staticmethod
    def _weights(document: Document) -> Counter[str]:
        weights: Counter[str] = Counter()
        for token in tokens.document_tokens(document.title):
            weights[token] += 3
        for text in (document.text, document.extra):
            weights.update(tokens.document_tokens(text))
        return weights

    def answer(self, query: Query, read: Understanding) -> Answer:
        """The whole answer to a query whose text was understood so."""
        scores, stage = self._stages(read)
        filters = {name: set(values) for name, values in query.filters.items() if values}
        applied: tuple[str, ...] = ()
        if read.regions and query.region_facet and query.region_facet not in filters:
            narrowed = {**filters, query.region_facet: set(read.regions)}
            left = [one for one in scores if self._passes(one, query, narrowed)]
            if left and (not self._meets(scores, read) or self._meets(left, read)):
                applied, filters = read.regions, narrowed
        hits = [one for one in scores if self._passes(one, query, filters)]
        facets = {}
        for facet in query.facets:
            name = facet if isinstance(facet, str) else facet.name
            counts: dict[str, int] = dict.fromkeys(filters.get(name, ()), 0)
            for one in scores:
                if self._passes(one, query, filters, None if query.keep_own_filter else facet):
                    for value in self._values(one, facet):
                        counts[value] = counts.get(value, 0) + 1
            facets[name] = counts
        return Answer(
            {one: self._key(one, query, scores[one]) for one in hits}, facets, applied, stage > 0 and bool(scores)
        )

    def _key(self, one: int, query: Query, score: float) -> float:
        if isinstance(query.sort, str):
            return -score
        name, direction = query.sort
        value = self.documents[one].numbers.get(name)
        return math.inf if value is None else value * direction

    def _has(self, one: int, token: str) -> bool:
        weights = self.weights[one]
        return any(own.startswith(token) for own in weights) if tokens.is_prefix(token) else token in weights

    def _token(self, one: int, token: str) -> float:
        if tokens.is_prefix(token):
            return 1.0
        rarity = round(math.log((len(self.documents) or 1) / (self.frequencies[token] + 1)) + 1, 3)
        tf = self.weights[one][token]
        return rarity * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * self.lengths[one] / self.average))

    def _stages(self, read: Understanding) -> tuple[dict[int, float], int]:
        """The hits of the first way of matching that meets what is meant, and which way that was."""
        groups, lifting = read.groups, read.lifting
        needs = [group for group in groups if any(wording.facet for wording in group)]
        ways: list[Callable[[], dict[int, float]]] = [lambda: self._strict(groups, lifting)]
        if 0 < len(needs) < len(groups):
            ways.append(lambda: self._strict(needs, [one for one in (*groups, *lifting) if one not in needs]))
        ways += [lambda: self._soft(groups, 0.5, lifting), lambda: self._soft(groups, 0.3, lifting)]
        ways.append(lambda: self._soft((*groups, *lifting), 0.0, ()))
        found: dict[int, float] = {}
        for stage, way in enumerate(ways):
            found = way()
            if not groups or self._meets(found, read):
                return found, stage
        return found, len(ways) - 1

    def _meets(self, found: Iterable[int], read: Understanding) -> bool:
        """Is something found, and of a category meant where there is any such document?"""
        found, topics = set(found), set(read.topics)
        meant = {
            one for one, document in self.documents.items() if topics & set(document.keywords.get(TOPIC_FACET, ()))
        }
        return bool(found) and (not topics or not meant or bool(found & meant))

    def _group(self, one: int, group: Group) -> float | None:
        words, facets = [], []
        for wording in group:
            if wording.facet:
                if wording.facet[1] in self.documents[one].keywords.get(wording.facet[0], ()):
                    facets.append(wording.weight)
            elif all(self._has(one, token) for token in wording.tokens):
                words.append(sum(self._token(one, token) for token in wording.tokens) * wording.weight)
        return max(words, default=0.0) + max(facets, default=0.0) if words or facets else None

    def _lift(self, one: int, lifting: Sequence[Group]) -> float:
        return sum(self._group(one, group) or 0.0 for group in lifting)

    def _strict(self, groups: Sequence[Group], lifting: Sequence[Group]) -> dict[int, float]:
        found = {}
        for one in self.documents:
            parts = [self._group(one, group) for group in groups]
            if None not in parts:
                found[one] = sum(part for part in parts if part is not None) + self._lift(one, lifting)
        return found

    def _soft(self, groups: Sequence[Group], share: float, lifting: Sequence[Group]) -> dict[int, float]:
        needed = list(dict.fromkeys(token for group in groups for token in group[0].tokens))
        least = max(1, math.ceil(len(needed) * share))
        found = {}
        for one in self.documents:
            own = [token for token in needed if self._has(one, token)]
            seen, score = len(own), sum(self._token(one, token) for token in own)
            for group in groups:
                whole = self._group(one, group) if len(group) > 1 else None
                if whole is not None:
                    seen, score = min(seen + len(group[0].tokens), len(needed)), score + whole
            if seen >= least:
                found[one] = score + self._lift(one, lifting)
        return found

    def _values(self, one: int, facet: str | Bands) -> set[str]:
        document = self.documents[one]
        if isinstance(facet, str):
            return set(document.keywords.get(facet, ()))
        band = band_of(document, facet)
        return set() if band is None else {band}

    def _passes(
        self, one: int, query: Query, filters: Mapping[str, set[str]], without: str | Bands | None = None
    ) -> bool:
        bands = {facet.name: facet for facet in query.facets if isinstance(facet, Bands)}
        own = {without if isinstance(without, str) else without.name} if without is not None else set()
        for name, values in filters.items():
            if name not in own and not values & self._values(one, bands.get(name, name)):
                return False
        for number, (low, high) in query.ranges.items():
            if (isinstance(without, Bands) and without.number == number) or (low is None and high is None):
                continue
            value = self.documents[one].numbers.get(number)
            if value is None or (low is not None and value < low) or (high is not None and value > high):
                return False
        return query.only is None or one in query.only
