"""Spanish. Subject, verb, objects, place, time; passive with *ser* and *por*; adverbials may come first."""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages import base
from adapterstilts.pocket.languages.base import Token, Variant, closed, lexicon, marked, proper_noun, word, words
from adapterstilts.pocket.meanings import FEMININE, Concept, Event

CODE = "es"
NAME = "Spanish"
PREPOSITIONAL = True

LEXICON = lexicon(CODE)
VIEWS = base.views_of(LEXICON)
NOUNS, ADJECTIVES, PARTICIPLES = LEXICON["nouns"], LEXICON["adjectives"], LEXICON["participles"]


def _agreement(concept: Concept) -> int:
    """Which form agrees with ``concept``: masculine 0, feminine 1, their plurals 2 and 3."""
    if concept.kind == "person":
        return int(concept.name in FEMININE)
    if concept.kind == "organisation":
        return 1  # whatever its name, as "empresa" is feminine
    return int(not NOUNS[concept.name].startswith("m ")) + (2 if concept.number > 1 else 0)


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; its article stays outside the role's span."""
    if concept.kind in ("person", "organisation", "city"):
        return proper_noun(concept, role, LEXICON["cities"].get(concept.name, ""))
    if concept.kind in ("subject", "game"):
        return [word(LEXICON["fields"][concept.name], "NOUN", role=role)]
    gender, singular, *plural = (LEXICON["places"] if concept.kind == "place" else NOUNS)[concept.name].split()
    if concept.number > 1:
        return marked([word(str(concept.number), "NUM"), word(plural[0], "NOUN", singular)], role)
    noun = [word(singular, "NOUN")]
    if concept.property:
        adjective = LEXICON["properties"][concept.property]
        noun.append(word(ADJECTIVES[adjective].split()[_agreement(concept)], "ADJ", adjective))
    return [word(LEXICON["articles"][gender], "DET", "el"), *marked(noun, role)]


def _with_marker(marker: str, phrase: list[Token]) -> list[Token]:
    if marker in LEXICON["contractions"] and phrase[0].form == "el":
        return [word(LEXICON["contractions"][marker], "ADP", marker), *phrase[1:]]
    return [*words(LEXICON["markers"].get(marker, marker), "ADP"), *phrase]


def _adverbial(event: Event, role: str) -> list[Token]:
    concept = event[role]
    if concept.kind == "year":
        return [word("en", "ADP"), word(concept.name, "NUM", role=role)]
    if concept.name == "yesterday":
        return [word("ayer", "ADV", role=role)]
    if concept.kind == "day":
        return [word("el", "DET"), word(LEXICON["days"][concept.name], "NOUN", role=role)]
    if (event.relation, concept.name) == ("paint", "brush"):
        concept = replace(concept, name="paintbrush")
    return _with_marker("con" if role == "instrument" else "en", noun_phrase(concept, role))


def variants(event: Event) -> list[Variant]:
    views = list(VIEWS[event.relation])
    fronted = [role for role in ("time", "place") if event.get(role)]
    if event.negated and event.relation == "arrival":
        fronted = [role for role in fronted if role == "time"]
    if not event.negated:
        views += [f"{name}+passive" for name, view in VIEWS[event.relation].items() if view.verb in PARTICIPLES]
    orders = ["plain", *(f"{role}_first" for role in fronted), *(["cause_first"] if event.cause else [])]
    return [Variant(view, order) for view in views for order in orders]


