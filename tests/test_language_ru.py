"""Russian: sentences that a native speaker signs, and forms that an independent morphology agrees with."""

from __future__ import annotations

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import ru
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "red hat", "berlin", "1994")
CARS = make("sale", "Anna", "Ben", "3 car", "market", "tuesday")
GIFT = make("gift", "Ben", "Maria", "7 letter", "yesterday")
LOAN = make("loan", "Anna", "Ben", "old vehicle", "station")
LESSON = make("lesson", "Anna", "Ben", "english", "school", "monday")
VICTORY = make("victory", "Anna", "Ben", "chess", "park")
ARRIVAL = make("arrival", "Anna", "Ben", "museum", "monday")
LANDING = make("arrival", "Anna", "Ben", "moscow")
HELP = make("help", "Anna", "Ben", "berlin", cause=state("tired", "Ben"))
CALL = make("call", "Anna", "Ben", "kitchen", cause=state("angry", "Anna"))
EMPLOY = make("employ", "Hugo", "Anna", "vienna", "1994")
FOUND = make("found", "Ben", "Hugo", "paris", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
TRAVEL = make("travel", "Anna", "athens", "berlin", "wednesday")
SENTENCES = [
    (SALE, "sell plain", "Anna в 1994 году продала Ben Keller красную шляпу в Берлине."),
    (SALE, "sell place_first", "В Берлине Anna в 1994 году продала Ben Keller красную шляпу."),
    (SALE, "buy time_first", "В 1994 году Ben Keller купил у Anna красную шляпу в Берлине."),
    (SALE, "buy theme_first", "Красную шляпу у Anna в 1994 году купил Ben Keller в Берлине."),
    (SALE, "buy+passive plain", "Красная шляпа в 1994 году была куплена Ben Keller у Anna в Берлине."),
    (SALE.negation(), "sell time_first", "В 1994 году Anna не продала Ben Keller красную шляпу в Берлине."),
    (CARS, "sell time_first", "Во вторник Anna продала Ben 3 машины на рынке."),
    (CARS, "buy+passive place_first", "На рынке 3 машины во вторник были куплены Ben у Anna."),
    (GIFT, "give plain", "Ben вчера подарил Maria 7 писем."),
    (GIFT, "receive plain", "Maria вчера получила от Ben 7 писем."),
    (LOAN, "lend plain", "Anna одолжила Ben старое транспортное средство на вокзале."),
    (LOAN, "borrow place_first", "На вокзале Ben позаимствовал у Anna старое транспортное средство."),
    (LESSON, "teach plain", "Anna в понедельник преподавала Ben английский язык в школе."),
    (LESSON, "learn plain", "Ben в понедельник учился у Anna английскому языку в школе."),
    (VICTORY, "beat plain", "Anna обыграла Ben в шахматы в парке."),
    (VICTORY.negation(), "lose place_first", "В парке Ben не проиграл Anna в шахматы."),
    (ARRIVAL, "before plain", "Anna в понедельник пришла в музей раньше, чем Ben."),
    (ARRIVAL.negation(), "after time_first", "В понедельник Ben пришёл в музей не позже, чем Anna."),
    (LANDING, "before place_first", "В Москву Anna приехала раньше, чем Ben."),
    (make("age", "Anna", "Ben"), "greater plain", "Anna была старше, чем Ben."),
    (make("height", "Anna", "Ben", negated=True), "lesser plain", "Ben не был ниже, чем Anna."),
    (HELP, "help plain", "Anna помогла Ben в Берлине, потому что Ben устал."),
    (HELP, "help cause_first", "Поскольку Ben устал, Anna помогла Ben в Берлине."),
    (CALL, "call plain", "Anna позвонила Ben из кухни, потому что Anna была сердита."),
    (make("invite", "Anna", "Ben"), "invite+passive plain", "Ben был приглашён Anna."),
    (make("wash", "Ben", "4 dog", "brush"), "wash plain", "Ben вымыл 4 собак щёткой."),
    (make("wash", "Ben", "4 dog"), "wash+passive plain", "4 собаки были вымыты Ben."),
    (make("paint", "Ben", "5 chair", "brush"), "paint theme_first", "5 стульев покрасил Ben кистью."),
    (make("eat", "Anna", "small egg"), "eat+passive plain", "Маленькое яйцо было съедено Anna."),
    (make("find", "Anna", "4 animal"), "find plain", "Anna нашла 4 животных."),
    (make("lose", "Anna", "6 coat", negated=True), "lose plain", "Anna не потеряла 6 пальто."),
    (TRAVEL, "from_to plain", "Anna в среду поехала из Афин в Берлин."),
    (TRAVEL, "to_from time_first", "В среду Anna поехала в Берлин из Афин."),
    (EMPLOY, "employ plain", "Компания Hugo в 1994 году наняла Anna в Вене."),
    (EMPLOY, "employ+passive time_first", "В 1994 году Anna была нанята компанией Hugo в Вене."),
    (EMPLOY, "work plain", "Anna в 1994 году устроилась на работу в компанию Hugo в Вене."),
    (FOUND, "found theme_first", "Компанию Hugo в 1994 году основал Ben в Париже."),
    (FOUND, "found+passive plain", "Компания Hugo в 1994 году была основана Ben в Париже."),
    (TAKEOVER, "buy plain", "Компания Nora Sato в 1994 году поглотила компанию Hugo."),
    (TAKEOVER, "buy+passive plain", "Компания Hugo в 1994 году была поглощена компанией Nora Sato."),
    (make("leave", "Anna", "Hugo"), "leave theme_first", "Из компании Hugo уволилась Anna."),
    (make("support", "Hugo", "Anna", negated=True), "support plain", "Компания Hugo не поддержала Anna."),
    (state("hungry", "Anna", "sunday", negated=True), "state plain", "Anna в воскресенье не была голодна."),
]
QUESTIONS = [
    (CARS, "seller", "sell", "Кто во вторник продал Ben 3 машины на рынке?"),
    (CARS, "seller", "buy", "У кого Ben во вторник купил 3 машины на рынке?"),
    (CARS, "buyer", "sell", "Кому Anna во вторник продала 3 машины на рынке?"),
    (CARS, "theme", "sell", "Что Anna во вторник продала Ben на рынке?"),
    (CARS, "theme:number", "buy", "Сколько машин Ben во вторник купил у Anna на рынке?"),
    (CARS, "place", "buy", "Где Ben во вторник купил у Anna 3 машины?"),
    (CARS, "time", "sell", "Когда Anna продала Ben 3 машины на рынке?"),
    (GIFT, "giver", "receive", "От кого Maria вчера получила 7 писем?"),
    (LESSON, "field", "teach", "Какой предмет Anna в понедельник преподавала Ben в школе?"),
    (LESSON, "field", "learn", "Какому предмету Ben в понедельник учился у Anna в школе?"),
    (VICTORY, "field", "beat", "В какую игру Anna обыграла Ben в парке?"),
    (VICTORY, "loser", "lose", "Кто проиграл Anna в шахматы в парке?"),
    (ARRIVAL, "later", "before", "Раньше кого Anna в понедельник пришла в музей?"),
    (LANDING, "place", "after", "Куда Ben приехал позже, чем Anna?"),
    (make("age", "Anna", "Ben"), "greater", "greater", "Кто был старше, чем Ben?"),
    (HELP, "patient", "help", "Кому Anna помогла в Берлине?"),
    (CALL, "place", "call", "Откуда Anna позвонила Ben?"),
    (make("cut", "Anna", "lemon", "knife"), "instrument", "cut", "Чем Anna разрезала лимон?"),
    (TRAVEL, "goal", "from_to", "Куда Anna в среду поехала из Афин?"),
    (EMPLOY, "employer", "work", "В какую компанию Anna в 1994 году устроилась на работу в Вене?"),
    (EMPLOY, "employee", "employ", "Кого в 1994 году наняла компания Hugo в Вене?"),
    (TAKEOVER, "theme", "buy", "Какую компанию в 1994 году поглотила компания Nora Sato?"),
    (make("leave", "Anna", "Hugo"), "theme", "leave", "Из какой компании Anna уволилась?"),
]


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in ru.variants(event)
    assert sentence_of(ru, event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = ru.question(event, asked, view)
    assert tokens is not None and text_of(ru.finish(tokens, "?")) == text


def test_a_recipient_is_never_beside_another_bare_name() -> None:
    assert "theme_first" not in {variant.order for variant in ru.variants(SALE) if variant.view == "sell"}
    assert "sell+passive" not in {variant.view for variant in ru.variants(SALE)}


def test_lemmas() -> None:
    said = ru.clause(make("leave", "Anna", "Hugo", "tuesday"), Variant("leave", "time_first"))
    assert [(token.lexeme, token.upos, token.role) for token in said] == [
        ("в", "ADP", ""), ("вторник", "NOUN", "time"), ("Anna", "PROPN", "agent"), ("уволиться", "VERB", ""),
        ("из", "ADP", ""), ("компания", "NOUN", ""), ("Hugo", "PROPN", "theme"),
    ]  # fmt: skip
    compound = ru.clause(make("find", "Anna", "3 vehicle"), Variant("find", "plain"))[-3:]
    assert [(token.form, token.lexeme) for token in compound] == [
        ("3", "3"), ("транспортных", "транспортный"), ("средства", "средство"),
    ]  # fmt: skip


# grammemes of OpenCorpora for each column of the lexicon; a comma stands between those that must hold together
GRAMMEMES = {
    "thing": {"nom": "sing,nomn", "acc": "sing,accs", "few": "sing,gent", "few_acc": "gent", "many": "plur,gent"},
    "instrument": {"nom": "nomn", "ins": "ablt"},
    "subject": {"nom": "nomn", "acc": "accs", "dat": "datv"},
    "game": {"nom": "nomn", "acc": "accs"},
    "city": {"nom": "nomn", "from": "gent", "to": "accs", "at": "loct"},
    "place": {"nom": "nomn", "from": "gent", "to": "accs", "at": "loct loc2"},
    "adjectives": {"m": "masc,nomn", "f": "femn,nomn", "n": "neut,nomn", "f_acc": "femn,accs"},
    "verbs": {"m": "VERB,past,masc", "f": "VERB,past,femn", "n": "VERB,past,neut", "p": "VERB,past,plur"},
    "participles": {"m": "PRTS,masc", "f": "PRTS,femn", "n": "PRTS,neut", "p": "PRTS,plur"},
}  # fmt: skip
GENDERS = {"m": "masc", "f": "femn", "n": "neut"}


def _rows() -> list[tuple[str, str, str, str, str]]:
    """(table, column, lemma, form, gender) of each cell, compounds and prepositions reduced to the noun."""
    found = []
    for table, columns in GRAMMEMES.items():
        for key, row in ru.LEXICON[table].items():
            cells = dict(zip(ru.LEXICON["columns"][table].split(), row.split(), strict=False))
            lemma = key if table in ("verbs", "participles") else cells.get("nom", cells.get("m", ""))
            for column in columns.keys() & cells.keys():
                form = cells[column].rpartition("_")[2].rpartition("+")[2]
                found.append((table, column, lemma.rpartition("_")[2], form, cells.get("gender", "")))
    return found


def test_forms_against_opencorpora() -> None:
    """Case, number, gender and lemma of every cell; of the numeral's forms too, animals' among them."""
    morphology = pytest.importorskip("pymorphy3").MorphAnalyzer()
    for table, column, lemma, form, gender in _rows():
        wanted = [set(one.split(",")) for one in GRAMMEMES[table][column].split()]
        if gender and column in ("nom", "acc", "few") and lemma != "животное":
            wanted = [one | {GENDERS[gender]} for one in wanted]
        if lemma == "животное" and column == "few":
            wanted = [{"plur", "gent"}]
        readings = [
            reading
            for reading in morphology.parse(form.lower())
            if reading.normal_form == lemma.lower()
            and any(set(str(reading.tag).replace(" ", ",").split(",")) >= one for one in wanted)
        ]
        assert readings, (table, column, lemma, form)


def test_animals_take_the_genitive_for_the_accusative() -> None:
    morphology = pytest.importorskip("pymorphy3").MorphAnalyzer()
    for key in ru.LEXICON["thing"].keys() - {"fish", "vehicle"}:  # fish is food here
        cells = dict(zip(ru.LEXICON["columns"]["thing"].split(), ru.LEXICON["thing"][key].split(), strict=True))
        animate = "anim" in morphology.parse(cells["nom"])[0].tag
        assert cells["few_acc"] == cells["many" if animate else "few"], key
