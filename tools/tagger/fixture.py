"""Cuts the trainer's expected.json down to what a test of the engine needs.

    python fixture.py expected.json > src/extract/tagger/encoder/expected.json

In: whole documents with pieces, scores and labels. Out: of the five shortest the sentences of the first window. What
holds: the scores stay true, because a window does not see another.
"""

from __future__ import annotations

import json
import sys
from typing import Any

WINDOW = 128
DOCUMENTS = 5


def head(sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sentences of the first window."""
    found: list[dict[str, Any]] = []
    filled = 1
    for sentence in sentences:
        filled += sum(map(len, sentence["pieces"])) + 1
        if filled > WINDOW:
            break
        found.append(sentence)
    return found


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = json.load(file)["documents"]
    documents.sort(key=lambda document: len(json.dumps(document)))
    cut = [{"id": each["id"], "sentences": head(each["sentences"])} for each in documents[:DOCUMENTS]]
    json.dump({"documents": cut}, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
