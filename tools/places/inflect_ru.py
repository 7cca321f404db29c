"""The forms of a Russian name in all its cases.

`forms(name, kind)` gives the name itself first, then its other forms. `name`: a phrase as on a map; `adjective`: the
masculine nominative ("французский"), which is declined in all genders; `people`: a plural ("французы").

The rules go by the endings. What they cannot know stands in the tables: names that do not change, masculine names on
a soft sign, plurals, and the few that decline like no other. A form too many costs nothing, for no other word is
written so; a form too few loses a figure.
"""
import re

VOWELS, VELAR, HUSHING = "аеёиоуыэюя", "гкх", "жшчщ"

# Not declined, though the ending looks as if it were.
UNCHANGED = set("Коми Эл Марий".split())
# Masculine on a soft sign; the others are feminine, save those on -поль and -бель.
SOFT_MASCULINE = set("""Израиль Ярославль Переславль Брюссель Марсель Базель Кассель Киль Гомель Мозырь Анадырь Тироль Версаль Суздаль
Кизель Шлиссель Куршавель Лилль Нампуль""".split())
# Plurals whose genitive is not the bare stem, and plurals that do not end in -ы.
PLURAL_GENITIVE = {
    "Нидерланды": "Нидерландов", "Эмираты": "Эмиратов", "Штаты": "Штатов", "Челны": "Челнов", "Черновцы": "Черновцов",
    "Сланцы": "Сланцев", "Люберцы": "Люберец", "Лубны": "Лубен", "Ромны": "Ромен", "Фолкленды": "Фолклендов", "Гавайи": "Гавайев",
    "Ессентуки": "Ессентуков", "Химки": "Химок", "Мытищи": "Мытищ", "Луки": "Лук", "Салоники": "Салоник", "Горки": "Горок",
    "Барановичи": "Барановичей", "Боровичи": "Боровичей", "Сухиничи": "Сухиничей", "Острова": "Островов", "острова": "островов",
    "Балканы": "Балкан", "Марки": "Марок", "страны": "стран", "Страны": "Стран", "территории": "территорий", "штаты": "штатов",
    "провинции": "провинций", "Соловки": "Соловков", "Земли": "Земель",
}
# Names whose last vowel falls out, or that decline like no other: the stem of the oblique cases.
STEMS = {"Елец": "Ельц", "Череповец": "Череповц", "Орёл": "Орл", "Орел": "Орл", "Донец": "Донц", "Городец": "Городц",
         "Олонец": "Олонц", "Торжок": "Торжк"}
IRREGULAR = {"Крым": "Крым Крыма Крыму Крым Крымом Крыму", "Грозный": "Грозный Грозного Грозному Грозный Грозным Грозном"}
# Nouns before an adjective's name or a genitive: they decline, what follows does not.
HEADS = set("""Республика Королевство Берег Остров Острова Штат Провинция Область Край Округ Город Долина Штаты острова Княжество
Султанат Государство Союз Содружество Содружества""".split())

# Endings of adjectives in the six cases: nominative, genitive, dative, accusative, instrumental, prepositional.
HARD = {"m": "{i}й ого ому {i}й {i}м ом", "f": "ая ой ой ую ой ой", "n": "ое ого ому ое {i}м ом", "p": "{i}е {i}х {i}м {i}е {i}ми {i}х"}
SOFT = {"m": "ий его ему ий им ем", "f": "яя ей ей юю ей ей", "n": "ее его ему ее им ем", "p": "ие их им ие ими их"}
SOFT_STEM = re.compile(r"(нижн|верхн|средн|дальн|внутренн|ближн)$", re.I)


def gender_of_adjective(word):
    for gender, endings in (("m", "ий ый ой"), ("f", "ая яя"), ("n", "ое ее"), ("p", "ие ые")):
        if word[-2:] in endings.split():
            return gender


def adjective(word, gender):
    """The six cases of an adjective."""
    stem = word[:-2]
    if SOFT_STEM.search(stem):
        endings = SOFT[gender]
    elif stem[-1] in HUSHING:
        # -ший, -жий: the soft endings without ю and я.
        endings = SOFT[gender].replace("яя", "ая").replace("юю", "ую")
    else:
        endings = HARD[gender].format(i="и" if stem[-1] in VELAR else "ы")
    return [word] + [stem + ending for ending in endings.split()[1:]]


