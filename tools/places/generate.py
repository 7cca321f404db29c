#!/usr/bin/env python3
"""Writes src/extract/places/*.tsv.

usage: generate.py DATA ISO_3166_2 OUT

DATA holds geonames-admin/, geonames-cities/ and factbook-countries/ as published; ISO_3166_2 is 2.js of the npm
package iso-3166; OUT is src/extract/places. The .txt files beside this script are our own knowledge: names in common
use, other names, demonyms, and the English names of subdivisions whose ISO name is in another language.
"""
import collections, html, json, os, re, sys, unicodedata

DATA, ISO2_JS, OUT = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))

# Names that are also ordinary words, names of persons or of other things: a match needs a sign that a place is meant.
# "US" is none of these: an abbreviation holds only in capitals.
WORDS = set("""reading nice split mobile male bar orange man of bath deal sale bury hull march mon most gary santa ada troy sandy crystal
lima tours best ability union enterprise concord independence liberty hope champion surprise temple normal home media spring
mission progress young phoenix aurora buffalo corona opportunity centre center central olive are university police east west
north south victory general gates battle mersin can data ray rugby poole crewe andover sur nola ham same lund zug capital region
southern western eastern northern metropolitan ica ocean lae roman much hit van batman dire ufa eden mason edison mesa
ba ho on to we do so un la le el il de da is it at an as in or by my he me up go no ure mine fine gap vice sight kandi sari
kali bo mono pai ulm bor ende lens dax vire sens saint aba ife ila ise ode oka mato ipu iga iwo epe ora
car ict gb kp earth gulf delta rivers plateau imo may august june july christmas delta mary grant mercedes pool wells taylor
federal area national national-region community district division state hub mandi cam lam linden chance along green rose lake
zeta lac baa raa kep sowa stip wis thaa down antique highland santo rota hastings stratford cambridge moray saba sal bluff quirino abra sulu borders andros palmerston
abaco katherine tanna lau carriers corner crown date elk falls forest fort grand king kings lead light oxford parks point prince queen quick rio sun
hail solo acre knock bled oriental bay maritime lakes pest ghat metro lira canton plateaux lacs unity
""".split())
PERSONS = set("""chad sabha jordan georgia niger israel paris sydney austin florence victoria lincoln jackson madison houston dallas chester
hamilton charlotte santiago lancaster stafford warren nelson wellington washington norman alexandria kent david salem
columbia cordoba carmel morris marion newton quincy tyler palmer peoria eugene richmond clinton franklin augusta douglas arthur allen
beaumont chandler garland irving arlington carson francisco kelly laurel lawrence leon lewis logan martin melissa milton murray olga
palma parker perry pierre porter rafael ramon raymond rosario russell santos sherman stanley vernon walker wallace wilson jose escobar
valencia tracy orlando gilbert kerman merced lagos barry kenya cuba india china asia america holland ireland troy sofia vienna
clare kerry rizal hunter fife devon quezon charleston savannah brandon denver dakota brooklyn bristol preston derby lucknow adelaide alberta regina hugo diego
paul tobi saki bender nev neb mich mendrika anand ahmadi harju harari adama amara dessie barahona angeles shannon cashel zeitoun
""".split())
SUFFIX = {"RU": [], "CN": [" Province"], "JP": [" Prefecture"], "TR": [" Province"], "IR": [" Province"], "AF": [" Province"],
          "KR": [], "ID": [" Province"], "ZA": [" Province"], "PK": [" Province"], "SA": [], "VN": [" Province"], "AR": [" Province"],
          "KE": [" County"], "NG": [" State"], "MY": [" State"], "BR": [], "AU": [], "RO": [" County"], "HR": [" County"],
          "CU": [" Province"], "KH": [" Province"], "TH": [" Province"], "LA": [" Province"], "PH": []}
# Generic endings of Japanese and Korean municipalities.
ENDING = re.compile(r"-(shi|si|gun|ku|machi|cho|eup|myeon)$")
# The ISO name is often that of the city; these lists use the bare name for the city only.
BARE_IS_CITY = {"TR", "TH", "VN", "IR", "AF", "RO", "KZ", "UZ", "DZ", "TN", "MA", "LA", "KH", "SY", "YE", "SA", "EG", "JO", "OM", "GR", "BG", "HU", "LT"}


