"""Sentence retrieval: Tatoeba, and BUCC, where most sentences have no partner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from random import Random

from adapterstilts.pocket.documents import say
from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Language
from adapterstilts.pocket.meanings import COMPARISONS, NUMBERS, YEARS, Concept, Event, split_of
from adapterstilts.pocket.sampling import draw_event
from adapterstilts.pocket.scenes import between
from adapterstilts.pocket.tasks.items import PERSONAL, SIZES, Row, rows_of

GROUP = 8
"""Sentences that share their two names, and their year and their number if they have one."""


def _anchored(event: Event, year: str, number: int) -> Event:
    """``event`` with the group's year and number wherever it has one: what every language writes alike."""
    time, theme = event.get("time"), event.get("theme")
    if time and time.kind == "year":
        event = event.with_role("time", replace(time, name=year))
    if theme and theme.number > 1:
        event = event.with_role("theme", replace(theme, number=number))
    return event


@cache
def _pairs_of_people(task: str, split: str, groups: int) -> list[tuple[list[Concept], list[str]]]:
    """For each of ``groups`` two people, no two groups with the same names, and the relations that they may be in."""
    rng = Random(f"pocket/{task}/{split}/people")
    found: dict[frozenset[str], tuple[list[Concept], list[str]]] = {}
    while len(found) < groups:
        people = [concept for _, concept in draw_event(rng, "age").roles]
        names = frozenset(person.name for person in people)
        allowed = [name for name in (*PERSONAL, *COMPARISONS) if split_of(between(name, people)) == split]
        if names not in found and len(allowed) >= 4 and len(set(allowed) & set(PERSONAL)) >= 2:
            found[names] = people, allowed
    return list(found.values())


@lru_cache(maxsize=4)
def _group(task: str, split: str, number: int) -> tuple[Event, ...]:
    """Distinct events of two people, who take either role."""
    rng = Random(f"pocket/{task}/{split}/{number}")
    people, allowed = _pairs_of_people(task, split, -(-SIZES[task][split] // GROUP))[number]
    year, count = rng.choice(YEARS), rng.choice(NUMBERS)
    events: list[Event] = []
    while len(events) < GROUP:
        relation = rng.choice(allowed)
        event = _anchored(between(relation, rng.sample(people, 2), draw_event(rng, relation)), year, count)
        forms = [concept.name for _, concept in event.roles]
        if len(set(forms)) == len(forms) and event.cause is None and event not in events:
            events.append(event)
    return tuple(events)


def _draw_tatoeba(rng: Random, split: str, index: int) -> Event:
    return _group("tatoeba", split, index // GROUP)[index % GROUP]


def _tell_tatoeba(words: Random, speaker: Language, event: Event) -> Row:
    return {"sentence1": say(words, en, event), "sentence2": say(words, speaker, event)}


def tatoeba(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """English sentences and their translations, in groups of eight that share what every language writes alike."""
    return rows_of("tatoeba", split, language, limit, _draw_tatoeba, _tell_tatoeba)


def _draw_bucc2018(rng: Random, split: str, index: int) -> tuple[Event, str]:
    """An event, and the side that is missing, if any."""
    return _group("bucc2018", split, index // GROUP)[index % GROUP], ("", "sentence1", "sentence2")[index % 3]


def _tell_bucc2018(words: Random, speaker: Language, meaning: tuple[Event, str]) -> Row:
    event, missing = meaning
    both = _tell_tatoeba(words, speaker, event)
    return {side: None if side == missing else text for side, text in both.items()}


def bucc2018(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """English and foreign sentences of which one in three has a partner; the others have an empty side.

    The sentences without one are of the same people, so that names alone lead astray.
    """
    return rows_of("bucc2018", split, language, limit, _draw_bucc2018, _tell_bucc2018)
