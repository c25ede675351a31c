"""Draw meanings. Every function takes its random generator, so that all of pocket follows from a seed.

``random.Random`` (Mersenne Twister) gives the same sequence on every platform; only ``random()`` and integer
methods are used, whose results do not depend on the platform's mathematics library.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

from adapterstilts.pocket import meanings
from adapterstilts.pocket.meanings import KINDS, RELATIONS, Concept, Event, Relation

ADJUNCT_KINDS = {
    "place": ("city", "place"), "city": ("city",), "time": ("year", "day"), "instrument": ("instrument",),
}  # fmt: skip


def draw_concept(rng: Random, kind: str, names: Sequence[str] = (), avoid: Collection[str] = ()) -> Concept:
    """A concept of ``kind`` whose name is in ``names`` (default: all of the kind) and not in ``avoid``."""
    choices = [name for name in names or KINDS[kind] if name not in avoid]
    name = rng.choice(choices)
    if kind in ("person", "organisation"):
        surname = rng.choice(meanings.SURNAMES) if rng.random() < 0.3 else ""
        return Concept(kind, name, surname)
    if kind == "thing" and rng.random() < 0.5:
        if rng.random() < 0.5:
            return Concept(kind, name, number=rng.choice(meanings.NUMBERS))
        return Concept(kind, name, property=rng.choice(meanings.PROPERTIES))
    return Concept(kind, name)


def draw_adjunct(rng: Random, relation: Relation, role: str, avoid: Collection[str] = ()) -> Concept:
    """A filler of the adjunct ``role`` ('place', 'time', 'instrument') that suits ``relation``."""
    if role == "place":
        free = set(relation.places or KINDS["place"]) - set(avoid)
        kinds = ("city", "place") if free and "city" not in relation.adjuncts else ("city",)
        kind = rng.choice(kinds)
        return draw_concept(rng, kind, relation.places if kind == "place" else (), avoid)
    if role == "instrument":
        return draw_concept(rng, "instrument", relation.instruments)
    return draw_concept(rng, rng.choice(("year", "day")), (), avoid)


def adjuncts_of(relation: Relation) -> tuple[str, ...]:
    """The adjunct roles that ``relation`` may take, causes aside."""
    named = tuple("place" if role == "city" else role for role in relation.adjuncts)
    return tuple(role for role in ("place", "time", "instrument") if role in named)


def draw_event(
    rng: Random,
    name: str,
    adjuncts: Collection[str] | None = None,
    avoid: Collection[str] = (),
    negated: bool = False,
) -> Event:
    """An event of the relation ``name``.

    ``adjuncts`` are the adjunct roles to fill; None draws them, each with probability one half. No two roles share
    a name, and none uses a name in ``avoid``.
    """
    relation = RELATIONS[name]
    taken = set(avoid)
    roles: list[tuple[str, Concept]] = []
    for role, kinds in relation.roles:
        kind = rng.choice(kinds)
        concept = draw_concept(rng, kind, relation.things if kind == "thing" else (), taken)
        taken.add(concept.name)
        roles.append((role, concept))
    if adjuncts is None:
        adjuncts = [role for role in (*adjuncts_of(relation), "cause") if rng.random() < 0.5]
    for role in adjuncts_of(relation):
        if role in adjuncts:
            concept = draw_adjunct(rng, relation, role, taken)
            taken.add(concept.name)
            roles.append((role, concept))
    cause = None
    if "cause" in relation.adjuncts and "cause" in adjuncts:
        who = rng.choice([concept for _, concept in roles[:2]])
        cause = Event("state", (("experiencer", who),), state=rng.choice(meanings.STATES))
    state = rng.choice(meanings.STATES) if name == "state" else ""
    return Event(name, tuple(roles), negated, state, cause)
