"""French. Subject, verb in the passé composé, objects, place, time; passive with *par*; adverbials may come first.

Phrases are made of full words (*de Anna*, *à le marché*); elision and contraction come last (*d'Anna*, *au marché*).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from adapterstilts.pocket.languages.base import Token, Variant, capitalised, lexicon, proper_noun, views_of, word, words
from adapterstilts.pocket.meanings import FEMININE, Concept, Event

CODE = "fr"
NAME = "French"
PREPOSITIONAL = True
LEXICON = lexicon(CODE)
VIEWS = views_of(LEXICON)
NO_PASSIVE = {"enseigner", "apprendre", "recevoir"}
COMMA = Token(",", ",", "PUNCT")


def _elides(form: str) -> bool:
    return form[0].lower() in "aeiouéœ" or form in LEXICON["mute_h"]


def _joined(tokens: list[Token]) -> list[Token]:
    """``tokens`` with elision and contraction, and no space before a comma or a full stop (as before "?")."""
    found: list[Token] = []
    for token in reversed(tokens):
        following = found[-1].form if found else "-"
        pair = f"{token.form} {following.lower()}"
        if token.form in LEXICON["elisions"] and _elides(following):
            token = replace(token, form=LEXICON["elisions"][token.form], space=False)
        elif pair in LEXICON["contractions"]:
            found.pop()
            token = replace(token, form=LEXICON["contractions"][pair])
        found.append(replace(token, space=token.space and following not in ",."))
    return found[::-1]


def _cell(concept: Concept, asked: bool = False) -> int:
    """Which cell agrees (m, f, m plural, f plural) with ``concept``, or with the interrogative if it is asked for."""
    if concept.kind == "thing":
        return 0 if asked else LEXICON["nouns"][concept.name].startswith("la ") + 2 * (concept.number > 1)
    return int(concept.kind != "person" or (concept.name in FEMININE and not asked))  # f: entreprise, matière


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; its article stays outside the role's span."""
    if concept.kind in ("person", "organisation", "city"):
        article, _, form = LEXICON["cities"].get(concept.name, "").rpartition(" ")
        return [*words(article and f"{article}|le|DET"), *proper_noun(concept, role, form)]
    article, *cells = LEXICON["nouns"][concept.name].split()
    forms = cells[concept.number > 1].split("_")
    noun = [word(form, "NOUN", lexeme, role) for form, lexeme in zip(forms, cells[0].split("_"), strict=True)]
    if concept.number > 1:
        return [word(str(concept.number), "NUM", role=role), *noun]
    if concept.property:
        stout = concept.property == "big" and concept.name in LEXICON["stout"]
        cells = LEXICON["adjectives"]["stout" if stout else concept.property].split()
        adjective = [word(cells[2 if article == "la" else _elides(forms[0])], "ADJ", cells[0], role)]
        noun = noun + adjective if concept.property in LEXICON["postnominal"] else adjective + noun
    return [word(article, "DET", "le"), *noun]


def adverbial(event: Event, role: str) -> list[Token]:
    concept = event[role]
    if concept.kind == "year":
        return [word("en", "ADP"), word(concept.name, "NUM", role=role)]
    if concept.kind == "day":
        return [word(LEXICON["days"][concept.name], "ADV" if concept.name == "yesterday" else "NOUN", role=role)]
    preposition = "avec" if role == "instrument" else "dans" if concept.name in LEXICON["inside"] else "à"
    if (event.relation, concept.name) == ("paint", "brush"):
        concept = replace(concept, name="paintbrush")
    return [word(preposition, "ADP"), *noun_phrase(concept, role)]


def variants(event: Event) -> list[Variant]:
    found = VIEWS.get(event.relation, {})
    views = list(found) or (["state"] if event.state else ["greater", "lesser"])
    if not event.negated:
        views += [f"{name}+passive" for name, view in found.items() if view.object and view.verb not in NO_PASSIVE]
    fronted = ["time"] if event.relation == "arrival" else ["time", "place"]  # one arrives *to* a place
    orders = ["plain", *(f"{role}_first" for role in fronted if event.get(role)), *["cause_first"] * bool(event.cause)]
    return [Variant(view, order) for view in views for order in orders]


