"""Korean: sentences that must come out so, and forms checked against a morphological analyser."""

from __future__ import annotations

import unicodedata

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket import meanings
from adapterstilts.pocket.languages import en, ko
from adapterstilts.pocket.languages.base import Variant, spans_of, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Max Weber", "Ben", "red hat", "garden", "monday")
BOOKS = make("sale", "Anna", "Paul", "3 book", "berlin", "1994")
GIFT = make("gift", "Tom", "Maria Novak", "4 dog", "yesterday")
LOAN = make("loan", "Karl", "Hiro", "5 car", "1980")
LESSON = make("lesson", "Anna", "Ben", "japanese", "school", "monday")
VICTORY = make("victory", "Anna", "Ben", "chess", "park")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "monday")
HELP = make("help", "Anna", "Ben", "berlin", cause=state("tired", "Ben"))
CALL = make("call", "Anna", "Ben", "yesterday", cause=state("angry", "Anna"))
PAINT = make("paint", "Anna", "3 boat", "brush")
FOUND = make("found", "Anna", "Hugo", "paris", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Karl", "1994")
EMPLOY = make("employ", "Hugo", "Erik", "berlin")
SUPPORT = make("support", "Hugo", "Anna", "1994")
TRAVEL = make("travel", "Anna", "vienna", "tokyo", "monday")
SENTENCES = [
    (SALE, "sell plain", "Max Weber는 월요일에 정원에서 Ben에게 빨간 모자를 팔았다."),
    (SALE, "buy time_first", "월요일에 Ben은 정원에서 Max Weber에게서 빨간 모자를 샀다."),
    (BOOKS, "sell place_first", "베를린에서 Anna는 1994년에 Paul에게 책 3권을 팔았다."),
    (BOOKS, "buy scrambled", "책 3권을 Paul이 1994년에 베를린에서 Anna에게서 샀다."),
    (BOOKS.negation(), "buy plain", "Paul은 1994년에 베를린에서 Anna에게서 책 3권을 사지 않았다."),
    (GIFT, "give plain", "Tom은 어제 Maria Novak에게 개 4마리를 주었다."),
    (GIFT, "receive time_first", "어제 Maria Novak은 Tom에게서 개 4마리를 받았다."),
    (LOAN, "lend plain", "Karl은 1980년에 Hiro에게 자동차 5대를 빌려주었다."),
    (LOAN, "borrow plain", "Hiro는 1980년에 Karl에게서 자동차 5대를 빌렸다."),
    (LESSON, "teach plain", "Anna는 월요일에 학교에서 Ben에게 일본어를 가르쳤다."),
    (LESSON, "learn place_first", "학교에서 Ben은 월요일에 Anna에게서 일본어를 배웠다."),
    (VICTORY, "beat plain", "Anna는 공원에서 체스로 Ben을 이겼다."),
    (VICTORY, "lose plain", "Ben은 공원에서 Anna에게 체스로 졌다."),
    (VICTORY.negation(), "beat plain", "Anna는 공원에서 체스로 Ben을 이기지 못했다."),
    (make("age", "Anna", "Ben"), "greater plain", "Anna는 Ben보다 나이가 더 많았다."),
    (make("age", "Anna", "Ben"), "lesser scrambled", "Anna보다 Ben이 나이가 더 어렸다."),
    (make("height", "Anna", "Ben"), "lesser plain", "Ben은 Anna보다 키가 더 작았다."),
    (make("speed", "Anna", "Ben", negated=True), "greater plain", "Anna는 Ben보다 더 빠르지 않았다."),
    (make("strength", "Anna", "Ben"), "greater plain", "Anna는 Ben보다 힘이 더 셌다."),
    (ARRIVAL, "before plain", "Anna는 월요일에 Ben보다 먼저 역에 도착했다."),
    (ARRIVAL, "after place_first", "역에 Ben이 월요일에 Anna보다 늦게 도착했다."),
    (HELP, "help plain", "Anna는 Ben이 피곤했기 때문에 베를린에서 Ben을 도왔다."),
    (HELP, "help cause_first", "Ben이 피곤했기 때문에 Anna는 베를린에서 Ben을 도왔다."),
    (HELP, "help+passive plain", "Ben은 피곤했기 때문에 베를린에서 Anna의 도움을 받았다."),
    (CALL.negation(), "call plain", "Anna는 화가 났기 때문에 어제 Ben에게 전화하지 않았다."),
    (make("thank", "Jan", "Ben"), "thank scrambled", "Ben에게 Jan이 감사를 표했다."),
    (make("see", "Leo", "Ben", negated=True), "see plain", "Leo는 Ben을 보지 못했다."),
    (make("cut", "Anna", "orange", "scissors"), "cut plain", "Anna는 가위로 오렌지를 잘랐다."),
    (make("cut", "Anna", "cake", "knife"), "cut plain", "Anna는 칼로 케이크를 잘랐다."),
    (make("wash", "Anna", "old cat", "brush"), "wash plain", "Anna는 솔로 늙은 고양이를 씻겼다."),
    (make("wash", "Anna", "old bus", "cloth"), "wash plain", "Anna는 헝겊으로 오래된 버스를 닦았다."),
    (make("wash", "Anna", "tomato"), "wash plain", "Anna는 토마토를 씻었다."),
    (PAINT, "paint plain", "Anna는 붓으로 보트 3척을 칠했다."),
    (FOUND, "found+passive time_first", "1994년에 Hugo는 파리에서 Anna에 의해 설립되었다."),
    (make("leave", "Anna", "Hugo", "1994"), "leave plain", "Anna는 1994년에 Hugo에서 퇴사했다."),
    (TAKEOVER, "buy plain", "Nora Sato는 1994년에 Karl을 인수했다."),
    (TAKEOVER, "buy+passive plain", "Karl은 1994년에 Nora Sato에 인수되었다."),
    (EMPLOY, "employ plain", "Hugo는 베를린에서 Erik을 고용했다."),
    (EMPLOY, "work place_first", "베를린에서 Erik은 Hugo에 근무했다."),
    (SUPPORT, "support+passive plain", "Anna는 1994년에 Hugo의 후원을 받았다."),
    (TRAVEL, "from_to plain", "Anna는 월요일에 빈에서 도쿄까지 여행했다."),
    (TRAVEL, "to_from time_first", "월요일에 Anna는 도쿄를 향해 빈을 떠났다."),
    (state("angry", "Anna", "monday"), "state time_first", "월요일에 Anna는 화가 났다."),
    (state("hungry", "Paul", negated=True), "state plain", "Paul은 배고프지 않았다."),
]  # fmt: skip
QUESTIONS = [
    (SALE, "seller", "sell", "누가 월요일에 정원에서 Ben에게 빨간 모자를 팔았는가?"),
    (SALE, "seller", "buy", "Ben은 월요일에 정원에서 누구에게서 빨간 모자를 샀는가?"),
    (SALE, "theme", "sell", "Max Weber는 월요일에 정원에서 Ben에게 무엇을 팔았는가?"),
    (BOOKS, "theme:number", "buy", "Paul은 1994년에 베를린에서 Anna에게서 책을 몇 권 샀는가?"),
    (GIFT, "time", "give", "Tom은 언제 Maria Novak에게 개 4마리를 주었는가?"),
    (LESSON, "field", "learn", "Ben은 월요일에 학교에서 Anna에게서 어떤 과목을 배웠는가?"),
    (VICTORY, "field", "lose", "Ben은 공원에서 Anna에게 어떤 종목으로 졌는가?"),
    (ARRIVAL, "place", "after", "Ben은 월요일에 Anna보다 늦게 어디에 도착했는가?"),
    (HELP, "agent", "help", "Ben이 피곤했기 때문에 누가 베를린에서 Ben을 도왔는가?"),
    (HELP, "patient", "help", "Anna는 베를린에서 누구를 도왔는가?"),
    (PAINT, "instrument", "paint", "Anna는 무엇으로 보트 3척을 칠했는가?"),
    (TAKEOVER, "agent", "buy", "어느 회사가 1994년에 Karl을 인수했는가?"),
    (EMPLOY, "employer", "work", "Erik은 베를린에서 어느 회사에 근무했는가?"),
    (TRAVEL, "goal", "to_from", "Anna는 월요일에 어느 도시를 향해 빈을 떠났는가?"),
]


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in ko.variants(event)
    assert sentence_of(ko, event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = ko.question(event, asked, view)
    assert tokens is not None and text_of(ko.finish(tokens, "?")) == text


def test_nothing_asks_for_the_standard_of_a_comparison() -> None:
    assert ko.question(make("age", "Anna", "Ben"), "lesser", "greater") is None


def test_conjunction() -> None:
    second = ko.clause(make("state", "Ben", state="ill"), Variant("state", "plain"))
    for event, text in [
        (VICTORY, "Anna는 공원에서 체스로 Ben을 이겼고, Ben은 아팠다"),
        (VICTORY.negation(), "Anna는 공원에서 체스로 Ben을 이기지 못했고, Ben은 아팠다"),
        (make("height", "Anna", "Tom", negated=True), "Anna는 Tom보다 키가 더 크지 않았고, Ben은 아팠다"),
    ]:
        assert text_of(ko.conjoin(ko.clause(event, ko.variants(event)[0]), second)) == text


def test_a_role_holds_noun_and_classifier_but_no_particle() -> None:
    tokens = ko.clause(BOOKS, Variant("sell", "plain"))
    text = text_of(tokens)
    said = {role: text[start:end] for role, (start, end) in spans_of(tokens).items()}
    assert said == {"seller": "Anna", "time": "1994년", "place": "베를린", "buyer": "Paul", "theme": "책 3권"}


def test_views_are_those_of_english() -> None:
    assert {relation: {view for view in views if "+" not in view} for relation, views in ko.VIEWS.items()} == {
        **{relation: set(views) for relation, views in en.VIEWS.items()},
        **dict.fromkeys(en.COMPARATIVES, {"greater", "lesser"}),
        "state": {"state"},
    }


def test_every_name_has_a_reading_in_hangul() -> None:
    readings = ko.LEXICON["readings"]
    assert set(readings) == {*meanings.GIVEN_NAMES, *meanings.SURNAMES}
    assert all(unicodedata.name(letter).startswith("HANGUL SYLLABLE") for letter in "".join(readings.values()))
    consonants = {name for name, reading in readings.items() if (ord(reading[-1]) - ord("가")) % 28}
    assert consonants == {"Ben", "Paul", "Tom", "Karl", "Erik", "Ivan", "Jan", "Simon", "Novak", "Olsen"}


@pytest.fixture(scope="module")
def analyse():
    """Text to its morphemes and their tags, contractions undone."""
    analyser = pytest.importorskip("mecab").MeCab()

    def morphemes(text: str) -> list[tuple[str, str]]:
        found = analyser.parse(text)
        parts = [
            part for item in found for part in (item.feature.expression or f"{item.surface}/{item.pos}").split("+")
        ]
        return [(part.split("/")[0], part.split("/")[1]) for part in parts]

    return morphemes


def stem_of(morphemes: list[tuple[str, str]]) -> str:
    """What stands before the first ending."""
    ending = next(index for index, (_, tag) in enumerate(morphemes) if tag.startswith("E"))
    return "".join(form for form, _ in morphemes[:ending])


def test_predicates_against_an_analyser(analyse) -> None:
    """Every cell has the stem of the dictionary form and the ending of its column, all but the first in the past."""
    columns = {"{} 않았다": "지", "{}.": "다", "{}?": "는가", "{}, 나는": "고", "{} 때문에": "기"}
    for cell in ko.PREDICATES.values():
        for compound in ("빌려", "잃어"):  # the analyser parts their two verbs
            cell = cell.replace(compound, "")
        dictionary, *forms = cell.split()
        for form, (context, ending) in zip(forms, columns.items(), strict=False):
            morphemes = analyse(f"내가 {context.format(form)}")[2:]
            assert stem_of(morphemes) == dictionary[:-1], form
            first, second, *_ = (found for found in morphemes if found[1].startswith("E"))
            assert (first[1] == "EP") == (ending != "지"), form
            assert (first if ending == "지" else second)[0] == ending, form


def test_adjectives_against_an_analyser(analyse) -> None:
    for form, lexeme, tag in (cell.split("|") for cell in ko.LEXICON["properties"].values()):
        if tag in ("ADJ", "VERB"):
            assert stem_of(analyse(f"{form} 모자")) == lexeme[:-1]


def test_nouns_and_classifiers_against_an_analyser(analyse) -> None:
    for noun, classifier in (cell.split() for cell in ko.LEXICON["nouns"].values()):
        assert (classifier, "NNBC") in analyse(f"{noun} 3{classifier}을 샀다"), noun
    for noun in (cell.split()[0] for cell in ko.NOUNS.values()):
        assert {tag for _, tag in analyse(f"{noun}의 값")[:-2]} <= {"NNG", "NNP", "MAG"}, noun
