"""Writes news that is of no epidemic, for the model of stories that name no disease.

Usage: others.py OUT.jsonl. In: `tests/corpus/entities` and `tests/corpus/stories`. Out: cases without labels, as the other
corpora have them. What holds: a story that names the disease is left out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = re.compile("covid|corona|sars|pandemic", re.IGNORECASE)
MARK = re.compile(r"\[([^|\]]*)\|[^\]]*\]")
SHORTEST = 200


def texts(corpus: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((corpus / "entities").glob("*.txt")):
        for block in re.split("(?m)^=== ", path.read_text())[1:]:
            headline, _, body = MARK.sub(r"\1", block.partition("\n")[2]).partition("\n")
            yield headline.removeprefix("# "), body.strip()
    for path in sorted((corpus / "stories").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            story = json.loads(line)
            yield story.get("headline") or "", story.get("text") or story.get("body") or ""


def main() -> None:
    found = ((headline, text) for headline, text in texts(Path("tests/corpus")) if len(text) >= SHORTEST)
    others = [one for one in found if not NAMES.search(" ".join(one))]
    with open(sys.argv[1], "w") as out:
        for n, (headline, text) in enumerate(others):
            # Some families, of which one is left out at a time.
            case = {"id": f"news{chr(97 + n % 8)}-{n}", "language": "en", "headline": headline, "text": text, "observations": []}
            print(json.dumps(case, ensure_ascii=False), file=out)


if __name__ == "__main__":
    main()
