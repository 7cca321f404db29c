"""table.py CORPUS < RESULTS: the runs of benches/yardstick/run as a table, each beside the first.

A run is two lines of JSON: what it took, and its score.
"""

import json
import sys

items = sum(1 for _ in open(f"{sys.argv[1]}/truth.jsonl", encoding="utf-8"))
head = ["peer", "CPU s / 1,000", "of the first", "items/s", "peak MB", "dup P", "dup R", "entity P", "entity R", "count P", "count R"]
rows = []
lines = [json.loads(line) for line in sys.stdin if line.startswith("{")]
for run, score in zip(lines[::2], lines[1::2]):
    seconds = (run["user_s"] + run["sys_s"]) * 1000 / items
    first = rows[0][1] if rows else seconds
    scores = [score[name] for name in ("dup_precision", "dup_recall", "ent_precision", "ent_recall", "count_precision", "count_recall")]
    rows.append([run["label"], seconds, seconds / first, items / run["wall_s"], run["rss_mb"], *scores])
print("| " + " | ".join(head) + " |")
print("| --- |" + " ---: |" * (len(head) - 1))
for label, seconds, ratio, rate, memory, *scores in rows:
    cells = [label, f"{seconds:.3f}", f"{ratio:.2f}", f"{rate:.0f}", str(memory)]
    cells += ["-" if score is None else f"{score:.4f}" for score in scores]
    print("| " + " | ".join(cells) + " |")
