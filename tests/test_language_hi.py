"""Hindi: sentences a native speaker signs, agreement, and forms that the declensions and a lemmatiser confirm."""

from __future__ import annotations

from random import Random

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import en, hi
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import KINDS, RELATIONS, Event
from adapterstilts.pocket.sampling import draw_event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "3 book", "berlin", "1994")
HAT = make("sale", "Max Weber", "Ben", "red hat", "garden", "monday")
GIFT = make("gift", "Ben", "Maria Keller", "7 egg", "monday")
LOAN = make("loan", "Anna", "Ben", "old bus", "yesterday")
LESSON = make("lesson", "Anna", "Ben", "japanese", "school")
MATHS = make("lesson", "Anna", "Ben", "mathematics")
VICTORY = make("victory", "Ben", "Anna", "chess", "park")
ARRIVAL = make("arrival", "Anna", "Ben", "berlin", "monday")
STATION = make("arrival", "Anna", "Ben", "station")
HELP = make("help", "Anna", "Ben", "berlin", cause=state("tired", "Ben"))
VISIT = make("visit", "Anna", "Ben", "hospital", cause=state("ill", "Ben"))
GREET = make("greet", "Anna", "Ben", "yesterday")
INVITE = make("invite", "Anna", "Ben", "rome", cause=state("happy", "Anna"))
WASH = make("wash", "Anna", "big dog", "garden", "brush")
DOGS = make("wash", "Ben", "4 dog")
REPAIR = make("repair", "Ben", "3 clock", "kitchen", "hammer")
FIND = make("find", "Ben", "5 key", "1994")
LOSE = make("lose", "Ben", "green hat")
TICKETS = make("cut", "Anna", "4 ticket", "scissors")
TRAVEL = make("travel", "Anna", "paris", "berlin", "monday")
EMPLOY = make("employ", "Hugo", "Anna", "berlin")
FOUND = make("found", "Anna", "Hugo", "paris", "1994")
LEAVE = make("leave", "Anna", "Hugo", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
SUPPORT = make("support", "Hugo", "Anna")
SENTENCES = [
    (SALE, "sell plain", "Anna ने 1994 में बर्लिन में Ben Keller को 3 किताबें बेचीं।"),
    (SALE, "buy time_first", "1994 में Ben Keller ने बर्लिन में Anna से 3 किताबें खरीदीं।"),
    (SALE, "buy scrambled", "3 किताबें Ben Keller ने 1994 में बर्लिन में Anna से खरीदीं।"),
    (SALE.negation(), "sell place_first", "बर्लिन में Anna ने 1994 में Ben Keller को 3 किताबें नहीं बेचीं।"),
    (HAT, "sell plain", "Max Weber ने सोमवार को बगीचे में Ben को लाल टोपी बेची।"),
    (GIFT, "give time_first", "सोमवार को Ben ने Maria Keller को 7 अंडे दिए।"),
    (GIFT, "receive plain", "Maria Keller को सोमवार को Ben से 7 अंडे मिले।"),
    (LOAN, "lend plain", "Anna ने कल Ben को पुरानी बस उधार दी।"),
    (LOAN.negation(), "borrow plain", "Ben ने कल Anna से पुरानी बस उधार नहीं ली।"),
    (LESSON, "teach plain", "Anna ने स्कूल में Ben को जापानी सिखाई।"),
    (LESSON, "learn place_first", "स्कूल में Ben ने Anna से जापानी सीखी।"),
    (MATHS, "teach plain", "Anna ने Ben को गणित पढ़ाया।"),
    (MATHS, "learn plain", "Ben ने Anna से गणित पढ़ा।"),
    (VICTORY, "beat plain", "Ben ने पार्क में Anna को शतरंज में हराया।"),
    (VICTORY, "lose plain", "Anna पार्क में Ben से शतरंज में हार गई।"),
    (VICTORY.negation(), "lose plain", "Anna पार्क में Ben से शतरंज में नहीं हारी।"),
    (ARRIVAL, "before plain", "Anna सोमवार को Ben से पहले बर्लिन पहुँची।"),
    (ARRIVAL, "after place_first", "बर्लिन में Ben सोमवार को Anna के बाद पहुँचा।"),
    (STATION.negation(), "after plain", "Ben Anna के बाद स्टेशन पर नहीं पहुँचा।"),
    (make("age", "Anna", "Ben"), "greater plain", "Anna Ben से बड़ी थी।"),
    (make("age", "Anna", "Ben", negated=True), "lesser plain", "Ben Anna से छोटा नहीं था।"),
    (make("height", "Ben", "Anna"), "lesser plain", "Anna Ben से कद में छोटी थी।"),
    (make("speed", "Ben", "Anna"), "lesser scrambled", "Ben से Anna दौड़ने में धीमी थी।"),
    (make("strength", "Anna", "Ben"), "lesser plain", "Ben Anna से कमज़ोर था।"),
    (HELP, "help plain", "Anna ने बर्लिन में Ben की मदद की, क्योंकि Ben थका हुआ था।"),
    (HELP, "help cause_first", "चूँकि Ben थका हुआ था, इसलिए Anna ने बर्लिन में Ben की मदद की।"),
    (HELP.negation(), "help plain", "Anna ने बर्लिन में Ben की मदद नहीं की, क्योंकि Ben थका हुआ था।"),
    (VISIT, "visit plain", "Anna अस्पताल में Ben से मिलने गई, क्योंकि Ben बीमार था।"),
    (VISIT.negation(), "visit place_first", "अस्पताल में Anna Ben से मिलने नहीं गई, क्योंकि Ben बीमार था।"),
    (GREET, "greet scrambled", "Ben का अभिवादन Anna ने कल किया।"),
    (INVITE, "invite+passive plain", "Ben को रोम में Anna द्वारा आमंत्रित किया गया, क्योंकि Anna खुश थी।"),
    (WASH, "wash plain", "Anna ने बगीचे में ब्रश से बड़े कुत्ते को नहलाया।"),
    (DOGS, "wash plain", "Ben ने 4 कुत्ते नहलाए।"),
    (make("wash", "Ben", "old cow"), "wash plain", "Ben ने बूढ़ी गाय को नहलाया।"),
    (make("wash", "Ben", "old car"), "wash plain", "Ben ने पुरानी कार धोई।"),
    (REPAIR, "repair plain", "Ben ने रसोई में हथौड़े से 3 घड़ियाँ ठीक कीं।"),
    (FIND, "find plain", "Ben को 1994 में 5 चाबियाँ मिलीं।"),
    (LOSE, "lose plain", "Ben ने हरी टोपी खो दी।"),
    (LOSE.negation(), "lose plain", "Ben ने हरी टोपी नहीं खोई।"),
    (TICKETS, "cut plain", "Anna ने कैंची से 4 टिकट कतरे।"),
    (TRAVEL, "from_to time_first", "सोमवार को Anna ने पेरिस से बर्लिन तक यात्रा की।"),
    (EMPLOY, "employ plain", "Hugo ने बर्लिन में Anna को नौकरी पर रखा।"),
    (EMPLOY.negation(), "employ plain", "Hugo ने बर्लिन में Anna को नौकरी पर नहीं रखा।"),
    (EMPLOY, "work place_first", "बर्लिन में Anna ने Hugo के लिए काम किया।"),
    (FOUND, "found plain", "Anna ने 1994 में पेरिस में Hugo की स्थापना की।"),
    (FOUND, "found+passive plain", "Hugo की स्थापना 1994 में पेरिस में Anna द्वारा की गई।"),
    (LEAVE, "leave time_first", "1994 में Anna ने Hugo से इस्तीफ़ा दिया।"),
    (TAKEOVER, "buy scrambled", "Hugo का अधिग्रहण Nora Sato ने 1994 में किया।"),
    (SUPPORT, "support plain", "Hugo ने Anna को प्रायोजित किया।"),
    (state("tired", "Anna", "monday"), "state time_first", "सोमवार को Anna थकी हुई थी।"),
    (state("hungry", "Ben", negated=True), "state plain", "Ben भूखा नहीं था।"),
]
QUESTIONS = [
    (SALE, "seller", "sell", "किसने 1994 में बर्लिन में Ben Keller को 3 किताबें बेचीं?"),
    (SALE, "buyer", "sell", "Anna ने 1994 में बर्लिन में किसे 3 किताबें बेचीं?"),
    (SALE, "place", "buy", "Ben Keller ने 1994 में Anna से 3 किताबें कहाँ खरीदीं?"),
    (SALE, "theme", "buy", "Ben Keller ने 1994 में बर्लिन में Anna से क्या खरीदा?"),
    (SALE, "theme:number", "sell", "Anna ने 1994 में बर्लिन में Ben Keller को कितनी किताबें बेचीं?"),
    (GIFT, "theme:number", "receive", "Maria Keller को सोमवार को Ben से कितने अंडे मिले?"),
    (GIFT, "receiver", "receive", "किसे सोमवार को Ben से 7 अंडे मिले?"),
    (LESSON, "field", "learn", "Ben ने स्कूल में Anna से क्या सीखा?"),
    (VICTORY, "loser", "lose", "कौन पार्क में Ben से शतरंज में हार गया?"),
    (VICTORY, "field", "lose", "Anna पार्क में Ben से किस खेल में हार गई?"),
    (ARRIVAL, "time", "before", "Anna Ben से पहले बर्लिन कब पहुँची?"),
    (ARRIVAL, "earlier", "after", "Ben सोमवार को किसके बाद बर्लिन पहुँचा?"),
    (HELP, "patient", "help", "Anna ने बर्लिन में किसकी मदद की?"),
    (VISIT, "agent", "visit", "कौन अस्पताल में Ben से मिलने गया?"),
    (GREET, "time", "greet", "Anna ने Ben का अभिवादन कब किया?"),
    (WASH, "theme", "wash", "Anna ने बगीचे में ब्रश से किस जानवर को नहलाया?"),
    (REPAIR, "instrument", "repair", "Ben ने रसोई में 3 घड़ियाँ किस चीज़ से ठीक कीं?"),
    (TRAVEL, "goal", "from_to", "Anna ने सोमवार को पेरिस से कहाँ तक यात्रा की?"),
    (EMPLOY, "employer", "work", "Anna ने बर्लिन में किस कंपनी के लिए काम किया?"),
    (TAKEOVER, "theme", "buy", "Nora Sato ने 1994 में किस कंपनी का अधिग्रहण किया?"),
]
# the lemmatiser takes these for other words, or cites them otherwise
HOMOGRAPHS = set("किसका किसे की कतरा खेल फल हरा थकी पढ़ाई पहुँचा लिए कुत्ता बिल्ली बूढ़ी साइकिल अँगूठी था थी".split())


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=range(len(SENTENCES)))
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in hi.variants(event)
    assert sentence_of(hi, event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=range(len(QUESTIONS)))
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = hi.question(event, asked, view)
    assert tokens is not None and text_of(hi.finish(tokens, "?")) == text