def noun(word):
    """The six cases of a noun."""
    stem, last = word[:-1], word[-1]
    before = stem[-1:]
    if word in IRREGULAR:
        return IRREGULAR[word].split()
    if word in UNCHANGED or word.isupper() or len(word) < 3:
        return [word] * 6
    if word in PLURAL_GENITIVE or last == "ы" and before not in VOWELS:
        a = "я" if last == "и" and before not in VELAR + HUSHING else "а"
        return [word, PLURAL_GENITIVE.get(word, stem), stem + a + "м", word, stem + a + "ми", stem + a + "х"]
    if last == "а" and before not in VOWELS:
        i = "и" if before in VELAR + HUSHING else "ы"
        o = "е" if before in HUSHING + "ц" else "о"
        return [word, stem + i, stem + "е", stem + "у", stem + o + "й", stem + "е"]
    if last == "я":
        e = "и" if before == "и" else "е"
        return [word, stem + "и", stem + e, stem + "ю", stem + "ей", stem + e]
    if last == "ь" and word not in SOFT_MASCULINE and not word.endswith(("поль", "бель")):
        return [word, stem + "и", stem + "и", word, stem + "ью", stem + "и"]
    if last in "ьй" or word.endswith("ье"):
        e = "и" if before == "и" else "е"
        return [word, stem + "я", stem + "ю", word, stem + "ем", stem + e]
    if re.search(r"(ов|ев|ёв|ин|ын|ств)о$", word):
        return [word, stem + "а", stem + "у", word, stem + "ом", stem + "е"]
    if last not in VOWELS:
        stem = STEMS.get(word, word)
        return [word, stem + "а", stem + "у", word, stem + ("ем" if last in HUSHING + "ц" else "ом"), stem + "е"]
    return [word] * 6


def word_cases(word, alone=True):
    """The six cases of a word; one that stands alone is an adjective only if nothing else ends so."""
    if word in IRREGULAR:
        return noun(word)
    if "-" not in word:
        gender = gender_of_adjective(word)
        if gender and (not alone or re.search(r"([сц]к|жск|[рл]ьн)(ий|ый|ая|ое|ие)$|[а-я]{3}[нвт](ый|ая|ое|ые)$", word)):
            return adjective(word, gender)
        return noun(word)
    parts = word.split("-")
    if "на" in parts[1:]:
        # "Ростов-на-Дону" declines before the river.
        at = parts.index("на", 1)
        tail = "-" + "-".join(parts[at:])
        return [form + tail for form in word_cases("-".join(parts[:at]))]
    if any(part[0].islower() for part in parts[1:]):
        return [word] * 6
    head, last = "-".join(parts[:-1]), word_cases(parts[-1], alone)
    if gender_of_adjective(parts[-1]) == "m" and re.search(r"(ск|ль)$", head):
        # "Каменск-Уральский", "Переславль-Залесский" decline twice.
        return [f"{one}-{two}" for one, two in zip(noun(head), adjective(parts[-1], "m"))]
    return [f"{head}-{form}" for form in last]


def phrase(name):
    """A name of one or more words in its six cases."""
    for joint in (" — ", " – ", " - ", " и "):
        if joint in name:
            sides = [phrase(side) for side in name.split(joint)]
            return [joint.join(forms) for forms in zip(*sides)]
    words = name.split(" ")
    if len(words) == 1:
        return word_cases(name)
    head = 0
    if words[0] not in HEADS:
        while head < len(words) - 1 and words[head] not in UNCHANGED and gender_of_adjective(words[head]):
            head += 1
        if head == 0:
            # A foreign name of several words changes at its end.
            return [" ".join(words[:-1] + [form]) for form in word_cases(words[-1])]
    cases = [word_cases(word, alone=False) for word in words[:head]] + [word_cases(words[head])]
    return [" ".join([*forms, *words[head + 1 :]]) for forms in zip(*cases)]


LISTED = {"область": "области областей областям области областями областях", "край": "края краев краям края краями краях"}
# What their adjective alone means oftener than the division.
NEEDS_ITS_NOUN = set("Московская Ленинградская Приморский Владимирская Кировская".split())


def listed(name):
    """Divisions in a list share their noun: "в Брянской и Тульской областях" for "Тульская область"."""
    words = name.split(" ")
    if len(words) != 2 or words[1] not in LISTED:
        return []
    cases = adjective(words[0], "f" if words[1] == "область" else "m")
    shared = [f"{form} {noun}" for form, noun in zip(cases, LISTED[words[1]].split())]
    return shared if words[0] in NEEDS_ITS_NOUN else shared + cases


# Peoples whose genitive is the bare stem.
BARE_GENITIVE = {"турки": "турок", "грузины": "грузин", "румыны": "румын", "болгары": "болгар", "татары": "татар", "башкиры": "башкир"}


