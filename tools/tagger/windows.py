"""Sentences as windows of pieces, and scores back to labels.

In: sentences of tokens. Out: arrays of windows. What holds: a window is [CLS], then sentences each closed by [SEP], 128
pieces at most; a sentence that does not fit opens the next window; one longer than a window is cut between words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import text as cutter
from gazetteer import ENGLISH, Gazetteer
from labels import ANYTHING, LABELS
from model import WINDOW
from pieces import Vocabulary

WORD_PIECES = 16
NUMBER_WITH_LETTERS = 7


def case_class(word: str) -> int:
    """The case of the engine, and one more for digits with letters."""
    found = cutter.case(word)
    return NUMBER_WITH_LETTERS if found == cutter.NUMBER and any(c.isalpha() for c in word) else found


@dataclass
class Windows:
    ids: np.ndarray
    case: np.ndarray
    opens: np.ndarray
    gazetteer: np.ndarray
    allowed: np.ndarray
    weight: np.ndarray
    # Of each sentence the place (window, piece) of every token's first piece.
    places: list[list[tuple[int, int]]]

    @classmethod
    def joined(cls, parts: list[Windows]) -> Windows:
        """Windows one behind the other; their places are left out."""
        names = ("ids", "case", "opens", "gazetteer", "allowed", "weight")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names), [])

    def columns(self) -> dict[str, np.ndarray]:
        """The arrays as the model takes them; the bits of the gazetteer in two halves."""
        return {
            "ids": self.ids.astype(np.uint16),
            "case": self.case,
            "opens": self.opens,
            "low": (self.gazetteer & np.uint64(0xFFFFFFFF)).astype(np.uint32),
            "high": (self.gazetteer >> np.uint64(32)).astype(np.uint32),
            "allowed": self.allowed,
            "weight": self.weight,
        }


def pack(sentences: Iterable[dict[str, Any]], vocabulary: Vocabulary, gazetteer: Gazetteer) -> Windows:
    """Packs sentences in their order; "allowed", "weight" and "language" may be missing."""
    columns: list[list[list[int | float]]] = []
    places: list[list[tuple[int, int]]] = []
    empty = (vocabulary.pad, cutter.MARK, 0, 0, 0, 0.0)

    def add(
        piece: int, case: int = cutter.MARK, opens: int = 0, bits: int = 0, allowed: int = 0, weight: float = 0.0
    ) -> None:
        columns[-1].append([piece, case, opens, bits, allowed, weight])

    def open_window() -> None:
        columns.append([])
        add(vocabulary.cls)

    for sentence in sentences:
        words = sentence["tokens"]
        bits = gazetteer.of(sentence.get("language", ENGLISH)).bits(words)
        allowed = sentence.get("allowed") or [0] * len(words)
        weight = sentence.get("weight", 1.0)
        pieces = [vocabulary.of(word)[:WORD_PIECES] for word in words]
        found: list[tuple[int, int]] = []
        left = sum(map(len, pieces))
        room = WINDOW - len(columns[-1]) - 1 if columns else 0
        if not columns or (left > room and len(columns[-1]) > 1):
            open_window()
        for word, run, mask, known, opens in zip(words, pieces, allowed, bits, sentence["opens"], strict=True):
            if len(columns[-1]) + len(run) + 1 > WINDOW:
                add(vocabulary.sep)
                open_window()
            found.append((len(columns) - 1, len(columns[-1])))
            kind = case_class(word)
            for number, piece in enumerate(run):
                first = number == 0 and mask not in (0, ANYTHING)
                add(piece, kind, int(opens), known, mask if number == 0 else 0, weight if first else 0.0)
        add(vocabulary.sep)
        places.append(found)
    for column in columns:
        column.extend([list(empty)] * (WINDOW - len(column)))
    types = (np.int32, np.int8, np.int8, np.uint64, np.uint32, np.float32)
    arrays: list[Any] = [
        np.array([[cell[n] for cell in column] for column in columns], dtype=kind).reshape(-1, WINDOW)
        for n, kind in enumerate(types)
    ]
    return Windows(*arrays, places)


def best(scores: np.ndarray) -> list[int]:
    """The labels of a sentence with the greatest sum of scores in which I-x only follows B-x or I-x."""
    if len(scores) == 0:
        return []
    count = len(LABELS)
    shut = np.zeros((count, count))
    for label in range(2, count, 2):
        shut[:, label] = -np.inf
        shut[label - 1, label] = shut[label, label] = 0.0
    total = scores[0] + shut[0]
    back: list[np.ndarray] = []
    for row in scores[1:]:
        steps = total[:, None] + shut
        back.append(steps.argmax(0))
        total = steps.max(0) + row
    labels = [int(total.argmax())]
    for step in reversed(back):
        labels.append(int(step[labels[-1]]))
    return labels[::-1]
