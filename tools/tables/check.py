#!/usr/bin/env python3
"""Checks our own tables against the published ones.

usage: check.py DATA SRC

DATA is ../shared/data, SRC is src. Prints what differs, a line each, and how much agrees; exits 1 when a code of a
country or of a currency is unknown. The snapshot of leaders also has representatives of crowns, other spellings, and dates
of later terms of the same holder, so a difference there is to be read, not an error by itself.
"""
import csv, html, json, re, sys, unicodedata

DATA, SRC = sys.argv[1], sys.argv[2]
MONTHS = {name: n for n, name in enumerate("January February March April May June July August September October November December".split(), 1)}
faults = 0


def fault(text):
    global faults
    faults += 1
    print(text)


def fold(text):
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z]", "", plain.lower().translate(str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ə": "a"})))


def rows(path):
    return [line.rstrip("\n").split("\t") for line in open(f"{SRC}/{path}", encoding="utf-8") if line.strip() and not line.startswith("#")]


# Countries and their codes.
published = {row["ISO3166-1-Alpha-2"]: row for row in csv.DictReader(open(f"{DATA}/country-codes/country-codes.csv", encoding="utf-8"))}
countries = rows("extract/places/countries.tsv")
for row in countries:
    known = published.get(row[0])
    if row[0] != "XK" and (not known or known["ISO3166-1-Alpha-3"] != row[1]):
        fault(f"countries.tsv: {row[0]} {row[1]} {row[2]} is not ISO 3166-1")
print(f"countries: {len(countries)} codes compared")

# Currencies.
codes = {row["AlphabeticCode"] for row in csv.DictReader(open(f"{DATA}/currency-codes/codes-all.csv", encoding="utf-8"))}
used = set()
for row in rows("extract/values/currencies.tsv"):
    used.update(code for code in [row[1]] + [pair.split("=")[1] for pair in (row[2].split(";") if len(row) > 2 and row[2] else [])] if code != "-")
for code in sorted(used - codes - {"XBT"}):
    fault(f"currencies.tsv: {code} is not in ISO 4217")
print(f"currencies: {len(used)} codes compared")

# Terms of office against the leaders of the snapshot.
iso = {}
for line in open(f"{DATA}/geonames-admin/countryInfo.txt", encoding="utf-8"):
    if not line.startswith("#"):
        cells = line.rstrip("\n").split("\t")
        iso[cells[3].lower()] = cells[0]
terms = {}
for row in rows("extract/entities/tables/terms.tsv"):
    terms.setdefault(row[1], []).append(row)
agree = dates = late = 0
for gec, country in json.load(open(f"{DATA}/factbook-countries/countries.json", encoding="utf-8")).items():
    code = iso.get(gec.lower())
    if code not in terms:
        continue
    for field in ("chief of state", "head of government"):
        text = html.unescape(country.get(field, ""))
        for who, since in re.findall(r"([^;()]+?)\(since (?:approximately )?([^)]*?)\)", text):
            surname = [word for word in re.findall(r"[\w'’.-]+", who) if len(word) > 1 and word.upper() == word and re.search("[A-Z]", fold(word).upper())]
            day = re.search(r"(?:(\d+) )?([A-Z][a-z]+)? ?(\d{4})", since)
            if not surname or not day:
                continue
            key = fold("".join(surname))
            found = [row for row in terms[code] if key in fold(row[0]) or fold(row[0]).endswith(fold(surname[-1]))]
            year = int(day[3])
            if found:
                agree += 1
                begun = f"{year}-{MONTHS.get(day[2], 0):02}"
                near = [row for row in found if row[4][:7] == begun or len(row[4]) == 4 and row[4] == str(year)]
                dates += bool(near)
                if not near and year < 2025:
                    print(f"terms.tsv: {found[0][0]} ({code}, {field}) since {since.strip()}, ours {', '.join(row[4] for row in found)}")
            elif year < 2025:
                print(f"terms.tsv: {who.strip()} ({code}, {field}, since {since.strip()}) is missing")
            else:
                late += 1
print(f"leaders: {agree} of the snapshot are in terms.tsv, {dates} with the month they began; {late} who began in 2025 or later are not")
sys.exit(faults > 0)
