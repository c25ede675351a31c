"""Spanish: sentences a native speaker signs, and forms that an independent lemmatiser agrees with."""

from __future__ import annotations

import pytest
from events import concept, make, sentence_of, state

from adapterstilts.pocket.languages import es
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "3 car", "berlin", "1994")
HAT = make("sale", "Anna", "Ben", "red hat", "market", "monday")
GIFT = make("gift", "Ben", "Maria", "old book", "yesterday")
LOAN = make("loan", "Anna", "Ben", "4 camera", "park")
LESSON = make("lesson", "Anna", "Ben", "german", "school", "yesterday")
VICTORY = make("victory", "Ben", "Anna", "chess", "garden")
ARRIVAL = make("arrival", "Anna", "Ben", "museum", "monday")
CAIRO = make("arrival", "Anna", "Ben", "cairo")
HELP = make("help", "Anna", "Ben", "berlin", cause=state("hungry", "Ben"))
CALL = make("call", "Anna", "Ben", "yesterday", "garden")
THANK = make("thank", "Anna", "Ben", "cairo", "friday")
CUT = make("cut", "Anna", "white cake", "scissors", "kitchen")
PAINT = make("paint", "Anna", "small bicycle", "brush")
FOUND = make("found", "Ben", "Hugo", "paris", "1994")
LEAVE = make("leave", "Anna", "Hugo", "1994")
TAKEOVER = make("takeover", "Felix", "Leo", "1994")
EMPLOY = make("employ", "Hugo", "Anna", "vienna")
TRAVEL = make("travel", "Anna", "cairo", "berlin", "monday")
SENTENCES = [
    (SALE, "sell plain", "Anna le vendió 3 coches a Ben Keller en Berlín en 1994."),
    (SALE, "buy time_first", "En 1994, Ben Keller le compró 3 coches a Anna en Berlín."),
    (SALE, "sell+passive place_first", "En Berlín, 3 coches fueron vendidos por Anna a Ben Keller en 1994."),
    (SALE.negation(), "sell plain", "Anna no le vendió 3 coches a Ben Keller en Berlín en 1994."),
    (HAT, "sell+passive plain", "El sombrero rojo fue vendido por Anna a Ben en el mercado el lunes."),
    (GIFT, "give plain", "Ben le regaló ayer el libro viejo a Maria."),
    (GIFT, "receive time_first", "Ayer, Maria recibió de Ben el libro viejo."),
    (LOAN, "lend+passive plain", "4 cámaras fueron prestadas por Anna a Ben en el parque."),
    (LOAN, "borrow plain", "Ben le tomó prestadas 4 cámaras a Anna en el parque."),
    (LESSON, "teach plain", "Anna le enseñó ayer alemán a Ben en la escuela."),
    (LESSON, "learn place_first", "En la escuela, Ben aprendió ayer alemán con Anna."),
    (VICTORY, "beat plain", "Ben derrotó a Anna al ajedrez en el jardín."),
    (VICTORY, "lose plain", "Anna perdió al ajedrez contra Ben en el jardín."),
    (VICTORY, "beat+passive plain", "Anna fue derrotada por Ben al ajedrez en el jardín."),
    (ARRIVAL, "before plain", "Anna llegó al museo antes que Ben el lunes."),
    (ARRIVAL, "after place_first", "Al museo llegó Ben después de Anna el lunes."),
    (CAIRO, "before plain", "Anna llegó a El Cairo antes que Ben."),
    (make("age", "Anna", "Ben", negated=True), "lesser plain", "Ben no era menor que Anna."),
    (make("height", "Anna", "Ben"), "greater plain", "Anna era más alta que Ben."),
    (make("speed", "Anna", "Ben"), "lesser plain", "Ben era más lento que Anna."),
    (HELP, "help plain", "Anna ayudó a Ben en Berlín porque Ben tenía hambre."),
    (HELP, "help+passive cause_first", "Como Ben tenía hambre, Ben fue ayudado por Anna en Berlín."),
    (HELP.negation(), "help plain", "Anna no ayudó a Ben en Berlín, porque Ben tenía hambre."),
    (CALL, "call plain", "Anna llamó por teléfono ayer a Ben en el jardín."),
    (THANK, "thank plain", "Anna le dio las gracias a Ben en El Cairo el viernes."),
    (make("see", "Ben", "Anna"), "see+passive plain", "Anna fue vista por Ben."),
    (make("eat", "Anna", "3 egg", "spoon"), "eat plain", "Anna se comió 3 huevos con la cuchara."),
    (CUT, "cut plain", "Anna cortó la tarta blanca con las tijeras en la cocina."),
    (make("wash", "Anna", "dog", "brush"), "wash plain", "Anna lavó el perro con el cepillo."),
    (PAINT, "paint+passive plain", "La bicicleta pequeña fue pintada por Anna con la brocha."),
    (FOUND, "found+passive plain", "Hugo fue fundada por Ben en París en 1994."),
    (LEAVE, "leave plain", "Anna se marchó de Hugo en 1994."),
    (TAKEOVER, "buy plain", "Felix adquirió Leo en 1994."),
    (EMPLOY, "work plain", "Anna trabajó para Hugo en Viena."),
    (EMPLOY, "employ+passive plain", "Anna fue empleada por Hugo en Viena."),
    (make("support", "Hugo", "Anna"), "support plain", "Hugo patrocinó a Anna."),
    (TRAVEL, "from_to time_first", "El lunes, Anna viajó de El Cairo a Berlín."),
    (TRAVEL, "to_from plain", "Anna viajó a Berlín desde El Cairo el lunes."),
    (state("angry", "Anna", "monday", negated=True), "state time_first", "El lunes, Anna no estaba enfadada."),
]
QUESTIONS = [
    (SALE, "seller", "buy", "¿A quién le compró Ben Keller 3 coches en Berlín en 1994?"),
    (SALE, "seller", "sell", "¿Quién le vendió 3 coches a Ben Keller en Berlín en 1994?"),
    (SALE, "theme:number", "sell", "¿Cuántos coches le vendió Anna a Ben Keller en Berlín en 1994?"),
    (GIFT, "giver", "receive", "¿De quién recibió Maria ayer el libro viejo?"),
    (LOAN, "theme:number", "borrow", "¿Cuántas cámaras le tomó prestadas Ben a Anna en el parque?"),
    (LOAN, "theme", "borrow", "¿Qué le tomó prestado Ben a Anna en el parque?"),
    (LESSON, "teacher", "learn", "¿Con quién aprendió Ben ayer alemán en la escuela?"),
    (LESSON, "place", "teach", "¿Dónde le enseñó Anna ayer alemán a Ben?"),
    (VICTORY, "field", "lose", "¿En qué juego perdió Anna contra Ben en el jardín?"),
    (ARRIVAL, "place", "before", "¿Adónde llegó Anna antes que Ben el lunes?"),
    (ARRIVAL, "earlier", "after", "¿Después de quién llegó Ben al museo el lunes?"),
    (make("height", "Anna", "Ben"), "greater", "greater", "¿Quién era más alto que Ben?"),
    (HELP, "patient", "help", "¿A quién ayudó Anna en Berlín?"),
    (THANK, "place", "thank", "¿Dónde le dio Anna las gracias a Ben el viernes?"),
    (CUT, "instrument", "cut", "¿Con qué cortó Anna la tarta blanca en la cocina?"),
    (TAKEOVER, "agent", "buy", "¿Por qué empresa fue adquirida Leo en 1994?"),
    (TAKEOVER, "theme", "buy", "¿Qué empresa fue adquirida por Felix en 1994?"),
    (EMPLOY, "employer", "work", "¿Para qué empresa trabajó Anna en Viena?"),
    (TRAVEL, "source", "to_from", "¿Desde qué ciudad viajó Anna a Berlín el lunes?"),
]


