"""Chinese, simplified. Subject, time, place, means, verb, object; 把 puts a definite thing before its verb.

Words are not spaced; one space parts Latin letters and digits from characters, and the two words of a Latin name.
"""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages.base import (
    Token,
    Variant,
    lexicon,
    marked,
    proper_noun,
    spaced_by_script,
    views_of,
    word,
    words,
)
from adapterstilts.pocket.meanings import Concept, Event

CODE = "zh"
NAME = "Chinese"
PREPOSITIONAL = True
LEXICON = lexicon(CODE)
VIEWS, COMPARATIVES = views_of(LEXICON), LEXICON["comparatives"]
ADJUNCTS = ("time", "place", "instrument")
DISPOSAL, ADVERSE = LEXICON["disposal"].split(), LEXICON["adverse"].split()
COMMA, SEMICOLON = (Token(mark, mark, "PUNCT", space=False) for mark in "，；")
BE, OF = word("是", "AUX"), word("的", "PART")


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler, bare: numerals take the noun's classifier, nouns no article."""
    if concept.kind in ("person", "organisation", "city"):
        return proper_noun(concept, role, LEXICON["cities"].get(concept.name, ""))
    if concept.kind == "year":
        return [word(concept.name, "NUM", role=role), word("年", "NOUN", role=role)]
    if concept.kind != "thing":
        return [word(LEXICON["names"][concept.name], "NOUN", role=role)]
    noun, classifier, sort = (LEXICON["nouns"][concept.name] + " other").split()[:3]
    modifier = []
    if concept.number > 1:
        modifier = [word(str(concept.number), "NUM"), word(classifier, "NOUN")]
    elif concept.property:
        own = LEXICON["properties"].get(f"{concept.property}-{sort}")
        modifier = words(own or LEXICON["properties"][concept.property], "ADJ")
    return marked([*modifier, word(noun, "NOUN")], role)


def _phrase(event: Event, role: str, marker: str, asked: str) -> list[Token]:
    """The filler of ``role``, or the question word if it is ``asked`` for, within its marker."""
    concept = event[role]
    before, _, after = LEXICON["markers"].get(marker, "…").partition("…")
    filler = noun_phrase(concept, role)
    if asked == f"{role}:number":
        filler = [word("几", "NUM"), *marked(filler[1:], "")]
    elif asked == role:
        filler = words(LEXICON["interrogatives"].get(concept.kind, "什么"), "PRON")
    return [*words(before, "ADP"), *filler, *words(after, "ADP")]


def _cleft(event: Event, asked: str) -> bool:
    """Whether 是 … 的 asks: so one asks when, where, and with what something happened."""
    return asked in ADJUNCTS and not (asked == "place" and event.relation == "arrival")


def _verb(event: Event, key: str, asked: str) -> list[Token]:
    """Verb, particle unless it is denied or in a cleft, and the object that an idiom brings along."""
    tool = event.get("instrument")
    if key == "cut" and tool and tool.name == "scissors":
        key = "snip"
    elif key == "cut" and event["theme"].name in ("picture", "ticket"):
        key = "trim" if tool else "snip"
    verb, particle, *idiom = LEXICON["verbs"][key].split()
    tokens = [word(verb, "VERB"), word(particle, LEXICON["particles"][particle])]
    if _cleft(event, asked) or (event.negated and particle == "了"):
        tokens.pop()
    return [*tokens, *(word(form, "NOUN") for form in idiom)]


def _frame(event: Event, view: str, order: str, asked: str) -> tuple[str, dict[str, str], list[Token], list[str]]:
    """Subject role, roles before the verb with their markers, the verb, roles after it."""
    before = {role: role for role in ADJUNCTS if event.get(role)}
    if event.relation == "state":
        said = LEXICON["states"][event.state]["denied" if event.negated else "said"]
        return "experiencer", before, words(said), []
    if event.relation in COMPARATIVES:
        other = {"greater": "lesser", "lesser": "greater"}[view]
        return view, {other: "than"}, words(COMPARATIVES[event.relation][view], "ADJ"), []
    name, _, voice = view.partition("+")
    key, subject, complements = VIEWS[event.relation][name]
    after = [role for role, marker in complements.items() if not marker and event.get(role)]
    before = {role: marker for role, marker in {**before, **complements}.items() if marker}
    if voice:
        subject, before, after = after[0], {**before, subject: "by"}, []
    definite = "theme" in after and event["theme"].number == 1 and asked != "theme"
    if definite and (len(after) > 1 or order == "object_first"):
        before[after.pop()] = "object"  # the theme stands last
    return subject, before, _verb(event, key, asked), after


