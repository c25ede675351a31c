"""Japanese. Topic, time, place, objects, verb; particles free the order; numerals carry the noun's counter.

Words are the short units of Universal Dependencies: inflecting stems and their auxiliaries are words of their
own. One space parts Latin letters and digits from Japanese characters, and the two words of a Latin name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapterstilts.pocket.languages.base import Token, Variant, marked, words
from adapterstilts.pocket.meanings import ANIMALS, Concept, Event

CODE = "ja"
NAME = "Japanese"

# noun ('+' parts its short units), counter
NOUNS = {
    "dog": "犬 匹", "cat": "猫 匹", "horse": "馬 頭", "cow": "牛 頭", "animal": "動物 匹", "car": "車 台",
    "bicycle": "自転+車 台", "boat": "ボート 艘", "bus": "バス 台", "vehicle": "乗り物 台",
    "apple": "りんご 個", "orange": "オレンジ 個", "lemon": "レモン 個", "banana": "バナナ 本",
    "fruit": "果物 個", "egg": "卵 個", "tomato": "トマト 個", "cake": "ケーキ 個", "fish": "魚 匹",
    "table": "テーブル 台", "chair": "椅子 脚", "bed": "ベッド 台", "lamp": "ランプ 個", "book": "本 冊",
    "letter": "手紙 通", "picture": "絵 枚", "clock": "時計 個", "camera": "カメラ 台", "guitar": "ギター 本",
    "ring": "指輪 個", "hat": "帽子 個", "coat": "コート 着", "key": "鍵 本", "phone": "電話 台",
    "ticket": "チケット 枚",
}  # fmt: skip
INSTRUMENTS = {
    "knife": "ナイフ", "scissors": "はさみ", "brush": "ブラシ", "hammer": "ハンマー", "cloth": "布",
    "spoon": "スプーン",
}  # fmt: skip
PROPERTIES = {
    "red": "赤い|赤い|ADJ", "green": "緑|緑|NOUN の|の|ADP", "white": "白い|白い|ADJ",
    "black": "黒い|黒い|ADJ", "old": "古い|古い|ADJ", "new": "新しい|新しい|ADJ",
    "small": "小さい|小さい|ADJ", "big": "大きい|大きい|ADJ",
}  # fmt: skip
FIELDS = {
    "mathematics": "数学", "music": "音楽", "history": "歴史", "chemistry": "化学", "english": "英語",
    "german": "ドイツ|ドイツ|PROPN 語", "arabic": "アラビア|アラビア|PROPN 語",
    "japanese": "日本|日本|PROPN 語", "chess": "チェス", "tennis": "テニス", "football": "サッカー",
    "poker": "ポーカー",
}  # fmt: skip
CITIES = {
    "berlin": "ベルリン", "paris": "パリ", "london": "ロンドン", "rome": "ローマ", "vienna": "ウィーン",
    "madrid": "マドリード", "tokyo": "東京", "cairo": "カイロ", "athens": "アテネ", "moscow": "モスクワ",
    "lisbon": "リスボン", "prague": "プラハ", "beirut": "ベイルート", "kyoto": "京都", "boston": "ボストン",
    "chicago": "シカゴ", "dublin": "ダブリン", "oslo": "オスロ", "warsaw": "ワルシャワ",
    "geneva": "ジュネーブ",
}  # fmt: skip
PLACES = {
    "kitchen": "台所", "garden": "庭", "park": "公園", "school": "学校", "library": "図書 館",
    "market": "市場", "station": "駅", "museum": "博物 館", "church": "教会", "hotel": "ホテル",
    "restaurant": "レストラン", "hospital": "病院",
}  # fmt: skip
DAYS = {
    "monday": "月曜 日", "tuesday": "火曜 日", "wednesday": "水曜 日", "thursday": "木曜 日",
    "friday": "金曜 日", "saturday": "土曜 日", "sunday": "日曜 日", "yesterday": "昨日",
}  # fmt: skip
# dictionary form, before た, before なかった, continuative, passive before た; one cell is a noun with する
VERBS = {
    "sell": "売る 売っ 売ら 売り", "buy": "買う 買っ 買わ 買い", "give": "あげる あげ あげ あげ",
    "receive": "もらう もらっ もらわ もらい", "lend": "貸す 貸し 貸さ 貸し",
    "borrow": "借りる 借り 借り 借り", "teach": "教える 教え 教え 教え", "learn": "習う 習っ 習わ 習い",
    "beat": "勝つ 勝っ 勝た 勝ち", "be_beaten": "負ける 負け 負け 負け", "arrive": "着く 着い 着か 着き",
    "help": "助ける 助け 助け 助け 助け+られ", "visit": "訪ねる 訪ね 訪ね 訪ね",
    "praise": "褒める 褒め 褒め 褒め 褒め+られ", "invite": "招待", "thank": "感謝", "greet": "挨拶",
    "call": "電話", "see": "見かける 見かけ 見かけ 見かけ", "eat": "食べる 食べ 食べ 食べ",
    "cut": "切る 切っ 切ら 切り", "wash": "洗う 洗っ 洗わ 洗い", "repair": "修理",
    "find": "見つける 見つけ 見つけ 見つけ", "lose": "なくす なくし なくさ なくし",
    "lose_sight": "見失う 見失っ 見失わ 見失い", "paint": "塗る 塗っ 塗ら 塗り", "travel": "旅行",
    "employ": "雇う 雇っ 雇わ 雇い 雇わ+れ", "work": "勤める 勤め 勤め 勤め", "found": "設立",
    "leave": "辞める 辞め 辞め 辞め", "takeover": "買収", "support": "支援",
}  # fmt: skip
# before だった, or before いた if it ends in て
STATES = {
    "tired": "疲れ|疲れる|VERB て|て|SCONJ", "hungry": "空腹|空腹|NOUN", "ill": "病気|病気|NOUN",
    "happy": "幸せ|幸せ|ADJ", "sad": "悲しん|悲しむ|VERB で|て|SCONJ", "angry": "怒っ|怒る|VERB て|て|SCONJ",
}  # fmt: skip
# before だった, or an adjective: dictionary form, before た, before なかった; perhaps after its own subject
COMPARATIVES = {
    "age": ("年上|年上|NOUN", "年下|年下|NOUN"),
    "height": ("背 が 高い 高かっ 高く", "背 が 低い 低かっ 低く"),
    "speed": ("足 が 速い 速かっ 速く", "足 が 遅い 遅かっ 遅く"),
    "strength": ("強い 強かっ 強く", "弱い 弱かっ 弱く"),
}
# relation, its two views, first subject, second subject, what passes between them
TRANSFERS = (
    "sale sell buy seller buyer theme", "gift give receive giver receiver theme",
    "loan lend borrow lender borrower theme", "lesson teach learn teacher learner field",
)  # fmt: skip
# relation: view: verb, subject, complements (role, particle)
VIEWS: dict[str, dict[str, tuple[str, str, tuple[tuple[str, str], ...]]]] = {
    **{relation: {give: (give, giver, ((taker, "に"), (what, "を"))),
                  take: (take, taker, ((giver, "から"), (what, "を")))}
       for relation, give, take, giver, taker, what in map(str.split, TRANSFERS)},
    "victory": {
        "beat": ("beat", "winner", (("loser", "に"), ("field", "で"))),
        "lose": ("be_beaten", "loser", (("winner", "に"), ("field", "で"))),
    },
    "arrival": {
        "before": ("arrive", "earlier", (("later", "より 先|先|NOUN に"),)),
        "after": ("arrive", "later", (("earlier", "より 後|後|NOUN に"),)),
    },
    **{name: {name: (name, "agent", (("patient", "を"),))} for name in
       ("help", "visit", "praise", "invite", "see")},
    **{name: {name: (name, "agent", (("patient", "に"),))} for name in ("thank", "greet", "call")},
    **{name: {name: (name, "agent", (("theme", "を"),))} for name in
       ("eat", "cut", "wash", "repair", "find", "lose", "paint", "leave")},
    "travel": {
        "from_to": ("travel", "agent", (("source", "から"), ("goal", "まで"))),
        "to_from": ("travel", "agent", (("goal", "まで"), ("source", "から"))),
    },
    "employ": {
        "employ": ("employ", "employer", (("employee", "を"),)),
        "work": ("work", "employee", (("employer", "に"),)),
    },
    "found": {"found": ("found", "founder", (("theme", "を"),))},
    "takeover": {"buy": ("takeover", "agent", (("theme", "を"),))},
    "support": {"support": ("support", "agent", (("patient", "を"),))},
}  # fmt: skip
# verb: particle of the agent
PASSIVES = {
    **dict.fromkeys(("help", "praise", "invite", "thank", "greet", "employ", "takeover", "support"), "に"),
    "found": "に よっ|よる|VERB て|て|SCONJ",
}
AUXILIARIES = {"れ": "れる", "られ": "られる"}
LASTING = {"employ", "work"}
NO_SCRAMBLING = {"arrival", "travel", "victory", "state"}
# form before た: continuative
CONTINUATIVES = {"だっ": "で", "なかっ": "なく"}
CONTINUATIVES |= {cells[1]: cells[3] for cells in map(str.split, VERBS.values()) if len(cells) > 1}
for _pair in COMPARATIVES.values():
    CONTINUATIVES |= {cells[-2]: cells[-1] for cells in map(str.split, _pair) if len(cells) > 1}

WHO, WHAT, WHERE, WHEN = (words(word, "PRON") for word in ("誰", "何", "どこ", "いつ"))
WHICH = {"organisation": "どの|どの|DET 会社", "game": "どの|どの|DET 競技"}
TABLES = {"subject": FIELDS, "game": FIELDS, "place": PLACES, "day": DAYS, "instrument": INSTRUMENTS}
COMMA = Token("、", "、", "PUNCT")
CHECK, YES, NO = words("本当|本当|NOUN です|です|AUX か|か|PART"), words("はい", "INTJ"), words("いいえ", "INTJ")
NEGATION = words("なかっ|ない|AUX")
PAST = words("た|た|AUX")


def _spaced(tokens: Sequence[Token]) -> list[Token]:
    """``tokens`` with a space just where Latin letters or digits meet a word."""
    result = []
    for token, following in zip(tokens, [*tokens[1:], COMMA], strict=True):
        meets = token.form[-1].isascii() or following.form[0].isascii()
        result.append(replace(token, space=meets and "PUNCT" not in (token.upos, following.upos)))
    return result


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase without its particle."""
    if concept.kind in ("person", "organisation"):
        entity = "PER" if concept.kind == "person" else "ORG"
        names = filter(None, (concept.name, concept.surname))
        return [Token(name, name, "PROPN", role, entity) for name in names]
    if concept.kind == "city":
        return [Token(CITIES[concept.name], CITIES[concept.name], "PROPN", role, "LOC")]
    if concept.kind == "year":
        return [Token(concept.name, concept.name, "NUM", role), Token("年", "年", "NOUN", role)]
    if concept.kind in TABLES:
        return marked(words(TABLES[concept.kind][concept.name], "NOUN"), role)
    noun, counter = NOUNS[concept.name].split()
    modifier = words(PROPERTIES[concept.property]) if concept.property else []
    if concept.number > 1:
        modifier = words(f"{concept.number}|{concept.number}|NUM {counter}|{counter}|NOUN の|の|ADP")
    return marked([*modifier, *words(noun.replace("+", " "), "NOUN")], role)