def people(name):
    """A people in the plural."""
    stem, last = name[:-1], name[-1]
    if name.endswith(("яне", "ане")):
        return [name, stem, stem + "ам", stem + "ами", stem + "ах"]
    if last not in "ыи":
        return [name]
    genitive = BARE_GENITIVE.get(name) or stem + ("ей" if stem[-1] in HUSHING else "ев" if stem[-1] == "ц" else "ов")
    return [name, genitive, stem + "ам", stem + "ами", stem + "ах"]


# Forms of names that are words of their own, or names of persons, oftener than places.
ORDINARY = set("""Час Часа Часу Часом Часе Сок Сока Соку Соком Кит Китам Китах Вид Виды Видам Видах Видов Метро Заря Зари Зарю Исток Глаз Глаза
Глазу Глазе Тема Темы Теме Тему Темой Темпе Кот Кота Коты Коте Коту Котой Кума Кум Куму Кумом Пал Пала Пали Пало Пало Мел Мела Липа Липы
Дума Думы Думе Думу Думой Думай Дали Дан Тан Танго Гул Гула Кара Кары Кару Каре Карой Карая Кур Кура Куры Куру Куре Тур Тура Туры Туру Туром
Ван Муш Мушу Ним Нима Печ Печа Печу Печем Брод Брода Гамма Гаммы Хам Хама Хаму Хамом Тир Тира Тиру Бреда Бреды Бреде Бреду Осла Ослы Ослу Герой
Гере Бон Пара Пары Коро Ара Аба Роли Ханда Гули Горка Молотов Чкалов Жданов Калинин Куйбышев Николаев Ковров Глазов Ольгин Дарвин Линда
Ханна Хасан Дэвид Остин Ирвин Юджин Минна Леон Серра Мена Горький Паста Пасто Проме Прова Прово Сава Савы Тани Таня Тане Таню Таней Саки Яле
Лоне Ваграм Каю Кае Мари Мары Марам Марах Мар Рен Рена Пул Пулу Кут Кута Куту Хорог Сур Сура Сани Саны Сане Сану Белла Беллы Гера Ошибка
Поле Нода Ёмкость Салта Мансы Манты Манте Виктория Виктории Елизавета Вилла Санта Санты Победа Свобода Корка Корки Корку Корке Оса Осы Хороший
Ананд Магуэ Вако Рева Ревы Реве Ревой Бак Бакам Баках Бури Ода Оды Маков Ухи Тимон Сальса Мёд Таз Таза Тазу Тазе Тазы Тазой Сале Колон Колоне Довер
Тысяча Салем Бани Банка Хост Басти Бишо Даша Даши Даше Дашу Дашей Анда Санда Сари Мека Лаша Арика Кария Карии Заме Кофе Парла Рино Рината
Рута Щипа Щипу Исиро Нара Метре Нары Нару Коте Минас Натал Ушак Патра Парис Ица Яна Яне Яну Яной Кубов Хасан Кири Урал Урала Уралу Уралом Урале
Сибири Радом Радому Ним Печи Ясный Троя Черная Ика Ики Ике Иву Колы Колу Кан Кана Кану Каном Кане Нука Нуку Лила Лилу Лилы Лиле Хама Фес Феса
Орал Орала Суми Сума Тверце Римъ Олень Мец Меца Драч Драча Драчу Драче Корчи Корча Корче Корчу Щип Хага Хаги Хаге Хагу Хагом Манса Арад""".split())


def own(name):
    """Whether a name of GeoNames is Russian, and may stand for the place: not what neighbours write, no heading in
    capitals, no word or person."""
    neighbour = re.search(r"ъ([^еёюя]|$)|ськ|цьк|^Горад | ош$", name)
    adjective_of_region = re.search(r"[сц]к(ая|ое)$", name) and " " not in name
    return not (neighbour or adjective_of_region or name.isupper() or len(name) < 4 or name in ORDINARY)


def forms(name, kind):
    if kind == "adjective" and gender_of_adjective(name) == "m":
        nominatives = {"m": name, "f": name[:-2] + "ая", "n": name[:-2] + "ое", "p": name[:-2] + ("ие" if name[-3] in VELAR + HUSHING else "ые")}
        found = [form for gender, nominative in nominatives.items() for form in adjective(nominative, gender)]
    elif kind == "people":
        found = people(name)
    elif kind == "adjective":
        found = []
    else:
        found = phrase(name) + listed(name)
    return [form for form in dict.fromkeys([name, *found]) if form not in ORDINARY or form == name]


if __name__ == "__main__":
    import sys

    for argument in sys.argv[2:]:
        print("; ".join(forms(argument, sys.argv[1])))
