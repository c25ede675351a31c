"""German. Verb second, its particle or participle last; *nicht* before what is closely bound to the verb.

Between the verb's two parts stand subject, definite objects, time, *von* phrase, place, indefinite objects,
other prepositional phrases. Bare names show no case: none is fronted that could be taken for the subject.
"""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages import base
from adapterstilts.pocket.languages.base import Token, Variant, View, closed, lexicon, marked, proper_noun, word, words
from adapterstilts.pocket.meanings import Concept, Event

CODE = "de"
NAME = "German"
PREPOSITIONAL = True

LEXICON = lexicon(CODE)
VIEWS = base.views_of(LEXICON)
NOUNS, VERBS, PARTICIPLES = LEXICON["nouns"], LEXICON["verbs"], LEXICON["participles"]
# what follows the finite verb, in its order; a passive's subject stands where the object did
FIELDS = "reflexive subject dative object time source place negation late_object bound last verb than".split()
Phrases = dict[str, tuple[str, list[Token]]]  # role (or lemma of another word) to field and words


def noun_phrase(concept: Concept, role: str, case: str = "nom") -> list[Token]:
    """The filler as a noun phrase in ``case`` ('nom', 'acc', 'dat'); its article stays outside the role."""
    if concept.kind in ("person", "organisation", "city"):
        return proper_noun(concept, role, LEXICON["cities"].get(concept.name, ""))
    if concept.kind in ("subject", "game"):
        return [word(LEXICON["fields"][concept.name], "NOUN", role=role)]
    gender, singular, *plural = NOUNS[concept.name].split()
    if concept.number > 1:
        return marked([word(str(concept.number), "NUM"), word(plural[0], "NOUN", singular)], role)
    noun = [word(singular, "NOUN")]
    if concept.property:
        adjective, common, accusative = LEXICON["properties"][concept.property].split()
        noun.insert(0, word(accusative if (gender, case) == ("m", "acc") else common, "ADJ", adjective))
    return [word(LEXICON["articles"][case][gender], "DET", "der"), *marked(noun, role)]


def adverbial(event: Event, role: str) -> list[Token]:
    concept = event[role]
    if concept.kind == "year":
        return [*words("im|in|ADP Jahr|Jahr|NOUN"), word(concept.name, "NUM", role=role)]
    if concept.name == "yesterday":
        return [word("gestern", "ADV", role=role)]
    if concept.kind == "day":
        return [word("am", "ADP", "an"), word(LEXICON["days"][concept.name], "NOUN", role=role)]
    if concept.kind == "city":
        return [word("in", "ADP"), *noun_phrase(concept, role)]
    if concept.kind == "instrument":
        if (event.relation, concept.name) == ("paint", "brush"):
            concept = replace(concept, name="paintbrush")
        return [word("mit", "ADP"), *noun_phrase(concept, role, "dat")]
    *preposition, noun = words(LEXICON["places"][concept.name], "NOUN")
    return [*preposition, *marked([noun], role)]


def _promoted(view: View) -> str:
    """The complement that comes first in the passive: the accusative, else the dative (which stays one)."""
    return view.object or next((role for role, marker in view.complements.items() if marker == "dat"), "")


def variants(event: Event) -> list[Variant]:
    views = list(VIEWS[event.relation])
    if not event.negated:
        passive = [name for name, view in VIEWS[event.relation].items() if view.verb in PARTICIPLES and _promoted(view)]
        views += [f"{name}+passive" for name in passive]
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    orders += ["cause_first"] if event.cause else []
    orders += ["theme_first"] if event.relation == "leave" else []
    return [Variant(view, order) for view in views for order in (orders if view != "to_from" else ["plain"])]


def _late(event: Event, role: str) -> bool:
    """Whether an object stands after *nicht*: with a numeral, or a school subject unless the lesson is denied."""
    return event[role].number > 1 or (event[role].kind == "subject" and not event.negated)


