#!/usr/bin/env python3
"""Writes src/extract/places/parts.tsv: places below the first level, by their folded names.

usage: parts.py PLACES

PLACES is src/extract/places with subdivisions.tsv. The lists are in tools/places/parts, our own knowledge: lines of an ISO
3166-2 code, `division` or `town`, and names that `;` parts, other spellings behind `=`. A name of several divisions is
listed under each.
"""
import collections, glob, os, re, sys, unicodedata

PLACES = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
SPECIAL = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ð": "d", "ə": "a", "ß": "ss", "æ": "ae"})


def fold(name):
    """As `fold_phrase` of table.rs, for names without commas."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.lower().translate(SPECIAL)))


known = {line.split("\t")[0] for line in open(f"{PLACES}/subdivisions.tsv", encoding="utf-8") if not line.startswith("#")}
names = collections.defaultdict(list)
for path in sorted(glob.glob(os.path.join(HERE, "parts", "*.tsv"))):
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            code, kind, listed = line.rstrip("\n").split("\t")
            if code not in known or kind not in ("division", "town"):
                sys.exit(f"{path}: no such division or kind: {line[:60]}")
            for name in (name for name in re.split("[;=]", listed) if "," not in name):
                name = fold(name)
                if len(name) > 1 and code not in names[name]:
                    names[name].append(code)
# Sorted by bytes, as the program looks them up.
lines = [f"{name}\t{';'.join(codes)}\n" for name, codes in names.items() if codes]
lines.sort(key=lambda line: line.split("\t")[0].encode())
with open(f"{PLACES}/parts.tsv", "w", encoding="utf-8") as out:
    out.write("# folded name, sorted by its bytes	divisions in which a place of that name lies\n")
    out.writelines(lines)
print(len(lines), "names")
