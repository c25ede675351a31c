"""Swahili. Subject, verb, objects, place, time; adverbials may come first; question words stand in place.

Things belong to noun classes, with which adjectives, *how many*, and the subject prefix of passives agree. Persons and
single animals have an object prefix on the verb. Companies take the subject prefix of class 9, persons of class 1.
"""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages.base import (
    Token,
    Variant,
    View,
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

CODE = "sw"
NAME = "Swahili"
PREPOSITIONAL = True

LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
ADJUNCTS = ("instrument", "place", "time")
ANIMAL = "1"


def noun_class(concept: Concept) -> str:
    """The noun class of a thing, with or without a numeral."""
    singular, *plural = LEXICON["nouns"][concept.name]
    return plural[0] if concept.number > 1 else singular


def _noun(concept: Concept, modifiers: list[Token]) -> list[Token]:
    """A thing; adjectives and numerals follow the head noun at once."""
    forms = LEXICON["nouns"][concept.name]
    head, *rest = words(forms[noun_class(concept)], "NOUN")
    lexeme = next(iter(forms.values())).split()[0]
    return [replace(head, lexeme=lexeme), *modifiers, *rest]


def _thing(concept: Concept) -> list[Token]:
    if concept.number > 1:
        return _noun(concept, [word(str(concept.number), "NUM")])
    if concept.property:
        return _noun(concept, words(LEXICON["properties"][concept.property][noun_class(concept)], "ADJ"))
    return _noun(concept, [])


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase, places and times as adverbials; what introduces it stays outside the role's span."""
    kind, name = concept.kind, concept.name
    if kind in ("person", "organisation"):
        return proper_noun(concept, role)
    if kind == "city":
        return proper_noun(concept, role, LEXICON["cities"][name])
    if kind == "place":
        tokens = words(LEXICON["places"][name], "NOUN")
        return [token if token.form == "kwenye" else replace(token, role=role) for token in tokens]
    if kind == "year":
        return marked([word("mwaka", "NOUN"), word(name, "NUM")], role)
    if name == "yesterday":
        return [word("jana", "ADV", role=role)]
    if kind == "day":
        return marked([*words("siku|siku|NOUN ya|a|ADP"), word(LEXICON["days"][name], "PROPN")], role)
    if kind in ("subject", "game"):
        return [word(LEXICON["fields"][name], "NOUN", role=role)]
    return marked(_thing(concept), role)


def _interrogative(concept: Concept, asked: str) -> list[Token]:
    role, _, number = asked.partition(":")
    if number:
        return _noun(concept, words(LEXICON["how_many"][noun_class(concept)], "DET"))
    return words(LEXICON["interrogatives"].get(role) or LEXICON["interrogatives"][concept.kind], "PRON")


def _phrase(event: Event, role: str, marker: str, asked: str) -> list[Token]:
    """The filler of ``role`` with what comes before it, or the question word if it is ``asked`` for."""
    if role.startswith("="):
        return words(role[1:], "NOUN")
    concept = event[role]
    before = words(LEXICON["markers"][marker], "ADP") if marker else []
    if asked.partition(":")[0] == role:
        return [*before, *_interrogative(concept, asked)]
    if role in (*ADJUNCTS, "field"):
        before += words(LEXICON["introductions"].get(concept.kind, ""), "ADP")
    return [*before, *noun_phrase(concept, role)]


def _verb(event: Event, view: View, asked: str) -> list[Token]:
    theme, subject = event.get("theme"), event[view.subject]
    if view.verb in LEXICON["passives"] and subject.kind == "thing":
        lexeme, *forms = LEXICON["passives"][view.verb].split()
        return [word(dict(zip(LEXICON["classes"].split(), forms, strict=True))[noun_class(subject)], "VERB", lexeme)]
    predicate = words(LEXICON["predicates"].get(event.state or view.verb, ""), "ADJ")
    lexeme, *forms = LEXICON["verbs"]["be" if predicate else view.verb].split()
    prefixed = theme is not None and theme.kind == "thing" and noun_class(theme) == ANIMAL and asked != "theme"
    form = (forms[2:] or forms if prefixed else forms)[event.negated]
    return [word(form, "AUX" if predicate else "VERB", lexeme), *predicate]


def variants(event: Event) -> list[Variant]:
    views = [name for name in VIEWS[event.relation] if not (event.negated and "+" in name)]
    orders = ["plain"] + [f"{role}_first" for role in ("time", "place") if event.get(role)]
    orders += ["cause_first"] if event.cause else []
    return [Variant(view, order) for view in views for order in orders]


def _clause(event: Event, variant: Variant, asked: str = "") -> list[Token]:
    view = VIEWS[event.relation][variant.view]
    adjuncts = {role: _phrase(event, role, "", asked) for role in ADJUNCTS if event.get(role)}
    if event.cause:
        adjuncts["cause"] = [*words("kwa|kwa|ADP sababu|sababu|NOUN"), *clause_of_cause(event.cause)]
    fronted = adjuncts.pop(variant.order.removesuffix("_first"), [])
    tokens = closed(fronted, ",") if fronted else []
    tokens += [*words(LEXICON["heads"].get(view.verb, "")), *_phrase(event, view.subject, "", asked)]
    tokens += _verb(event, view, asked)
    for role, marker in view.complements.items():
        tokens += adjuncts.pop(role, []) if role in ADJUNCTS else _phrase(event, role, marker, asked)
    return [*tokens, *(token for adjunct in adjuncts.values() for token in adjunct)]


def clause(event: Event, variant: Variant) -> list[Token]:
    return _clause(event, variant)


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(clause(cause, Variant("state", "plain")), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The comma tells *na* 'and' from *na* 'by', and from a list of names."""
    return [*closed(first, ","), word("na", "CCONJ"), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    if "+" in view or event.negated:
        return None
    if event.cause and event.cause["experiencer"] == event.get(asked.partition(":")[0]):
        event = replace(event, cause=None)
    return _clause(event, Variant(view, "plain"), asked)


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(capitalised(tokens), mark)
