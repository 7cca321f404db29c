"""Sentences varied, new in each epoch.

In: sentences with masks. Out: sentences with some names replaced, datelines before some, some in capitals, and
synthetic result tables. What holds: masks stay as true as they were.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import text as cutter
from gazetteer import ENGLISH, cells, rows, words_of
from labels import OUTSIDE, begins, insides

Row = dict[str, Any]
MONTHS = "January February March April May June July August September October November December".split()
SHORT_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec".split()
AGENCIES = (
    "Reuters,AP,AFP,TASS,dpa,ANSA,EFE,Xinhua,Kyodo,Yonhap,PTI,APP,Bernama,Antara,Interfax,RIA Novosti,UNB,IRNA,Anadolu,"
    "MENA,PA,UPI,NAN,GNA,KUNA,SANA,Ukrinform,BelTA,CTK,PAP,APA,Example,Example News,Wire Service,Daily Monitor"
).split(",")
SPORTS = "SOCCER TENNIS BASEBALL BASKETBALL CRICKET CYCLING ATHLETICS GOLF RUGBY ICE-HOCKEY NHL NBA SWIMMING".split()
SUFFIXES = "United City FC Rovers Town Wanderers Athletic County Rangers Stars SC Sporting Dynamo Olympic".split()


class Augmenter:
    def __init__(self, root: Path, sentences: list[tuple[str, Row]], random: Random) -> None:
        """Of sentences with their languages: the names of each language replace each other."""
        self.random = random
        source = root / "src/extract"
        places, tables = source / "places", source / "entities/tables"
        countries = list(rows(places / "countries.tsv"))
        self.countries = [row[2] for row in countries]
        self.demonyms = [name for row in countries for name in cells(row, 4)]
        cities = list(rows(places / "cities.tsv"))
        self.big = [row[1] for row in cities if row[7:8] == ["capital"] or int(row[4] or 0) > 300_000]
        self.cities = [row[1] for row in cities]
        self.towns = [row[1] for row in rows(places / "towns.tsv")]
        self.first = list(words_of(tables / "first-names.txt"))
        self.last = list(words_of(tables / "surnames.txt"))
        self.tables: dict[str, list[str]] = {
            "person": [row[0] for row in rows(tables / "persons.tsv")],
            "organisation": [name for row in rows(tables / "organisations.tsv") for name in cells(row, 0, 2)],
        }
        for row in rows(tables / "others.tsv"):
            self.tables.setdefault(row[0], []).extend(name for name in cells(row, 1, 3) if name[:1].isupper())
        self.pools: dict[str, dict[str, list[str]]] = {}
        for language, sentence in sentences:
            pool = self.pools.setdefault(language, {})
            for start, end, name in known_spans(sentence["allowed"]):
                pool.setdefault(name, []).append(joined(sentence, start, end))
        self.pool = self.pools[ENGLISH]

    def person(self) -> str:
        draw = self.random.random()
        if draw < 0.4:
            return f"{self.random.choice(self.first)} {self.random.choice(self.last)}"
        if draw < 0.5:
            return self.random.choice(self.last)
        return self.random.choice(self.tables["person"] if draw < 0.6 else self.pool["person"])

    def place(self) -> str:
        draw = self.random.random()
        lists = (
            (0.2, self.countries),
            (0.35, self.big),
            (0.5, self.cities),
            (0.65, self.towns),
            (1.0, self.pool["place"]),
        )
        return self.random.choice(next(names for most, names in lists if draw < most))

    def name(self, kind: str, language: str) -> str:
        if language != ENGLISH:
            return self.random.choice(self.pools[language][kind])
        if kind == "person":
            return self.person()
        if kind == "place":
            return self.place()
        if kind == "group" and self.random.random() < 0.5:
            return self.random.choice(self.demonyms)
        table = self.tables.get(kind)
        return self.random.choice(table if table and self.random.random() < 0.3 else self.pool[kind])

    def sentence(self, sentence: Row, language: str = ENGLISH) -> Row:
        row = self.with_other_names(sentence, language)
        draw = self.random.random()
        if language == ENGLISH and draw < 0.04 and len(row["tokens"]) > 5 and row["opens"][0]:
            row = merged(self.dateline(), row)
        draw = self.random.random()
        if draw < 0.04:
            return recased(row, str.upper)
        if draw < 0.07:
            return recased(row, lambda word: word if any(c.isupper() for c in word) else word[:1].upper() + word[1:])
        if draw < 0.085:
            return recased(row, str.lower)
        return row

    def with_other_names(self, sentence: Row, language: str, share: float = 0.5) -> Row:
        parts: list[Row] = []
        at = 0
        for start, end, kind in known_spans(sentence["allowed"]):
            if self.random.random() >= share:
                continue
            name = self.name(kind, language)
            words = sentence["tokens"][start:end]
            if kind == "group" and (words[0].endswith("s") != name.endswith("s") or "-" in words[0]):
                continue
            if all(cutter.case(word) in (cutter.UPPER, cutter.MARK) for word in words) and len(words[0]) > 3:
                name = name.upper()
            parts.append(slice_of(sentence, at, start))
            parts.append(named(name, kind, sentence["spaced"][start], sentence["opens"][start]))
            at = end
        if not parts:
            return sentence
        return merged(*parts, slice_of(sentence, at, len(sentence["tokens"])))

    def dateline(self) -> Row:
        choice = self.random.choice
        city = self.random.choice(self.big if self.random.random() < 0.6 else self.cities + self.towns)
        city = city.upper() if self.random.random() < 0.8 else city
        month, day = self.random.randrange(12), self.random.randint(1, 31)
        date = choice([f"{MONTHS[month]} {day}", f"{SHORT_MONTHS[month]} {day}", f"{day} {MONTHS[month]}"])
        agency = choice(AGENCIES)
        parts = [named(city, "place", 1, 1)]
        if self.random.random() < 0.25:
            parts += [plain(","), named(choice(self.countries), "place", 1, 0)]
        form = self.random.random()
        if form < 0.35:
            parts += [
                plain(f", {date} ("),
                named(agency, "organisation", 0, 0),
                plain(choice([") -", ") —", ")", ") --"])),
            ]
        elif form < 0.55:
            parts += [plain(" ("), named(agency, "organisation", 0, 0), plain(choice([") -", ") —", ") –", ")"]))]
        elif form < 0.7:
            parts += [plain(f", {date}. /"), named(agency, "organisation", 0, 0), plain("/.")]
        elif form < 0.8:
            parts += [plain(f", {date} -")]
        else:
            parts += [plain(choice([" -", ":", " —", " –", " --"]))]
        return merged(*parts)

    def results(self) -> list[Row]:
        """A table of results: clubs named like their cities, national teams, players with their country."""
        choice, number = self.random.choice, self.random.randint
        team = choice([self.city_club, self.city_club, self.club, self.national])
        upper = self.random.random() < 0.15
        form = number(0, 7)
        lines: list[Row] = []
        if self.random.random() < 0.3:
            lines.append(plain(f"{choice(SPORTS)} - RESULTS ON {choice(MONTHS).upper()} {number(1, 30)}.", 1))
        for place in range(1, number(3, 8)):
            one, two = team(), team()
            a, b = str(number(0, 5)), str(number(0, 5))
            if form == 0:
                parts = [one, plain(f" {a} "), two, plain(f" {b}")]
            elif form == 1:
                parts = [one, plain(f" {a}-{b} "), two]
            elif form == 2:
                parts = [one, plain(choice([" v ", " vs ", " at ", " v. "])), two]
            elif form == 3:
                parts = [one, *[plain(f" {number(0, 40)}") for _ in range(number(4, 8))]]
            elif form == 4:
                parts = [
                    plain(f"{place}. "),
                    self.player(),
                    plain(" ("),
                    self.national(),
                    plain(f") {number(1, 59)}.{number(10, 99)}"),
                ]
            elif form == 5:
                parts = [
                    self.player(),
                    plain(" ("),
                    self.national(),
                    plain(") beat "),
                    self.player(),
                    plain(" ("),
                    self.national(),
                    plain(f") 6-{a} 6-{b}"),
                ]
            elif form == 6:
                parts = [one, plain(f" {a} ("), self.player(), plain(f" {number(1, 90)}) "), two, plain(f" {b}")]
            else:
                parts = [
                    plain(f"{place} "),
                    self.player(),
                    plain(" ("),
                    choice([self.city_club, self.club])(),
                    plain(f") {number(60, 280)}"),
                ]
            line = merged(*parts)
            line["opens"][0] = 1
            lines.append(recased(line, str.upper) if upper else line)
        return lines

    def city_club(self) -> Row:
        return named(self.random.choice(self.big if self.random.random() < 0.6 else self.cities), "organisation", 1, 0)

    def club(self) -> Row:
        if self.random.random() < 0.5:
            return named(self.random.choice(self.pool["organisation"]), "organisation", 1, 0)
        return named(f"{self.random.choice(self.cities)} {self.random.choice(SUFFIXES)}", "organisation", 1, 0)

    def national(self) -> Row:
        return named(self.random.choice(self.countries), "place", 1, 0)

    def player(self) -> Row:
        name = f"{self.random.choice(self.first)} {self.random.choice(self.last)}"
        return named(name if self.random.random() < 0.7 else name.split()[-1], "person", 1, 0)


def known_spans(masks: list[int]) -> list[tuple[int, int, str]]:
    """Names of one certain type; a place that may be a facility counts as a place."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(masks):
        kind = FIRST.get(masks[at])
        end = at + 1
        while kind and end < len(masks) and masks[end] == masks[at] << 1:
            end += 1
        if kind:
            found.append((at, end, kind))
        at = end
    return found


