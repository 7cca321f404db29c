#!/usr/bin/env python3
"""Writes src/extract/places/names/LANGUAGE.tsv: names of places in another language.

usage: foreign.py DATA PLACES LANGUAGE

DATA holds cldr-territories/ and geonames-cities/ as published; PLACES is src/extract/places with its tables. Countries
have their names from CLDR; cities of the tables, in a script of the language's own, from GeoNames' alternate names;
tools/places/foreign/LANGUAGE.tsv adds by hand what both lack (id, names, adjectives, peoples; lists with `;`) and takes
names away that begin with `-`. Where the language is spoken, small cities and towns have their own names. Where the language inflects names, tools/places/inflect_LANGUAGE.py has
`forms(name, kind) -> list`, and `own(name)`, which tells a GeoNames name of the language from those of its neighbours.
"""
import importlib, json, os, re, sys

DATA, PLACES, LANGUAGE = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

REGIONS = {"002": "africa", "150": "europe", "142": "asia", "019": "americas", "003": "north-america", "005": "south-america",
           "009": "oceania", "013": "central-america", "029": "caribbean", "035": "south-east-asia",
           "034": "south-asia", "030": "east-asia", "143": "central-asia", "015": "north-africa", "011": "west-africa",
           "014": "east-africa", "018": "southern-africa", "202": "sub-saharan-africa", "419": "latin-america", "EU": "eu", "EZ": "eurozone"}

try:
    language = importlib.import_module(f"inflect_{LANGUAGE}")
except ModuleNotFoundError:
    language = None
forms = getattr(language, "forms", lambda name, kind: [name])
own = getattr(language, "own", lambda name: True)

# The letters that a name of the language is written with, where its script is not Latin: others are of its neighbours.
LETTERS = {"ru": r"[А-ЯЁ][А-Яа-яЁё -]+", "zh": r"[\u4e00-\u9fff]{2,8}"}


def rows(path):
    return [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8") if line.strip() and not line.startswith("#")]


# Where the language is spoken the names of smaller cities and of towns are written as they are.
HOME = {"es": "ES MX AR CO CL PE VE EC BO UY PY CU DO GT CR PA HN SV NI PR".split(), "pt": "PT BR AO MZ CV GW ST TL".split()}
# Cities of this size are found by their English names in any language of the Latin script.
KNOWN_ABROAD = 150_000
# Towns whose names are first of all ordinary words, surnames or other places.
ORDINARY = set(open(os.path.join(HERE, "foreign", "ordinary.txt"), encoding="utf-8").read().split())


known = {row[0] for row in rows(f"{PLACES}/countries.tsv")} | {row[0] for row in rows(f"{PLACES}/subdivisions.tsv")}
known |= {f"region:{row[0]}" for row in rows(f"{PLACES}/regions.tsv")}
# Areas have no number but where they are in GeoNames; divisions below the first level go by what they lie in.
for row in rows(f"{PLACES}/areas.tsv"):
    row += [""] * (6 - len(row))
    within = f"{(row[5] or row[1]).lower()}:" if row[3] == "division" else ""
    if not row[4]:
        known.add(f"area:{within}" + re.sub(r"[^a-z0-9]+", "-", row[0].lower()))
cities = {row[0] for row in rows(f"{PLACES}/cities.tsv")}
towns = {row[0] for row in rows(f"{PLACES}/towns.tsv")}
table = {}


def add(place, column, name):
    lists = table.setdefault(place, ([], [], []))
    name = name.strip()
    if name and name not in lists[column]:
        lists[column].append(name)


territories = json.load(open(f"{DATA}/cldr-territories/{LANGUAGE}.json", encoding="utf-8"))
territories = territories["main"][LANGUAGE]["localeDisplayNames"]["territories"]
for code, name in territories.items():
    code, _, alternative = code.partition("-alt-")
    place = code if code in known else f"region:{REGIONS.get(code)}"
    # "Hong Kong (SAR)" is written without the bracket.
    if place in known and not (alternative == "short" and len(name) < 4):
        add(place, 0, re.sub(r"\s*[(（].*", "", name))
if LANGUAGE in LETTERS:
    for line in open(f"{DATA}/geonames-cities/cities15000.txt", encoding="utf-8"):
        row = line.rstrip("\n").split("\t")
        if row[0] in cities:
            for name in row[3].split(","):
                if re.fullmatch(LETTERS[LANGUAGE], name) and own(name):
                    add(f"geonames:{row[0]}", 0, name)
for path in ("cities.tsv", "towns.tsv"):
    for row in rows(f"{PLACES}/{path}"):
        if row[2] in HOME.get(LANGUAGE, ()) and int(row[4] or 0) < KNOWN_ABROAD and row[1] not in ORDINARY:
            add(f"geonames:{row[0]}", 0, row[1])
hand = os.path.join(HERE, "foreign", f"{LANGUAGE}.tsv")
for row in rows(hand) if os.path.exists(hand) else []:
    place = row[0]
    number = place.removeprefix("geonames:")
    if place not in known and number not in cities and number not in towns:
        sys.exit(f"{hand}: {place} is in no table")
    for column, cell in enumerate(row[1:4]):
        for name in cell.split(";"):
            if name.startswith("-"):
                for names in table.get(place, ([], [], [])):
                    if name[1:] in names:
                        names.remove(name[1:])
            else:
                add(place, column, name)
with open(f"{PLACES}/names/{LANGUAGE}.tsv", "w", encoding="utf-8") as out:
    out.write("# id\tnames\tadjectives\tpeople; written by tools/places/foreign.py\n")
    for place, lists in sorted(table.items()):
        cells = []
        for names, kind in zip(lists, ("name", "adjective", "people")):
            inflected = []
            for name in names:
                inflected += [form for form in forms(name, kind) if form not in inflected]
            cells.append(";".join(inflected))
        if any(cells):
            out.write("\t".join([place, *cells]).rstrip("\t") + "\n")