def rows(name):
    for line in open(os.path.join(HERE, name), encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            yield [part.strip() for part in line.rstrip("\n").split("|")]


def fold(text):
    text = html.unescape(text).translate(str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ə": "a", "Ł": "L", "Ø": "O", "ß": "ss", "ð": "d", "þ": "th", "æ": "ae"}))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


NOISE = r"\b(oblast'?|oblysy|province|region|governorate|department|district|state of|state|voivodeship|county|municipality|kray|krai|respublika|republic of|republic|of|provincia de|departamento de|canton of|prefecture|the|autonomous|division|lan|teukbyeolsi|gwangyeoksi|sheng|shi)\b"


def key(text):
    text = re.sub(r"\(.*?\)|\[.*?\]", "", text)
    return re.sub(r"[^a-z0-9]", "", re.sub(NOISE, "", fold(text).lower()))


def join(names):
    return ";".join(dict.fromkeys(name for name in names if name))


countries, geo_id, population, coordinates = {}, {}, {}, {}
info = [line.rstrip("\n").split("\t") for line in open(f"{DATA}/geonames-admin/countryInfo.txt", encoding="utf-8") if not line.startswith("#") and not line.startswith("ISO\t")]
facts = {entry["gec"].upper(): entry for entry in json.load(open(f"{DATA}/factbook-countries/countries.json")).values()}
known = {row[0]: row for row in rows("country_names.txt")}
cities = [line.rstrip("\n").split("\t") for line in open(f"{DATA}/geonames-cities/cities15000.txt", encoding="utf-8")]
capital = {}
for city in cities:
    if city[7] == "PPLC":
        capital[city[8]] = city

with open(f"{OUT}/countries.tsv", "w", encoding="utf-8") as out:
    out.write("# iso2\tiso3\tname\tother names\tadjectives\tpeople\tpopulation\tlat\tlon\tgeonames\n")
    for row in info:
        iso2, iso3, name, people, geonames, fips = row[0], row[1], row[4], row[7], row[16], row[3]
        if not geonames or not iso3 or iso2 in ("CS", "AN"):
            continue
        fact = facts.get(fips, {})
        adjective = [part.strip() for part in re.split(r"[;,]| or ", re.sub(r"\(.*?\)", "", html.unescape(fact.get("nationality adjective", "")))) if part.strip()]
        mine = known.get(iso2)
        if mine:
            name, others, adjectives, persons = mine[1], mine[2].split(";"), mine[3].split(";"), mine[4].split(";")
        else:
            others, persons = [], []
            adjectives = [word for word in adjective if re.fullmatch(r"[A-Z][A-Za-z' -]+", word) and word not in ("British", "French", "American", "none")]
        place = capital.get(iso2)
        lat, lon = (place[4], place[5]) if place else ("", "")
        out.write("\t".join([iso2, iso3, name, join(others), join(adjectives), join(persons), people, lat, lon, geonames]) + "\n")
        countries[iso2] = name

source = open(ISO2_JS, encoding="utf-8").read()
entries = []
for block in re.findall(r"\{\n(.*?)\n  \}", source, re.S):
    entry = {k: (a or b).replace("\\'", "'") for k, a, b in re.findall(r"(code|parent|name): (?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\")", block)}
    if len(entry) == 3:
        entries.append(entry)
mine = {row[0]: row for row in rows("subdivision_names.txt")}
known_people = {row[0]: row for row in rows("subdivision_people.txt")}
admin = collections.defaultdict(dict)
for line in open(f"{DATA}/geonames-admin/admin1CodesASCII.txt", encoding="utf-8"):
    code, name, ascii_name, geonames = line.rstrip("\n").split("\t")
    admin[code.split(".")[0]][code.split(".")[1]] = (name, ascii_name, geonames)
by_key = {cc: {key(v[i]): code for code, v in entry.items() for i in (1, 0)} for cc, entry in admin.items()}
own_country = {"US": {"PR", "GU", "AS", "MP", "VI", "UM"}, "CN": {"HK", "MO", "TW"}, "NL": {"AW", "CW", "SX", "BQ1", "BQ2", "BQ3"},
               "FR": {"BL", "MF", "NC", "PF", "PM", "TF", "WF", "CP", "971", "972", "973", "974", "976"}}
wanted, parents = [], {entry["code"]: entry["parent"] for entry in entries}
for entry in entries:
    if len(entry["parent"]) == 2 or entry["code"] in mine:
        wanted.append((entry["code"], entry["name"]))
have = {code for code, _ in wanted}
wanted += [(code, row[1]) for code, row in mine.items() if code not in have]
iso_of_admin, lines = {}, []
for code, iso_name in sorted(wanted):
    country, local = code.split("-", 1)
    if country not in countries or local in own_country.get(country, ()):
        continue
    # Boroughs and municipalities of a few square miles bear the names of other things; only their codes are worth having.
    if country in ("GB", "BE") and code not in mine or country in ("SI", "MK", "MT", "PW", "SC", "LI", "SM", "NR", "AD", "MC", "BS", "LV", "MD"):
        continue
    row = mine.get(code)
    iso_name = re.sub(r"\(.*?\)|\[.*?\]", "", iso_name).strip(" ,")
    name = row[1] if row else None
    geo_code = row[3] if row and len(row) > 3 and row[3] else by_key.get(country, {}).get(key(name or iso_name)) or by_key.get(country, {}).get(key(iso_name))
    geo = admin[country].get(geo_code) if geo_code else None
    if not name:
        if not geo:
            continue  # A name in another language that we cannot tie to an English one helps nobody.
        name = re.sub(r"^(Departamento de|Provincia de|Estado de|State of|Canton of) ", "", geo[0])
    others = row[2].split(";") if row else []
    plain = re.sub(r" (Oblast'?|Province|Region|Governorate|Department|District|State|County|Prefecture|Division|Voivodeship|Kray|Republic|Municipality|Parish)$", "", name)
    if plain != name and not row and country not in BARE_IS_CITY and not plain.lower() in ("northern", "southern", "eastern", "western", "central", "federal", "capital", "metropolitan", "national", "lake", "red sea", "north", "south", "east", "west", "centre", "center", "mountain", "littoral", "upper", "lower", "islands"):
        others.append(plain)
    if fold(name) != name:
        others.append(fold(name))
    if not re.search(r"(Region|Province|State|Territory|District|Area|Republic|County|City|Islands)$", name):
        others += [name + suffix for suffix in SUFFIX.get(country, [])]
    if not row and name.lower() in ("northern", "southern", "eastern", "western", "central", "centre", "north", "south", "east", "west", "north western", "north central", "littoral", "lake", "est", "sud", "nord"):
        others.append(name + " Province"); name = name + " Province"
    if geo_code:
        iso_of_admin[country, geo_code] = code
    shorter, adjectives, people = (known_people.get(code, []) + ["", "", "", ""])[1:4]
    others += shorter.split(";")
    bare = "city" if country in BARE_IS_CITY and not row else ""
    lines.append("\t".join([code, name, join(o for o in others if o != name), adjectives, people, geo[2] if geo else "", bare]))
with open(f"{OUT}/subdivisions.tsv", "w", encoding="utf-8") as out:
    out.write("# code\tname\tother names\tadjectives\tpeople\tgeonames\tcity when the bare name is first of all the city's\n")
    out.write("\n".join(lines) + "\n")

extra = {row[0]: row[1].split(";") for row in rows("cities_extra.txt")}
rename = {"New York City,US": "New York City", "Kiev,UA": "Kyiv", "Bangalore,IN": "Bengaluru", "Odessa,UA": "Odesa", "Gurgaon,IN": "Gurugram", "Rangoon,MM": "Yangon", "Washington D.C.,US": "Washington",
          "Washington, D. C.,US": "Washington", "Washington, D.C.,US": "Washington", "Sankt-Peterburg,RU": "Saint Petersburg", "Saint Petersburg,RU": "Saint Petersburg", "Ad Dawḩah,QA": "Doha", "Astana,KZ": "Astana",
          "Ho Chi Minh City,VN": "Ho Chi Minh City", "Makkah,SA": "Mecca", "Medina,SA": "Medina", "Bucuresti,RO": "Bucharest", "Praha,CZ": "Prague"}
with open(f"{OUT}/cities.tsv", "w", encoding="utf-8") as out:
    out.write("# geonames\tname\tcountry\tsubdivision\tpopulation\tlat\tlon\tcapital\tother names\n")
    count = 0
    for city in sorted(cities, key=lambda c: -int(c[14] or 0)):
        number, people, feature, country, code = city[0], int(city[14] or 0), city[7], city[8], city[10]
        if feature == "PPLX" or country not in countries:
            continue
        if not (feature == "PPLC" or people >= 100_000 or feature == "PPLA" and people >= 30_000):
            continue
        name = rename.get(f"{city[1]},{country}", city[1]).replace("’", "'").replace("‘", "'").strip("'`")
        if key(name) == "":
            continue
        others = list(extra.get(f"{name},{country}", []))
        if country in ("JP", "KR") and ENDING.search(name):
            # "Yokohama-shi" is Yokohama to English copy.
            name, others = ENDING.sub("", name), [name] + others
        if others and others[0].startswith("="):
            # The English name is another one; the local name stays findable.
            name, others = others[0][1:], [name] + others[1:]
        if re.search("[āīūşţḩḑẕōēŏŭʻʼ]", name.lower()):
            # Romanisations with macrons and dots are not what an English text writes.
            others.append(name)
            name = fold(name)
        if fold(name) != name:
            others.append(fold(name))
        if name.startswith("Saint "):
            others.append("St. " + name[6:])
        sub = iso_of_admin.get((country, code), "")
        out.write("\t".join([number, name, country, sub, str(people), city[4], city[5], "capital" if feature == "PPLC" else "", join(o for o in others if o != name)]) + "\n")
        count += 1
with open(f"{OUT}/regions.tsv", "w", encoding="utf-8") as out:
    out.write("# id\tname\tkind\tother names\tadjectives\tpeople\n")
    for row in rows("regions.txt"):
        out.write("\t".join(row) + "\n")
with open(f"{OUT}/guarded.tsv", "w", encoding="utf-8") as out:
    out.write("# Names that are also ordinary words (a match needs a sign that a place is meant) or names of persons.\n")
    out.write("\n".join(sorted([f"{word}\tword" for word in WORDS] + [f"{word}\tperson" for word in PERSONS - WORDS])) + "\n")
print(len(countries), "countries,", len(lines), "subdivisions,", count, "cities")
