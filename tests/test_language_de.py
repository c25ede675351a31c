"""German: sentences that must come out so, and forms checked against other authorities."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import de, en
from adapterstilts.pocket.languages.base import Variant, text_of, words
from adapterstilts.pocket.meanings import RELATIONS, STATES, Event
from adapterstilts.pocket.sampling import draw_event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Max Weber", "Ben", "red hat", "garden", "monday")
CARS = make("sale", "Anna", "Ben", "4 car", "berlin", "1994")
GIFT = make("gift", "Ben", "Maria Keller", "book", "monday")
LOAN = make("loan", "Anna", "Ben", "bus", "yesterday")
LESSON = make("lesson", "Anna", "Ben", "japanese", "school", "monday")
VICTORY = make("victory", "Anna", "Ben", "chess", "garden")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "monday")
HELP = make("help", "Anna", "Ben", "berlin", cause=state("tired", "Ben"))
CALL = make("call", "Anna", "Ben", "yesterday", "garden", cause=state("sad", "Anna"))
REPAIR = make("repair", "Anna", "clock", "kitchen", "1994", "hammer")
PAINT = make("paint", "Anna", "old table", "brush")
FOUND = make("found", "Anna", "Hugo", "paris", "1994")
LEAVE = make("leave", "Anna", "Hugo", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
EMPLOY = make("employ", "Hugo", "Anna", "berlin")
TRAVEL = make("travel", "Anna", "paris", "berlin", "monday")
SENTENCES = [
    (SALE, "sell plain", "Max Weber verkaufte den roten Hut am Montag im Garten an Ben."),
    (SALE, "buy time_first", "Am Montag kaufte Ben den roten Hut von Max Weber im Garten."),
    (SALE, "sell+passive plain", "Der rote Hut wurde am Montag von Max Weber im Garten an Ben verkauft."),
    (CARS, "sell plain", "Anna verkaufte im Jahr 1994 in Berlin 4 Autos an Ben."),
    (CARS, "sell place_first", "In Berlin verkaufte Anna 4 Autos im Jahr 1994 an Ben."),
    (CARS, "sell+passive time_first", "Im Jahr 1994 wurden von Anna in Berlin 4 Autos an Ben verkauft."),
    (CARS.negation(), "buy plain", "Ben kaufte im Jahr 1994 von Anna in Berlin nicht 4 Autos."),
    (GIFT, "give time_first", "Am Montag schenkte Ben Maria Keller das Buch."),
    (GIFT, "receive plain", "Maria Keller bekam das Buch am Montag von Ben."),
    (GIFT, "give+passive plain", "Das Buch wurde Maria Keller am Montag von Ben geschenkt."),
    (GIFT, "give+passive time_first", "Am Montag wurde Maria Keller das Buch von Ben geschenkt."),
    (GIFT.negation(), "give plain", "Ben schenkte Maria Keller das Buch am Montag nicht."),
    (LOAN, "lend plain", "Anna verlieh den Bus gestern an Ben."),
    (LOAN, "borrow time_first", "Gestern lieh sich Ben den Bus von Anna."),
    (LOAN.negation(), "borrow plain", "Ben lieh sich den Bus gestern nicht von Anna."),
    (LESSON, "teach plain", "Anna unterrichtete Ben am Montag in der Schule in Japanisch."),
    (LESSON, "learn plain", "Ben lernte am Montag in der Schule Japanisch bei Anna."),
    (LESSON.negation(), "learn plain", "Ben lernte Japanisch am Montag in der Schule nicht bei Anna."),
    (VICTORY, "beat+passive plain", "Ben wurde von Anna im Garten im Schach besiegt."),
    (VICTORY.negation(), "lose place_first", "Im Garten verlor Ben nicht im Schach gegen Anna."),
    (ARRIVAL, "before plain", "Anna kam am Montag vor Ben am Bahnhof an."),
    (ARRIVAL.negation(), "after plain", "Ben kam am Montag nicht nach Anna am Bahnhof an."),
    (make("height", "Anna", "Ben"), "greater plain", "Anna war größer als Ben."),
    (make("age", "Anna", "Ben", negated=True), "lesser plain", "Ben war nicht jünger als Anna."),
    (HELP, "help plain", "Anna half Ben in Berlin, weil Ben müde war."),
    (HELP, "help cause_first", "Weil Ben müde war, half Anna Ben in Berlin."),
    (HELP.negation(), "help cause_first", "Weil Ben müde war, half Anna Ben in Berlin nicht."),
    (HELP, "help+passive plain", "Ben wurde von Anna in Berlin geholfen, weil Ben müde war."),
    (CALL, "call plain", "Anna rief Ben gestern im Garten an, weil Anna traurig war."),
    (CALL.negation(), "call time_first", "Gestern rief Anna Ben im Garten nicht an, weil Anna traurig war."),
    (CALL, "call+passive place_first",
     "Im Garten wurde Ben gestern von Anna angerufen, weil Anna traurig war."),
    (REPAIR, "repair plain", "Anna reparierte die Uhr im Jahr 1994 in der Küche mit dem Hammer."),
    (REPAIR.negation(), "repair time_first",
     "Im Jahr 1994 reparierte Anna die Uhr in der Küche nicht mit dem Hammer."),
    (PAINT, "paint plain", "Anna bemalte den alten Tisch mit dem Pinsel."),
    (PAINT, "paint+passive plain", "Der alte Tisch wurde von Anna mit dem Pinsel bemalt."),
    (make("wash", "Anna", "white cat", "brush"), "wash plain", "Anna wusch die weiße Katze mit der Bürste."),
    (make("eat", "Anna", "3 egg", "market"), "eat plain", "Anna aß auf dem Markt 3 Eier."),
    (make("find", "Anna", "5 key", "1994"), "find plain", "Anna fand 5 Schlüssel im Jahr 1994."),
    (FOUND, "found+passive plain", "Hugo wurde im Jahr 1994 von Anna in Paris gegründet."),
    (LEAVE, "leave theme_first", "Bei Hugo kündigte Anna im Jahr 1994."),
    (TAKEOVER, "buy plain", "Nora Sato übernahm Hugo im Jahr 1994."),
    (EMPLOY, "work plain", "Anna arbeitete in Berlin bei Hugo."),
    (EMPLOY.negation(), "employ plain", "Hugo beschäftigte Anna in Berlin nicht."),
    (TRAVEL, "from_to time_first", "Am Montag reiste Anna von Paris nach Berlin."),
    (TRAVEL, "to_from plain", "Nach Berlin reiste Anna am Montag von Paris aus."),
    (state("angry", "Anna", "monday"), "state time_first", "Am Montag war Anna wütend."),
    (state("ill", "Anna", negated=True), "state plain", "Anna war nicht krank."),
]  # fmt: skip
QUESTIONS = [
    (SALE, "buyer", "sell", "An wen verkaufte Max Weber den roten Hut am Montag im Garten?"),
    (SALE, "seller", "buy", "Von wem kaufte Ben den roten Hut am Montag im Garten?"),
    (SALE, "time", "sell", "Wann verkaufte Max Weber den roten Hut im Garten an Ben?"),
    (CARS, "theme:number", "buy", "Wie viele Autos kaufte Ben im Jahr 1994 von Anna in Berlin?"),
    (GIFT, "receiver", "give", "Wem schenkte Ben das Buch am Montag?"),
    (LOAN, "borrower", "borrow", "Wer lieh sich den Bus gestern von Anna?"),
    (LESSON, "field", "teach", "In welchem Fach unterrichtete Anna Ben am Montag in der Schule?"),
    (LESSON, "field", "learn", "Was lernte Ben am Montag in der Schule bei Anna?"),
    (VICTORY, "field", "lose", "In welchem Spiel verlor Ben im Garten gegen Anna?"),
    (VICTORY, "winner", "lose", "Gegen wen verlor Ben im Garten im Schach?"),
    (ARRIVAL, "place", "before", "Wo kam Anna am Montag vor Ben an?"),
    (HELP, "patient", "help", "Wem half Anna in Berlin?"),
    (CALL, "patient", "call", "Wen rief Anna gestern im Garten an?"),
    (REPAIR, "instrument", "repair", "Womit reparierte Anna die Uhr im Jahr 1994 in der Küche?"),
    (TAKEOVER, "agent", "buy", "Welcher Betrieb übernahm Hugo im Jahr 1994?"),
    (TAKEOVER, "theme", "buy", "Welchen Betrieb übernahm Nora Sato im Jahr 1994?"),
    (EMPLOY, "employer", "work", "Bei welchem Betrieb arbeitete Anna in Berlin?"),
    (TRAVEL, "goal", "from_to", "In welche Stadt reiste Anna am Montag von Paris aus?"),
    (TRAVEL, "source", "from_to", "Von welcher Stadt aus reiste Anna am Montag nach Berlin?"),
]  # fmt: skip


def say(event: Event, variant: Variant) -> str:
    return sentence_of(de, event, variant)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """3,000 distinct events over all relations."""
    rng = Random(0)
    drawn: dict[Event, None] = {}
    while len(drawn) < 3000:
        drawn[draw_event(rng, rng.choice(tuple(RELATIONS)), negated=rng.random() < 0.25)] = None
    return list(drawn)


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in de.variants(event)
    assert say(event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = de.question(event, asked, view)
    assert tokens is not None and text_of(de.finish(tokens, "?")) == text


def test_views_are_those_of_english(events: list[Event]) -> None:
    for event in events:
        mine, other = ({variant.view for variant in module.variants(event)} for module in (de, en))
        assert {view for view in mine if "+" not in view} == {view for view in other if "+" not in view}
        assert de.variants(event)[0].order == "plain"


def test_conjunction_closes_the_clause_of_cause() -> None:
    second = de.clause(make("visit", "Anna", "Ben"), Variant("visit", "plain"))
    last, first = (de.clause(HELP, Variant("help", order)) for order in ("plain", "cause_first"))
    assert text_of(de.conjoin(last, second)).endswith("weil Ben müde war, und Anna besuchte Ben")
    assert text_of(de.conjoin(first, second)).endswith("half Anna Ben in Berlin und Anna besuchte Ben")


def test_genders_and_plurals_against_wiktionary() -> None:
    pytest.importorskip("german_nouns")
    folder = find_spec("german_nouns").submodule_search_locations[0]  # type: ignore[union-attr, index]
    cells = [cell.split() for cell in de.LEXICON["nouns"].values()]
    known: dict[str, list[dict[str, str]]] = {singular: [] for _, singular, *_ in cells}
    with (Path(folder) / "nouns.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
        for line in file:
            lemma = line.partition(",")[0]
            if lemma in known:
                known[lemma].append(dict(zip(header, next(csv.reader([line])), strict=False)))
    for gender, singular, *plural in cells:
        entries = [entry for entry in known[singular] if gender in (entry["genus"], entry["genus 1"])]
        assert entries, singular
        for case in ("nominativ", "akkusativ", "dativ"):
            assert singular in {v for e in entries for k, v in e.items() if k.startswith(f"{case} singular")}
        for form in plural:
            assert form in {v for e in entries for k, v in e.items() if k.startswith("nominativ plural")}


def test_every_verb_is_used_and_none_is_lacking() -> None:
    verbs, participles = set(de.LEXICON["verbs"]), set(de.LEXICON["participles"])
    used = {view.verb for views in de.VIEWS.values() for view in views.values()} - {"sein"}
    assert verbs == used | set(STATES)
    assert participles <= used


def test_lemmas_against_a_tagger() -> None:
    tagger = pytest.importorskip("HanTa.HanoverTagger").HanoverTagger("morphmodel_ger.pgz")
    weak = [(cell.split()[0], cell.split()[1:]) for cell in de.LEXICON["properties"].values()]
    pairs = [(form, base) for base, forms in weak for form in forms]
    pairs += [(participle, infinitive) for infinitive, participle in de.LEXICON["participles"].items()]
    for cell in de.LEXICON["verbs"].values():
        finite, *rest = words(cell)
        particle = next((token.form for token in rest if token.upos == "ADP"), "")
        pairs += [(finite.form, finite.lexeme.removeprefix(particle))]
        pairs += [(token.form, token.lexeme) for token in rest if token.upos == "ADJ"]
    for form, lemma in pairs:
        if form != "zerschnitt":  # the tagger takes it for a name
            assert tagger.analyze(form, taglevel=1)[0] == lemma
