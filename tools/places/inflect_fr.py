"""Forms of French adjectives and peoples, from the masculine singular: `italien` gives italienne, italiens, italiennes.

What does not follow the rules is written out in the hand-written table, form by form.
"""


def feminine(word):
    for ending, other in (("ien", "ienne"), ("éen", "éenne"), ("on", "onne"), ("ec", "ecque"), ("if", "ive"), ("eux", "euse"), ("el", "elle"), ("er", "ère")):
        if word.endswith(ending):
            return word[: -len(ending)] + other
    return word if word.endswith("e") else word + "e"


def plural(word):
    return word if word[-1] in "sxz" else word + "s"


def forms(name, kind):
    if kind == "name" or name.endswith(("!",)):
        return [name.rstrip("!")]
    if " " in name:
        return [name]
    out = []
    for form in (name, feminine(name)):
        for inflected in (form, plural(form)):
            if inflected not in out:
                out.append(inflected)
    return out
