"""Japanese. Topic, time, place, objects, verb; particles free the order; numerals carry the noun's counter.

Words are the short units of Universal Dependencies: inflecting stems and their auxiliaries are words of their
own. One space parts Latin letters and digits from Japanese characters, and the two words of a Latin name.
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
from adapterstilts.pocket.meanings import ANIMALS, Concept, Event

CODE = "ja"
NAME = "Japanese"
PREPOSITIONAL = False

LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
VERBS = LEXICON["verbs"]
COMPARATIVES = LEXICON["comparatives"]
NO_SCRAMBLING = {"arrival", "travel", "victory", "state"}
ADJUNCTS, MEANS = {"time": "に", "place": "で"}, {"instrument": "で"}
COMMA = word("、", "PUNCT")


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase without its particle."""
    if concept.kind in ("person", "organisation", "city"):
        return proper_noun(concept, role, LEXICON["cities"].get(concept.name, ""))
    if concept.kind == "year":
        return [word(concept.name, "NUM", role=role), word("年", "NOUN", role=role)]
    if concept.kind != "thing":
        return marked(words(LEXICON["names"][concept.name], "NOUN"), role)
    counter, *noun = LEXICON["nouns"][concept.name].split()
    modifier = words(LEXICON["properties"].get(concept.property, ""), "ADJ")
    if concept.number > 1:
        modifier = [word(str(concept.number), "NUM"), word(counter, "NOUN"), word("の", "ADP")]
    return marked([*modifier, *(word(unit, "NOUN") for unit in noun)], role)


def _phrase(event: Event, role: str, marker: str, asked: str) -> list[Token]:
    """The filler of ``role`` with its particle, or the question word if it is ``asked`` for."""
    concept = event[role]
    particle = words(LEXICON["markers"].get(marker, marker), "ADP")
    if asked == f"{role}:number":
        counter, *noun = LEXICON["nouns"][concept.name].split()
        return [*(word(unit, "NOUN") for unit in noun), *particle, word("何", "NUM"), word(counter, "NOUN")]
    if asked == role:
        asking = words(LEXICON["interrogatives"].get(concept.kind, "何"), "PRON")
        return asking if role in ("time", "instrument") else [*asking, *particle]
    return [*noun_phrase(concept, role), *([] if concept.name == "yesterday" else particle)]


def _predicate(cells: dict[str, str], negated: bool, voice: str = "") -> list[Token]:
    stem = cells[voice] if voice else cells.get("denied", cells["said"]) if negated else cells["said"]
    return [*words(stem), *words("なかっ|ない|AUX" if negated else ""), word("た", "AUX")]


def _frame(event: Event, view: str) -> tuple[str, dict[str, str], list[Token]]:
    """Subject role, complements with their markers, predicate."""
    if event.relation == "state":
        return "experiencer", {}, _predicate(LEXICON["states"][event.state], event.negated)
    if event.relation in COMPARATIVES:
        other = {"greater": "lesser", "lesser": "greater"}[view]
        return view, {other: "より"}, _predicate(COMPARATIVES[event.relation][view], event.negated)
    name, _, voice = view.partition("+")
    verb, subject, complements = VIEWS[event.relation][name]
    if verb == "lose" and event["theme"].name in (*ANIMALS, "animal"):
        verb = "lose_sight"
    if voice:
        subject, complements = next(iter(complements)), {subject: VERBS[verb].get("by", "に")}
    said = {role: marker or "を" for role, marker in complements.items() if event.get(role)}
    return subject, said, _predicate(VERBS[verb], event.negated, voice)


