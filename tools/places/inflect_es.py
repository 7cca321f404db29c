"""Spanish forms of an adjective of nationality: gender and number from the masculine singular."""
import re

BARE = str.maketrans("áéíóú", "aeiou")


def forms(name, kind):
    if kind != "adjective" or " " in name:
        return [name]
    if name.endswith("o"):
        return [name[:-1] + end for end in ("o", "a", "os", "as")]
    if name.endswith(("í", "ú")):
        return [name, name + "es", name + "s"]
    if name.endswith(("a", "e")):
        return [name, name + "s"]
    stem = name[:-2] + name[-2:].translate(BARE)
    # "francés, francesa"; "catalán, catalana"; "español, española"; "musulmán"; "balear" has one form for both genders.
    if re.search(r"([ée]s|[áa]n|[óo]n|ín|ol|uz|or)$", name):
        return [name, stem + "a", stem + "es", stem + "as"]
    return [name, stem + "es"]
