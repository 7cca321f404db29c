"""Sentences and tokens of a text, as the engine cuts them.

In: a text and its language. Out: its sentences as lists of tokens. What holds: the same cuts as src/extract/sentence.rs
and src/extract/entities/token.rs; only the number of a character, not of a byte, says where a token stands.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

LOWER, CAPITAL, UPPER, MIXED, LETTER, NUMBER, MARK = range(7)

ABBREVIATIONS = set(
    "jan feb mar apr jun jul aug sep sept oct nov dec st no nos dr mr mrs ms prof gen lt col sgt capt sen rep gov rev "
    "hon vs v approx est fig vol dept univ mt ft messrs mme maj adm cmdr sq incl resp ca cf al pres ret supt".split()
)
MAYBE_FINAL = {"inc", "ltd", "co", "corp", "jr", "sr", "etc", "mln", "bln", "thsd", "pct", "a.m", "p.m", "bros"}
OPENERS = set(
    "The A An In On At It He She They We This That These There But And As By More However Meanwhile According Since Of "
    "With For So Another Officials Authorities Health Some Over About No New Its His Her Their Earlier Deaths "
    "Cases".split()
)
BULLETS = ("\n", "-", "•", "*", "–", "—", "·", "▪", "‣")
OPENING = {'"', "“", "‘", ":", "«", "•", "—", "–", "--", "]", ";"}
ARTICLES = {"al", "el", "ul", "ar", "as", "ad", "an", "at", "az", "ash", "d", "i"}
FOLDS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ı": "i", "đ": "d", "Đ": "D", "’": "'", "‘": "'", "‐": "-", "‑": "-"}
)


@dataclass(frozen=True)
class Language:
    """What a pack says of how its language is cut; English has none of it, for its rules are written here."""

    abbreviations: frozenset[str] = frozenset()
    elided: frozenset[str] = frozenset()

    @classmethod
    def of(cls, root: Path, code: str) -> Language:
        if code == "en":
            return ENGLISH
        pack = tomllib.loads((root / f"src/language/{code}.toml").read_text())
        return cls(frozenset(pack["abbreviations"]), frozenset(pack.get("elided", [])))


ENGLISH = Language()


@dataclass
class Token:
    start: int
    end: int
    text: str
    case: int
    opens: bool
    spaced: bool


def fold(word: str) -> str:
    """Lower case without diacritics."""
    if word.isascii():
        return word.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not is_combining(c))
    return bare.translate(FOLDS).lower()


def is_combining(c: str) -> bool:
    return unicodedata.category(c).startswith("M")


def is_word(c: str) -> bool:
    return c.isalnum()


def is_digit(c: str) -> bool:
    return "0" <= c <= "9"


# Sentences


def sentences(text: str, language: Language = ENGLISH) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = at = 0
    while at < len(text):
        c = text[at]
        end = None
        if c == "\n":
            end = _line_break(text, start, at)
        elif c in "。！？":
            end = at + 1
            while end < len(text) and text[end] in "”’」』）》":
                end += 1
        elif c in ".!?…•":
            end = _stop(text, start, at, language.abbreviations)
        if end is None:
            at += 1
            continue
        _push(spans, text, start, end)
        start = end
        at = max(end, at + 1)
    _push(spans, text, start, len(text))
    return spans


def _push(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    trimmed = piece.strip()
    if trimmed:
        lead = len(piece) - len(piece.lstrip())
        spans.append((start + lead, start + lead + len(trimmed)))


def _line_break(text: str, start: int, at: int) -> int | None:
    rest = text[at + 1 :]
    following = rest.lstrip(" \t")
    line_start = text.rfind("\n", 0, at) + 1
    line = text[max(line_start, start) : at].lstrip()
    short = len(line) < 60
    head = following[:1]
    increment = head in ("+", "(") and (is_digit(following[1:2] or " ") or following[1:2] == "+")
    begins = bool(head) and (head.isupper() or is_digit(head))
    upcoming_raw = rest.split("\n", 1)[0]
    cells = any(c in line for c in "|\t") and any(c in upcoming_raw for c in "|\t")
    tabular = cells or (short and (begins or increment))
    upcoming = following.split("\n", 1)[0]
    parted = any(c in line for c in ":;|/") or "  " in line or line.count(",") > 1
    figures = parted and _is_row(upcoming)
    if following.startswith(BULLETS) or tabular or figures or (_opens_item(upcoming) and _closes_item(line)):
        return at + 1
    return None


def _opens_item(line: str) -> bool:
    digits = len(line) - len(line.lstrip("0123456789"))
    behind = line[digits:]
    numbered = 1 <= digits <= 2 and (
        behind.startswith((")", ":")) or (behind.startswith(".") and is_digit(behind[1:2] or " "))
    )
    return numbered or _is_label(line, strict=True)


def _is_label(line: str, strict: bool) -> bool:
    label, colon, rest = line.partition(": ")
    if not colon or len(label.encode()) > 60 or "." in label:
        return False
    return not strict or (label[:1].isupper() and "," not in label and any(map(is_digit, rest)))


def _is_row(line: str) -> bool:
    words = line.split()
    letters = sum(word[0].isalpha() for word in words)
    last = line.rstrip().rstrip(".;")
    return (
        line[:1].isupper()
        and 1 <= letters <= 6
        and (is_digit(last[-1:] or " ") or last[-1:] in ("%", ")", "|"))
        and sum(is_digit(word[0]) for word in words) * 4 >= letters
    )


def _closes_item(line: str) -> bool:
    last = line.rstrip()[-1:]
    closing = bool(last) and (is_digit(last) or last in ')%;:"”')
    return closing or _is_label(line, strict=False) or _opens_item(line.lstrip())


def _stop(text: str, start: int, at: int, abbreviations: frozenset[str]) -> int | None:
    rest = text[at:]
    mark = text[at]
    if mark == "•":
        return at if at > start else None
    dots = len(rest) - len(rest.lstrip("."))
    led = is_digit(rest[dots:].lstrip()[:1] or " ")
    if mark == "." and led and (dots > 3 or text[:at].endswith("...")):
        return None
    end = at
    while end < len(text) and text[end] in ".!?…\"'”’)]»":
        end += 1
    after = text[end:]
    following = after.lstrip()
    if not following:
        return None
    spaced = after[0].isspace()
    head = following[0]
    if mark not in ".…":
        return end if spaced else None
    word = text[start:at]
    for i in range(len(word) - 1, -1, -1):
        if word[i].isspace() or word[i] in '("“/':
            word = word[i + 1 :]
            break
    if not spaced:
        glued = head.isupper() and len(word) > 3 and "." not in word
        return end if glued and end == at + 1 and after[1:2].islower() else None
    bare = word.strip("".join({c for c in word if not c.isalnum()}))
    group = len(following) - len(following.lstrip("0123456789")) == 3
    english = not abbreviations
    last = bare.replace(",", ".").rsplit(".")[-1]
    groups = "," in bare or (not english and (len(last) == 3 or ("." not in bare and len(bare) <= 3)))
    if is_digit(head) and groups and group and all(is_digit(c) or c == "," or (not english and c == ".") for c in bare):
        return None
    lower = bare.lower()
    opener = following
    for i, c in enumerate(following):
        if not c.isalnum():
            opener = following[:i]
            break
    opens = opener in OPENERS or (not english and len(opener) <= 3)
    if end > at + 1 and any(c in '"”»' for c in text[at + 1 : end]):
        return end
    ordinal = 1 <= len(bare) <= 2 and all(map(is_digit, bare))
    if lower in abbreviations or (ordinal and f"# {opener.lower()}" in abbreviations):
        return None
    if english and lower in ABBREVIATIONS:
        return end if (lower in ("no", "nos") and not is_digit(head)) or (lower == "mar" and opens) else None
    initials = (len(bare) == 1 and bare.isupper()) or (
        "." in bare and all(len(part) <= 2 and all(c.isalpha() for c in part) for part in bare.split("."))
    )
    if initials or lower in MAYBE_FINAL:
        return end if (head.isupper() or head in '"“') and opens and len(bare) > 1 else None
    return None if head.islower() else end


# Tokens


def tokens(text: str, language: Language = ENGLISH) -> list[list[Token]]:
    """The tokens of each sentence of a text."""
    found: list[list[Token]] = []
    last: Token | None = None
    for start, end in sentences(text, language):
        row = cut(text, start, end, last, language)
        if row:
            last = row[-1]
            found.append(row)
    return found


def cut(text: str, start: int, end: int, last: Token | None = None, language: Language = ENGLISH) -> list[Token]:
    """The tokens of one sentence, which stands at `start..end`."""
    row: list[Token] = []
    at = start
    opens = True
    while at < end:
        c = text[at]
        if c.isspace():
            at += 1
            continue
        rest = text[at:end]
        length = _word_length(rest, language.elided) if is_word(c) else _mark_length(rest, last, at)
        word = rest[:length]
        token = Token(at, at + length, word, case(word), opens, last is None or last.end < at)
        row.append(token)
        last = token
        at += length
        opens = (opens or word in OPENING) if token.case == MARK else False
    return row


def _word_length(text: str, elided: frozenset[str] = frozenset()) -> int:
    end = letters = dots = 0
    for at, c in enumerate(text):
        if is_word(c) or is_combining(c):
            letters += 1
            end = at + 1
            continue
        following = text[at + 1 : at + 2]
        if not following:
            if c == "." and dots > 0 and letters == 1:
                end = at + 1
            break
        before = at > 0 and is_digit(text[at - 1])
        if c in "-‐‑":
            # "3-Paolo Rossi": the number on a shirt is no part of the name.
            number = all(is_digit(digit) for digit in text[:at])
            name = following.isupper() and text[at + 2 : at + 3].islower()
            joins = is_word(following) and not (number and name)
        elif c in "'’" and text[:at].lower() in elided:
            return at + 1
        elif c in "'’":
            joins = following.isalpha() and not _is_possessive(text[at + 1 :])
        elif c == ".":
            initial = letters == 1 and following.isupper() and not text[at + 2 : at + 3].islower()
            joins = (before and is_digit(following)) or initial
        elif c == ",":
            joins = before and is_digit(following)
        elif c == "&":
            joins = following.isupper() and letters <= 2
        else:
            joins = False
        if not joins:
            if c == "." and dots > 0 and letters == 1:
                end = at + 1
            break
        if c == ".":
            dots += 1
        letters = 0
    return max(end, 1)


def _is_possessive(after: str) -> bool:
    return after[:1] in ("s", "S") and not is_word(after[1:2] or " ")


def _mark_length(text: str, last: Token | None, at: int) -> int:
    glued = last is not None and last.end == at and last.case != MARK
    if glued and text[0] in "'’" and _is_possessive(text[1:]):
        return 2
    return 2 if text.startswith("--") else 1


def case(word: str) -> int:
    first = word[:1]
    if not first or not is_word(first):
        return MARK
    if first.isnumeric():
        return NUMBER
    letters = sum(c.isalpha() for c in word)
    upper = sum(c.isupper() for c in word)
    if upper == 0:
        return LOWER
    if first.isupper():
        if upper == 1:
            return LETTER if letters == 1 else CAPITAL
        if upper == letters:
            return UPPER
        return CAPITAL if all(_is_capital_part(part) for part in _parts(word)) else MIXED
    head = ""
    for c in word:
        if not c.islower():
            break
        head += c
    return MIXED if head in ARTICLES or len(head.encode()) == 1 else LOWER


def _parts(word: str) -> list[str]:
    for joint in "‐'’":
        word = word.replace(joint, "-")
    return word.split("-")


def _is_capital_part(part: str) -> bool:
    return not part or (part[0].isupper() and not any(c.isupper() for c in part[1:]))
