"""Russian. Subject, time, verb, objects, place. Names stay as they are: order and agreement tell who did it.

No bare name but the subject comes before the verb. An organisation's name follows *компания*, which shows its case.
"""

from __future__ import annotations

from adapterstilts.pocket.languages import base
from adapterstilts.pocket.languages.base import Token, Variant, closed, marked, word, words
from adapterstilts.pocket.meanings import MASCULINE, Concept, Event

CODE = "ru"
NAME = "Russian"
PREPOSITIONAL = True

LEXICON = base.lexicon(CODE)
VIEWS = base.views_of(LEXICON)


def _cells(table: str, name: str) -> dict[str, str]:
    """A row of the lexicon by the names of its columns."""
    return dict(zip(LEXICON["columns"][table].split(), LEXICON[table][name].split(), strict=False))


def _gender(concept: Concept) -> str:
    """'m', 'f', 'n', or 'p' for the plural."""
    if concept.kind == "thing":
        return "p" if concept.number > 1 else _cells("thing", concept.name)["gender"]
    return "m" if concept.kind == "person" and concept.name in MASCULINE else "f"


def _noun(form: str, lemma: str, role: str) -> list[Token]:
    """A noun behind the adjective that may belong to it."""
    tags = ("ADJ", "NOUN")[-1 - form.count("_") :]
    return [word(*cell, role) for cell in zip(form.split("_"), tags, lemma.split("_"), strict=True)]


def _thing(concept: Concept, role: str, case: str) -> list[Token]:
    cells = _cells("thing", concept.name)
    lemma = LEXICON["lemmas"].get(concept.name, cells["nom"])
    if concept.number > 1:
        column = "many" if concept.number > 4 else {"nom": "few", "acc": "few_acc"}[case]
        return [word(str(concept.number), "NUM", role=role), *_noun(cells[column], lemma, role)]
    noun = _noun(cells[case], lemma, role)
    if not concept.property:
        return noun
    forms, gender = _cells("adjectives", concept.property), cells["gender"]
    return [word(forms.get(f"{gender}_{case}", forms[gender]), "ADJ", forms["m"], role), *noun]


def noun_phrase(concept: Concept, role: str, case: str) -> list[Token]:
    """``case`` may be a direction too ('from', 'to', 'at'), which brings its preposition."""
    if concept.kind == "thing":
        return _thing(concept, role, case)
    if concept.kind in LEXICON["heads"]:
        return [*words(LEXICON["heads"][concept.kind].get(case, "")), *base.proper_noun(concept, role)]
    cells = _cells(concept.kind, concept.name)
    *preposition, form = cells[case].split("+")
    noun = _noun(form, cells["nom"], role)
    if concept.kind == "city":
        noun = [Token(form, cells["nom"], "PROPN", role, "LOC")]
    return [*(word(form, "ADP") for form in preposition), *noun]


def _governor(marker: str) -> tuple[list[Token], str]:
    """The words of a complement before what they govern, and the case of that."""
    *pattern, case = (LEXICON["governors"].get(marker) or marker or "acc").split()
    return words(" ".join(pattern)), case


def adverbial(event: Event, role: str) -> list[Token]:
    concept, direction = event[role], LEXICON["directions"].get(event.relation, "at")
    if concept.kind == "year":
        return [word("в", "ADP"), word(concept.name, "ADJ", role=role), word("году", "NOUN", "год")]
    if concept.kind == "day":
        *preposition, day = words(LEXICON["day"][concept.name], "NOUN")
        return [*preposition, *marked([day], role)]
    if concept.name == "brush" and event.relation == "paint":
        concept = Concept("instrument", "paintbrush")
    return noun_phrase(concept, role, "ins" if role == "instrument" else direction)


def variants(event: Event) -> list[Variant]:
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    orders += ["cause_first"] if event.cause else []
    found = [Variant(name, order) for name in VIEWS[event.relation] for order in orders]
    for name, view in () if event.negated else VIEWS[event.relation].items():
        # then the subject follows the verb, and must not stand beside a bare name in the dative
        if "theme" in view.complements and "dat" not in view.complements.values():
            found.append(Variant(name, "theme_first"))
        # beside an instrument, a bare name as agent would be a second instrumental
        if view.verb in LEXICON["participles"] and not event.get("instrument"):
            found += [Variant(f"{name}+passive", order) for order in orders]
    return found


