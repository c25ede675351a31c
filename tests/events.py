"""Events for the tests of languages, written in short, drawn, and said."""

from __future__ import annotations

from random import Random

from adapterstilts.pocket.languages.base import Language, Variant, text_of
from adapterstilts.pocket.meanings import KINDS, RELATIONS, Concept, Event
from adapterstilts.pocket.sampling import draw_event

ADJUNCTS = {"city": "place", "place": "place", "day": "time", "year": "time", "instrument": "instrument"}


def concept(kind: str, text: str) -> Concept:
    """The filler that ``text`` names: "Anna", "Max Weber", "book", "3 book" or "red hat"."""
    first, _, rest = text.partition(" ")
    if kind in ("person", "organisation"):
        return Concept(kind, first, rest)
    if not rest:
        return Concept(kind, first)
    return Concept(kind, rest, number=int(first)) if first.isdigit() else Concept(kind, rest, property=first)


def make(relation: str, *fillers: str, negated: bool = False, cause: Event | None = None, state: str = "") -> Event:
    """An event from the fillers of its roles in order, then those of its adjuncts, which their kinds tell apart."""
    slots = RELATIONS[relation].roles
    roles = [(role, concept(kinds[0], text)) for (role, kinds), text in zip(slots, fillers[: len(slots)], strict=True)]
    for text in fillers[len(slots) :]:
        kind = next(kind for kind in ADJUNCTS if text in KINDS[kind])
        roles.append((ADJUNCTS[kind], concept(kind, text)))
    return Event(relation, tuple(roles), negated, state, cause)


def state(name: str, experiencer: str, *adjuncts: str, negated: bool = False) -> Event:
    return make("state", experiencer, *adjuncts, negated=negated, state=name)


def of_every_relation(count: int, seed: int) -> list[Event]:
    """``count`` random events, the relations in turn, one in four negated."""
    rng = Random(seed)
    names = list(RELATIONS)
    return [draw_event(rng, names[n % len(names)], negated=rng.random() < 0.25) for n in range(count)]


def sentence_of(language: Language, event: Event, variant: Variant) -> str:
    return text_of(language.finish(language.clause(event, variant), "."))