def say(event: Event, variant: str) -> str:
    chosen = Variant(*variant.split())
    assert chosen in es.variants(event)
    return sentence_of(es, event, chosen)


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    assert say(event, variant) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = es.question(event, asked, view)
    assert tokens is not None and text_of(es.finish(tokens, "?")) == text


def test_a_hypernym_is_a_noun_like_any_other() -> None:
    general = HAT.with_role("theme", concept("thing", "fruit"))
    assert say(general, "sell+passive time_first") == "El lunes, la fruta fue vendida por Anna a Ben en el mercado."


@pytest.mark.parametrize(
    ("second", "variant", "joined"),
    [
        (make("visit", "Ida", "Leo"), "visit plain", ", e Ida visitó a Leo"),
        (make("visit", "Yuki", "Leo"), "visit plain", ", y Yuki visitó a Leo"),
        (make("visit", "Yuki", "Leo", "1994"), "visit time_first", ", y, en 1994, Yuki visitó a Leo"),
    ],
)
def test_conjunction(second: Event, variant: str, joined: str) -> None:
    because, plain = es.clause(HELP, Variant("help", "plain")), es.clause(TAKEOVER, Variant("buy", "plain"))
    added = es.clause(second, Variant(*variant.split()))
    assert text_of(es.conjoin(because, added)).endswith("porque Ben tenía hambre" + joined)
    assert text_of(es.conjoin(plain, added)) == "Felix adquirió Leo en 1994" + joined.removeprefix(",")


def test_forms_agree_with_a_lemmatiser() -> None:
    simplemma = pytest.importorskip("simplemma")
    homographs = set("frutas cansado cansada enferma enfadado enfadada visto vendidos vendidas".split())
    cells = [(cell.split()[1], cell.split()[2:]) for cell in es.NOUNS.values()]
    cells += [(lemma, forms.split()) for table in (es.ADJECTIVES, es.PARTICIPLES) for lemma, forms in table.items()]
    for pattern in es.LEXICON["verbs"].values():
        parts = [(item.split("|") + ["VERB"])[:3] for item in pattern.split()]
        cells += [(lemma, [form]) for form, lemma, tag in parts if tag in ("VERB", "AUX")]
    for lemma, forms in cells:
        for form in {*forms} - homographs:
            if lemma != "prestado":  # taken for forms of "prestar"
                assert simplemma.lemmatize(form, lang="es") in {lemma, *forms}, form
