#!/usr/bin/env python3
"""Writes src/markup/entities.tsv: the character references of HTML that stand for one character.

Name, code point, and a star behind those that HTML lets stand without a semicolon. The names are those of the HTML
standard, as Python knows them. Run it from the root of the repository; the output is committed.
"""

from html.entities import html5

with open("src/markup/entities.tsv", "w", encoding="utf-8") as out:
    for name in sorted(name[:-1] for name in html5 if name.endswith(";")):
        characters = html5[name + ";"]
        if len(characters) == 1:
            star = "\t*" if name in html5 else ""
            out.write(f"{name}\t{ord(characters):X}{star}\n")