def _interrogative(concept: Concept) -> list[Token]:
    if concept.kind in WHICH:
        return words(WHICH[concept.kind], "NOUN")
    places = ("city", "place")
    return WHO if concept.kind == "person" else WHERE if concept.kind in places else WHAT


def _phrase(event: Event, role: str, particle: str, asked: str) -> list[Token]:
    """The filler of ``role`` with its particle, or the question word if it is ``asked`` for."""
    concept = event[role]
    marker = words(particle, "ADP")
    if asked == f"{role}:number":
        noun, counter = NOUNS[concept.name].split()
        return [*words(noun.replace("+", " "), "NOUN"), *marker, *words(f"何|何|NUM {counter}", "NOUN")]
    if asked == role == "instrument":
        return [*WHAT, *words("を|を|ADP 使っ|使う|VERB て|て|SCONJ")]
    if asked == role:
        return WHEN if role == "time" else [*_interrogative(concept), *marker]
    return [*noun_phrase(concept, role), *([] if concept.name == "yesterday" else marker)]


def _be(stem: list[Token], negated: bool) -> list[Token]:
    """A noun with だった, or a participle in て with いた."""
    copula = words("で|だ|AUX は|は|ADP" if negated else "だっ|だ|AUX")
    auxiliary = words("い|いる|VERB") if stem[-1].lexeme == "て" else copula
    return [*stem, *auxiliary, *(NEGATION if negated else []), *PAST]