def _parts(event: Event, view: str) -> tuple[str, Token, Phrases]:
    """Role of the subject, the finite verb, and everything else, the subject included."""
    name, _, voice = view.partition("+")
    lexeme, subject, complements = VIEWS[event.relation][name]
    finite, *rest = words(VERBS[event.state or lexeme])
    if voice:
        agent, subject = subject, _promoted(VIEWS[event.relation][name])
        complements = {agent: "von", **{role: marker for role, marker in complements.items() if role != subject}}
        finite = word("wurden" if event[subject].number > 1 else "wurde", "AUX", "werden")
        rest = [word(PARTICIPLES[lexeme], "VERB", lexeme)]
    phrases = {token.lexeme: ("reflexive" if token.upos == "PRON" else "verb", [token]) for token in rest}
    fields = {"nom": "object" if voice else "subject", "": "object", "dat": "dative", "von": "source", "als": "than"}
    for role, marker in {subject: "nom", **complements}.items():
        field = fields.get(marker, "bound")
        if field == "object" and _late(event, role):
            field = "late_object"
        elif field == "source" and event.negated and not any(_late(event, other) for other in complements):
            field = "bound"
        tokens = noun_phrase(event[role], role, "nom" if marker else "acc")
        closing = [word("aus", "ADP")] if (view, role) == ("to_from", "source") else []
        phrases[role] = field, [*words(LEXICON["markers"].get(marker, marker), "ADP"), *tokens, *closing]
    fields = {"time": "time", "place": "last" if event.relation == "arrival" else "place", "instrument": "last"}
    phrases |= {role: (fields[role], adverbial(event, role)) for role, _ in event.roles if role in fields}
    if event.negated:
        phrases["nicht"] = "negation", words("nicht|nicht|PART")
    return subject, finite, phrases


def _in_order(phrases: Phrases) -> list[Token]:
    """The words of ``phrases`` in the order of their fields."""
    ordered = [tokens for _, tokens in sorted(phrases.values(), key=lambda phrase: FIELDS.index(phrase[0]))]
    for index in range(1, len(ordered)):
        before, after = ordered[index - 1 : index + 1]
        if before[-1].upos == after[0].upos == "NUM":  # "1990 4 Autos" would be misread
            ordered[index - 1 : index + 1] = after, before
    return [token for tokens in ordered for token in tokens]


def clause(event: Event, variant: Variant) -> list[Token]:
    subject, finite, phrases = _parts(event, variant.view)
    first = variant.order.removesuffix("_first")
    if first == "plain":
        first = "goal" if variant.view == "to_from" else subject
    because = [word("weil", "SCONJ"), *clause_of_cause(event.cause)] if event.cause else []
    if first == "cause":
        return [*closed(because, ","), finite, *_in_order(phrases)]
    _, front = phrases.pop(first)
    said = [*front, finite, *_in_order(phrases)]
    return [*closed(said, ","), *because] if because else said


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state with its verb last, its words outside every role of the event that it explains."""
    _, finite, phrases = _parts(cause, "state")
    return marked([*_in_order(phrases), finite], "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    if any(token.upos == "SCONJ" for token in first[1:]):
        first = closed(first, ",")
    return [*first, word("und", "CCONJ"), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """Causes are left unsaid: the state's bearer may be the answer."""
    role, _, number = asked.partition(":")
    if role == "goal":
        view = "to_from"
    if "+" in view or event.negated:
        return None
    subject, finite, phrases = _parts(event, view)
    _, said = phrases.pop(role)
    marker = "nom" if role == subject else VIEWS[event.relation][view].complements.get(role, "")
    if marker == "als":  # nobody says "als wer war Anna älter?"
        return None
    if number:
        front = [*words("wie|wie|ADV viele|viel|DET"), replace(said[-1], role="")]
    elif role in LEXICON["interrogatives"]:
        front = words(LEXICON["interrogatives"][role])
    else:
        prepositions = [replace(token, form=token.lexeme) for token in said if token.upos == "ADP"]
        case = LEXICON["cases"].get(marker, "dat")
        front = [*prepositions, *words(LEXICON["asked"][event[role].kind][case])]
    return [*front, finite, *_in_order(phrases)]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(base.capitalised(tokens), mark)