def _predicate(event: Event, verb: str, gender: str, passive: bool) -> list[Token]:
    if event.state:
        return words(LEXICON["states"][event.state][gender])
    if passive or verb == "быть":
        participle = [word(_cells("participles", verb)[gender], "VERB", verb)] if passive else []
        return [word(_cells("verbs", "быть")[gender], "AUX", "быть"), *participle]
    if ("place", "city") in ((role, concept.kind) for role, concept in event.roles):
        verb = LEXICON["to_city"].get(verb, verb)
    return [word(_cells("verbs", verb)[gender], "VERB", verb), *words(LEXICON["particles"].get(verb, ""))]


def _phrases(event: Event, view: str, gender: str = "", inverted: bool = False) -> dict[str, list[Token]]:
    """The phrases by role: plain or theme, source, time, verb, subject; the verb agrees with ``gender`` if given."""
    name, _, voice = view.partition("+")
    verb, subject, markers = chosen = VIEWS[event.relation][name]
    if voice:
        subject, markers = chosen.object, {subject: "ins", **{role: case for role, case in markers.items() if case}}
    adjuncts = {role: adverbial(event, role) for role in ("time", "instrument", "place") if event.get(role)}
    predicate = _predicate(event, verb, gender or _gender(event[subject]), bool(voice))
    time = adjuncts.pop("time", [])
    phrases = {subject: noun_phrase(event[subject], subject, "nom"), "time": time, "verb": predicate}
    complements = {}
    for role, marker in markers.items():
        head, case = _governor(marker)
        complements[role] = [*head, *noun_phrase(event[role], role, case)]
    late = event.relation == "arrival"  # "came to the museum not earlier than Ben"
    phrases |= adjuncts | complements if late else complements | adjuncts
    if event.negated:
        denied = next(iter(complements)) if late else "verb"
        phrases[denied] = [word("не", "PART"), *phrases[denied]]
    ranks = {"theme": 0, "seller": 1, "giver": 1, "lender": 1, "time": 2, "verb": 3, subject: 4}
    order = sorted(phrases, key=lambda role: ranks.get(role, 5)) if inverted else phrases
    return {role: phrases[role] for role in order}


def clause(event: Event, variant: Variant) -> list[Token]:
    first = variant.order.removesuffix("_first")
    phrases = _phrases(event, variant.view, inverted=first == "theme")
    order = sorted(phrases, key=lambda role: role != first)
    said = [token for role in order for token in phrases[role]]
    if not event.cause:
        return said
    if first == "cause":
        return [*closed([word("поскольку", "SCONJ"), *clause_of_cause(event.cause)], ","), *said]
    return [*closed(said, ","), *words("потому|потому|ADV что|что|SCONJ"), *clause_of_cause(event.cause)]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(clause(cause, Variant("state", "plain")), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    return [*closed(first, ","), word("и", "CCONJ"), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """Causes are left unsaid: they might name the answer. *Кто* is masculine."""
    role, _, number = asked.partition(":")
    chosen = VIEWS[event.relation].get(view)
    if not chosen or event.negated or (chosen.verb == "быть" and role != chosen.subject):
        return None
    who, place = event[chosen.subject].kind, LEXICON["directions"].get(event.relation, "at")
    markers = {chosen.subject: "nom", "place": place, "time": "at", "instrument": "ins", **chosen.complements}
    head, case = _governor(LEXICON["asked"].get(markers[role], markers[role]))
    asking = [*head, *words(LEXICON["interrogatives"]["number" if number else event[role].kind][case])]
    if number:  # one that takes the genitive plural
        asking += _thing(Concept("thing", event[role].name, number=5), "", "acc")[1:]
    gender = "m" if role == chosen.subject and who == "person" else ""
    phrases = _phrases(event, view, gender, inverted=who == "organisation" and role == chosen.object)
    return [*asking, *(token for other in phrases if other != role for token in phrases[other])]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(base.capitalised(tokens), mark)
