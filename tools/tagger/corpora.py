"""Readers of the annotated corpora.

In: the files under ../shared/data, tests/corpus/entities, and tests/corpus/CODE/names.txt of other languages. Out:
documents of sentences, each running text with marks.
What holds: a mark says which types its words may have; where a corpus does not tell ours apart, a mark has several
types, and ANY where its own rule differs too much.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gazetteer import ENGLISH, Gazetteer
from labels import OTHER, TYPES

ANY: tuple[str, ...] = ("any",)
SITES = ("place", "facility")
TIGHT_BEFORE = set(", . ; : ! ? ) ] % ’ ... ..".split()) | {"'s", "’s", "n't", "'re", "'ve", "'ll", "'d", "'m", "n’t"}
TIGHT_AFTER = set("( [ $ £ € #".split())
FACILITIES = set(
    "Airport Hospital Stadium Bridge Prison Hotel Museum Palace Dam Cathedral Mosque Arena Tower Highway Road Street "
    "Avenue Theatre Theater Library Embassy Airfield Expressway Motorway Tunnel Station Hall Church Castle".split()
)
PRONOUNS = set("he she his her him they them their it its we our us you your i my me who whose whom".split())
PREFIXES = set(
    "non anti pro co re counter multi ex pre post sub semi self inter al el Al El as Az al- G F CJTF".split()
)


@dataclass
class Sentence:
    """Running text; marks are characters from, to and the types allowed."""

    text: str
    marks: list[tuple[int, int, tuple[str, ...]]]
    # Types that an unmarked word in capitals may have besides none.
    open_types: tuple[str, ...] = ()
    # Whether the text is to be cut into sentences.
    paragraph: bool = False


@dataclass
class Document:
    id: str
    corpus: str
    held: bool
    sentences: list[Sentence] = field(default_factory=list)
    language: str = ENGLISH


def is_held(name: str) -> bool:
    """About one document in eight."""
    return zlib.crc32(name.encode()) % 100 < 12


class Words:
    """Words of a corpus that is cut already, joined to running text."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.tight: list[bool] = []  # No space before the word.

    def add(self, word: str, tight: bool | None = None) -> None:
        if tight is None:
            before = self.words[-1] if self.words else ""
            quote = self.words.count('"') % 2 == 1
            tight = (
                word in TIGHT_BEFORE or before in TIGHT_AFTER or (word == '"' and quote) or (before == '"' and quote)
            )
        self.words.append(word)
        self.tight.append(tight)

    def sentence(self, marks: list[tuple[int, int, tuple[str, ...]]], open_types: tuple[str, ...] = ()) -> Sentence:
        starts: list[int] = []
        text = ""
        for word, tight in zip(self.words, self.tight, strict=True):
            if text and not tight:
                text += " "
            starts.append(len(text))
            text += word
        places = [(starts[a], starts[b - 1] + len(self.words[b - 1]), types) for a, b, types in marks]
        return Sentence(text, places, open_types)