def _verb(key: str, passive: bool, negated: bool) -> list[Token]:
    cells = VERBS[key].split()
    noun = words(cells[0]) if len(cells) == 1 else []
    lexeme, past, irrealis, _, *passives = ("する", "し", "し", "し", "さ+れ") if noun else cells
    upos = "AUX" if noun else "VERB"
    form = irrealis if negated and key not in LASTING else past
    stem = [Token(form, lexeme, upos)]
    if passive:
        form, auxiliary = passives[0].split("+")
        stem = [Token(form, lexeme, upos), Token(auxiliary, AUXILIARIES[auxiliary], "AUX")]
    stem = [*noun, *stem]
    if key in LASTING:
        return _be([*stem, *words("て|て|SCONJ")], negated)
    return [*stem, *(NEGATION if negated else []), *PAST]


def _comparison(relation: str, view: str, negated: bool) -> list[Token]:
    pattern = COMPARATIVES[relation][view == "lesser"]
    if "|" in pattern:
        return _be(words(pattern), negated)
    *noun, lexeme, past, before_negation = pattern.split()
    first = [*words(noun[0], "NOUN"), *words(noun[1], "ADP")] if noun else []
    adjective = Token(before_negation if negated else past, lexeme, "ADJ")
    return [*first, adjective, *(NEGATION if negated else []), *PAST]


