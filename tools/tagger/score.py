"""How right labels are.

In: documents with masks, and labels for their tokens. Out: precision, recall and F1 by corpus and type. What holds: a
name counts as right when its words and its type agree; a facility counts as a place; a name found on words that the
masks leave open is not counted.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

import text as cutter
from gazetteer import Gazetteer
from labels import ANYTHING, TYPES, begin, spans

Row = dict[str, Any]
Span = tuple[int, int, str]
THREE = ("person", "organisation", "place")


def truth(masks: list[int]) -> tuple[list[tuple[int, int, frozenset[str]]], list[bool]]:
    """Names with the types they may have, and which tokens are open."""
    names: list[tuple[int, int, frozenset[str]]] = []
    unsure = [mask == ANYTHING for mask in masks]
    for at, mask in enumerate(masks):
        if mask & 1 or unsure[at]:
            continue
        types = frozenset(name for k, name in enumerate(TYPES) if mask >> (1 + 2 * k) & 3)
        begins = any(mask >> (1 + 2 * k) & 1 for k in range(len(TYPES)))
        if begins or not names or names[-1][1] != at:
            names.append((at, at + 1, types))
        else:
            names[-1] = (names[-1][0], at + 1, names[-1][2])
    return names, unsure


def as_place(name: str, fold: bool) -> str:
    return "place" if fold and name == "facility" else name


class Score:
    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.true: Counter[str] = Counter()
        self.errors: Counter[tuple[str, str]] = Counter()

    def add(self, masks: list[int], labels: list[int], fold: bool = True) -> None:
        """Counts one sentence; `fold` makes a facility a place."""
        names, unsure = truth(masks)
        expected = {(a, b): {as_place(t, fold) for t in types} for a, b, types in names}
        given = [(a, b, as_place(t, fold)) for a, b, t in spans(labels)]
        given = [span for span in given if not any(unsure[span[0] : span[1]])]
        for a, b, name in given:
            types = expected.get((a, b))
            free = types is None and all(masks[at] >> (1 + 2 * TYPES.index(name)) & 3 for at in range(a, b))
            if free:
                continue
            self.found[name] += 1
            if types and name in types:
                self.right[name] += 1
            elif types:
                self.errors["/".join(sorted(types)), name] += 1
            elif any(x < b and a < y for x, y in expected):
                self.errors["other bounds", name] += 1
            else:
                self.errors["none", name] += 1
        marked = {(a, b): name for a, b, name in given}
        touched = [at for a, b, _ in given for at in range(a, b)]
        for (a, b), types in expected.items():
            said = marked.get((a, b))
            label = said if said in types else "other" if len(types) > 1 else next(iter(types))
            self.true[label] += 1
            if said is None:
                state = "other bounds" if any(at in touched for at in range(a, b)) else "missed"
                self.errors[label, state] += 1

    def of(self, names: tuple[str, ...]) -> tuple[float, float, float, int]:
        """Precision, recall, F1 and the number of true names."""
        right, found, true = (sum(table[n] for n in names) for table in (self.right, self.found, self.true))
        precision, recall = right / max(found, 1), right / max(true, 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9), true


def probability(scores: np.ndarray, label: int) -> float:
    shifted = np.exp(scores - scores.max())
    return float(shifted[label] / shifted.sum())


def one_type_per_name(document: list[tuple[list[str], np.ndarray, list[int]]]) -> list[list[int]]:
    """The document rule over words, scores and labels of sentences: a name written the same keeps one type.

    Each time it is met votes for its type with the probability of its first label; the greatest sum wins.
    """
    votes: dict[str, dict[str, float]] = {}
    for words, scores, labels in document:
        for a, b, name in spans(labels):
            sums = votes.setdefault(written(words[a:b]), {})
            sums[name] = sums.get(name, 0.0) + probability(scores[a], labels[a])
    changed: list[list[int]] = []
    for words, _, labels in document:
        row = list(labels)
        for a, b, _ in spans(labels):
            sums = votes[written(words[a:b])]
            name = max(sums, key=lambda kind: sums[kind])
            row[a:b] = [begin(name)] + [begin(name) + 1] * (b - a - 1)
        changed.append(row)
    return changed


def written(words: list[str]) -> str:
    return " ".join(words).lower()


def demonyms_as_groups(words: list[str], labels: list[int], gazetteer: Gazetteer) -> list[int]:
    """The rule of the lone demonym: it is no person, organisation or place."""
    row = list(labels)
    for a, b, name in spans(labels):
        key = tuple(cutter.fold(word) for word in words[a:b])
        known = key in gazetteer.phrases[1] and not any(key in gazetteer.phrases[kind] for kind in (0, 2, 5, 7))
        if known and name in THREE:
            row[a:b] = [begin("group")] + [begin("group") + 1] * (b - a - 1)
    return row


def scored(documents: list[Row], labels: list[list[list[int]]], fold: bool = True) -> dict[str, Score]:
    """Scores by corpus, and of all under "all"."""
    scores: dict[str, Score] = {"all": Score()}
    for document, rows in zip(documents, labels, strict=True):
        score = scores.setdefault(document["corpus"], Score())
        for sentence, row in zip(document["sentences"], rows, strict=True):
            score.add(sentence["allowed"], row, fold)
            scores["all"].add(sentence["allowed"], row, fold)
    return scores


def with_rules(
    documents: list[Row], scores: list[list[np.ndarray]], labels: list[list[list[int]]], gazetteer: Gazetteer
) -> list[list[list[int]]]:
    changed: list[list[list[int]]] = []
    for document, found, rows in zip(documents, scores, labels, strict=True):
        words = [sentence["tokens"] for sentence in document["sentences"]]
        rows = one_type_per_name(list(zip(words, found, rows, strict=True)))
        changed.append([demonyms_as_groups(w, row, gazetteer) for w, row in zip(words, rows, strict=True)])
    return changed


def table(scores: dict[str, Score]) -> str:
    lines = [f"{'corpus':20} {'three F1':>9} {'P':>6} {'R':>6} {'n':>6}   " + " ".join(f"{t[:6]:>11}" for t in TYPES)]
    for corpus, score in sorted(scores.items()):
        p, r, f, n = score.of(THREE)
        cells = []
        for name in TYPES:
            _, _, one, count = score.of((name,))
            cells.append(f"{one:6.3f}/{count:<4}" if count else f"{'-':>11}")
        lines.append(f"{corpus:20} {f:9.4f} {p:6.3f} {r:6.3f} {n:6}   " + " ".join(cells))
    return "\n".join(lines)