def test_views_are_those_of_english() -> None:
    rng = Random(0)
    for name in RELATIONS:
        event = draw_event(rng, name)
        mine, other = ({variant.view for variant in module.variants(event)} for module in (hi, en))
        assert {view for view in mine if "+" not in view} == {view for view in other if "+" not in view}
        assert hi.variants(event)[0].order == "plain"


def test_conjunction_closes_the_clause_of_cause() -> None:
    second = hi.clause(make("see", "Anna", "Ben"), Variant("see", "plain"))
    last, first = (hi.clause(HELP, Variant("help", order)) for order in ("plain", "cause_first"))
    assert text_of(hi.conjoin(last, second)).endswith("क्योंकि Ben थका हुआ था, और Anna ने Ben को देखा")
    assert text_of(hi.conjoin(first, second)).endswith("Ben की मदद की और Anna ने Ben को देखा")


def test_every_thing_that_the_verb_agrees_with_declines_as_its_gender_wants() -> None:
    for name, cells in hi.LEXICON["thing"].items():
        singular, plural, *oblique = cells.split()
        stem, ending = singular[:-1], singular[-1]
        if name in hi.LEXICON["feminine"]:
            assert (plural, oblique or [singular]) == (f"{stem}ियाँ" if ending == "ी" else f"{singular}ें", [singular])
        else:
            weak = f"{stem}े" if ending == "ा" else singular
            assert plural == weak and set(oblique) <= {weak}, name
    assert set(hi.LEXICON["feminine"]) <= {*KINDS["thing"], *KINDS["subject"]}