def _frame(event: Event, view: str) -> tuple[str, tuple[tuple[str, str], ...], list[Token]]:
    """Subject role, complements with their particles, predicate."""
    if event.relation == "state":
        return "experiencer", (), _be(words(STATES[event.state]), event.negated)
    if event.relation in COMPARATIVES:
        other = "lesser" if view == "greater" else "greater"
        return view, ((other, "より"),), _comparison(event.relation, view, event.negated)
    name, _, voice = view.partition("+")
    key, subject, complements = VIEWS[event.relation][name]
    if key == "lose" and event["theme"].name in (*ANIMALS, "animal"):
        key = "lose_sight"
    if voice:
        subject, complements = complements[0][0], ((subject, PASSIVES[key]),)
    return subject, complements, _verb(key, bool(voice), event.negated)


def variants(event: Event) -> list[Variant]:
    """Every construction. A subject in the causing state is said once, and then only the cause moves."""
    frames = VIEWS.get(event.relation, {})
    views = ["state"] if event.relation == "state" else list(frames or ("greater", "lesser"))
    if not event.negated:
        views += [f"{view}+passive" for view, (key, *_) in frames.items() if key in PASSIVES]
    movable = ["time", "place"] if event.relation != "arrival" else ["time"]
    two_means = event.get("place") and event.get("instrument")
    scrambled = not (event.negated or event.cause or two_means or event.relation in NO_SCRAMBLING)
    found = []
    for view in views:
        own = event.cause is not None and event.cause["experiencer"] == event[_frame(event, view)[0]]
        orders = ["plain", *(f"{role}_first" for role in movable if event.get(role) and not own)]
        orders += ["cause_first" if own else "subject_first"] if event.cause else []
        orders += ["scrambled"] if scrambled and "+" not in view else []
        found += [Variant(view, order) for order in orders]
    return found


