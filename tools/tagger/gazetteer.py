"""What the repository's own tables know about the words of a sentence.

In: the tables under src/extract/places and src/extract/entities/tables, and the language's own. Out: for each token a bit per class and place
in the phrase (single, begin, inside). What holds: the same bits as src/extract/tagger/gazetteer.rs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import text as cutter

CLASSES = (
    "country demonym big-city city town region person organisation thing first-name surname title organisation-word "
    "facility-word place-word event-word role-word month other acronym common"
).split()
LONGEST = 6
ENGLISH = "en"
LANGUAGES = ("de", "es", "fr", "ru")  # The others that the taggers read.
CAPITALISED = 9  # Phrases of the classes below this one do not begin with a word in lower case.
BITS = 3 * len(CLASSES)

WORD_CLASSES = {
    "title": 11, "organisation": 12, "organisation-of": 12, "facility": 13, "place": 14, "place-of": 14, "event": 15,
    "work": 15, "role": 16, "business": 16, "employee": 16, "month": 17, "other": 18, "acronym": 19,
}  # fmt: skip


class Gazetteer:
    """The tables of one language; `of` gives those of another."""

    def __init__(self, root: Path, language: str = ENGLISH) -> None:
        self.root = root
        self.others: dict[str, Gazetteer] = {language: self}
        self.phrases: list[set[tuple[str, ...]]] = [set() for _ in CLASSES]
        self.longest: list[dict[str, int]] = [{} for _ in CLASSES]
        for kind, name in phrases(root / "src/extract"):
            self.add(kind, name)
        if language != ENGLISH:
            for kind, name in foreign_phrases(root / "src", language):
                self.add(kind, name)

    def of(self, language: str) -> Gazetteer:
        if language not in self.others:
            self.others[language] = Gazetteer(self.root, language)
        return self.others[language]

    def add(self, kind: int, name: str) -> None:
        words = tuple(cutter.fold(token.text) for row in cutter.tokens(name) for token in row)
        if not 0 < len(words) <= LONGEST:
            return
        self.phrases[kind].add(words)
        self.longest[kind][words[0]] = max(len(words), self.longest[kind].get(words[0], 0))

    def bits(self, words: list[str]) -> list[int]:
        """The bits of each token of a sentence: 3 * class + 0 single, + 1 begin, + 2 inside."""
        folded = [cutter.fold(word) for word in words]
        lower = [cutter.case(word) == cutter.LOWER for word in words]
        found = [0] * len(words)
        for kind, (phrases, longest) in enumerate(zip(self.phrases, self.longest, strict=True)):
            at = 0
            while at < len(words):
                length = 0
                if kind >= CAPITALISED or not lower[at]:
                    most = min(longest.get(folded[at], 0), len(words) - at)
                    length = next((n for n in range(most, 0, -1) if tuple(folded[at : at + n]) in phrases), 0)
                if length == 1:
                    found[at] |= 1 << (3 * kind)
                elif length > 1:
                    found[at] |= 1 << (3 * kind + 1)
                    for inside in range(at + 1, at + length):
                        found[inside] |= 1 << (3 * kind + 2)
                at += max(length, 1)
        return found


def rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("\t")]


def cells(row: list[str], *columns: int) -> Iterator[str]:
    for column in columns:
        if column < len(row):
            yield from (name.strip() for name in row[column].split(";") if name.strip())


def words_of(path: Path) -> Iterable[str]:
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            yield from line.removeprefix("first:").split()


def local(name: str) -> Iterator[str]:
    """A main name and how else it is written: "St Lucia", "Nukualofa"."""
    yield name
    if name.startswith("Saint "):
        yield "St " + name.removeprefix("Saint ")
    bare = name.replace("'", "").replace("’", "").replace("ʻ", "")
    if bare != name:
        yield bare


def phrases(source: Path) -> Iterator[tuple[int, str]]:
    """Every phrase of the tables with its class."""
    places, tables = source / "places", source / "entities/tables"
    for row in rows(places / "countries.tsv"):
        yield from ((0, name) for name in local(row[2]))
        yield from ((0, name) for name in cells(row, 3))
        yield from ((1, name) for name in cells(row, 4, 5))
    for row in rows(places / "cities.tsv"):
        big = row[7:8] == ["capital"] or int(row[4] or 0) >= 1_000_000
        kind = 2 if big else 3
        yield from ((kind, name) for name in local(row[1]))
        yield from ((kind, name) for name in cells(row, 8))
    for row in rows(places / "towns.tsv"):
        yield from ((4, name) for name in cells(row, 1, 5))
    for row in rows(places / "subdivisions.tsv"):
        yield from ((5, name) for name in local(row[1]))
        yield from ((5, name) for name in cells(row, 2))
        yield from ((1, name) for name in cells(row, 3, 4))
    for row in rows(places / "regions.tsv"):
        if row[2] == "world":
            continue
        yield from ((5, name) for name in cells(row, 1, 3))
        yield from ((1, name) for name in cells(row, 4, 5))
    for row in rows(places / "areas.tsv"):
        yield from ((5, name) for name in local(row[0]))
        yield from ((5, name) for name in cells(row, 2))
    for row in rows(tables / "places.tsv"):
        yield from ((5, name) for name in cells(row, 0, 2))
    for row in rows(tables / "persons.tsv"):
        yield from ((6, name) for name in cells(row, 0, 3, 4))
    for row in rows(tables / "organisations.tsv"):
        yield from ((7, name) for name in cells(row, 0, 2))
    for row in rows(tables / "others.tsv"):
        yield from ((8, name) for name in cells(row, 1, 3))
    yield from ((9, name) for name in words_of(tables / "first-names.txt"))
    yield from ((10, name) for name in words_of(tables / "surnames.txt"))
    for row in rows(tables / "words.tsv"):
        if row[0] in WORD_CLASSES:
            yield from ((WORD_CLASSES[row[0]], name) for name in row[1].split("|"))
    yield from ((20, name) for name in words_of(tables / "common-words.txt"))


def foreign_phrases(source: Path, language: str) -> Iterator[tuple[int, str]]:
    """What a language other than English has of its own: names of places and titles."""
    for row in rows(source / f"extract/places/names/{language}.tsv"):
        place = 0 if len(row[0]) == 2 else 3 if row[0].startswith("geonames:") else 5
        yield from ((place, name) for name in cells(row, 1))
        yield from ((1, name) for name in cells(row, 2, 3))
    pack = tomllib.loads((source / f"language/{language}.toml").read_text())
    yield from ((11, title) for title in pack["titles"])
