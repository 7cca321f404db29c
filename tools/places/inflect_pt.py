"""Portuguese forms of an adjective of nationality: gender and number from the masculine singular."""


def forms(name, kind):
    if kind != "adjective" or " " in name:
        return [name]
    if name.endswith("eu"):
        return [name, name[:-1] + "ia", name + "s", name[:-1] + "ias"]
    if name.endswith("o") and not name.endswith("ão"):
        return [name[:-1] + end for end in ("o", "a", "os", "as")]
    if name.endswith("ês"):
        stem = name[:-2] + "es"
        return [name, stem + "a", stem + "es", stem + "as"]
    if name in ("alemão", "catalão"):
        return [name, name[:-1], name[:-2] + "ães", name[:-1] + "s"]
    if name.endswith("ão"):
        return [name, name[:-2] + "ã", name[:-2] + "ões", name[:-2] + "ãs"]
    if name.endswith("ol"):
        return [name, name + "a", name[:-2] + "óis", name + "as"]
    if name.endswith("a") or name.endswith(("e", "i", "ã", "u", "é")):
        return [name, name + "s"]
    if name.endswith("l"):
        return [name, name[:-1] + "is"]
    return [name, name + "es"]