FIRST = {
    begins([kind]): kind
    for kind in ("person", "organisation", "place", "facility", "group", "event", "product", "disease", "work")
}
FIRST[begins(["place", "facility"])] = "place"


def joined(sentence: Row, start: int, end: int) -> str:
    words = zip(sentence["tokens"][start:end], sentence["spaced"][start:end], strict=True)
    return "".join((" " if spaced else "") + word for word, spaced in words).strip()


def slice_of(sentence: Row, start: int, end: int) -> Row:
    return {key: sentence[key][start:end] for key in ("tokens", "spaced", "opens", "allowed")}


def merged(*parts: Row) -> Row:
    return {key: [cell for part in parts for cell in part[key]] for key in ("tokens", "spaced", "opens", "allowed")}


def named(name: str, kind: str, spaced: int, opens: int) -> Row:
    tokens = cutter.cut(name, 0, len(name))
    count = len(tokens)
    return {
        "tokens": [token.text for token in tokens],
        "spaced": [spaced] + [int(token.spaced) for token in tokens[1:]],
        "opens": [opens] + [0] * (count - 1),
        "allowed": [begins([kind])] + [insides([kind])] * (count - 1),
    }


def plain(words: str, opens: int = 0) -> Row:
    tokens = cutter.cut(words, 0, len(words))
    return {
        "tokens": [token.text for token in tokens],
        "spaced": [int(token.spaced and (token.start > 0)) for token in tokens],
        "opens": [opens] + [0] * (len(tokens) - 1) if tokens else [],
        "allowed": [OUTSIDE] * len(tokens),
    }


def recased(sentence: Row, change: Any) -> Row:
    return {**sentence, "tokens": [change(word) for word in sentence["tokens"]]}
