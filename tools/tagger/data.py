"""The corpora as tokens with the labels each may have.

Usage: data.py ROOT SHARED OUT, where ROOT is the repository and SHARED the folder with data/.
In: the documents of corpora.py. Out: OUT/data.jsonl, one document a line. What holds: tokens are those of the engine;
`allowed` has bit n set when label n may be right.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import text as cutter
from corpora import ANY, Corpora, Document, Sentence
from gazetteer import ENGLISH, LANGUAGES, Gazetteer, cells, rows
from labels import ANYTHING, OTHER, OUTSIDE, begins, insides

Row = dict[str, Any]


class Masks:
    """Turns marks into masks."""

    def __init__(self, root: Path, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.languages = {code: cutter.Language.of(root, code) for code in (ENGLISH, *LANGUAGES)}
        others = rows(root / "src/extract/entities/tables/others.tsv")
        names = [name for row in others if row[0] == "disease" for name in cells(row, 1, 3)]
        self.diseases = {cutter.fold(name) for name in names if " " not in name}

    def of(self, sentence: Sentence, tokens: list[cutter.Token]) -> list[int]:
        return [self.mask(sentence, token) for token in tokens]

    def mask(self, sentence: Sentence, token: cutter.Token) -> int:
        over = [mark for mark in sentence.marks if mark[0] < token.end and token.start < mark[1]]
        if not over:
            return self.outside(sentence, token)
        start, end, types = over[0]
        if types == ANY:
            return ANYTHING
        if token.start < start or token.end > end or len(over) > 1:
            # "London-based": our rule makes one group of it. "Koreans'" and other slips stay open.
            return begins(["group"]) if sentence.paragraph and "-" in token.text else ANYTHING
        first = not sentence.text[start : token.start].strip()
        return begins(types) if first else insides(types)

    def outside(self, sentence: Sentence, token: cutter.Token) -> int:
        mask = OUTSIDE
        if sentence.paragraph:
            return mask
        capital = token.case in (cutter.CAPITAL, cutter.UPPER, cutter.MIXED)
        key = (cutter.fold(token.text),)
        plain = key in self.gazetteer.phrases[17] or (token.opens and key in self.gazetteer.phrases[20])
        if capital and sentence.open_types and not plain:
            if any(key in self.gazetteer.phrases[kind] for kind in (0, 2, 7)):
                return ANYTHING
            mask |= begins(OTHER) | insides(OTHER)
        if "-" in token.text and any(c.isupper() for c in token.text):
            mask |= begins(["group"])
        if cutter.fold(token.text) in self.diseases:
            mask |= begins(["disease"]) | insides(["disease"])
        return mask


def row(tokens: list[cutter.Token], masks: list[int]) -> Row:
    return {
        "tokens": [token.text for token in tokens],
        "spaced": [int(token.spaced) for token in tokens],
        "opens": [int(token.opens) for token in tokens],
        "allowed": masks,
    }


def document_row(document: Document, masks: Masks) -> Row:
    sentences: list[Row] = []
    for sentence in document.sentences:
        text = sentence.text
        language = masks.languages[document.language]
        cuts = cutter.tokens(text, language) if sentence.paragraph else [cutter.cut(text, 0, len(text))]
        sentences.extend(row(tokens, masks.of(sentence, tokens)) for tokens in cuts if tokens)
    part = "held" if document.held else "train"
    return {
        "id": document.id,
        "corpus": document.corpus,
        "language": document.language,
        "part": part,
        "sentences": sentences,
    }


def gazetteer_row(gazetteer: Gazetteer, sentence: Row) -> Row:
    return {"tokens": sentence["tokens"], "opens": sentence["opens"], "bits": gazetteer.bits(sentence["tokens"])}


def write(path: Path, lines: Iterator[Row] | list[Row]) -> None:
    """Replaces a file in one step."""
    draft = path.with_suffix(".draft")
    with draft.open("w") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    draft.rename(path)


def read(path: Path) -> list[Row]:
    with path.open() as lines:
        return [json.loads(line) for line in lines]


def main(root: Path, shared: Path, out: Path) -> None:
    gazetteer = Gazetteer(root)
    masks = Masks(root, gazetteer)
    corpora = Corpora(shared / "data", root / "tests/corpus/entities", gazetteer)
    documents = [document_row(document, masks) for document in corpora.documents()]
    write(out / "data.jsonl", documents)
    sentences = [sentence for document in documents for sentence in document["sentences"]]
    write(
        out / "gaz-python.jsonl",
        [gazetteer_row(gazetteer, sentence) for sentence in sentences[:: len(sentences) // 300][:300]],
    )
    counts: Counter[tuple[str, str]] = Counter()
    for document in documents:
        counts[document["corpus"], document["part"]] += sum(len(s["tokens"]) for s in document["sentences"])
    for (corpus, part), number in sorted(counts.items()):
        print(f"{corpus:20} {part:6} {number:7} tokens")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