def test_perfectives_are_regular_but_for_four() -> None:
    irregular = {"देना": "दिया दिए दी दीं", "लेना": "लिया लिए ली लीं", "करना": "किया किए की कीं", "जाना": "गया गए गई गईं"}
    for cells in hi.LEXICON["verbs"].values():
        infinitive, *forms = (cell for cell in cells.split()[1:] if "|" not in cell)
        lexeme = infinitive.partition("/")[0]
        stem = lexeme.removesuffix("ना")
        vowels = "या ए ई ईं" if stem[-1] in "ाो" else "ा े ी ीं"
        expected = irregular.get(lexeme, " ".join(stem + vowel for vowel in vowels.split())).split()
        assert forms == expected or (len(forms) == 1 and forms[0] in expected), cells


def test_lemmas_against_a_lemmatiser() -> None:
    simplemma = pytest.importorskip("simplemma")
    pairs = {(form, cells.split()[0]) for table in ("thing", "adjectives") for cells in hi.LEXICON[table].values()
             for form in cells.split()}  # fmt: skip
    rng = Random(0)
    for name in [*RELATIONS] * 30:
        for variant in hi.variants(event := draw_event(rng, name, negated=rng.random() < 0.3)):
            pairs |= {(token.form, token.lexeme) for token in hi.clause(event, variant) if token.upos != "PROPN"}
    known = {pair for pair in pairs if simplemma.is_known(pair[0], lang="hi") and pair[0] not in HOMOGRAPHS}
    assert len(known) > 120
    assert {pair for pair in known if simplemma.lemmatize(pair[0], lang="hi") != pair[1]} == set()
