#!/usr/bin/env python3
"""Writes src/extract/places/world.tsv: towns that are looked up only where something else says that a place is named.

usage: world.py DATA PLACES

DATA holds geonames-cities/ and world-cities/ as published; PLACES is src/extract/places with the tables that generate.py
and towns.py wrote. Every city above 15,000 inhabitants that those leave out is here, by its folded name; ordinary words
and names of persons among them do no harm, since running text is never searched for them.
"""
import collections, csv, os, re, sys, unicodedata

DATA, PLACES = sys.argv[1], sys.argv[2]
SPECIAL = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ð": "d", "ə": "a", "ß": "ss", "æ": "ae"})
# Generic endings of Japanese and Korean municipalities, which English copy leaves out.
ENDING = re.compile(r"-(shi|si|gun|ku|machi|cho|eup|myeon)$")


def fold(name):
    """As `fold_phrase` of table.rs, for names without commas."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.lower().translate(SPECIAL)))


known = set()
for table, column in (("cities.tsv", 0), ("towns.tsv", 0), ("areas.tsv", 4)):
    for line in open(os.path.join(PLACES, table), encoding="utf-8"):
        if not line.startswith("#"):
            known.add(line.rstrip("\n").split("\t")[column])
towns = collections.defaultdict(dict)
# Where a town lies, to a hundredth of a degree; only the first list says it.
positions = {}


def add(name, country, number, people):
    if number not in known and country:
        for form in {fold(name), fold(ENDING.sub("", name))} - {""}:
            towns[form].setdefault(number, (people, country))


for line in open(f"{DATA}/geonames-cities/cities15000.txt", encoding="utf-8"):
    city = line.rstrip("\n").split("\t")
    if city[7] == "PPLX":
        continue
    positions[city[0]] = f":{float(city[4]):.2f}:{float(city[5]):.2f}"
    people = int(city[14] or 0)
    add(city[1], city[8], city[0], people)
    add(city[2], city[8], city[0], people)
    near = [name for name in city[3].split(",") if name[:1].isupper() and name[:1] == city[2][:1] and fold(name).isascii() and len(name) > 3]
    for name in near[:6]:
        add(name, city[8], city[0], people)
of = {}
for line in open(os.path.join(PLACES, "countries.tsv"), encoding="utf-8"):
    row = line.rstrip("\n").split("\t")
    for name in [row[2]] + row[3].split(";"):
        of[fold(name)] = row[0]
# ISO's own order of words: "Moldova, Republic of".
of.update({fold(name): code for name, code in (("Korea, Republic of", "KR"), ("Korea, Democratic People's Republic of", "KP"), ("Congo, The Democratic Republic of the", "CD"), ("Virgin Islands, U.S.", "VI"), ("No country found for alpha-2 code: XK", "XK"))})
missing = collections.Counter()
for row in csv.DictReader(open(f"{DATA}/world-cities/world-cities.csv", encoding="utf-8")):
    country = of.get(fold(row["country"])) or of.get(fold(re.split("[,(]", row["country"])[0]))
    if not country:
        missing[row["country"]] += 1
        continue
    # The list has no populations; all are above 15,000.
    add(row["name"], country, row["geonameid"], 15_000)
print("countries without a code:", dict(missing), file=sys.stderr)
with open(os.path.join(PLACES, "world.tsv"), "w", encoding="utf-8") as out:
    out.write("# folded name, sorted by its bytes\tcountry:geonames:inhabitants:latitude:longitude of each town of that name, the largest first\n")
    for form in sorted(towns, key=lambda form: form.encode()):
        rows = sorted(((-people, number, country) for number, (people, country) in towns[form].items()))[:8]
        out.write(form + "\t" + ";".join(f"{country}:{number}:{-people}{positions.get(number, '')}" for people, number, country in rows) + "\n")
