"""Korean. Topic, time, place, objects, verb; particles free the order; numerals follow the noun with its classifier.

Particles are words of their own, written onto the word before; its last sound chooses their form.
"""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

from adapterstilts.pocket.languages.base import Token, Variant, closed, lexicon, marked, proper_noun, views_of, words
from adapterstilts.pocket.meanings import HYPERNYMS, Concept, Event

CODE = "ko"
NAME = "Korean"
PREPOSITIONAL = False

LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
TABLES = ("nouns", "instruments", "fields", "places", "days")
NOUNS = {key: cell for table in TABLES for key, cell in LEXICON[table].items()}
PREDICATES = {**LEXICON["verbs"], **LEXICON["adjectives"]}
INFLECTED = {cells[2]: cells for cells in map(str.split, PREDICATES.values())}
QUESTION, CONJUNCTIVE, CAUSAL = 3, 4, 5
CIRCUMSTANCES = {"time": "에", "place": "에서", "instrument": "로"}
NO_SCRAMBLING = {"from_to", "to_from", "work", "state"}


def _special(table: dict[str, str], key: str, context: str) -> str:
    """The cell of ``key``, or the one that it has in this ``context``."""
    return table.get(f"{key}/{context}") or table[key]


def _hypernym(concept: Concept | None) -> str:
    return HYPERNYMS.get(concept.name, concept.name) if concept else ""


def _with_particle(tokens: list[Token], marker: str) -> list[Token]:
    """``tokens`` with a particle, and behind it the words that ``marker`` adds after underscores."""
    particle, *following = marker.split("_")
    *rest, last = tokens
    sound = normalize("NFD", LEXICON["readings"].get(last.form, last.form))[-1]  # a syllable falls into its letters
    forms = LEXICON["particles"].get(particle, f"{particle} {particle} {particle}").split()
    form = forms[1 if sound == "\u11af" else 0 if "\u11a8" <= sound <= "\u11c2" else 2]  # ㄹ, the final consonants
    after = [token for key in following for token in words(LEXICON["postpositions"][key])]
    return [*rest, replace(last, space=False), Token(form, particle, "ADP"), *after]


def noun_phrase(concept: Concept, role: str, relation: str = "") -> list[Token]:
    """The filler as a noun phrase without its particle."""
    if concept.kind in ("person", "organisation"):
        return proper_noun(concept, role)
    if concept.kind == "city":
        return proper_noun(concept, role, LEXICON["cities"][concept.name])
    if concept.kind == "year":
        return marked(words(f"{concept.name}_|{concept.name}|NUM 년", "NOUN"), role)
    noun, *classifier = _special(NOUNS, concept.name, relation).split()
    phrase = words(noun, "ADV" if concept.name == "yesterday" else "NOUN")
    if concept.number > 1:
        phrase += words(f"{concept.number}_|{concept.number}|NUM {classifier[0]}", "NOUN")
    if concept.property:
        phrase = words(_special(LEXICON["properties"], concept.property, _hypernym(concept))) + phrase
    return marked(phrase, role)


def _asking_phrase(event: Event, role: str, marker: str, number: bool) -> list[Token]:
    """The question word or words for ``role``, with their particle."""
    asking, concept = LEXICON["interrogatives"], event[role]
    if number:
        noun, classifier = (words(cell, "NOUN") for cell in NOUNS[concept.name].split())
        return [*_with_particle(noun, marker), *words(asking["number"]), *classifier]
    key = role if role in ("place", "time") else concept.kind
    if f"{key}/{marker}" in asking:
        return words(asking[f"{key}/{marker}"])
    return _with_particle(words(asking.get(key, asking["what"])), marker)


def _phrase(event: Event, role: str, marker: str, asked: str) -> list[Token]:
    """The filler of ``role`` with its particle, or what asks for it."""
    if asked.partition(":")[0] == role:
        return _asking_phrase(event, role, marker, ":" in asked)
    tokens = noun_phrase(event[role], role, event.relation)
    return tokens if event[role].name == "yesterday" else _with_particle(tokens, marker)


def _predicate(event: Event, key: str) -> list[Token]:
    """The verb or adjective ``key`` in the past, after the words that belong to it."""
    lexeme, before_negation, past, *_ = _special(PREDICATES, key, _hypernym(event.get("theme"))).split()
    upos = "ADJ" if key in LEXICON["adjectives"] else "VERB"
    before = words(LEXICON["before"].get(key, ""))
    if not event.negated:
        return [*before, Token(past, lexeme, upos)]
    auxiliary, _, past, *_ = PREDICATES[LEXICON["negators"].get(key, "not")].split()
    return [*before, Token(before_negation, lexeme, upos), Token(past, auxiliary, "AUX")]


def _in_form(tokens: list[Token], cell: int) -> list[Token]:
    """A clause in the past with its last word in another form."""
    *rest, last = tokens
    return [*rest, replace(last, form=INFLECTED[last.form][cell])]


def _of_subject(event: Event, view: str) -> bool:
    """Whether the cause is a state of the subject, which then is said once."""
    return event.cause is not None and event.cause["experiencer"] == event[VIEWS[event.relation][view].subject]


def variants(event: Event) -> list[Variant]:
    """Every construction; a negation has no passive, and no complement stands before it or before a cause."""
    views = [view for view in VIEWS[event.relation] if not (event.negated and "+" in view)]
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    orders += ["cause_first"] if event.cause else []
    found = [Variant(view, order) for view in views for order in orders]
    if event.negated or event.cause:
        return found
    return found + [Variant(view, "scrambled") for view in views if "+" not in view and view not in NO_SCRAMBLING]


def clause(event: Event, variant: Variant, asked: str = "") -> list[Token]:
    """The subject is the topic, unless it is ``asked`` for or follows what the verb governs."""
    verb, subject, complements = view = VIEWS[event.relation][variant.view]
    first = variant.order.removesuffix("_first")
    if first == "scrambled":
        first = view.object or next(iter(complements))
    topic = _phrase(event, subject, "이" if asked == subject or first in complements else "은", asked)
    markers = {role: mark for role, mark in CIRCUMSTANCES.items() if role not in complements} | complements
    phrases = {role: _phrase(event, role, mark or "을", asked) for role, mark in markers.items() if event.get(role)}
    if event.cause:
        phrases = {"cause": clause_of_cause(event.cause, not _of_subject(event, variant.view)), **phrases}
    front = phrases.pop(first, [])
    middle = [token for phrase in phrases.values() for token in phrase]
    return [*front, *topic, *middle, *_predicate(event, event.state or verb)]


def clause_of_cause(cause: Event, with_subject: bool = True) -> list[Token]:
    """The causing state, its subject in 가, its words outside every role of the event that it explains."""
    subject = _with_particle(noun_phrase(cause["experiencer"], ""), "이") if with_subject else []
    return [*subject, *_in_form(_predicate(cause, cause.state), CAUSAL), *words(LEXICON["because"])]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    return [*closed(_in_form(first, CONJUNCTIVE), ","), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word stands where its answer would; a cause that names the answer is left out.

    Nothing asks for the standard of a comparison: 누구보다 would mean 'than anyone'.
    """
    role, _, number = asked.partition(":")
    concept = event.get(role)
    if "+" in view or event.negated or concept is None or (number and concept.number == 1):
        return None
    if VIEWS[event.relation][view].complements.get(role) == "보다":
        return None
    if event.cause and event.cause["experiencer"] == concept:
        event = replace(event, cause=None)
    order = "cause_first" if event.cause and not _of_subject(event, view) else "plain"
    return _in_form(clause(event, Variant(view, order), asked), QUESTION)


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(tokens, mark)
