"""The labels of a token, and sets of labels as bit masks."""

from __future__ import annotations

from collections.abc import Iterable

TYPES = ("person", "organisation", "place", "facility", "group", "event", "product", "disease", "work")
LABELS = ("O",) + tuple(f"{part}-{name}" for name in TYPES for part in "BI")
OUTSIDE = 1
ANYTHING = (1 << len(LABELS)) - 1
OTHER = ("group", "event", "product", "disease", "work")


def begin(name: str) -> int:
    return 1 + 2 * TYPES.index(name)


def begins(names: Iterable[str]) -> int:
    """The mask of the labels that begin a name of one of these types."""
    return sum(1 << begin(name) for name in names)


def insides(names: Iterable[str]) -> int:
    return begins(names) << 1


def spans(labels: Iterable[int]) -> list[tuple[int, int, str]]:
    """First token, token behind the last, and type of each name."""
    found: list[tuple[int, int, str]] = []
    for at, label in enumerate(labels):
        if label == 0:
            continue
        name = TYPES[(label - 1) // 2]
        if label % 2 == 1 or not found or found[-1][1:] != (at, name):
            found.append((at, at + 1, name))
        else:
            found[-1] = (found[-1][0], at + 1, name)
    return found


def certain(masks: Iterable[int]) -> list[int]:
    """The single label of each mask, or -1."""
    return [mask.bit_length() - 1 if mask & (mask - 1) == 0 else -1 for mask in masks]
