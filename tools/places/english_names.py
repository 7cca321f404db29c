#!/usr/bin/env python3
"""Puts today's English names into the tables of cities and towns, after generate.py and towns.py.

usage: english_names.py PLACES

PLACES is src/extract/places. What a row was called before stays findable as another name. Soft signs of Russian,
Ukrainian and Belarusian names go: English texts do not write them.
"""
import os, re, sys, unicodedata

PLACES = sys.argv[1]
plan = {}
for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "english_names.txt"), encoding="utf-8"):
    if line.strip() and not line.startswith("#"):
        place, names = line.rstrip("\n").split("|")
        plan[place] = names.split(";")


def fold(text):
    text = text.translate(str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "Ł": "L", "Ø": "O"}))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


used = set()
for table, last in (("cities.tsv", 8), ("towns.tsv", 5)):
    path, out = os.path.join(PLACES, table), []
    for line in open(path, encoding="utf-8"):
        row = line.rstrip("\n").split("\t")
        if not line.startswith("#"):
            row += [""] * (last + 1 - len(row))
            place, others = f"{row[1]},{row[2]}", [name for name in row[last].split(";") if name]
            names = plan.get(place)
            if names:
                used.add(place)
            elif row[2] in ("RU", "UA", "BY") and "'" in row[1]:
                names = [row[1].replace("'", "")]
            if names:
                more = names[1:] + [row[1]] + others + [fold(names[0])]
                row[1] = names[0]
                row[last] = ";".join(dict.fromkeys(name for name in more if name != names[0]))
            line = "\t".join(row) + "\n"
        out.append(line)
    open(path, "w", encoding="utf-8").writelines(out)
print("without a row:", sorted(set(plan) - used))