def _parts(event: Event, view: str, asked: str = "") -> tuple[str, list[Token], dict[str, list[Token]]]:
    """Role of the subject, its verb, and the words of every other role; nothing agrees with an ``asked`` role."""
    name, _, voice = view.partition("+")
    lexeme, subject, complements = VIEWS[event.relation][name]
    verb = words(LEXICON["verbs"][event.state or lexeme])
    agreeing = VIEWS[event.relation][name].object or subject
    if voice:
        agent, subject = subject, next(role for role, marker in complements.items() if marker in ("", "a"))
        complements = {agent: "por", **{role: marker for role, marker in complements.items() if role != subject}}
        participle = PARTICIPLES[lexeme].split()[_agreement(event[subject])]
        verb = words(f"{'fueron' if event[subject].number > 1 else 'fue'}|ser|AUX {participle}|{lexeme}")
    elif verb[-1].upos == "ADJ":
        index = 0 if asked == agreeing else _agreement(event[agreeing])
        *verb, adjective = verb
        verb.append(replace(adjective, form=ADJECTIVES[adjective.lexeme].split()[index]))
    clitic = "le|él|PRON" if "dat" in complements.values() and not voice else ""
    verb = [*words("no|no|ADV" if event.negated else ""), *words(clitic), *verb]
    said = {role: marker for role, marker in complements.items() if event.get(role)}
    phrases = {role: _with_marker(marker, noun_phrase(event[role], role)) for role, marker in said.items()}
    for role in ("instrument", "place", "time"):
        if event.get(role) and role not in phrases:
            phrases[role] = _adverbial(event, role)
    if event.get("time") and event["time"].name == "yesterday":  # a bare adverb keeps to the verb
        phrases = {"time": phrases["time"], **phrases}
    return subject, verb, phrases


def clause(event: Event, variant: Variant) -> list[Token]:
    subject, verb, phrases = _parts(event, variant.view)
    role = variant.order.removesuffix("_first")
    front = phrases.pop(role, [])
    named, tail = noun_phrase(event[subject], subject), [token for tokens in phrases.values() for token in tokens]
    if event.relation == "arrival" and role == "place":  # a complement, not an adjunct
        return [*front, *verb, *named, *tail]
    said = [*named, *verb, *tail]
    if event.cause and role == "cause":
        front = [word("como", "SCONJ"), *clause_of_cause(event.cause)]
    elif event.cause:  # after "no", only the comma keeps "porque" out of what is denied
        said = closed(said, ",") if event.negated else said
        said = [*said, word("porque", "SCONJ"), *clause_of_cause(event.cause)]
    return [*closed(front, ","), *said] if front else said


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(clause(cause, Variant("state", "plain")), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    link = [word("e" if second[0].form.startswith("I") else "y", "CCONJ", "y")]
    if any(token.form == "," and after.form != "porque" for token, after in zip(second, second[1:], strict=False)):
        link = closed(link, ",")  # a fronted adverbial stands between commas
    if any(token.form == "porque" for token in first):
        first = closed(first, ",")
    return [*first, *link, *second]


def _interrogative(event: Event, role: str, phrase: list[Token], number: str) -> list[Token]:
    """What asks for ``role``, whose filler is said as ``phrase``: its preposition comes along."""
    concept, table = event[role], LEXICON["interrogatives"]
    if number:
        how_many = LEXICON["how_many"][NOUNS[concept.name].split()[0]]
        return [word(how_many, "DET", "cuánto"), replace(phrase[-1], role="")]
    if role == "place" and event.relation == "arrival":
        return words(table["goal"])
    if role in ("place", "time") or concept.kind == "game":
        return words(table.get(role, table["game"]))
    prepositions = [token for token in phrase if not token.role and token.upos != "DET"]
    return [*prepositions, *words(table.get(concept.kind, table["other"]))]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """Causes are left unsaid: the state's bearer may be the answer."""
    role, _, number = asked.partition(":")
    from_home = view == "from_to" and role in ("source", "goal")  # "viajó Anna de París": her home?
    if "+" in view or event.negated or from_home:
        return None
    if event.relation in ("found", "takeover"):
        view += "+passive"  # "qué empresa adquirió Leo" does not tell who did it
    subject, verb, phrases = _parts(event, view, "" if number else role)
    named = noun_phrase(event[subject], subject)
    front = _interrogative(event, role, phrases.pop(role, named), number)
    tail = [token for tokens in phrases.values() for token in tokens]
    if role == subject:
        return [*front, *verb, *tail]
    tags = [token.upos for token in verb]
    if "VERB" not in tags:  # a copula: only its subject is asked for
        return None
    cut = 1 + max(tags.index("VERB"), tags.index("ADJ") if "ADJ" in tags else 0)  # "le tomó prestado"
    return [*front, *verb[:cut], *named, *verb[cut:], *tail]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    opening = [Token("¿", "¿", "PUNCT", space=False)] if mark == "?" else []
    return [*opening, *closed(base.capitalised(tokens), mark)]
