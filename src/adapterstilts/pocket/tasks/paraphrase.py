"""PAWS-X: paraphrase adversaries from exchanged roles and exchanged adjuncts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, reduce
from random import Random
from typing import NamedTuple

from adapterstilts.pocket.languages.base import Language, Token, Variant, text_of
from adapterstilts.pocket.meanings import RELATIONS, TRANSFERS, Event
from adapterstilts.pocket.sampling import draw_event
from adapterstilts.pocket.scenes import draw_of_split
from adapterstilts.pocket.tasks.items import PERSONAL, Row, fronts, rows_of, tells_apart

FRONTABLE = tuple(name for name in PERSONAL if name != "arrival")
"""Relations whose place and time may come first in every language (in some, one arrives *to* a place)."""
CONVERSE = (*TRANSFERS, "lesson", "arrival")
"""Relations that every language has two verbs for, which share no word but the names."""


@cache
def _reorders(language: Language, relation: str, adjuncts: tuple[str, ...], variant: Variant) -> bool:
    """Whether ``variant`` names the second participant first, which does not depend on who and what it is."""
    roles = [token.role for token in language.clause(draw_event(Random(0), relation, adjuncts), variant)]
    first, second = RELATIONS[relation].exchangeable  # type: ignore[misc]
    return roles.index(first) > roles.index(second)


class _Exchange(NamedTuple):
    """An event, whether a paraphrase shall turn the order of its participants, and whether they are exchanged."""

    event: Event
    turns: bool
    exchanged: bool


def _exchanges(rng: Random, split: str, count: int, label: str) -> tuple[_Exchange, ...]:
    """``count`` events, in one of which the participants are exchanged where ``label`` is "0"."""
    changed = rng.randrange(count) if label == "0" else None
    found: list[_Exchange] = []
    for index in range(count):
        turns = rng.random() < 0.5
        relation = rng.choice(TRANSFERS if not turns or rng.random() < 0.5 else CONVERSE)
        taken = [concept.name for other in found for _, concept in other.event.roles]
        event = draw_of_split(rng, split, (relation,), adjuncts=(rng.choice(("place", "time")),), avoid=taken)
        found.append(_Exchange(event, turns, index == changed))
    return tuple(found)


def _clauses_of_exchange(
    rng: Random, language: Language, exchange: _Exchange, fronted: bool
) -> tuple[list[Token], list[Token]]:
    """Both events, the second by the converse verb and its adjunct moved: no run of words tells the label.

    ``fronted`` says whether the first has its adjunct in front, as its neighbour: alone it might belong to both.
    """
    first, turns, exchanged = exchange
    options = language.variants(first)
    pairs = [(one, two) for one in options for two in options if tells_apart(one.view, two.view)]
    pairs = [(one, two) for one, two in pairs if fronts(one) == fronted != fronts(two)] or pairs
    adjuncts = tuple(role for role in ("place", "time") if first.get(role))
    turned = {one: _reorders(language, first.relation, adjuncts, one) for one in options}  # type: ignore[arg-type]
    wanted = [(one, two) for one, two in pairs if (turned[one] != turned[two]) == turns]
    one, two = rng.choice(wanted or pairs)
    return language.clause(first, one), language.clause(first.exchanged() if exchanged else first, two)


def _say_exchanges(rng: Random, language: Language, exchanges: tuple[_Exchange, ...]) -> tuple[str, str]:
    sides: tuple[list[list[Token]], list[list[Token]]] = ([], [])
    fronted = rng.random() < 0.5
    for exchange in exchanges:
        for side, clause in zip(sides, _clauses_of_exchange(rng, language, exchange, fronted), strict=True):
            side.append(clause)
    rng.shuffle(sides[1])
    one, two = (text_of(language.finish(reduce(language.conjoin, side), ".")) for side in sides)
    return one, two


class _Bound(NamedTuple):
    """Two events for either side, each with one adjunct: the same two, or with their adjuncts exchanged."""

    first: tuple[Event, Event]
    second: tuple[Event, Event]


def _bound(rng: Random, split: str, label: str) -> _Bound:
    """The adjuncts are exchanged where ``label`` is "0"."""
    role = rng.choice(("place", "time"))
    while True:
        first = draw_of_split(rng, split, FRONTABLE, adjuncts=(role,))
        taken = [concept.name for _, concept in first.roles]
        second = draw_of_split(rng, split, FRONTABLE, adjuncts=(role,), avoid=taken)
        crossed = first.with_role(role, second[role]), second.with_role(role, first[role])
        if all(_suits(event, role) for event in crossed) and first[role].kind == second[role].kind:
            return _Bound((first, second), crossed if label == "0" else (first, second))


def _suits(event: Event, role: str) -> bool:
    concept = event[role]
    places = RELATIONS[event.relation].places
    return concept.kind != "place" or not places or concept.name in places


def _say_pair(rng: Random, language: Language, pair: tuple[Event, Event], fronted: bool) -> str:
    """Both events in one sentence; ``fronted`` says whether their adjuncts come first."""
    clauses = []
    for event in pair:
        options = [variant for variant in language.variants(event) if fronts(variant) == fronted]
        clauses.append(language.clause(event, rng.choice(options)))
    if rng.random() < 0.5:
        clauses.reverse()
    return text_of(language.finish(language.conjoin(*clauses), "."))


def _say_bound(rng: Random, language: Language, bound: _Bound) -> tuple[str, str]:
    fronted = rng.random() < 0.5
    return _say_pair(rng, language, bound.first, fronted), _say_pair(rng, language, bound.second, not fronted)


def _draw(rng: Random, split: str, index: int) -> tuple[tuple[_Exchange, ...] | _Bound, str]:
    """What is said, and the label."""
    label = str(index % 2)
    kind = rng.random()
    if kind < 0.5:
        return _exchanges(rng, split, 1 if kind < 0.28 else 2, label), label
    return _bound(rng, split, label), label


def _tell(words: Random, speaker: Language, meaning: tuple[tuple[_Exchange, ...] | _Bound, str]) -> Row:
    said, label = meaning
    if isinstance(said, _Bound):
        one, two = _say_bound(words, speaker, said)
    else:
        one, two = _say_exchanges(words, speaker, said)
    return {"sentence1": one, "sentence2": two, "label": label}


def pawsx(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Paraphrase ("1") or not ("0"), always with the same names, places and times on both sides."""
    return rows_of("pawsx", split, language, limit, _draw, _tell)
