"""Arabic, Modern Standard, without short vowels. Verb, subject, objects, place, time; or the subject first.

Every inflected form is stored. Names stay in Latin script, with prepositions before them as separate words.
"""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages import base
from adapterstilts.pocket.languages.base import Token, Variant, closed, marked, proper_noun, word, words
from adapterstilts.pocket.meanings import ANIMALS, FEMININE, Concept, Event

CODE = "ar"
NAME = "Arabic"
PREPOSITIONAL = True

LEXICON = base.lexicon(CODE)
VIEWS = base.views_of(LEXICON)
COMPARATIVES = LEXICON["comparatives"]


def _feminine(concept: Concept) -> bool:
    """Agreement of the verb; an organisation is feminine because شركة is understood."""
    return concept.kind == "organisation" or concept.name in FEMININE


def _nouns(forms: str, lexemes: str) -> list[Token]:
    """A noun, or two that ``~`` joins."""
    return [word(form, "NOUN", lexeme) for form, lexeme in zip(forms.split("~"), lexemes.split("~"), strict=True)]


def _adjective(cells: str, feminine: bool) -> Token:
    *forms, lexeme = cells.split()
    return word(forms[feminine], "ADJ", lexeme)


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; the article is a part of the noun, and of the adjective beside it."""
    if concept.kind in ("person", "organisation", "city"):
        return proper_noun(concept, role, LEXICON["cities"].get(concept.name, ""))
    cells = LEXICON[concept.kind][concept.name].split()
    if concept.kind != "thing":
        definite, lexeme = cells
        return marked(_nouns(definite, lexeme), role)
    gender, definite, plural, _, lexeme = cells
    if concept.number > 1:
        return marked([word(str(concept.number), "NUM"), *_nouns(plural, lexeme)], role)
    phrase = _nouns(definite, lexeme)
    if concept.property:
        aged = concept.property == "old" and concept.name in (*ANIMALS, "animal")
        phrase.append(_adjective(LEXICON["adjectives"]["aged" if aged else concept.property], gender == "f"))
    return marked(phrase, role)


def _preposition(marker: str) -> list[Token]:
    return words(LEXICON["prepositions"].get(marker, marker), "ADP")


def adverbial(event: Event, role: str) -> list[Token]:
    concept = event[role]
    if concept.kind == "year":
        return [word("في", "ADP"), *marked([word("عام", "NOUN"), word(concept.name, "NUM")], role)]
    if concept.name == "yesterday":
        return [word("أمس", "ADV", role=role)]
    if concept.kind == "day":
        return [word("يوم", "NOUN", role=role), *noun_phrase(concept, role)]
    place = "إلى" if event.relation == "arrival" else "في"
    return [*_preposition("ب" if role == "instrument" else place), *noun_phrase(concept, role)]


def variants(event: Event) -> list[Variant]:
    orders = ["plain", "svo", *(["time_first"] if event.get("time") else [])]
    if event.get("place") and event.relation != "arrival":
        orders.append("place_first")
    if event.cause and not event.negated:
        orders.append("cause_first")
    return [Variant(view, order) for view in VIEWS[event.relation] for order in orders]


def _verb(event: Event, key: str, feminine: bool) -> list[Token]:
    if key in LEXICON["before_theme"]:
        key = LEXICON["before_theme"][key].get(event["theme"].name, key)
    cells = LEXICON["verbs"][key].split()
    verb = word(cells[feminine + 2 * event.negated], "AUX" if key == "be" else "VERB", cells[0])
    return [word("لم", "PART"), verb] if event.negated else [verb]


def _phrases(event: Event, view: str) -> dict[str, list[Token]]:
    """Everything but verb and subject by role, with its preposition, in the plain order."""
    _, subject, complements = VIEWS[event.relation][view]
    phrases: dict[str, list[Token]] = {}
    if event.relation in COMPARATIVES:
        phrases["predicate"] = words(COMPARATIVES[event.relation][view])
    if event.state:
        phrases["predicate"] = [_adjective(LEXICON["states"][event.state], _feminine(event[subject]))]
    order = (*complements, "instrument", "place", "time")
    if event.relation == "arrival":  # the goal comes before "earlier than Ben"
        order = ("place", *order)
    for role in dict.fromkeys(order):
        if role in complements:
            phrases[role] = [*_preposition(complements[role]), *noun_phrase(event[role], role)]
        elif event.get(role):
            phrases[role] = adverbial(event, role)
    if event.cause:
        phrases["cause"] = [*words("ل_|ل|ADP أن|أن|SCONJ"), *clause_of_cause(event.cause)]
    return phrases


def clause(event: Event, variant: Variant) -> list[Token]:
    key, subject, _ = VIEWS[event.relation][variant.view]
    named, verb = noun_phrase(event[subject], subject), _verb(event, key, _feminine(event[subject]))
    phrases = _phrases(event, variant.view)
    front = phrases.pop(variant.order.removesuffix("_first"), [])
    if variant.order == "cause_first":
        front = closed(front, "،")
    core = [*named, *verb] if variant.order == "svo" else [*verb, *named]
    return [*front, *core, *(token for phrase in phrases.values() for token in phrase)]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state with its subject first, as أن wants it, its words outside every role of the event."""
    return marked(clause(cause, Variant("state", "svo")), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The conjunction is written together with an Arabic word and apart from a Latin one."""
    return [*first, Token("و", "و", "CCONJ", space=second[0].form.isascii()), *second]


def _interrogative(event: Event, role: str, marker: str, number: str) -> list[Token]:
    """What asks for ``role``, which is not the subject, with the preposition ``marker``."""
    concept = event[role]
    if number:
        *_, accusative, lexeme = LEXICON["thing"][concept.name].split()
        return [word("كم", "DET"), *_nouns(accusative, lexeme)]
    if role in LEXICON["adjunct_interrogatives"]:
        to_place = role == "place" and event.relation == "arrival"
        return words(LEXICON["adjunct_interrogatives"]["arrival" if to_place else role])
    if not marker:
        return words(LEXICON["object_interrogatives"][concept.kind])
    if concept.kind == "person" and marker in LEXICON["whom"]:
        return words(LEXICON["whom"][marker])
    return [*_preposition(marker), *words(LEXICON["interrogatives"][concept.kind])]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    role, _, number = asked.partition(":")
    key, subject, complements = chosen = VIEWS[event.relation][view]
    if event.negated or event.state or (event.relation in COMPARATIVES and role != subject):
        return None
    if event.cause and event.cause["experiencer"] == event[role]:
        event = replace(event, cause=None)
    kind, pronouns = event[role].kind, LEXICON["object_pronouns"]
    tail = [token for other, phrase in _phrases(event, view).items() if other != role for token in phrase]
    if role == subject:
        # a bare name after من and a verb could be taken for the subject; من الذي rules that out
        bare = kind == "person" and chosen.object and event[chosen.object].kind in pronouns
        table = LEXICON["object_interrogatives" if bare else "interrogatives"]
        return [*words(table[kind]), *_verb(event, key, kind == "organisation"), *tail]
    verb = _verb(event, key, _feminine(event[subject]))
    marker = complements.get(role, "")
    if kind in pronouns and not marker:  # "who is it that X helped him"
        form = LEXICON["before_pronoun"].get(verb[0].form, verb[0].form)
        verb = [replace(verb[0], form=form, space=False), *words(pronouns[kind])]
    return [*_interrogative(event, role, marker, number), *verb, *noun_phrase(event[subject], subject), *tail]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(tokens, "؟" if mark == "?" else mark)
