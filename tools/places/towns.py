#!/usr/bin/env python3
"""Writes src/extract/places/towns.tsv: what cities.tsv leaves out, from 30,000 inhabitants.

usage: towns.py DATA PLACES WORDS…

DATA holds geonames-cities/ as published; PLACES is src/extract/places with the tables that generate.py wrote; WORDS are
texts in English, whose lower-case words are taken for ordinary words. A town whose name is an ordinary word, a first
name or surname of the tagger's tables, or the name of a country, a capital or a city of a million is left out: in
running text it is hardly ever meant.
"""
import os, re, sys, unicodedata

DATA, PLACES, TEXTS = sys.argv[1], sys.argv[2], sys.argv[3:]

# Generic endings of Japanese and Korean municipalities.
ENDING = re.compile(r"-(shi|si|gun|ku|machi|cho|eup|myeon)$")


def fold(text):
    text = text.translate(str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ə": "a", "Ł": "L", "Ø": "O", "ß": "ss", "æ": "ae"}))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def rows(path):
    return [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8") if line.strip() and not line.startswith("#")]


words = set()
for text in TEXTS:
    for line in open(text, encoding="utf-8", errors="ignore"):
        words.update(re.findall(r"(?<![^\s\"'(])[a-z]{2,}(?![^\s.,;:!?\"')])", line))
persons = set()
tables = os.path.join(PLACES, "..", "entities", "tables")
for name in ("first-names.txt", "surnames.txt"):
    for line in open(os.path.join(tables, name), encoding="utf-8"):
        if not line.startswith("#"):
            persons.update(fold(word).lower() for word in line.replace("first:", "").split())
taken, known, division = set(), set(), {}
for row in rows(f"{PLACES}/countries.tsv"):
    taken.update(fold(name).lower() for cell in row[2:6] for name in cell.split(";"))
for row in rows(f"{PLACES}/regions.tsv"):
    taken.update(fold(name).lower() for cell in row[1:2] + row[3:] for name in cell.split(";"))
for row in rows(f"{PLACES}/cities.tsv"):
    known.add(row[0])
    if row[7] or int(row[4]) >= 1_000_000:
        taken.update(fold(name).lower() for name in [row[1]] + (row[8].split(";") if len(row) > 8 else []))
guarded = {row[0] for row in rows(f"{PLACES}/guarded.tsv")}
cities = [line.rstrip("\n").split("\t") for line in open(f"{DATA}/geonames-cities/cities15000.txt", encoding="utf-8")]
of = {row[0]: row[3] for row in rows(f"{PLACES}/cities.tsv")}
for city in cities:
    if of.get(city[0]):
        division[city[8], city[10]] = of[city[0]]
count = 0
with open(f"{PLACES}/towns.tsv", "w", encoding="utf-8") as out:
    out.write("# geonames\tname\tcountry\tsubdivision\tpopulation\tother names\tlat\tlon\n")
    for city in sorted(cities, key=lambda c: (-int(c[14] or 0), c[0])):
        number, people, country = city[0], int(city[14] or 0), city[8]
        if city[7] == "PPLX" or number in known or people < 30_000 and city[7] != "PPLA":
            continue
        name = city[1].replace("’", "'").replace("‘", "'").replace("`", "'").strip("'")
        others = []
        if country in ("JP", "KR") and ENDING.search(name):
            name, others = ENDING.sub("", name), [name]
        if re.search("[āīūşţḩḑẕōēŏŭʻʼḏṯḥẖ]", name.lower()):
            name = fold(name)
        if fold(name) != name:
            others.append(fold(name))
        if name.startswith("Saint "):
            others.append("St. " + name[6:])
        plain = fold(name).lower()
        parts = re.findall(r"[a-z]+", plain)
        ordinary = plain in words or plain in persons or plain in guarded or len(parts) > 1 and all(part in words for part in parts)
        if ordinary or plain in taken or len(plain) < 4 or not parts:
            continue
        out.write("\t".join([number, name, country, division.get((country, city[10]), ""), str(people), ";".join(others), f"{float(city[4]):.2f}", f"{float(city[5]):.2f}"]) + "\n")
        count += 1
print(count, "towns")
