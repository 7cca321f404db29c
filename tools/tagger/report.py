"""Figures of an exported model on the held parts.

Usage: report.py --root REPOSITORY --data FOLDER --model FILE
Out: F1 and numbers of names by corpus and type, plain and with the rules of the engine, and the largest classes of
errors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from data import read
from export import load_exported
from gazetteer import Gazetteer
from predict import document_scores
from score import scored, table, with_rules
from windows import best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "data", "model"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    gazetteer = Gazetteer(args.root)
    held = [document for document in read(args.data / "data.jsonl") if document["part"] == "held"]
    scores = document_scores(held, *load_exported(args.model), gazetteer)
    labels = [[best(sentence) for sentence in document] for document in scores]
    print("as tagged\n" + table(scored(held, labels)))
    ruled = with_rules(held, scores, labels, gazetteer)
    figures = scored(held, ruled)
    print("\nwith one type per name and document, and lone demonyms as groups\n" + table(figures))
    print("\nthe same, facility apart from place\n" + table(scored(held, ruled, fold=False)))
    print("\nlargest classes of errors: true type or what it was not, said")
    for (true, said), number in figures["all"].errors.most_common(25):
        print(f"{number:5}  {true:32} {said}")


if __name__ == "__main__":
    main()
