#!/usr/bin/env python3
"""Writes src/extract/places/world.tsv: towns that are looked up only where something else says that a place is named.

usage: world.py DATA PLACES

DATA holds geonames-cities/ and world-cities/ as published; PLACES is src/extract/places with the tables that generate.py
and towns.py wrote. Every city above 15,000 inhabitants that those leave out is here, by its folded name, and of those that
they have what else English copy may call them: names that are not written in Latin letters where they are at home are
put into them in many ways ("Hodeida", "Hudaydah"). Ordinary words and names of persons among them do no harm, since
running text is never searched for them.
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


# Where names are transliterated.
OTHER_LETTERS = set("""AE AF AM AZ BD BG BH BT BY CN CY DZ EG ER ET GE GR IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK LY MA MD MK MM MN
MR MV NP OM PK PS QA RS RU SA SD SO SY TH TJ TM TN TW UA UZ XK YE""".split())
# What transliterations differ in: articles, doubled letters, vowels, and how a sound is spelled.
ARTICLE = re.compile(r"(^| )(al|el|ul|ad|ar|as|an|ash|at|az|ed|es|er|en) ")
SOUNDS = (("kh", "h"), ("gh", "g"), ("ph", "f"), ("sh", "s"), ("ch", "c"), ("zh", "z"), ("dh", "d"), ("th", "t"), ("ts", "c"), ("tz", "c"),
          ("dj", "j"), ("q", "k"), ("x", "ks"), ("w", "v"), ("ck", "k"))


def skeleton(name):
    """The consonants that every transliteration of a name keeps."""
    text = ARTICLE.sub(r"\1", fold(name)).replace(" ", "")
    for sound, letter in SOUNDS:
        text = text.replace(sound, letter)
    text = re.sub(r"(.)\1+", r"\1", text[:1] + re.sub("[aeiouy]+", "", text[1:]))
    return re.sub("h$", "", re.sub("^[aeiouy]", "a", text)) if len(text) > 2 else text


known, named = set(), set()
for table, number, names in (("cities.tsv", 0, (1, 8)), ("towns.tsv", 0, (1, 5)), ("areas.tsv", None, (0, 2)), ("subdivisions.tsv", None, (1, 2)),
                             ("countries.tsv", None, (2, 3, 4, 5)), ("regions.tsv", None, (1, 3, 4, 5))):
    for line in open(os.path.join(PLACES, table), encoding="utf-8"):
        if not line.startswith("#"):
            row = line.rstrip("\n").split("\t")
            if number is not None:
                known.add(row[number])
            named.update(fold(name) for column in names if column < len(row) for name in row[column].split(";"))
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
    if city[0] in known and city[8] in OTHER_LETTERS:
        kept = {skeleton(city[1]), skeleton(city[2])}
        for name in city[3].split(","):
            form = fold(name)
            if name[:1].isupper() and form.isascii() and len(form) > 3 and form not in named and skeleton(name) in kept:
                towns[form].setdefault(city[0], (people, city[8]))
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
