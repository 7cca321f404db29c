"""Forms of German names: the genitive (`Italiens`), adjectives in all endings (`italienische`), peoples in the dative."""


def forms(name, kind):
    out = [name]
    if kind == "name" and name[-1] not in "sxzß." and not name.isupper() and " und " not in name:
        out.append(name + "s")
    if kind == "adjective" and name[0].islower():
        stem = name[:-2] + name[-1] if name.endswith("el") else name
        out = [stem + ending for ending in ("e", "en", "er", "em", "es")] + [name]
    if kind == "people" and name.endswith(("er", "el")):
        out.append(name + "n")
    return out
