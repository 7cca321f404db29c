#!/usr/bin/env python3
"""How well pages are read, beside other readers.

    cargo build --release --manifest-path tools/pages/Cargo.toml --target-dir target/pages
    tools/pages/compare.py target/pages/release/dateline-pages FOLDER

FOLDER holds a folder for each page, with `source.html`, `expected.html` (the story in markup) and `expected-metadata.json`
(`title`, `byline`, `publishedTime`), as the test pages of Mozilla's Readability are laid out. The program reads each page
with our reader and those of two crates. With trafilatura installed for this Python, it is compared as well.

Bodies are compared as bags of words (of characters where a script writes no spaces): F1 of each page, then the mean. A
headline is right when its letters are those of the reference or one holds the other; of the authors one name must be right;
of the date the day. Pages whose reference has no author or date do not count for these. Prints a table; with the
environment's PAGES=1 a line for each page as well.
"""

import collections
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unicodedata

SKIPPED = {"script", "style", "head", "title", "noscript", "svg"}
BLOCKS = set("p div li ul ol h1 h2 h3 h4 h5 h6 tr td th br figure figcaption blockquote section article pre dt dd".split())


class Text(html.parser.HTMLParser):
    """The text of markup, blocks parted by blanks."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.skipped = [], 0

    def handle_starttag(self, tag, attributes):
        self.skipped += tag in SKIPPED
        if tag in BLOCKS:
            self.text.append(" ")

    def handle_endtag(self, tag):
        self.skipped -= tag in SKIPPED and self.skipped > 0
        if tag in BLOCKS:
            self.text.append(" ")

    def handle_data(self, data):
        if not self.skipped:
            self.text.append(data)


def text_of(markup):
    parser = Text()
    parser.feed(markup)
    return "".join(parser.text)


def words(text):
    text = unicodedata.normalize("NFKC", text or "").lower()
    return collections.Counter(re.findall(r"[\u0e00-\u0e7f\u2e80-\ud7ff\uf900-\ufaff]|[^\W_\u0e00-\u0e7f\u2e80-\ud7ff]+", text))


def f1(found, expected):
    found, expected = words(found), words(expected)
    total = found.total() + expected.total()
    return 2 * (found & expected).total() / total if total else 1.0


def key(text):
    return "".join(c for c in unicodedata.normalize("NFKC", text or "").lower() if c.isalnum())


def headline_is_right(found, expected):
    found, expected = key(found), key(expected)
    return bool(found) and (found in expected or expected in found)


def author_is_right(found, expected):
    names = found if isinstance(found, list) else re.split(r"[;,]| and ", found or "")
    return any(len(key(name)) >= 3 and key(name) in key(expected) for name in names)


def date_is_right(found, expected):
    return bool(found) and found[:10] == expected[:10]


def ours_and_peers(program, paths):
    done = subprocess.run([program], input="\n".join(paths), stdout=subprocess.PIPE, text=True, check=False)
    yield from map(json.loads, done.stdout.splitlines())


def trafilatura(paths):
    try:
        import trafilatura as reader
    except ImportError:
        return
    for path in paths:
        page = pathlib.Path(path).read_text(errors="replace")
        start = time.process_time()
        found = reader.bare_extraction(page, with_metadata=True, include_comments=False)
        found = found.as_dict() if found is not None else {}
        yield {"reader": "trafilatura", "page": path, "ms": (time.process_time() - start) * 1e3,
               "found": {"body": found.get("text"), "headline": found.get("title"), "authors": found.get("author"),
                         "published": found.get("date")}}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    pages = sorted(str(path) for path in folder.glob("*/source.html"))
    truth = {}
    for page in pages:
        parent = pathlib.Path(page).parent
        truth[page] = (text_of((parent / "expected.html").read_text()),
                       json.loads((parent / "expected-metadata.json").read_text()))
    scores = collections.defaultdict(lambda: collections.defaultdict(list))
    for result in [*ours_and_peers(program, pages), *trafilatura(pages)]:
        page, found = result["page"], result["found"] or {}
        body, stated = truth[page]
        score = scores[result["reader"]]
        score["body"].append(f1(found.get("body"), body))
        score["ms"].append(result["ms"])
        if stated.get("title"):
            score["headline"].append(headline_is_right(found.get("headline"), stated["title"]))
        if stated.get("publishedTime"):
            score["date"].append(date_is_right(found.get("published"), stated["publishedTime"]))
        if stated.get("byline"):
            score["author"].append(author_is_right(found.get("authors"), stated["byline"]))
        if os.environ.get("PAGES"):
            name = pathlib.Path(page).parent.name
            print(f"{result['reader']:15} {name:28} {score['body'][-1]:.3f}  {found.get('headline')!r} | {stated.get('title')!r}"
                  f"  {found.get('authors')!r} | {stated.get('byline')!r}  {found.get('published')!r} | {stated.get('publishedTime')!r}")
    fields = ["body", "headline", "date", "author", "ms"]
    counts = [len(next(iter(scores.values()))[field]) for field in fields[:-1]]
    print("| reader | body F1 | headline | date | author | ms a page |\n| --- | --- | --- | --- | --- | --- |")
    for reader, score in scores.items():
        mean = [sum(score[field]) / max(len(score[field]), 1) for field in fields]
        print(f"| {reader} | " + " | ".join(f"{value:.3f}" for value in mean[:-1]) + f" | {mean[-1]:.1f} |")
    print(f"\n{counts[0]} pages, {counts[1]} with a headline, {counts[2]} with a date, {counts[3]} with an author")


if __name__ == "__main__":
    main()
