"""Swahili: sentences that must come out so, noun classes in every agreeing word, and forms checked independently."""

from __future__ import annotations

from random import Random

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import en, sw
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import RELATIONS, Event
from adapterstilts.pocket.sampling import draw_event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben", "3 book", "berlin", "1994")
COW = make("sale", "Anna", "Ben", "black cow", "market", "monday")
GIFT = make("gift", "Ben", "Maria Keller", "5 key", "yesterday")
LOAN = make("loan", "Anna", "Ben", "old car", "hotel")
LESSON = make("lesson", "Anna", "Ben", "arabic", "school", "friday")
VICTORY = make("victory", "Anna", "Ben", "chess", "garden")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "monday")
HELP = make("help", "Anna", "Ben", "park", cause=state("tired", "Ben"))
CALL = make("call", "Anna", "Ben", "yesterday", cause=state("angry", "Anna"))
EAT = make("eat", "Anna", "4 fish", "kitchen", "knife")
PAINT = make("paint", "Anna", "2 chair", "brush")
TRAVEL = make("travel", "Anna", "rome", "cairo", "tuesday")
EMPLOY = make("employ", "Hugo", "Anna", "berlin")
FOUND = make("found", "Anna", "Hugo", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
SENTENCES = [
    (SALE, "sell plain", "Anna alimuuzia Ben vitabu 3 mjini Berlin mwaka 1994."),
    (SALE, "buy place_first", "Mjini Berlin, Ben alinunua vitabu 3 kutoka kwa Anna mwaka 1994."),
    (SALE, "sell+passive time_first", "Mwaka 1994, vitabu 3 viliuzwa na Anna kwa Ben mjini Berlin."),
    (SALE.negation(), "sell plain", "Anna hakumuuzia Ben vitabu 3 mjini Berlin mwaka 1994."),
    (COW, "buy plain", "Ben alimnunua ng'ombe mweusi kutoka kwa Anna sokoni siku ya Jumatatu."),
    (COW.negation(), "buy plain", "Ben hakumnunua ng'ombe mweusi kutoka kwa Anna sokoni siku ya Jumatatu."),
    (COW, "sell+passive plain", "Ng'ombe mweusi aliuzwa na Anna kwa Ben sokoni siku ya Jumatatu."),
    (GIFT, "give plain", "Ben alimpa Maria Keller funguo 5 jana."),
    (GIFT, "give+passive plain", "Maria Keller alipewa funguo 5 na Ben jana."),
    (GIFT, "receive+passive time_first", "Jana, funguo 5 zilipokelewa na Maria Keller kutoka kwa Ben."),
    (LOAN, "lend plain", "Anna alimwazimisha Ben gari la zamani hotelini."),
    (LOAN, "borrow+passive plain", "Gari la zamani liliazimwa na Ben kutoka kwa Anna hotelini."),
    (LESSON, "teach plain", "Anna alimfundisha Ben Kiarabu shuleni siku ya Ijumaa."),
    (LESSON, "learn place_first", "Shuleni, Ben alijifunza Kiarabu kutoka kwa Anna siku ya Ijumaa."),
    (VICTORY, "beat plain", "Anna alimshinda Ben katika mchezo wa sataranji bustanini."),
    (VICTORY, "lose plain", "Ben alipoteza mchezo wa sataranji dhidi ya Anna bustanini."),
    (ARRIVAL, "before plain", "Anna alifika kwenye stesheni kabla ya Ben siku ya Jumatatu."),
    (ARRIVAL, "after place_first", "Kwenye stesheni, Ben alifika baada ya Anna siku ya Jumatatu."),
    (make("age", "Anna", "Ben"), "lesser plain", "Ben alikuwa mdogo kiumri kuliko Anna."),
    (make("height", "Anna", "Ben", negated=True), "greater plain", "Anna hakuwa mrefu kuliko Ben."),
    (make("speed", "Anna", "Ben"), "greater plain", "Anna alikuwa na mwendo wa kasi zaidi kuliko Ben."),
    (make("strength", "Anna", "Ben"), "lesser plain", "Ben alikuwa dhaifu kuliko Anna."),
    (HELP, "help plain", "Anna alimsaidia Ben kwenye bustani ya umma kwa sababu Ben alikuwa amechoka."),
    (HELP, "help+passive cause_first",
     "Kwa sababu Ben alikuwa amechoka, Ben alisaidiwa na Anna kwenye bustani ya umma."),
    (CALL, "call plain", "Anna alimpigia Ben simu jana kwa sababu Anna alikuwa na hasira."),
    (CALL, "call+passive time_first", "Jana, Ben alipigiwa simu na Anna kwa sababu Anna alikuwa na hasira."),
    (EAT, "eat plain", "Anna alikula samaki 4 kwa kisu jikoni."),
    (EAT.negation(), "eat plain", "Anna hakula samaki 4 kwa kisu jikoni."),
    (EAT, "eat+passive plain", "Samaki 4 waliliwa na Anna kwa kisu jikoni."),
    (make("wash", "Anna", "old dog", "cloth"), "wash plain", "Anna alimwosha mbwa mzee kwa kitambaa."),
    (make("lose", "Anna", "green key"), "lose+passive plain", "Ufunguo wa kijani ulipotezwa na Anna."),
    (make("find", "Anna", "small vehicle"), "find plain", "Anna alikuta chombo kidogo cha usafiri."),
    (make("cut", "Anna", "new ticket", "scissors"), "cut+passive plain",
     "Tiketi mpya ilikatwakatwa na Anna kwa mkasi."),
    (make("lose", "Anna", "6 phone"), "lose+passive plain", "Simu 6 za mkononi zilipotezwa na Anna."),
    (make("find", "Anna", "dog", "garden", negated=True), "find plain", "Anna hakumkuta mbwa bustanini."),
    (PAINT, "paint plain", "Anna alipaka viti 2 rangi kwa burashi."),
    (PAINT, "paint+passive plain", "Viti 2 vilipakwa rangi na Anna kwa burashi."),
    (TRAVEL, "from_to plain", "Anna alisafiri kutoka Roma hadi Kairo siku ya Jumanne."),
    (TRAVEL, "to_from time_first", "Siku ya Jumanne, Anna alisafiri kwenda Kairo kutoka Roma."),
    (EMPLOY, "employ plain", "Hugo ilimwajiri Anna mjini Berlin."),
    (EMPLOY.negation(), "employ plain", "Hugo haikumwajiri Anna mjini Berlin."),
    (EMPLOY, "work plain", "Anna alifanya kazi katika Hugo mjini Berlin."),
    (FOUND, "found+passive plain", "Hugo ilianzishwa na Anna mwaka 1994."),
    (make("leave", "Anna", "Hugo", "1994"), "leave time_first", "Mwaka 1994, Anna aliacha kazi katika Hugo."),
    (TAKEOVER, "buy plain", "Nora Sato ilichukua umiliki wa Hugo mwaka 1994."),
    (TAKEOVER, "buy+passive time_first", "Mwaka 1994, umiliki wa Hugo ulichukuliwa na Nora Sato."),
    (make("support", "Hugo", "Anna"), "support plain", "Hugo ilimfadhili Anna."),
    (state("hungry", "Anna", "sunday"), "state time_first", "Siku ya Jumapili, Anna alikuwa na njaa."),
    (state("ill", "Anna", negated=True), "state plain", "Anna hakuwa mgonjwa."),
]  # fmt: skip
QUESTIONS = [
    (SALE, "seller", "sell", "Nani alimuuzia Ben vitabu 3 mjini Berlin mwaka 1994?"),
    (SALE, "buyer", "sell", "Anna alimuuzia nani vitabu 3 mjini Berlin mwaka 1994?"),
    (SALE, "seller", "buy", "Ben alinunua vitabu 3 kutoka kwa nani mjini Berlin mwaka 1994?"),
    (SALE, "theme", "sell", "Anna alimuuzia Ben nini mjini Berlin mwaka 1994?"),
    (SALE, "theme:number", "buy", "Ben alinunua vitabu vingapi kutoka kwa Anna mjini Berlin mwaka 1994?"),
    (SALE, "place", "sell", "Anna alimuuzia Ben vitabu 3 wapi mwaka 1994?"),
    (SALE, "time", "sell", "Anna alimuuzia Ben vitabu 3 mjini Berlin lini?"),
    (COW, "theme", "buy", "Ben alinunua nini kutoka kwa Anna sokoni siku ya Jumatatu?"),
    (COW, "buyer", "buy", "Nani alimnunua ng'ombe mweusi kutoka kwa Anna sokoni siku ya Jumatatu?"),
    (EAT, "theme:number", "eat", "Anna alikula samaki wangapi kwa kisu jikoni?"),
    (EAT, "instrument", "eat", "Anna alikula samaki 4 kwa kutumia nini jikoni?"),
    (make("cut", "Anna", "4 egg"), "theme:number", "cut", "Anna alikatakata mayai mangapi?"),
    (make("find", "Anna", "4 vehicle"), "theme:number", "find", "Anna alikuta vyombo vingapi vya usafiri?"),
    (make("repair", "Anna", "4 clock"), "theme:number", "repair", "Anna alirekebisha saa ngapi za ukutani?"),
    (GIFT, "theme:number", "give", "Ben alimpa Maria Keller funguo ngapi jana?"),
    (LESSON, "field", "learn", "Ben alijifunza somo gani kutoka kwa Anna shuleni siku ya Ijumaa?"),
    (VICTORY, "field", "beat", "Anna alimshinda Ben katika mchezo gani bustanini?"),
    (VICTORY, "winner", "lose", "Ben alipoteza mchezo wa sataranji dhidi ya nani bustanini?"),
    (ARRIVAL, "place", "before", "Anna alifika wapi kabla ya Ben siku ya Jumatatu?"),
    (HELP, "patient", "help", "Anna alimsaidia nani kwenye bustani ya umma?"),
    (HELP, "agent", "help", "Nani alimsaidia Ben kwenye bustani ya umma kwa sababu Ben alikuwa amechoka?"),
    (TRAVEL, "goal", "from_to", "Anna alisafiri kutoka Roma hadi mji gani siku ya Jumanne?"),
    (EMPLOY, "employer", "employ", "Kampuni gani ilimwajiri Anna mjini Berlin?"),
    (EMPLOY, "employer", "work", "Anna alifanya kazi katika kampuni gani mjini Berlin?"),
    (TAKEOVER, "theme", "buy", "Nora Sato ilichukua umiliki wa kampuni gani mwaka 1994?"),
]
SUBJECTS = dict(zip(("1", "2", "5", "6", "7", "8", "9", "10", "11"), "a wa li ya ki vi i zi u".split(), strict=True))
AGAINST_THE_LEMMATISER = {"jana", "umiliki", "alijifunza", "hakujifunza"}
"""It takes 'yesterday' for a diminutive, and gives the bases of a noun and of a reflexive verb."""


@pytest.fixture(scope="module")
def events() -> list[Event]:
    rng = Random(0)
    return [draw_event(rng, rng.choice(tuple(RELATIONS)), negated=rng.random() < 0.25) for _ in range(1500)]


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in sw.variants(event)
    assert sentence_of(sw, event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = sw.question(event, asked, view)
    assert tokens is not None and text_of(sw.finish(tokens, "?")) == text


def test_conjunction() -> None:
    first, second = (sw.clause(make("visit", *names), Variant("visit", "plain")) for names in ("AB", "CD"))
    assert text_of(sw.conjoin(first, second)) == "A alimtembelea B, na C alimtembelea D"


def test_views_are_those_of_english(events: list[Event]) -> None:
    for event in events:
        mine, other = ({variant.view for variant in module.variants(event)} for module in (sw, en))
        assert {view for view in mine if "+" not in view} == {view for view in other if "+" not in view}
        assert sw.variants(event)[0].order == "plain"


def test_every_view_has_its_words() -> None:
    lexicon = sw.LEXICON
    for views in sw.VIEWS.values():
        for view in views.values():
            assert any(view.verb in lexicon[table] for table in ("verbs", "passives", "predicates")), view
            assert {marker for marker in view.complements.values() if marker} <= set(lexicon["markers"]), view


def test_prefixes_of_subject_tense_and_object() -> None:
    assert list(SUBJECTS) == sw.LEXICON["classes"].split()
    for cells in sw.LEXICON["passives"].values():
        _, *forms = cells.split()
        stems = {form.removeprefix(f"{prefix}li") for prefix, form in zip(SUBJECTS.values(), forms, strict=True)}
        assert len(stems) == 1 and stems.pop().endswith("wa"), cells
    for name, cells in sw.LEXICON["verbs"].items():
        lexeme, past, negative, *animal = cells.split()
        prefix, denied = next(pair for pair in (("ali", "haku"), ("ili", "haiku"), ("uli", "hauku"))
                              if past.startswith(pair[0]))  # fmt: skip
        stem = past.removeprefix(prefix)
        # short verbs carry -ku- in the affirmative: alikula, hakula
        assert negative == denied + (stem.removeprefix("ku") if lexeme in ("la", "wa") else stem), name
        if animal:
            bare = stem.removeprefix("ku") if lexeme == "la" else stem
            marked = ("mw" if bare[0] in "aeio" else "m") + bare
            assert animal == [f"ali{marked}", f"haku{marked}"], name


def test_lexemes_against_a_lemmatiser(events: list[Event]) -> None:
    strategies = pytest.importorskip("simplemma.strategies")
    # read as a stream: five million forms as a dictionary take 1 GB and twice the time
    lemmas = strategies.StreamDictionaryFactory().get_dictionary("sw")
    tokens = {token for event in events for variant in sw.variants(event) for token in sw.clause(event, variant)}
    pairs = {(token.form, token.lexeme) for token in tokens if token.upos not in ("PROPN", "NUM", "PUNCT", "ADP")}
    known = {pair for pair in pairs if lemmas.get(pair[0])}
    assert len(known) > 120
    assert {form for form, lexeme in known if lemmas.get(form) != lexeme} <= AGAINST_THE_LEMMATISER
