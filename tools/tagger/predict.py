"""Labels of documents by trained weights."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

import model
from gazetteer import Gazetteer
from pieces import Vocabulary
from windows import Windows, best, pack

Row = dict[str, Any]
BATCH = 8
_scores = jax.jit(lambda frozen, weights, batch: model.scores(frozen, weights, batch))


def raw_scores(frozen: Row, weights: Row, windows: Windows) -> np.ndarray:
    columns = windows.columns()
    found: list[np.ndarray] = []
    for at in range(0, len(windows.ids), BATCH):
        rows = np.arange(at, at + BATCH).clip(max=len(windows.ids) - 1)
        batch = {name: column[rows] for name, column in columns.items()}
        keep = min(BATCH, len(windows.ids) - at)
        found.append(np.asarray(_scores(frozen, weights, batch))[:keep])
    return np.concatenate(found)


def document_scores(
    documents: list[Row], frozen: Row, weights: Row, vocabulary: Vocabulary, gazetteer: Gazetteer
) -> list[list[np.ndarray]]:
    """Scores of the labels of every token, by document and sentence. Windows never cross documents."""
    packed = [pack(document["sentences"], vocabulary, gazetteer.of(document["language"])) for document in documents]
    scores = raw_scores(frozen, weights, Windows.joined(packed))
    found: list[list[np.ndarray]] = []
    at = 0
    for windows in packed:
        part = scores[at : at + len(windows.ids)]
        found.append([np.array([part[place] for place in places]) for places in windows.places])
        at += len(windows.ids)
    return found


def document_labels(
    documents: list[Row], frozen: Row, weights: Row, vocabulary: Vocabulary, gazetteer: Gazetteer
) -> list[list[list[int]]]:
    scores = document_scores(documents, frozen, weights, vocabulary, gazetteer)
    return [[best(sentence) for sentence in document] for document in scores]
