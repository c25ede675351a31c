"""English. Subject, verb, objects, place, time; passive with *by*; adverbials may come first."""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages.base import (
    Token,
    Variant,
    capitalised,
    closed,
    lexicon,
    marked,
    proper_noun,
    views_of,
    word,
    words,
)
from adapterstilts.pocket.meanings import Concept, Event

CODE = "en"
NAME = "English"
PREPOSITIONAL = True

LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
COMPARATIVES = LEXICON["comparatives"]
NO_PASSIVE = {"lesson", "victory"}
DETERMINER = Token("the", "the", "DET")
INTERROGATIVES = {
    "place": "where|where|ADV", "time": "when|when|ADV", "what": "what|what|PRON", "who": "who|who|PRON",
    "organisation": "which|which|DET company|company|NOUN", "person": "whom|who|PRON",
    "city": "which|which|DET city|city|NOUN",
}  # fmt: skip


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; its article stays outside the role's span."""
    if concept.kind in ("person", "organisation"):
        return proper_noun(concept, role)
    if concept.kind == "city":
        return proper_noun(concept, role, LEXICON["cities"][concept.name])
    if concept.kind in ("subject", "game"):
        return [word(LEXICON["fields"][concept.name], "NOUN", role=role)]
    if concept.kind == "place":
        return [DETERMINER, word(LEXICON["places"][concept.name].split()[1], "NOUN", role=role)]
    singular, plural = (LEXICON["nouns"][concept.name].split() * 2)[:2]
    if concept.number > 1:
        return marked([word(str(concept.number), "NUM"), word(plural, "NOUN", singular)], role)
    adjective = [word(concept.property, "ADJ")] if concept.property else []
    return [DETERMINER, *marked([*adjective, word(singular, "NOUN")], role)]


def adverbial(role: str, concept: Concept) -> list[Token]:
    if concept.kind == "year":
        return [word("in", "ADP"), word(concept.name, "NUM", role=role)]
    if concept.name == "yesterday":
        return [word("yesterday", "ADV", role=role)]
    if concept.kind == "day":
        return [word("on", "ADP"), word(concept.name.capitalize(), "PROPN", role=role)]
    preposition = {"city": "in", "instrument": "with"}.get(concept.kind) or LEXICON["places"][concept.name].split()[0]
    return [word(preposition, "ADP"), *noun_phrase(concept, role)]


def variants(event: Event) -> list[Variant]:
    if event.relation == "state":
        return [Variant("state", "plain")]
    views = list(VIEWS.get(event.relation, ("greater", "lesser")))
    orders = ["plain"]
    if not event.negated:
        if event.relation in VIEWS and event.relation not in NO_PASSIVE:
            views += [f"{name}+passive" for name, view in VIEWS[event.relation].items() if view.object]
        orders += [f"{role}_first" for role in ("time", "place") if event.get(role)]
        orders += ["cause_first"] if event.cause else []
    return [Variant(view, order) for view in views for order in orders]


def _predicate(event: Event, view: str) -> tuple[str, list[Token], list[Token]]:
    """Subject role, verb words, complements."""
    if event.relation == "state":
        negation = [word("not", "PART")] if event.negated else []
        return "experiencer", [*words("was|be|AUX"), *negation, word(event.state, "ADJ")], []
    if event.relation in COMPARATIVES:
        other = {"greater": "lesser", "lesser": "greater"}[view]
        negation = [word("not", "PART")] if event.negated else []
        verb = [*words("was|be|AUX"), *negation, *words(COMPARATIVES[event.relation][view], "ADJ")]
        return view, verb, [word("than", "ADP"), *noun_phrase(event[other], other)]
    name, _, voice = view.partition("+")
    key, subject, complements = VIEWS[event.relation][name]
    past, base, participle = LEXICON["verbs"][key].split()
    particle = [word("out", "ADP")] if key == "buy_out" else []
    if voice:
        promoted = VIEWS[event.relation][name].object
        rest = {role: preposition for role, preposition in complements.items() if role != promoted}
        complements = {**rest, subject: "by"}
        verb = [*words("was|be|AUX"), word(participle, "VERB", base), *particle]
        if event[promoted].number > 1:
            verb[0] = replace(verb[0], form="were")
        subject, particle = promoted, []
    elif event.negated:
        verb = [*words("did|do|AUX not|not|PART"), word(base, "VERB")]
    else:
        verb = [word(past, "VERB", base)]
    tokens: list[Token] = []
    for role, preposition in complements.items():
        tokens += [word(preposition, "ADP")] if preposition else []
        tokens += noun_phrase(event[role], role) + particle
        particle = []
    return subject, verb, tokens


def clause(event: Event, variant: Variant) -> list[Token]:
    subject, verb, complements = _predicate(event, variant.view)
    core = [*noun_phrase(event[subject], subject), *verb, *complements]
    first = variant.order.removesuffix("_first")
    fronted = closed(_adjunct(event, first), ",") if first != "plain" else []
    return [*fronted, *core, *_tail(event, first)]


def _adjunct(event: Event, role: str) -> list[Token]:
    if role == "cause":
        return [word("because", "SCONJ"), *clause_of_cause(event.cause)] if event.cause else []
    return adverbial(role, event[role]) if event.get(role) else []


def _tail(event: Event, without: str = "") -> list[Token]:
    """The adjuncts behind the verb's complements."""
    roles = ("instrument", "place", "time", "cause")
    return [token for role in roles if role != without for token in _adjunct(event, role)]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(clause(cause, variants(cause)[0]), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    return [*first, word("and", "CCONJ"), *second]


def _interrogative(event: Event, role: str, number: str) -> list[Token]:
    if number:
        return [*words("how|how|ADV many|many|ADJ"), *noun_phrase(event[role], "")[-1:]]
    if role == "instrument":
        return words("with|with|ADP what|what|PRON")
    asked_by = role if role in ("place", "time") else event[role].kind
    return words(INTERROGATIVES.get(asked_by, INTERROGATIVES["what"]))


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    role, _, number = asked.partition(":")
    if event.negated or ("+" in view and role not in ("place", "time")):
        return None
    if event.cause and event.cause["experiencer"] == event.get(role):
        event = replace(event, cause=None)
    subject, verb, complements = _predicate(event, view)
    if "+" in view:
        said = [*noun_phrase(event[subject], subject), *verb[1:], *complements]
        return [*words(INTERROGATIVES[role]), verb[0], *said, *_tail(event.with_role(role, None))]
    who = words(INTERROGATIVES["organisation" if event[role].kind == "organisation" else "who"])
    if event.relation in COMPARATIVES:
        return [*who, *verb, *complements] if role == subject else None
    if role == subject:
        return [*who, *clause(event, Variant(view, "plain"))[len(noun_phrase(event[role], role)) :]]
    key, _, objects = VIEWS[event.relation][view]
    preposition = objects.get(role)
    said = clause(event, Variant(view, "plain"))
    if role in ("place", "time", "instrument"):
        said = clause(event.with_role(role, None), Variant(view, "plain"))
    else:
        gap = [index for index, token in enumerate(said) if token.role == role]
        start = gap[0] - (said[gap[0] - 1] == DETERMINER) - bool(preposition)
        said = [*said[:start], *said[gap[-1] + 1 :]]
    size = len(noun_phrase(event[subject], subject))
    asking = [word(preposition, "ADP")] if preposition else []
    asking += _interrogative(event, role, number)
    base = LEXICON["verbs"][key].split()[1]
    return [*asking, *words("did|do|AUX"), *said[:size], word(base, "VERB"), *said[size + 1 :]]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(capitalised(tokens), mark)