def _sentence(event: Event, view: str, order: str = "plain", asked: str = "") -> list[Token]:
    subject, complements, predicate = _frame(event, view)
    particle = "が" if subject == asked or order == "scrambled" else "は"
    topic = _phrase(event, subject, particle, asked)
    particles = {"time": "に", "place": "に" if event.relation == "arrival" else "で", **dict(complements)}
    before, after = ["time", "place"], ["instrument"]
    if event.relation == "arrival" or asked == "instrument":
        before, after = (["time"], ["place"]) if event.relation == "arrival" else ([*before, *after], [])
    sequence = [role for role in (*before, *dict(complements), *after) if event.get(role)]
    phrases = {role: _phrase(event, role, particles.get(role, "で"), asked) for role in sequence}
    front: list[Token] = []
    if order == "scrambled":
        if event.relation in COMPARATIVES:
            topic = [*topic[:-1], *words("の|の|ADP ほう|ほう|NOUN が|が|ADP")]
        front = phrases.pop(next((role for role, mark in complements if mark == "を"), complements[0][0]))
    elif order in ("time_first", "place_first"):
        front = phrases.pop(order.removesuffix("_first"))
        front = front if event.cause else [*front, COMMA]
    if event.cause:
        own = event.cause["experiencer"] == event[subject]
        reason = [*clause_of_cause(event.cause, not own), *words("の|の|SCONJ で|だ|AUX"), COMMA]
        if order == "subject_first":
            topic = [*topic, COMMA, *reason]
        elif own and order == "plain":
            topic = [*topic, *reason]
        else:
            front = [*reason, *front]
    middle = [token for phrase in phrases.values() for token in phrase]
    return _spaced([*front, *topic, *middle, *predicate])


def clause(event: Event, variant: Variant) -> list[Token]:
    return _sentence(event, variant.view, variant.order)


def clause_of_cause(cause: Event, with_subject: bool = True) -> list[Token]:
    """The causing state, its subject in が, its words outside every role of the event that it explains."""
    subject = [*noun_phrase(cause["experiencer"], ""), *words("が|が|ADP")] if with_subject else []
    return _spaced([*subject, *_frame(cause, "state")[2]])


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The first clause in the continuative: 売り, 売らず, 高く, 雇っており."""
    *rest, before, last = first[:-1]
    if last.lexeme == "ない" and before.upos in ("VERB", "AUX"):
        others = {"する": ("せ", "する"), "いる": ("おら", "おる")}
        form, lexeme = others.get(before.lexeme, (before.form, before.lexeme))
        ending = [replace(before, form=form, lexeme=lexeme), Token("ず", "ず", "AUX")]
    elif last.lexeme == "いる":
        ending = [before, *words("おり|おる|VERB")]
    else:
        ending = [before, replace(last, form=CONTINUATIVES.get(last.form, last.form))]
    return _spaced([*rest, *ending, COMMA, *second])


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word stands where its answer would; a cause that names the answer is left out."""
    role, _, number = asked.partition(":")
    concept = event.get(role)
    if "+" in view or event.negated or concept is None or (number and concept.number == 1):
        return None
    if event.cause and event.cause["experiencer"] == concept:
        event = replace(event, cause=None)
    return _spaced([*_sentence(event, view, "plain", asked), *words("か", "PART")])


def finish(tokens: list[Token], mark: str) -> list[Token]:
    closing = {".": "。", "?": "？"}[mark]
    return _spaced([*tokens, Token(closing, closing, "PUNCT")])
