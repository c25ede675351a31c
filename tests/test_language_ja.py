"""Japanese: spacing, sentences that must come out so, and forms checked by an analyser."""

from __future__ import annotations

import pytest
from events import make, of_every_relation, sentence_of, state

from adapterstilts.pocket.languages import ja
from adapterstilts.pocket.languages.base import Token, Variant, text_of, words
from adapterstilts.pocket.meanings import RELATIONS, STATES, Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben", "3 book", "kyoto", "1994")
LESSON = make("lesson", "Anna", "Ben", "japanese", "library", "monday")
GAME = make("victory", "Anna", "Ben", "chess", "park")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "yesterday")
EMPLOY = make("employ", "Max Keller", "Anna", "1994")
FOUND = make("found", "Anna", "Max Keller", "berlin", "1994")
TIRED = make("help", "Anna", "Ben", "yesterday", cause=state("tired", "Ben"))
ANGRY = make("call", "Anna", "Ben", "1994", cause=state("angry", "Anna"))
LOST = make("lose", "Anna", "green dog", negated=True)
COATS = make("gift", "Anna", "Ben", "4 coat")
BUS = make("loan", "Anna", "Ben", "green bus")
CUT = make("cut", "Anna", "cake", "kitchen", "knife")
SENTENCES = [
    (SALE, "sell", "plain", "Anna は 1994 年に京都で Ben に 3 冊の本を売った。"),
    (SALE, "sell", "time_first", "1994 年に、Anna は京都で Ben に 3 冊の本を売った。"),
    (SALE, "buy", "place_first", "京都で、Ben は 1994 年に Anna から 3 冊の本を買った。"),
    (SALE, "sell", "scrambled", "3 冊の本を Anna が 1994 年に京都で Ben に売った。"),
    (SALE.negation(), "sell", "time_first", "1994 年に、Anna は京都で Ben に 3 冊の本を売らなかった。"),
    (COATS, "receive", "plain", "Ben は Anna から 4 着のコートをもらった。"),
    (BUS, "lend", "plain", "Anna は Ben に緑のバスを貸した。"),
    (LESSON, "learn", "plain", "Ben は月曜日に図書館で Anna から日本語を習った。"),
    (GAME, "beat", "plain", "Anna は公園で Ben にチェスで勝った。"),
    (GAME, "lose", "plain", "Ben は公園で Anna にチェスで負けた。"),
    (make("age", "Anna", "Ben", negated=True), "lesser", "plain", "Ben は Anna より年下ではなかった。"),
    (make("height", "Anna", "Ben"), "greater", "scrambled", "Ben より Anna のほうが背が高かった。"),
    (make("speed", "Anna", "Ben", negated=True), "greater", "plain", "Anna は Ben より足が速くなかった。"),
    (ARRIVAL, "before", "plain", "Anna は昨日 Ben より先に駅に着いた。"),
    (ARRIVAL, "after", "time_first", "昨日、Ben は Anna より後に駅に着いた。"),
    (TIRED, "help", "plain", "Ben が疲れていたので、Anna は昨日 Ben を助けた。"),
    (TIRED, "help", "time_first", "Ben が疲れていたので、昨日 Anna は Ben を助けた。"),
    (TIRED, "help", "subject_first", "Anna は、Ben が疲れていたので、昨日 Ben を助けた。"),
    (TIRED, "help+passive", "plain", "Ben は疲れていたので、昨日 Anna に助けられた。"),
    (ANGRY, "call", "plain", "Anna は怒っていたので、1994 年に Ben に電話した。"),
    (ANGRY, "call", "cause_first", "怒っていたので、Anna は 1994 年に Ben に電話した。"),
    (make("thank", "Anna", "Ben"), "thank+passive", "plain", "Ben は Anna に感謝された。"),
    (make("greet", "Anna", "Ben", negated=True), "greet", "plain", "Anna は Ben に挨拶しなかった。"),
    (CUT, "cut", "plain", "Anna は台所でケーキをナイフで切った。"),
    (LOST, "lose", "plain", "Anna は緑の犬を見失わなかった。"),
    (make("travel", "Anna", "berlin", "kyoto"), "from_to", "plain", "Anna はベルリンから京都まで旅行した。"),
    (EMPLOY, "employ", "plain", "Max Keller は 1994 年に Anna を雇っていた。"),
    (EMPLOY, "work", "plain", "Anna は 1994 年に Max Keller に勤めていた。"),
    (EMPLOY, "employ+passive", "plain", "Anna は 1994 年に Max Keller に雇われていた。"),
    (FOUND, "found+passive", "plain", "Max Keller は 1994 年にベルリンで Anna によって設立された。"),
    (make("takeover", "Max Keller", "Max Becker"), "buy+passive", "plain", "Max Becker は Max Keller に買収された。"),
    (state("happy", "Anna", negated=True), "state", "plain", "Anna は幸せではなかった。"),
]
QUESTIONS = [
    (SALE, "seller", "sell", "誰が 1994 年に京都で Ben に 3 冊の本を売ったか？"),
    (SALE, "seller", "buy", "Ben は 1994 年に京都で誰から 3 冊の本を買ったか？"),
    (SALE, "theme", "sell", "Anna は 1994 年に京都で Ben に何を売ったか？"),
    (SALE, "theme:number", "buy", "Ben は 1994 年に京都で Anna から本を何冊買ったか？"),
    (SALE, "time", "sell", "Anna はいつ京都で Ben に 3 冊の本を売ったか？"),
    (LESSON, "place", "teach", "Anna は月曜日にどこで Ben に日本語を教えたか？"),
    (GAME, "field", "beat", "Anna は公園で Ben にどの競技で勝ったか？"),
    (ARRIVAL, "place", "before", "Anna は昨日 Ben より先にどこに着いたか？"),
    (ARRIVAL, "earlier", "after", "Ben は昨日誰より後に駅に着いたか？"),
    (TIRED, "agent", "help", "Ben が疲れていたので、誰が昨日 Ben を助けたか？"),
    (TIRED, "patient", "help", "Anna は昨日誰を助けたか？"),
    (ANGRY, "patient", "call", "Anna は怒っていたので、1994 年に誰に電話したか？"),
    (EMPLOY, "employer", "work", "Anna は 1994 年にどの会社に勤めていたか？"),
    (make("cut", "Anna", "egg", "knife"), "instrument", "cut", "Anna は何を使って卵を切ったか？"),
]
CONJUNCTIONS = [
    (make("wash", "Anna", "car"), "Anna は車を洗い、"),
    (make("wash", "Anna", "car", negated=True), "Anna は車を洗わず、"),
    (make("invite", "Anna", "Ben"), "Anna は Ben を招待し、"),
    (make("invite", "Anna", "Ben", negated=True), "Anna は Ben を招待せず、"),
    (EMPLOY, "Max Keller は 1994 年に Anna を雇っており、"),
    (EMPLOY.negation(), "Max Keller は 1994 年に Anna を雇っておらず、"),
    (make("age", "Anna", "Ben"), "Anna は Ben より年上で、"),
    (make("height", "Anna", "Ben"), "Anna は Ben より背が高く、"),
    (make("height", "Anna", "Ben", negated=True), "Anna は Ben より背が高くなく、"),
    (state("ill", "Anna", negated=True), "Anna は病気ではなく、"),
]