def blocks(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Lines of word and tag, in blocks parted by blank lines."""
    rows: list[tuple[str, str]] = []
    for line in path.read_text().splitlines():
        cells = line.split()
        if cells:
            rows.append((cells[0], cells[-1]))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def mentions(tags: list[str]) -> list[tuple[int, int, str]]:
    """First word, word behind the last and tag of each mention of a BIO column."""
    found: list[tuple[int, int, str]] = []
    for at, tag in enumerate(tags):
        part, _, name = tag.partition("-")
        if part == "O" or not name:
            continue
        if part == "I" and found and found[-1][1:] == (at, name):
            found[-1] = (found[-1][0], at + 1, name)
        else:
            found.append((at, at + 1, name))
    return found


class Corpora:
    def __init__(self, data: Path, entities: Path, gazetteer: Gazetteer) -> None:
        self.data = data
        self.entities = entities
        self.gazetteer = gazetteer

    def documents(self) -> Iterator[Document]:
        yield from self.wikigold()
        yield from self.crossner()
        yield from self.gum()
        yield from self.re3d()
        yield from self.twitter()
        yield from self.invented()

    def refine(self, words: list[str], types: tuple[str, ...]) -> tuple[str, ...]:
        """What the tables say of a mention whose type is known in part only."""
        if (
            not any(word[:1].isupper() or word[:1].isdigit() for word in words)
            or words[-1][:1].islower()
            and "event" in types
        ):
            # "federal election", "social science": other rules than ours.
            return ANY
        key = tuple(word.lower() for word in words)
        phrases = self.gazetteer.phrases
        if key in phrases[1] and not any(key in phrases[kind] for kind in (0, 2, 5)):
            return ANY if types == ("organisation",) else ("group",)
        if types == SITES:
            if words[-1] in FACILITIES and len(words) > 1:
                return ("facility",)
            if any(key in phrases[kind] for kind in (0, 2, 3, 5)):
                return ("place",)
        return types

    def marks(
        self, words: list[str], tags: list[str], scheme: dict[str, tuple[str, ...]]
    ) -> list[tuple[int, int, tuple[str, ...]]]:
        """The marks of a BIO column, persons without titles."""
        found: list[tuple[int, int, tuple[str, ...]]] = []
        for a, b, tag in mentions(tags):
            types = scheme[tag]
            start = self.behind_title(words, a, b) if types == ("person",) else a
            # "Duchess of Cambridge" has no name of a person in it.
            office = start > a and not words[start][:1].isupper()
            found.append((a, b, ANY) if office else (start, b, self.refine(words[start:b], types)))
        return found

    def wikigold(self) -> Iterator[Document]:
        scheme = {"PER": ("person",), "ORG": ("organisation",), "LOC": SITES, "MISC": OTHER}
        document: Document | None = None
        number = 0
        for block in blocks(self.data / "wikigold/wikigold.conll"):
            rows = [row for row in block if row[0] != "-DOCSTART-"]
            if document is None:
                document = Document(f"wikigold-{number:03}", "wikigold", is_held(f"wikigold-{number:03}"))
            if len(rows) > 1 or rows and rows[0][0] != ".":
                words = Words()
                for word, _ in rows:
                    words.add(word)
                marks = self.marks(words.words, [tag for _, tag in rows], scheme)
                document.sentences.append(words.sentence(marks))
            if len(rows) != len(block):
                number += 1
                if document.sentences:
                    yield document
                document = None
        if document is not None and document.sentences:
            yield document

    def crossner(self) -> Iterator[Document]:
        scheme = {
            "politician": ("person",), "person": ("person",), "organisation": ("organisation",),
            "politicalparty": ("organisation",), "country": SITES, "location": SITES, "event": ("event", "work"),
            "election": ("event",), "misc": OTHER,
        }  # fmt: skip
        for part in ("train", "dev", "test"):
            for number, block in enumerate(blocks(self.data / f"crossner-politics/{part}.txt")):
                # Neighbours come from one article: ten sentences count as a document.
                if number % 10 == 0:
                    name = f"crossner-{part}-{number // 10:03}"
                    document = Document(name, "crossner-politics", is_held(name))
                words = Words()
                tags = [tag for _, tag in block]
                for at, (word, tag) in enumerate(block):
                    # "Ancaster - Dundas": the dash of a double name has lost its place.
                    joint = (
                        tag[0] == "I" and "-" in (word, block[at - 1][0]) and tags[at + (word == "-") :][:1] == [tag]
                    )
                    words.add(word, True if joint else None)
                marks = self.marks(words.words, tags, scheme)
                document.sentences.append(words.sentence(marks))
                if len(document.sentences) == 10:
                    yield document
            if len(document.sentences) < 10:
                yield document

    def gum(self) -> Iterator[Document]:
        for path in sorted((self.data / "gum-wikinews/conllu").glob("*.conllu")):
            document = Document(f"gum-{path.stem}", "gum-wikinews", is_held(path.stem))
            for block in path.read_text().split("\n\n"):
                rows = [line.split("\t") for line in block.splitlines() if line and not line.startswith("#")]
                sentence = self.gum_sentence(rows)
                if sentence:
                    document.sentences.append(sentence)
            yield document

    def gum_sentence(self, rows: list[list[str]]) -> Sentence | None:
        words = Words()
        tags: list[tuple[str, str]] = []
        heads: list[int] = []
        events: list[str] = []
        tight = False
        inside = 0  # Words of a contraction that are still to come.
        last_tight = False
        for row in rows:
            alone = "SpaceAfter=No" in row[9]
            if "-" in row[0]:
                first, _, last = row[0].partition("-")
                inside = int(last) - int(first) + 1
                last_tight = alone
                continue
            if "." in row[0]:
                continue
            words.add(row[1], tight or not words.words)
            tags.append((row[3], row[4]))
            heads.append(int(row[6]) - 1)
            events.append(next((p[7:] for p in row[9].split("|") if p.startswith("Entity=")), ""))
            if inside:
                inside -= 1
                tight = True if inside else last_tight
            else:
                tight = alone
        if not words.words:
            return None
        marks = self.gum_marks(words.words, tags, heads, events)
        return words.sentence(marks, OTHER)

    def gum_marks(
        self, words: list[str], tags: list[tuple[str, str]], heads: list[int], events: list[str]
    ) -> list[tuple[int, int, tuple[str, ...]]]:
        opened: dict[str, list[tuple[int, str]]] = {}
        found: list[tuple[int, int, str]] = []
        for at, event in enumerate(events):
            for piece in re.findall(r"\([^()]+\)?|[^()]+\)", event):
                if piece.startswith("("):
                    parts = piece.strip("()").split("-")
                    if len(parts) < 2:
                        continue
                    if piece.endswith(")"):
                        found.append((at, at + 1, parts[1]))
                    else:
                        opened.setdefault(parts[0], []).append((at, parts[1]))
                else:
                    stack = opened.get(piece[:-1].split("-")[0])
                    if stack:
                        start, kind = stack.pop()
                        found.append((start, at + 1, kind))
        schemes: dict[str, tuple[str, ...]] = {
            "person": ("person",), "organization": ("organisation",), "place": SITES, "event": ("event",),
            "object": ("product", "facility", "work"), "abstract": OTHER, "animal": ANY, "plant": ANY, "substance": ANY,
        }  # fmt: skip
        proper = [tag[1].startswith("NNP") for tag in tags]
        taken = [False] * len(words)
        marks: list[tuple[int, int, tuple[str, ...]]] = []
        # The longest mention first, so that a name inside another is not marked apart.
        for start, end, kind in sorted(found, key=lambda mention: mention[0] - mention[1]):
            inner = [at for at in range(start, end) if not start <= heads[at] < end]
            head = inner[0] if inner else start
            if not proper[head] or taken[head]:
                continue
            a, b = head, head + 1
            while a > start and (proper[a - 1] or (words[a - 1] in ("-", "&") and a - 1 > start and proper[a - 2])):
                a -= 1
            while b < end and (proper[b] or (words[b] in ("-", "&") and b + 1 < end and proper[b + 1])):
                b += 1
            if kind in ("organization", "event", "abstract") and b < end and words[b] == "of":
                c = b + 1 + (words[b + 1 : b + 2] == ["the"])
                if c < end and proper[c]:
                    b = c
                    while b < end and proper[b]:
                        b += 1
            types = schemes.get(kind)
            if kind == "time":
                for at in range(start, end):
                    taken[at] = True
                continue
            if types is None:
                continue
            if kind == "person":
                a = self.behind_title(words, a, b)
            while a < b and words[a] in ("-", "&", "The", "the"):
                a += 1
            if a == b or any(taken[a:b]):
                continue
            if kind == "person" and (words[b - 1].lower(),) in self.gazetteer.phrases[11]:
                types = ANY
            if a > start and words[a - 1][:1].isupper() and tags[a - 1][0] == "ADJ" and kind != "person":
                # "European Union", "Afghan Girls": whether the adjective belongs to the name is not told.
                marks.append((a - 1, b, ANY))
            else:
                marks.append((a, b, self.refine(words[a:b], types)))
            for at in range(marks[-1][0], b):
                taken[at] = True
        for at, (word, tag) in enumerate(zip(words, tags, strict=True)):
            if taken[at] or not word[:1].isupper():
                continue
            demonym = (word.lower(),) in self.gazetteer.phrases[1] and (word.lower(),) not in self.gazetteer.phrases[0]
            joined = words[at + 1 : at + 2] == ["-"] or words[max(at - 1, 0)] == "-"
            if tag[0] == "ADJ" and demonym and not joined and not (at + 1 < len(words) and proper[at + 1]):
                marks.append((at, at + 1, ("group",)))
            elif (proper[at] and (word.lower(),) not in self.gazetteer.phrases[17]) or demonym:
                marks.append((at, at + 1, ANY))
        return sorted(marks)

    def behind_title(self, words: list[str], a: int, b: int) -> int:
        """The first word of a person's name behind titles."""
        titles = self.gazetteer.phrases[11]
        moved = True
        while moved and a < b - 1:
            moved = False
            for n in (4, 3, 2, 1):
                if a + n < b and tuple(word.lower().rstrip(".") for word in words[a : a + n]) in titles:
                    a, moved = a + n, True
                    break
            if a < b - 1 and words[a] == ".":
                a, moved = a + 1, True
        return a

    def re3d(self) -> Iterator[Document]:
        for path in sorted((self.data / "re3d-open").glob("*/*.conll")):
            document = Document(f"re3d-{path.stem}", "re3d-open", is_held(path.stem))
            for block in blocks(path):
                document.sentences.append(self.re3d_sentence(block))
            if document.sentences:
                yield document

    def re3d_sentence(self, block: list[tuple[str, str]]) -> Sentence:
        found = mentions([tag for _, tag in block])
        words = Words()
        raw = [word for word, _ in block]
        for at, word in enumerate(raw):
            before, after = raw[at - 1] if at else "", raw[at + 1] if at + 1 < len(raw) else ""
            mentioned = any(a < at < b - 1 for a, b, _ in found)
            if word == "-" and before[-1:].isalnum() and after[:1].isalnum():
                words.add(word, self.is_joint(before, after, mentioned))
            elif at > 1 and before == "-" and words.tight[-1]:
                words.add(word, True)
            elif word == "s" and before in ("'", "’"):
                words.add(word, True)
            elif word in ("'", "’"):
                words.add(word, after == "s" or before.endswith("s"))
            else:
                words.add(word)
        marks: list[tuple[int, int, tuple[str, ...]]] = []
        for a, b, tag in found:
            marks.extend(self.re3d_marks(raw, a, b, tag))
        return words.sentence(marks, OTHER)

    @staticmethod
    def is_joint(before: str, after: str, mentioned: bool) -> bool:
        return mentioned or before in PREFIXES or after[0].islower() or (before[0].isupper() and after[0].isdigit())

    def re3d_marks(self, words: list[str], a: int, b: int, tag: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        if tag in ("Temporal", "Money", "Quantity"):
            return
        while a < b and words[a].lower() in ("the", "a", "an", "this", "these", "all", "some"):
            a += 1
        if a == b or not any(word[0].isupper() for word in words[a:b]) or words[a].lower() in PRONOUNS:
            return
        name = words[a:b]
        key = tuple(word.lower() for word in name)
        phrases = self.gazetteer.phrases
        if tag == "Nationality":
            yield a, b, ("group",) if key in phrases[1] else ANY
        elif key in phrases[0]:
            yield a, b, ("place",)
        elif key in phrases[1]:
            yield a, b, ("group",)
        elif tag == "Location":
            start = a
            for at in range(a, b + 1):
                if at < b and words[at] != ",":
                    continue
                chain = words[start:at]
                if chain and all(word[0].isupper() or word in ("-", "al", "de") for word in chain):
                    yield start, at, self.refine(chain, SITES)
                elif chain and any(word[0].isupper() for word in chain):
                    yield start, at, ANY
                start = at + 1
        elif tag == "Person":
            start = b
            while start > a and (words[start - 1][0].isupper() or words[start - 1] in ("-", "al", "bin", "de", "von")):
                start -= 1
            first = self.behind_title(words, start, b)
            while first < b and (words[first] in ("-", "and") or (words[first].lower(),) in phrases[1]):
                first += 1
            if start == b:
                yield a, b, ANY
            elif b - first in (1, 2, 3, 4, 5) and (b - first > 1 or (words[first].lower(),) not in phrases[11]):
                title = any((word.lower(),) in phrases[11] | phrases[16] for word in words[first:b])
                yield first, b, ANY if title else ("person",)
                if first > a:
                    yield a, first, ANY
            else:
                yield a, b, ANY
        elif tag == "Organisation":
            lower = [word[0].islower() for word in name]
            if not any(lower[i] for i in range(len(name)) if name[i] not in ("of", "the", "and", "for", "’", "s")):
                half = "’" in name or "'" in name or key == ("coalition",)
                yield a, b, ANY if half else ("organisation",)
            elif all(lower[1:]) and (key[0],) in phrases[1]:
                yield a, a + 1, ("group",)
            elif all(lower[1:]) and (key[0],) in phrases[0]:
                yield a, a + 1, ("place",)
            elif all(lower[1:]) and (key[0],) in phrases[7]:
                yield a, a + 1, ("organisation",)
            else:
                yield a, b, ANY
        elif tag == "DocumentReference":
            yield a, b, ("work",) if all(not w[0].islower() or w in ("of", "on", "the", "and") for w in name) else ANY
        else:
            yield a, b, ANY if any(word[0].islower() for word in name) else ("product",)

    def twitter(self) -> Iterator[Document]:
        scheme = {"PER": ("person",), "ORG": ("organisation",), "LOC": SITES}
        for number, block in enumerate(blocks(self.data / "broad-twitter-news/btc-section-g.conll")):
            words = Words()
            tags: list[str] = []
            handle = False
            for word, tag in block:
                bare = word.lstrip("#") or word
                if handle or word == "@" or word.startswith(("http", "@")) or word in ("RT", "MT"):
                    handle = word == "@"
                    continue
                if word.startswith("#"):
                    bare = bare.rstrip(":") or bare
                if not any(c.isascii() and not c.isspace() for c in bare) or "_" in bare:
                    continue
                words.add(bare)
                # A hashtag in lower case or of glued words is no running text.
                tags.append(tag)
            if len(words.words) < 3:
                continue
            name = f"twitter-{number:04}"
            marks = self.marks(words.words, tags, scheme)
            yield Document(name, "broad-twitter-news", is_held(name), [words.sentence(marks, OTHER)])

    def invented(self) -> Iterator[Document]:
        for path in sorted(self.entities.glob("*.txt")):
            yield from inline(path, "invented", ENGLISH)
        for path in sorted(self.entities.parent.glob("*/names.txt")):
            language = path.parent.name
            yield from inline(path, f"invented-{language}", language)


def inline(path: Path, corpus: str, language: str) -> Iterator[Document]:
    """The documents of a file with inline marks."""
    document: Document | None = None
    for line in path.read_text().splitlines():
        if line.startswith("=== "):
            if document:
                yield document
            cells = [cell.strip() for cell in line[4:].split("|")]
            document = Document(cells[0], corpus, cells[4] == "held", language=language)
        elif line.strip() and document:
            document.sentences.append(marked(line.removeprefix("# ").strip()))
    if document:
        yield document


MARK = re.compile(r"\[((?:\\.|[^\]\\])*)\]|\\([\[\]|\\])")


def marked(line: str) -> Sentence:
    """A paragraph with inline marks."""
    text = ""
    at = 0
    marks: list[tuple[int, int, tuple[str, ...]]] = []
    for match in MARK.finditer(line):
        text += line[at : match.start()]
        at = match.end()
        if match[2]:
            text += match[2]
            continue
        parts = re.split(r"(?<!\\)\|", match[1], maxsplit=1)
        name = re.sub(r"\\(.)", r"\1", parts[0])
        kind = parts[1].split()[0] if len(parts) > 1 and parts[1].split() else ""
        if kind in TYPES:
            marks.append((len(text), len(text) + len(name), (kind,)))
        text += name
    return Sentence(text + line[at:], marks, paragraph=True)
