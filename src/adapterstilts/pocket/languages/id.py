"""Indonesian. Subject, verb, objects, place, time; meN- actives, di- passives with *oleh*; adverbials may come first.

A thing without a numeral is definite by *itu* after it; a numeral takes the noun's classifier. Objects are asked for
in the passive, as the language has it: *Apa yang dijual oleh Anna?*
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
from adapterstilts.pocket.meanings import ANIMALS, Concept, Event

CODE = "id"
NAME = "Indonesian"
PREPOSITIONAL = True

LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
COMPARATIVES = LEXICON["comparatives"]
OTHER = {"greater": "lesser", "lesser": "greater"}
BARE = {"subject": "fields", "game": "fields", "place": "places"}
ADJUNCTS = {"instrument": "dengan", "place": "di", "time": "pada"}
LIVING = {*ANIMALS, "animal"}
DETERMINER = word("itu", "DET")


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; its *itu* stays outside the role's span."""
    if concept.kind in ("person", "organisation"):
        return proper_noun(concept, role)
    if concept.kind == "city":
        return proper_noun(concept, role, LEXICON["cities"][concept.name])
    if concept.kind in BARE:
        return marked(words(LEXICON[BARE[concept.kind]][concept.name], "NOUN"), role)
    classifier, noun = LEXICON["nouns"][concept.name].split()
    if concept.number > 1:
        return marked([word(str(concept.number), "NUM"), *words(f"{classifier} {noun}", "NOUN")], role)
    adjectives = LEXICON["properties"]
    adjective = adjectives.get(f"{classifier} {concept.property}") or adjectives.get(concept.property)
    return [*marked([word(noun, "NOUN"), *words(adjective or "", "ADJ")], role), DETERMINER]


def _preposition(marker: str) -> list[Token]:
    return words(LEXICON["markers"].get(marker, marker), "ADP")


def _phrase(event: Event, role: str, marker: str) -> list[Token]:
    """The filler of ``role`` with its preposition, and with the noun that goes with it: *pada hari Senin*."""
    concept = event[role]
    if concept.kind == "instrument":
        tools = LEXICON["instruments"]
        tool = tools.get(f"{event.relation} {concept.name}") or tools[concept.name]
        return [word(marker, "ADP"), word(tool, "NOUN", role=role)]
    if concept.kind == "year":
        return [word(marker, "ADP"), word("tahun", "NOUN"), word(concept.name, "NUM", role=role)]
    if concept.name == "yesterday":
        return [word("kemarin", "ADV", role=role)]
    if concept.kind == "day":
        return [word(marker, "ADP"), word("hari", "NOUN"), word(LEXICON["days"][concept.name], "PROPN", role=role)]
    return [*_preposition(marker), *noun_phrase(concept, role)]


def _forms(event: Event, view: View) -> list[str]:
    """Active and, if there is one, passive; animals are not washed like things: *memandikan*."""
    bathed = view.verb == "wash" and event["theme"].name in LIVING
    return str(LEXICON["verbs"]["bathe" if bathed else view.verb]).split()


def _has_passive(event: Event, view: str) -> bool:
    found = VIEWS.get(event.relation, {}).get(view)
    return bool(found and found.object and len(_forms(event, found)) > 1)


def variants(event: Event) -> list[Variant]:
    if event.relation == "state":
        return [Variant("state", "plain")]
    views = list(VIEWS.get(event.relation, OTHER))
    if not event.negated:
        views += [f"{view}+passive" for view in views if _has_passive(event, view)]
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    # "because" before a negated verb would no longer be inside the negation
    orders += ["cause_first"] if event.cause and not event.negated else []
    return [Variant(view, order) for view in views for order in orders]


def _frame(event: Event, view: str) -> tuple[str, list[Token], dict[str, str]]:
    """Subject role, predicate, complements with their markers."""
    negation = [word("tidak", "PART")] if event.negated else []
    if event.relation == "state":
        return "experiencer", [*negation, word(LEXICON["states"][event.state], "ADJ")], {}
    if event.relation in COMPARATIVES:
        adjective = word(COMPARATIVES[event.relation][view], "ADJ")
        return view, [*negation, word("lebih", "ADV"), adjective], {OTHER[view]: "daripada"}
    name, _, voice = view.partition("+")
    found = VIEWS[event.relation][name]
    active, *passive = _forms(event, found)
    if voice:
        rest = {role: marker for role, marker in found.complements.items() if role != found.object}
        return found.object, [*negation, word(passive[0], "VERB", active)], {found.subject: "oleh", **rest}
    return found.subject, [*negation, *words(active.replace("+", " "))], found.complements


def _phrases(event: Event, view: str) -> dict[str, list[Token]]:
    """The words of each constituent by its role, the subject first, in the plain order."""
    subject, predicate, complements = _frame(event, view)
    found = {subject: noun_phrase(event[subject], subject), "predicate": predicate}
    for role, marker in {**complements, **ADJUNCTS}.items():
        if event.get(role):
            found[role] = _phrase(event, role, marker)
    if event.cause:
        found["cause"] = [word("karena", "SCONJ"), *clause_of_cause(event.cause)]
    return found


def clause(event: Event, variant: Variant) -> list[Token]:
    phrases = _phrases(event, variant.view)
    fronted = phrases.pop(variant.order.removesuffix("_first"), [])
    tokens = [*(closed(fronted, ",") if fronted else []), *sum(phrases.values(), [])]
    # no Indonesian sentence begins with digits
    return [word("sebanyak", "ADV"), *tokens] if tokens[0].upos == "NUM" else tokens


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(clause(cause, variants(cause)[0]), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """Two clauses; the comma keeps *dan* from joining the names on its two sides."""
    return [*closed(first, ","), word("dan", "CCONJ"), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word first, a subject's with *yang*; an object is asked for as the subject of the passive."""
    role, _, number = asked.partition(":")
    concept = event.get(role)
    if concept is None or event.relation == "state" or event.negated or "+" in view:
        return None
    if event.cause and event.cause["experiencer"] == concept:
        event = replace(event, cause=None)
    if _has_passive(event, view) and role == VIEWS[event.relation][view].object:
        view = f"{view}+passive"
    subject, _, complements = _frame(event, view)
    if role in complements and (event.relation in COMPARATIVES or not complements[role]):
        return None
    phrases = _phrases(event, view)
    del phrases[role]
    interrogative = words(LEXICON["interrogatives"][role if role in ("place", "time") else concept.kind])
    if number:
        interrogative = [*words("berapa", "DET"), *noun_phrase(concept, "")[1:]]
    preposition = _preposition({**ADJUNCTS, "time": "", **complements}.get(role, ""))
    relative = [word("yang", "PRON")] if role == subject else []
    return [*preposition, *interrogative, *relative, *sum(phrases.values(), [])]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(capitalised(tokens), mark)
