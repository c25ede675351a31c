"""Several events that belong together, drawn so that each lies in one split (:func:`~.meanings.split_of`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from adapterstilts.pocket.meanings import COMPARISONS, HYPERNYMS, RELATIONS, TRANSFERS, Concept, Event, split_of
from adapterstilts.pocket.sampling import adjuncts_of, draw_adjunct, draw_concept, draw_event

DEEDS = ("eat", "cut", "wash", "repair", "paint", "lose")
"""What those who have a thing may do with it."""


def draw_of_split(rng: Random, split: str, names: Sequence[str] = tuple(RELATIONS), **how: object) -> Event:
    """An event of a relation in ``names`` that belongs to ``split``."""
    while True:
        event = draw_event(rng, rng.choice(names), **how)  # type: ignore[arg-type]
        if split_of(event) == split:
            return event


def counterpart(rng: Random, event: Event) -> Event | None:
    """A like event of the same split: participants exchanged, every adjunct and the theme drawn anew.

    None where the relation has no exchange, or where nothing else tells the two apart: they could contradict.
    """
    relation = RELATIONS[event.relation]
    if not relation.exchangeable or not any(event.get(role) for role in ("place", "time", "theme")):
        return None
    other = event.exchanged()
    taken = {concept.name for _, concept in event.roles}
    for role in adjuncts_of(relation):
        if event.get(role):
            other = other.with_role(role, draw_adjunct(rng, relation, role, taken))
    if other.get("theme") and other["theme"].kind == "thing":
        other = other.with_role("theme", draw_event(rng, event.relation, avoid=taken)["theme"])
    return other


def generalised(event: Event) -> Event:
    """The event with its theme named by its kind (*dog*: *animal*), where the theme has one."""
    theme = event.get("theme")
    if theme is None or theme.name not in HYPERNYMS:
        return event
    return event.with_role("theme", replace(theme, name=HYPERNYMS[theme.name]))


def between(relation: str, people: list[Concept], event: Event | None = None) -> Event:
    """``event`` (default: the bare relation) with ``people`` in its two exchangeable roles."""
    roles = RELATIONS[relation].exchangeable
    if event is None:
        return Event(relation, tuple(zip(roles, people, strict=True)))
    for role, person in zip(roles, people, strict=True):
        event = event.with_role(role, person)
    return event


def ranked(rng: Random, split: str) -> tuple[Event, Event, Event]:
    """Three people in one order: the first before the second, the second before the third, the first before the third.

    All three comparisons belong to ``split``.
    """
    relation = rng.choice(COMPARISONS)
    while True:
        upper = draw_of_split(rng, split, (relation,))
        taken = [concept.name for _, concept in upper.roles]
        for _ in range(400):
            third = draw_concept(rng, "person", avoid=taken)
            outer = upper.with_role("lesser", third)
            lower = outer.with_role("greater", upper["lesser"])
            if split_of(lower) == split_of(outer) == split:
                return upper, lower, outer


class Possession(NamedTuple):
    """Somebody gets a thing, somebody else another; then the one who got the first does ``deed`` with it."""

    given: Event
    other: Event
    deed: Event
    wrong: tuple[Event, Event, Event]
    """The same deed by the earlier owner, with the other thing, and both."""


def possession(rng: Random, split: str) -> Possession:
    """Who has what now: all that may be said of it belongs to ``split``."""
    name = rng.choice(DEEDS)
    relations = [relation for relation in TRANSFERS if set(RELATIONS[relation].things) & set(RELATIONS[name].things)]
    while True:
        before = _fit_for(rng, split, name)
        owner = _fit_for(rng, split, name, before.name)
        transfers = [between(relation, [before, owner]) for relation in relations]
        allowed = [event.relation for event in transfers if split_of(event) == split]
        if allowed:
            break
    given = _transfer(rng, rng.choice(allowed), before, owner, RELATIONS[name].things, [])
    while True:
        giver = rng.choice((before, owner))
        third = draw_concept(rng, "person", avoid=(before.name, owner.name))
        relation = rng.choice(relations)
        if split_of(between(relation, [giver, third])) == split:
            break
    taken = [concept.name for _, concept in given.roles]
    other = _transfer(rng, relation, giver, third, RELATIONS[name].things, taken)
    deeds = [_deed(name, who, what) for what in (given["theme"], other["theme"]) for who in (owner, before)]
    return Possession(given, other, deeds[0], (deeds[1], deeds[2], deeds[3]))


def _fit_for(rng: Random, split: str, deed: str, avoid: str = "") -> Concept:
    """A person whose doing ``deed`` belongs to ``split``."""
    while True:
        who = draw_concept(rng, "person", avoid=(avoid,))
        if split_of(_deed(deed, who, who)) == split:
            return who


def _transfer(
    rng: Random, relation: str, giver: Concept, receiver: Concept, things: Sequence[str], avoid: Sequence[str]
) -> Event:
    """A transfer of one of ``things``. One, because what is counted is not definite and cannot be spoken of again."""
    taken = (giver.name, receiver.name, *avoid)
    while True:
        drawn = between(relation, [giver, receiver], draw_event(rng, relation, avoid=taken))
        if drawn["theme"].name in things:
            return drawn.with_role("theme", replace(drawn["theme"], number=1))


def _deed(name: str, who: Concept, what: Concept) -> Event:
    return Event(name, (("agent", who), ("theme", what)))
