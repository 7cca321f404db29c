#!/usr/bin/env python3
"""Names the divisions that src/extract/places/subdivisions.tsv lacks, and says of cities and towns in which they lie.

usage: within.py DATA PLACES

DATA holds world-cities/, geonames-cities/ and geonames-admin/ as published; PLACES is src/extract/places with the tables that generate.py and towns.py wrote.
Rows of subdivision_names.txt whose code the table lacks are added; names of the others are added to theirs. A city lies
where world-cities says, by its GeoNames number; within.txt ties the names of divisions that do not meet to their codes.
What the tables say remains where that list knows nothing, and in countries that were divided anew since 2022.
"""
import collections, csv, os, re, sys, unicodedata

DATA, PLACES = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
# Divided anew: copy of the years before has the older divisions. Of Ireland the tables have counties, the list provinces.
KEPT = {"VN", "ID", "IE"}
NOISE = r"\b(oblast'?|oblysy|province|region|governorate|department|district|state of|state|voivodeship|county|municipality|kray|krai|respublika|republic of|republic|of|prefecture|the|autonomous|division|pradesh)\b"


def fold(text):
    text = text.translate(str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ə": "a", "Ł": "L", "Ø": "O", "ß": "ss", "ð": "d", "þ": "th", "æ": "ae"}))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def bare(text):
    return re.sub(r"[^a-z0-9]", "", re.sub(NOISE, "", fold(text).lower()))


def plain(text):
    return re.sub(r"[^a-z0-9]", "", fold(text).lower())


def read(name):
    lines = open(f"{PLACES}/{name}", encoding="utf-8").read().splitlines()
    return [line for line in lines if line.startswith("#")], [line.split("\t") for line in lines if line and not line.startswith("#")]


def write(name, head, rows):
    with open(f"{PLACES}/{name}", "w", encoding="utf-8") as out:
        out.write("\n".join(head + ["\t".join(row) for row in rows]) + "\n")


def own(name):
    for line in open(os.path.join(HERE, name), encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            yield [part.strip() for part in line.rstrip("\n").split("|")]


head, divisions = read("subdivisions.tsv")
known = {row[0]: row for row in divisions}
for code, name, others in (row[:3] for row in own("subdivision_names.txt")):
    names = [name] + [other for other in others.split(";") if other]
    names += [fold(one) for one in names if fold(one) != one]
    if code not in known:
        known[code] = [code, name, "", "", "", "", ""]
        divisions.append(known[code])
    row = known[code]
    have = [row[1]] + [other for other in row[2].split(";") if other]
    row[2] = ";".join(dict.fromkeys(other for other in have + names if other != row[1]))
write("subdivisions.tsv", head, sorted(divisions, key=lambda row: row[0]))

codes = collections.defaultdict(dict)
for form in (plain, bare):
    for row in divisions:
        for name in [row[1]] + row[2].split(";"):
            if form(name):
                codes[row[0][:2]].setdefault(form(name), row[0])
tied = {(country, plain(name)): code for country, name, code in own("within.txt")}
numbered = {row[5]: row[0] for row in divisions if row[5]}
first_level = {row[0]: row[3] for row in csv.reader(open(f"{DATA}/geonames-admin/admin1CodesASCII.txt", encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)}
cities = csv.reader(open(f"{DATA}/geonames-cities/cities15000.txt", encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)
administered = {row[0]: first_level.get(f"{row[8]}.{row[10]}") for row in cities}
listed = {row["geonameid"]: row["subcountry"] for row in csv.DictReader(open(f"{DATA}/world-cities/world-cities.csv", encoding="utf-8"))}


def within(country, geonames):
    """The code of the division that a town lies in, where it is known: by world-cities, or else by GeoNames."""
    division, here = listed.get(geonames, ""), codes[country]
    code = tied.get((country, plain(division))) or here.get(plain(division)) or here.get(bare(division))
    return code or numbered.get(administered.get(geonames), "")


for table in ("cities.tsv", "towns.tsv"):
    head, rows = read(table)
    changed = 0
    for row in rows:
        code = within(row[2], row[0])
        if code and code != row[3] and not (row[3] and row[2] in KEPT):
            row[3] = code
            changed += 1
    write(table, head, rows)
    print(table, changed, "of", len(rows))

head, rows = read("world.tsv")
head = ["# folded name, sorted by its bytes\tcountry:geonames:inhabitants:latitude:longitude:division of each town of that name, the largest first"]
for row in rows:
    towns = [(town.split(":") + [""] * 4)[:5] for town in row[1].split(";")]
    row[1] = ";".join(":".join(town + ["" if town[0] in KEPT else within(town[0], town[1])]).rstrip(":") for town in towns)
write("world.tsv", head, rows)