def variants(event: Event) -> list[Variant]:
    """Every construction. A subject in the causing state is said once, and then only the cause moves."""
    own_views = VIEWS.get(event.relation, {})
    views = ["state"] if event.relation == "state" else list(own_views or ("greater", "lesser"))
    if not event.negated:
        views += [f"{name}+passive" for name, view in own_views.items() if "passive" in VERBS[view.verb]]
    two_means = event.get("place") and event.get("instrument")
    scrambled = not (event.negated or event.cause or two_means or event.relation in NO_SCRAMBLING)
    found = []
    for view in views:
        subject, complements, _ = _frame(event, view)
        own = event.cause is not None and event.cause["experiencer"] == event[subject]
        movable = [role for role in ADJUNCTS if event.get(role) and role not in complements and not own]
        orders = ["plain", *(f"{role}_first" for role in movable)]
        orders += ["cause_first" if own else "subject_first"] if event.cause else []
        orders += ["scrambled"] if scrambled and "+" not in view else []
        found += [Variant(view, order) for order in orders]
    return found


def _reason(event: Event, subject: str, order: str) -> tuple[list[Token], list[Token]]:
    """The cause for the front, or behind the topic; what the subject feels does not name it again."""
    if not event.cause:
        return [], []
    own = event.cause["experiencer"] == event[subject]
    reason = [*clause_of_cause(event.cause, not own), *words("の|の|SCONJ で|だ|AUX"), COMMA]
    if order == "subject_first":
        return [], [COMMA, *reason]
    return ([], reason) if own and order == "plain" else (reason, [])


def _sentence(event: Event, view: str, order: str = "plain", asked: str = "") -> list[Token]:
    subject, complements, predicate = _frame(event, view)
    topic = _phrase(event, subject, "が" if subject == asked or order == "scrambled" else "は", asked)
    adjuncts = {role: marker for role, marker in ADJUNCTS.items() if role not in complements}
    sequence = {**adjuncts, **complements, **MEANS}
    if asked == "instrument":
        sequence = {**adjuncts, **MEANS, **complements}
    phrases = {role: _phrase(event, role, marker, asked) for role, marker in sequence.items() if event.get(role)}
    front, behind_topic = _reason(event, subject, order)
    if order == "scrambled":
        if event.relation in COMPARATIVES:
            topic = [*topic[:-1], *words("の ほう|ほう|NOUN が", "ADP")]
        front = phrases.pop(next((role for role, marker in complements.items() if marker == "を"), [*complements][0]))
    elif order in ("time_first", "place_first"):
        fronted = phrases.pop(order.removesuffix("_first"))
        front = [*front, *fronted] if event.cause else [*fronted, COMMA]
    middle = [token for phrase in phrases.values() for token in phrase]
    return [*front, *topic, *behind_topic, *middle, *predicate]


def clause(event: Event, variant: Variant) -> list[Token]:
    return _sentence(event, variant.view, variant.order)


def clause_of_cause(cause: Event, with_subject: bool = True) -> list[Token]:
    """The causing state, its subject in が, its words outside every role of the event that it explains."""
    subject = [*noun_phrase(cause["experiencer"], ""), word("が", "ADP")] if with_subject else []
    return [*subject, *_frame(cause, "state")[2]]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The first clause in the continuative: 売り, 売らず, 高く, 雇っており."""
    *rest, before, last = first[:-1]
    if last.lexeme == "ない" and before.upos in ("VERB", "AUX"):
        special = {"する": word("せ", "AUX", "する"), "いる": word("おら", "VERB", "おる")}
        ending = [special.get(before.lexeme, before), word("ず", "AUX")]
    elif last.lexeme == "いる":
        ending = [before, word("おり", "VERB", "おる")]
    else:
        ending = [before, replace(last, form=LEXICON["continuatives"].get(last.form, last.form))]
    return [*rest, *ending, COMMA, *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word stands where its answer would; a cause that names the answer is left out."""
    role, _, number = asked.partition(":")
    concept = event.get(role)
    if "+" in view or event.negated or concept is None or (number and concept.number == 1):
        return None
    if event.cause and event.cause["experiencer"] == concept:
        event = replace(event, cause=None)
    return [*_sentence(event, view, "plain", asked), word("か", "PART")]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    """The closing mark, and a space just where Latin letters or digits meet a word."""
    return spaced_by_script([*tokens, word({".": "。", "?": "？"}[mark], "PUNCT")])
