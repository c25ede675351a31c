"""Tatoeba: sentence retrieval."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import say
from adapterstilts.pocket.meanings import RELATIONS, Concept, Event, split_of
from adapterstilts.pocket.sampling import draw_event
from adapterstilts.pocket.tasks.items import (
    COMPARISONS,
    PERSONAL,
    Row,
    rows_of,
    wording,
)

GROUP = 8
"""Sentences that share their two names."""


def _between(relation: str, people: list[Concept], event: Event | None = None) -> Event:
    """``event`` (default: the bare relation) with ``people`` in its two exchangeable roles."""
    roles = RELATIONS[relation].exchangeable
    if event is None:
        return Event(relation, tuple(zip(roles, people, strict=True)))
    for role, person in zip(roles, people, strict=True):
        event = event.with_role(role, person)
    return event


@lru_cache(maxsize=4)
def _group(split: str, number: int) -> tuple[Event, ...]:
    """Distinct events of two people, who take either role."""
    rng = Random(f"pocket/tatoeba/{split}/{number}")
    allowed: list[str] = []
    while len(allowed) < 4 or len(set(allowed) & set(PERSONAL)) < 2:
        people = [concept for _, concept in draw_event(rng, "age").roles]
        names = (*PERSONAL, *COMPARISONS)
        allowed = [name for name in names if split_of(_between(name, people)) == split]
    events: list[Event] = []
    while len(events) < GROUP:
        relation = rng.choice(allowed)
        rng.shuffle(people)
        event = _between(relation, people, draw_event(rng, relation))
        forms = [concept.name for _, concept in event.roles]
        if len(set(forms)) == len(forms) and event.cause is None and event not in events:
            events.append(event)
    return tuple(events)


def tatoeba(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """English sentences and their translations, in groups of eight that share their two names."""
    speaker = languages.get(language)
    english = languages.get("en")

    def make(rng: Random, index: int) -> Row:
        event = _group(split, index // GROUP)[index % GROUP]
        words = wording(rng, speaker, "tatoeba")
        return {"sentence1": say(words, english, event), "sentence2": say(words, speaker, event)}

    return rows_of("tatoeba", split, limit, make)
