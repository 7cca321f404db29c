"""WordPiece over folded words, with a vocabulary cut to what news needs.

In: the vocabulary of the base model. Out: the ids of a word's pieces. What holds: all single characters of the base
vocabulary stay, so that a word is never unknown because of the cut.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from text import fold

PAD, UNKNOWN, CLS, SEP = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPECIAL = (PAD, UNKNOWN, CLS, SEP)
LONGEST_WORD = 100


def is_mark(c: str) -> bool:
    """A character that is a piece of its own: a mark, a symbol or a Chinese character."""
    ascii_mark = c.isascii() and not c.isalnum() and not c.isspace()
    return ascii_mark or unicodedata.category(c).startswith("P") or "\u4e00" <= c <= "\u9fff"


class Vocabulary:
    def __init__(self, pieces: Iterable[str]) -> None:
        self.pieces = list(pieces)
        self.ids = {piece: number for number, piece in enumerate(self.pieces)}
        self.cache: dict[str, list[int]] = {}
        self.pad, self.unknown, self.cls, self.sep = (self.ids[piece] for piece in SPECIAL)

    def of(self, word: str) -> list[int]:
        """The pieces of a token, one at least."""
        found = self.cache.get(word)
        if found is None:
            found = [number for run in runs(fold(word)) for number in self.run(run)] or [self.unknown]
            self.cache[word] = found
        return found

    def run(self, run: str) -> list[int]:
        if len(run) > LONGEST_WORD:
            return [self.unknown]
        found: list[int] = []
        start = 0
        while start < len(run):
            for end in range(len(run), start, -1):
                number = self.ids.get(("##" if start else "") + run[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self.unknown]
        return found


def runs(word: str) -> Iterable[str]:
    """The word, cut at marks."""
    run = ""
    for c in word:
        if is_mark(c):
            if run:
                yield run
            run = ""
            yield c
        else:
            run += c
    if run:
        yield run


def cut(base: list[str], words: Iterable[str], most: int) -> list[str]:
    """The base pieces worth keeping: special ones, single characters, those of `words`, and the most frequent."""
    whole = Vocabulary(base)
    keep = {whole.pad, whole.unknown, whole.cls, whole.sep}
    keep.update(number for number, piece in enumerate(base) if len(piece.removeprefix("##")) == 1)
    for word in words:
        keep.update(whole.of(word))
    # The base vocabulary is sorted by frequency.
    for number, piece in enumerate(base):
        if len(keep) >= most:
            break
        if not piece.startswith("[") and piece.isascii():
            keep.add(number)
    return [base[number] for number in sorted(keep)]
