"""Labels of the trained model on further text, to teach the fast tagger.

Usage: silver.py --root REPOSITORY --data FOLDER --model FILE --out FILE
In: the texts of tests/corpus/CODE of each language and the training part of data.jsonl. Out: documents of the form of data.jsonl with one
label a token. What holds: in the corpora a label agrees with the mask it had; the entity corpus that scores the engine
is of the part "held".
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import text as cutter
from data import read, row, write
from export import load_exported
from gazetteer import ENGLISH, LANGUAGES, Gazetteer
from labels import LABELS
from predict import document_scores
from score import demonyms_as_groups, one_type_per_name
from windows import best

Row = dict[str, Any]
FORBIDDEN = -1e4
# Corpora without labels of names.
PLAIN = "plain-"


def plain_texts(root: Path, code: str) -> Iterator[Row]:
    language = cutter.Language.of(root, code)
    for path in sorted((root / "tests/corpus" / code).glob("*.jsonl")):
        for line in path.read_text().splitlines():
            story = json.loads(line)
            fields = (story.get("headline") or "", story["text"])
            cuts = [tokens for field in fields for tokens in cutter.tokens(field, language) if tokens]
            sentences = [row(tokens, [(1 << len(LABELS)) - 1] * len(tokens)) for tokens in cuts]
            part = "held" if path.stem == "entities" else "train"
            yield {
                "id": f"{code}-{path.stem}-{story['id']}",
                "corpus": f"{PLAIN}{code}-{path.stem}",
                "language": code,
                "part": part,
                "sentences": sentences,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "data", "model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    gazetteer = Gazetteer(args.root)
    documents = [d for d in read(args.data / "data.jsonl") if d["part"] == "train"]
    for code in (ENGLISH, *LANGUAGES):
        documents += plain_texts(args.root, code)
    documents = [document for document in documents if document["sentences"]]
    scores = document_scores(documents, *load_exported(args.model), gazetteer)
    for document, rows in zip(documents, scores, strict=True):
        sentences = document["sentences"]
        labels: list[list[int]] = []
        for sentence, found in zip(sentences, rows, strict=True):
            masks = np.array(sentence["allowed"], dtype=np.int64)[:, None]
            allowed = (masks >> np.arange(len(LABELS))) & 1
            labels.append(best(found + np.where(allowed == 1, 0.0, FORBIDDEN)))
        if document["corpus"].startswith(PLAIN):
            labels = one_type_per_name(
                [(s["tokens"], found, row) for s, found, row in zip(sentences, rows, labels, strict=True)]
            )
            labels = [demonyms_as_groups(s["tokens"], row, gazetteer) for s, row in zip(sentences, labels, strict=True)]
        for sentence, chosen in zip(sentences, labels, strict=True):
            sentence["allowed"] = [1 << label for label in chosen]
    write(args.out, documents)


if __name__ == "__main__":
    main()