def _predicate(event: Event, view: str, asked: str) -> tuple[str, list[Token], dict[str, list[Token]]]:
    """Role of the subject, the verb with its finite word first, and the complements; ``asked`` is asked for."""
    name, _, voice = view.partition("+")
    if event.relation not in VIEWS:
        subject, other = "experiencer" if event.state else name, "lesser" if name == "greater" else "greater"
        cells = LEXICON["states"][event.state] if event.state else LEXICON["comparatives"][event.relation][name]
        than = {} if event.state else {other: [word("que", "SCONJ"), *noun_phrase(event[other], other)]}
        return subject, words(cells[_cell(event[subject], asked == subject)]), than
    key, subject, markers = VIEWS[event.relation][name]
    target = VIEWS[event.relation][name].object
    if voice:
        markers = {**{role: marker for role, marker in markers.items() if marker}, subject: "par"}
        subject = target
    infinitive, _, bare_noun = key.partition("_")
    auxiliary, *participles = LEXICON["verbs"][key].split()
    # with *avoir* the participle agrees only with an object before it, which is asked for
    agreeing = subject if voice or auxiliary == "être" else target * (target == asked.partition(":")[0])
    participle = participles[_cell(event[agreeing], asked == agreeing) if agreeing else 0]
    finite = LEXICON["auxiliaries"][auxiliary].split()[event[subject].number > 1]
    verb = [word(finite, "AUX", auxiliary), *words("été|être|AUX" * bool(voice)), word(participle, "VERB", infinitive)]
    outer = {role: words(marker.replace("_", " "), "ADP") for role, marker in markers.items()}
    phrases = {role: [*outer[role], *noun_phrase(event[role], role)] for role in markers}
    return subject, [*verb, *words(bare_noun, "NOUN")], phrases


def _parts(event: Event, view: str, asked: str = "") -> tuple[str, list[Token], dict[str, list[Token]]]:
    """Role of the subject, the verb with its negation, and every other phrase by role."""
    subject, verb, phrases = _predicate(event, view, asked)
    if event.negated:
        verb = [word("ne", "ADV"), verb[0], word("pas", "ADV"), *verb[1:]]
    phrases |= {role: adverbial(event, role) for role in ("instrument", "place", "time") if event.get(role)}
    if event.cause:  # the comma keeps the cause out of the negation
        phrases["cause"] = [*[COMMA] * event.negated, *words(LEXICON["because"]), *clause_of_cause(event.cause)]
    return subject, verb, phrases


def clause(event: Event, variant: Variant) -> list[Token]:
    subject, verb, phrases = _parts(event, variant.view)
    front = phrases.pop(variant.order.removesuffix("_first"), [])
    if event.cause and variant.order == "cause_first":
        front = [word("comme", "SCONJ"), *clause_of_cause(event.cause)]
    front += [COMMA] if front else []
    return _joined([*front, *noun_phrase(event[subject], subject), *verb, *chain(*phrases.values())])


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return [replace(token, role="") for token in clause(cause, variants(cause)[0])]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The comma keeps a name at the end apart from the second subject (*à Oscar et Sara*)."""
    return _joined([*first, COMMA, word("et", "CCONJ"), *second])


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """A person as subject is taken up by a pronoun (*où Anna a-t-elle ...*), a company follows *est-ce que*."""
    role, _, number = asked.partition(":")
    compared = event.relation not in VIEWS
    unasked = role != view if compared else view == "from_to" and role in ("source", "goal")
    if "+" in view or event.negated or unasked:
        return None
    if event.cause and event.cause["experiencer"] == event.get(role):
        event = replace(event, cause=None)
    subject, verb, phrases = _parts(event, view, asked)
    markers = {} if compared else VIEWS[event.relation][view].complements
    marker = {"goal": "dans", "instrument": "avec"}.get(role) or markers.get(role, "")
    front = words(marker.replace("_", " "), "ADP")
    front += words(LEXICON["interrogatives"][role if role in ("place", "time") else number or event[role].kind])
    front += noun_phrase(event[role], "")[1:] if number else []
    if role != subject:
        del phrases[role]
        if event[subject].kind == "organisation" and front[-1].form != "que":
            front += words(LEXICON["is_it_that"])
        if front[-1].form != "que":
            pronoun = LEXICON["auxiliaries"][verb[0].lexeme].split()[2 + _cell(event[subject])]
            verb = [replace(verb[0], space=False), word(pronoun, "PRON", "il"), *verb[1:]]
        front += noun_phrase(event[subject], subject)
    return _joined([*front, *verb, *chain(*phrases.values())])


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return _joined([*capitalised(tokens), word(mark, "PUNCT")])
