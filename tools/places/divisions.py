#!/usr/bin/env python3
"""Adds to the tables what generate.py's sources lack of first-level divisions, after generate.py, towns.py and within.py.

usage: divisions.py PLACES

PLACES is src/extract/places. divisions.tsv beside this script has our own knowledge of them: codes that the sources lack, and
names that English copy calls divisions by; lies_in.tsv says where cities, towns and areas lie of which the sources do not
know it. A name that a country or a city of hundreds of thousands elsewhere has is left out, and so is that of a city of the
division, for whoever names it means the city. Run twice it changes nothing more.
"""
import os, re, sys, unicodedata

PLACES = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
SPECIAL = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ð": "d", "ə": "a", "ß": "ss", "æ": "ae"})
# Doubles of other codes, and one city among counties.
WRONG = ("EE-205", "ID-ML", "ID-PP", "HU-VM")
# Codes of the sources that a newer one, or the one above, stands for.
TODAY = {"ID-ML": "ID-MA", "ID-PP": "ID-PA", "EE-205": "EE-39"}
# The first level of Ireland are its provinces.
IRISH = {county: province for province, counties in {"L": "CW D KE KK LS LD LH MH OY WH WX WW", "M": "CE CO KY LK TA WD",
                                                     "C": "G LM MO RN SO", "U": "CN DL MN"}.items() for county in counties.split()}
RENAMED = {"KE-29": "Murang'a"}
# Words that are no name by themselves.
BARE = set("""north south east west northern southern eastern western central centre center metropolitan capital region national
highlands islands coast coastal upper lower middle oriental federal state city district midlands interior plateau valley zone sur
norte este oeste sud nord est ouest""".split())
GREAT = 300_000


def fold(name):
    """As `fold_phrase` of table.rs, for names without commas."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.lower().translate(SPECIAL)))


def lines(path):
    return open(path, encoding="utf-8").read().rstrip("\n").split("\n")


def rows(path):
    return [line.split("\t") for line in lines(path) if line and not line.startswith("#")]


def rewrite(table, change):
    """Changes the rows of a table in place; those that become nothing go."""
    path, out = f"{PLACES}/{table}", []
    for line in lines(path):
        row = line.split("\t") if line.startswith("#") else change(line.split("\t"))
        if row is not None:
            out.append("\t".join(row))
    open(path, "w", encoding="utf-8").write("\n".join(out) + "\n")


countries = {fold(name) for row in rows(f"{PLACES}/countries.tsv") for column in (2, 3, 4, 5) for name in row[column].split(";")}
great, cities = {}, {}
for table, others in (("cities.tsv", 8), ("towns.tsv", 5)):
    for row in rows(f"{PLACES}/{table}"):
        for name in [row[1], *(row[others] if len(row) > others else "").split(";")]:
            if name:
                cities.setdefault(fold(name), set()).update((row[2], row[3]))
                if int(row[4] or 0) >= GREAT:
                    great.setdefault(fold(name), set()).add(row[2])
divisions = {row[0]: (row + [""] * 7)[:7] for row in rows(f"{PLACES}/subdivisions.tsv") if row[0] not in WRONG}
for code, name, names in rows(f"{HERE}/divisions.tsv"):
    country, names = code[:2], names.split(";")
    if code not in divisions:
        is_city = any(country in cities.get(fold(one), ()) for one in [name, *names])
        divisions[code] = [code, name, "", "", "", "", "city" if is_city else ""]
    row = divisions[code]
    known = {fold(one) for column in (1, 2, 3, 4) for one in row[column].split(";")}
    for one in names:
        folded = fold(one)
        elsewhere = folded in countries or folded in great and country not in great[folded]
        if folded and folded not in known and folded not in BARE and not elsewhere and code not in cities.get(folded, ()):
            known.add(folded)
            row[2] = ";".join(filter(None, [row[2], one]))
for code, name in RENAMED.items():
    divisions[code][1] = name
head = [line for line in lines(f"{PLACES}/subdivisions.tsv") if line.startswith("#")]
with open(f"{PLACES}/subdivisions.tsv", "w", encoding="utf-8") as out:
    out.write("\n".join(head + ["\t".join(divisions[code]) for code in sorted(divisions)]) + "\n")

lies_in = {(table, place, country): code for table, place, country, code in rows(f"{HERE}/lies_in.tsv")}
named = {(code[:2], fold(name)) for code, row in divisions.items() for name in [row[1], *row[2].split(";")]}
for table, kind, place, country, at in (("cities.tsv", "city", 0, 2, 3), ("towns.tsv", "town", 0, 2, 3), ("areas.tsv", "area", 0, 1, 5)):
    def change(row):
        row = row + [""] * (at + 1 - len(row))
        code = TODAY.get(row[at], row[at])
        if code.startswith("IE-"):
            code = f"IE-{IRISH.get(code[3:], code[3:])}"
        row[at] = lies_in.get((kind, row[place], row[country]), code)
        # An area that is a division is one row.
        others = [name for name in row[2].split(";") if name and (row[1], fold(name)) not in named]
        double = kind == "area" and row[3] != "town" and (row[1], fold(row[0])) in named and not others and not row[4]
        return None if double else row
    rewrite(table, change)
rewrite("world.tsv", lambda row: [row[0], re.sub("|".join(TODAY), lambda found: TODAY[found[0]], row[1])])