@pytest.mark.parametrize(("event", "view", "order", "text"), SENTENCES)
def test_sentences(event: Event, view: str, order: str, text: str) -> None:
    assert Variant(view, order) in ja.variants(event)
    assert sentence_of(ja, event, Variant(view, order)) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS)
def test_questions(event: Event, asked: str, view: str, text: str) -> None:
    question = ja.question(event, asked, view)
    assert question is not None
    assert text_of(ja.finish(question, "?")) == text


@pytest.mark.parametrize(("event", "start"), CONJUNCTIONS)
def test_conjunctions(event: Event, start: str) -> None:
    second = ja.clause(make("see", "Ben", "Anna"), Variant("see", "plain"))
    joined = ja.conjoin(ja.clause(event, ja.variants(event)[0]), second)
    assert text_of(ja.finish(joined, ".")) == f"{start}Ben は Anna を見かけた。"


def test_spaces_stand_only_at_latin_letters_and_digits() -> None:
    for event in of_every_relation(200, 4):
        for variant in ja.variants(event):
            text = sentence_of(ja, event, variant)
            for before, after in zip(text, text[1:], strict=False):
                if " " in (before, after):
                    other = after if before == " " else before
                    assert other not in "、。 "
                elif before not in "、。" and after not in "、。":
                    assert before.isascii() == after.isascii()


def _inflected() -> list[list[Token]]:
    """Sentences with every verb, state and comparison: affirmed, denied, in the passive and continued."""
    events = [*of_every_relation(len(RELATIONS), 5), *(state(name, "Anna") for name in STATES), LOST]
    events = [event for plain in events for event in (plain, plain.negation())]
    said = [ja.clause(event, variant) for event in events for variant in ja.variants(event)]
    return [*said, *(ja.conjoin(tokens, said[-1]) for tokens in said[::3])]


def test_inflected_words_agree_with_an_analyser() -> None:
    analyser = pytest.importorskip("janome.tokenizer").Tokenizer()
    verbs = {token for cells in ja.LEXICON["verbs"].values() for token in words(cells["said"])}
    nouns = {token.lexeme for token in verbs if token.form == token.lexeme}
    exempt = {"幸せ", "よる", *nouns}  # nouns to the analyser, によって one particle
    checked = set()
    for tokens in _inflected():
        text = text_of(tokens).replace(" ", "")
        known = {(word.surface, word.base_form) for word in analyser.tokenize(text)}
        for token in tokens:
            if token.upos in ("VERB", "ADJ") and token.lexeme not in exempt:
                assert (token.form, token.lexeme) in known, text
                checked.add(token.lexeme)
    assert {token.lexeme for token in verbs if token.upos == "VERB"} - nouns <= checked
