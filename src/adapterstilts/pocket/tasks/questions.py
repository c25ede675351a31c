"""QQP: do two questions ask the same?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from adapterstilts.pocket.documents import Asked, questions_of
from adapterstilts.pocket.languages.base import Language, text_of
from adapterstilts.pocket.meanings import HYPERNYMS, TRANSFERS, Event
from adapterstilts.pocket.scenes import draw_of_split, generalised
from adapterstilts.pocket.tasks.items import Row, rows_of, tells_apart

LABELS = ("not_duplicate", "duplicate")


def _transfer(rng: Random, split: str) -> Event:
    """A transfer of a thing that has a name and a kind, with a place and a time."""
    while True:
        event = draw_of_split(rng, split, TRANSFERS, adjuncts=("place", "time"))
        if event["theme"].name in HYPERNYMS:
            return event


def _turned(event: Event, asked: Asked) -> bool:
    """Whether the name that comes first alphabetically comes second."""
    first, second = sorted(person.name for person in event.participants)
    forms = [token.form for token in asked.words]
    return forms.index(second) < forms.index(first)


class _Pair(NamedTuple):
    """An event for either question, and the role that both ask for."""

    first: Event
    second: Event
    asked: str
    label: str


def _draw(rng: Random, split: str, index: int) -> _Pair:
    label = LABELS[index % 2]
    event = _transfer(rng, split)
    asked = rng.choice(("place", "time"))
    other = event if label == "duplicate" else event.exchanged()
    return _Pair(event, other if rng.random() < 0.5 else generalised(other), asked, label)


def _tell(words: Random, speaker: Language, pair: _Pair) -> Row:
    pairs = [
        (one, two)
        for one in questions_of(speaker, pair.first, pair.asked)
        for two in questions_of(speaker, pair.second, pair.asked)
        if tells_apart(one.view, two.view)
    ]
    turns = words.random() < 0.5
    wanted = [(one, two) for one, two in pairs if (_turned(pair.first, one) != _turned(pair.second, two)) == turns]
    texts = [text_of(speaker.finish(asked.words, "?")) for asked in words.choice(wanted)]
    words.shuffle(texts)
    return {"sentence1": texts[0], "sentence2": texts[1], "label": pair.label}


def qqp(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Two questions about a transfer, by a verb and by its converse, one of a thing and one perhaps of its kind.

    They ask the same unless giver and receiver are exchanged; a kind stands for the thing that it names. A passive lets
    either ask for them in either order, so that neither the verbs nor the order of the names tell.
    """
    return rows_of("qqp", split, language, limit, _draw, _tell)
