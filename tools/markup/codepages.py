#!/usr/bin/env python3
"""Writes src/markup/codepages.tsv: single-byte encodings that the Encoding Standard leaves out.

The mappings are those of Python's codecs, which come from the Unicode Consortium's vendor tables, and of glibc's iconv for
what Python lacks. One line an encoding:
labels, the usual one first, a tab, and a JSON string of the characters of bytes 128 to 255, or of all 256 where the lower half is not ASCII.
Run it from the root of the repository; the output is committed.
"""

import json
import subprocess
from encodings.aliases import aliases

NAMES = (
    "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869 cp1006 cp1125 "
    "mac_greek mac_iceland mac_latin2 mac_croatian mac_romanian mac_turkish mac_farsi mac_arabic hp_roman8 ptcp154 kz1048 "
    "koi8_t palmos cp037 cp273 cp424 cp500 cp875 cp1026 cp1140"
).split()

# What Python lacks: the name that iconv has for it, and further labels.
ICONV = {
    "armscii-8": "ARMSCII-8 armscii8a",
    "georgian-academy": "GEORGIAN-ACADEMY",
    "georgian-ps": "GEORGIAN-PS",
    "viscii": "VISCII csviscii viscii11",
    "mik": "MIK bulgaria-mik",
    "ecma-cyrillic": "ECMA-CYRILLIC isoir111 csiso111ecmacyrillic koi8e",
}


def decode(name, byte):
    if name not in ICONV:
        return bytes([byte]).decode(name, "replace")
    iconv = ["iconv", "-f", ICONV[name].split()[0], "-t", "UTF-8"]
    return subprocess.run(iconv, input=bytes([byte]), capture_output=True).stdout.decode() or "\ufffd"


def plain(label):
    """A label as it is compared: letters and digits only."""
    return "".join(c for c in label.lower() if c.isalnum())


def label_list(name):
    if name in ICONV:
        return [plain(name), *sorted({plain(label) for label in ICONV[name].split()} - {plain(name)})]
    number = name.removeprefix("cp")
    labels = [name] + [alias for alias, codec in aliases.items() if codec == name]
    if number.isdigit():
        labels += [number, f"ibm{number}", f"cp{number}", f"ibm{number.lstrip('0')}", f"x-cp{number}"]
        labels += [f"ccsid{number.zfill(5)}", f"cp{number.zfill(5)}"]
    if name.startswith("mac_"):
        labels += ["x-" + name, name.replace("_", "")]
    name = plain(name)
    return [name, *sorted({plain(label) for label in labels} - {name})]


with open("src/markup/codepages.tsv", "w", encoding="utf-8") as out:
    for name in [*NAMES, *ICONV]:
        is_ascii = all(decode(name, b) == chr(b) for b in b" <>/?=\"'aZ09&;")
        first = 128 if is_ascii else 0
        characters = "".join(decode(name, b) for b in range(first, 256))
        assert len(characters) == 256 - first, name
        # Mainframes end their lines with NEL; to markup that is a line break like any other.
        characters = characters.replace("\x85", "\n")
        text = json.dumps(characters, ensure_ascii=False)
        text = "".join(c if c.isprintable() else "".join(f"\\u{ord(c):04x}") for c in text)
        out.write(f"{' '.join(label_list(name))}\t{text}\n")
