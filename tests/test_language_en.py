"""English: sentences a native speaker signs, and forms that an independent lemmatiser agrees with."""

from dataclasses import replace

import pytest

from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import Concept, Event

pytestmark = pytest.mark.pocket

ANNA, BEN = Concept("person", "Anna"), Concept("person", "Ben", "Keller")
CARS, HAT = Concept("thing", "car", number=3), Concept("thing", "hat", property="red")
BERLIN, YEAR = Concept("city", "berlin"), Concept("year", "1994")
SALE = Event("sale", (("seller", ANNA), ("buyer", BEN), ("theme", CARS), ("place", BERLIN), ("time", YEAR)))
HELP = Event("help", (("agent", ANNA), ("patient", BEN)))
TIRED = Event("state", (("experiencer", BEN),), state="tired")


def said(event, view, order="plain"):
    return text_of(en.finish(en.clause(event, Variant(view, order)), "."))


def asked(event, role, view):
    return text_of(en.finish(en.question(event, role, view), "?"))


@pytest.mark.parametrize(
    "event, view, order, text",
    [
        (SALE, "sell", "plain", "Anna sold 3 cars to Ben Keller in Berlin in 1994."),
        (SALE, "buy", "time_first", "In 1994, Ben Keller bought 3 cars from Anna in Berlin."),
        (SALE, "sell+passive", "place_first", "In Berlin, 3 cars were sold to Ben Keller by Anna in 1994."),
        (replace(SALE, negated=True), "sell", "plain", "Anna did not sell 3 cars to Ben Keller in Berlin in 1994."),
        (SALE.with_role("theme", HAT), "buy+passive", "plain",
         "The red hat was bought from Anna by Ben Keller in Berlin in 1994."),
        (replace(HELP, cause=TIRED), "help", "plain", "Anna helped Ben Keller because Ben Keller was tired."),
        (replace(HELP, cause=TIRED), "help+passive", "cause_first",
         "Because Ben Keller was tired, Ben Keller was helped by Anna."),
        (TIRED, "state", "plain", "Ben Keller was tired."),
        (Event("age", (("greater", ANNA), ("lesser", BEN))), "lesser", "plain", "Ben Keller was younger than Anna."),
        (Event("age", (("greater", ANNA), ("lesser", BEN)), negated=True), "greater", "plain",
         "Anna was not older than Ben Keller."),
        (Event("victory", (("winner", ANNA), ("loser", BEN), ("field", Concept("game", "chess")))), "lose", "plain",
         "Ben Keller lost to Anna at chess."),
        (Event("takeover", (("agent", Concept("organisation", "Felix")), ("theme", Concept("organisation", "Leo")))),
         "buy+passive", "plain", "Leo was bought out by Felix."),
        (Event("employ", (("employer", Concept("organisation", "Felix")), ("employee", ANNA))), "work", "plain",
         "Anna worked for Felix."),
    ],
)  # fmt: skip
def test_sentences(event, view, order, text):
    assert said(event, view, order) == text


@pytest.mark.parametrize(
    "event, role, view, text",
    [
        (SALE, "seller", "sell", "Who sold 3 cars to Ben Keller in Berlin in 1994?"),
        (SALE, "seller", "buy", "From whom did Ben Keller buy 3 cars in Berlin in 1994?"),
        (SALE, "place", "buy", "Where did Ben Keller buy 3 cars from Anna in 1994?"),
        (SALE, "theme:number", "sell", "How many cars did Anna sell to Ben Keller in Berlin in 1994?"),
        (SALE, "place", "buy+passive", "Where were 3 cars bought from Anna by Ben Keller in 1994?"),
        (replace(HELP, cause=TIRED), "patient", "help", "Whom did Anna help?"),
        (replace(HELP, cause=TIRED), "agent", "help", "Who helped Ben Keller because Ben Keller was tired?"),
    ],
)
def test_questions(event, role, view, text):
    assert asked(event, role, view) == text


def test_forms_agree_with_a_lemmatiser():
    lemminflect = pytest.importorskip("lemminflect")
    for key, forms in en.LEXICON["verbs"].items():
        past, base, participle = forms.split()
        assert base in lemminflect.getLemma(past, "VERB"), key
        assert base in lemminflect.getLemma(participle, "VERB"), key
    for key, forms in en.LEXICON["nouns"].items():
        singular, *plural = forms.split()
        for form in plural:
            assert singular in lemminflect.getLemma(form, "NOUN"), key
    for pair in en.COMPARATIVES.values():
        for pattern in pair.values():
            form, lemma = pattern.split("|")
            assert lemma in lemminflect.getLemma(form, "ADJ"), form
