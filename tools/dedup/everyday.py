#!/usr/bin/env python3
"""Writes src/dedup/everyday.txt: beginnings (six letters) of words that say little of what a text is about.

usage: tools/dedup/everyday.py > src/dedup/everyday.txt

A beginning is everyday when it stands in running text without a capital in enough texts of tests/corpus (one of 170
English ones, one of 33 in other languages), and more often without a capital than with one only. The words of
function_words.txt beside this file are everyday in any case.
"""
import collections
import glob
import json
import os
import re
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "../../tests/corpus")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
LETTERS = 6


def texts():
    """Language and text of every document of the development."""
    for path in sorted(glob.glob(f"{CORPUS}/*/*.jsonl")):
        language = path.split(os.sep)[-2]
        for line in open(path, encoding="utf-8"):
            case = json.loads(line)
            if case.get("part") not in ("held", "scored"):
                yield "en" if language == "stories" else language, case.get("text") or case.get("body") or ""
    for path in sorted(glob.glob(f"{CORPUS}/entities/*.txt")):
        for text in re.split(r"(?m)^=== .*$", open(path, encoding="utf-8").read()):
            yield "en", re.sub(r"\[([^\]|]*)\|?[^\]]*\]", r"\1", text)


def everyday():
    by_language = collections.defaultdict(list)
    for language, text in texts():
        by_language[language].append(text)
    found = set()
    for language, documents in by_language.items():
        if language == "zh":
            continue
        small, capital = collections.Counter(), collections.Counter()
        for text in documents:
            with_small, with_capital = set(), set()
            for match in WORD.finditer(unicodedata.normalize("NFKC", text)):
                word = match.group().replace("'", "").replace("\u2019", "")
                (with_capital if word[0].isupper() else with_small).add(word.lower()[:LETTERS])
            small.update(with_small)
            capital.update(with_capital - with_small)
        share = 0.006 if len(documents) > 800 else 0.03
        least = max(3, len(documents) * share)
        found |= {word for word, n in small.items() if n >= least and n >= capital[word] * 0.5}
    for line in open(os.path.join(HERE, "function_words.txt"), encoding="utf-8"):
        if not line.startswith("#"):
            found |= {word.lower()[:LETTERS] for word in line.split()}
    return sorted(found)


print("""# Beginnings (six letters) of everyday words, which say little of what a text is about: those that stand without a capital
# in many texts of our corpora, and the articles, pronouns, prepositions and auxiliaries of European languages. Written by
# tools/dedup/everyday.py; one a line.""")
print("\n".join(everyday()))
