"""table.py CORPUS < RESULTS: the runs of benches/yardstick/run as a table, each beside the first.

A run is two objects of JSON: what it took, and its score. Peers print others between them.
"""

import json
import sys

items = sum(1 for _ in open(f"{sys.argv[1]}/truth.jsonl", encoding="utf-8"))
head = ["peer", "CPU s / 1,000", "of the first", "items/s", "peak MB", "dup P", "dup R", "entity P", "entity R", "count P", "count R"]
rows = []


def objects(text):
    """Every object that stands in a text."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        value, end = decoder.raw_decode(text, at)
        yield value
        at = text.find("{", end)


found = list(objects(sys.stdin.read()))
runs = [value for value in found if "user_s" in value]
scores = [value for value in found if "dup_precision" in value]
for run, score in zip(runs, scores):
    seconds = (run["user_s"] + run["sys_s"]) * 1000 / items
    first = rows[0][1] if rows else seconds
    marks = [score[name] for name in ("dup_precision", "dup_recall", "ent_precision", "ent_recall", "count_precision", "count_recall")]
    rows.append([run["label"], seconds, seconds / first, items / run["wall_s"], run["rss_mb"], *marks])
print("| " + " | ".join(head) + " |")
print("| --- |" + " ---: |" * (len(head) - 1))
for label, seconds, ratio, rate, memory, *marks in rows:
    cells = [label, f"{seconds:.3f}", f"{ratio:.2f}", f"{rate:.0f}", str(memory)]
    cells += ["-" if score is None else f"{score:.4f}" for score in marks]
    print("| " + " | ".join(cells) + " |")