def variants(event: Event) -> list[Variant]:
    """Every construction. The place of an arrival follows its verb and never comes first."""
    views = ["state"] if event.relation == "state" else list(VIEWS.get(event.relation, ("greater", "lesser")))
    first, definite = views[0], not event.negated and all(concept.number == 1 for _, concept in event.roles)
    if event.negated:
        views = [view for view in views if view != "to_from"]
    if definite and event.relation in ADVERSE:
        views.append(f"{first}+passive")
    fronted = [role for role in ("time", "place") if event.get(role) and (event.relation, role) != ("arrival", "place")]
    orders = ["plain", *(f"{role}_first" for role in [*fronted, *(["cause"] if event.cause else [])])]
    found = [Variant(view, order) for view in views for order in orders]
    return found + ([Variant(first, "object_first")] if definite and event.relation in DISPOSAL else [])


def _reason(event: Event, subject: str, order: str) -> tuple[list[Token], ...]:
    """The cause for the front, behind the subject, or at the end; what the subject feels does not name it again."""
    if not event.cause:
        return [], [], []
    own = event.cause["experiencer"] == event[subject]
    reason = clause_of_cause(event.cause, not own)
    if order == "cause_first":
        return [*reason, COMMA], [], []
    return ([], [*reason, COMMA], []) if own else ([], [], [COMMA, *reason])


def _sentence(event: Event, view: str, order: str = "plain", asked: str = "") -> list[Token]:
    subject, before, verb, after = _frame(event, view, order, asked)
    phrases = {role: _phrase(event, role, marker, asked) for role, marker in before.items()}
    front, topic, end = _reason(event, subject, order)
    front = [*phrases.pop(order.removesuffix("_first")), COMMA] if order in ("time_first", "place_first") else front
    if event.relation == "victory" and "place" in phrases:
        phrases["field"][0] = OF  # 在 … 的 … 比赛 中 instead of a second 在
    if _cleft(event, asked):
        phrases[asked], end = [BE, *phrases[asked]], [OF]
    if event.negated and event.relation != "state":
        denial = [word("不" if event.relation in COMPARATIVES else "没有", "ADV")]
        phrases = {"time": phrases.pop("time", []), "denial": denial, **phrases}
    middle = [token for phrase in phrases.values() for token in phrase]
    objects = [token for role in after for token in _phrase(event, role, "", asked)]
    return spaced_by_script([*front, *_phrase(event, subject, "", asked), *topic, *middle, *verb, *objects, *end])


def clause(event: Event, variant: Variant) -> list[Token]:
    return _sentence(event, variant.view, variant.order)


def clause_of_cause(cause: Event, with_subject: bool = True) -> list[Token]:
    """The causing state after 因为, its words outside every role of the event that it explains."""
    said = marked(_sentence(cause, "state"), "")
    return [word("因为", "SCONJ"), *said[0 if with_subject else len(noun_phrase(cause["experiencer"], "")) :]]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """A comma joins clauses, a semicolon those that hold a comma."""
    return spaced_by_script([*first, SEMICOLON if COMMA in (*first, *second) else COMMA, *second])


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word stands where its answer would; causes are left out."""
    second_cleft = view == "to_from" and asked != "source"
    verb_tells = event.relation == "cut" and asked == "instrument"
    unsayable = event.negated or "+" in view or second_cleft or verb_tells
    return None if unsayable else _sentence(replace(event, cause=None), view, "plain", asked)


def finish(tokens: list[Token], mark: str) -> list[Token]:
    closing = {".": "。", "?": "？"}[mark]
    return spaced_by_script([*tokens, Token(closing, closing, "PUNCT")])
