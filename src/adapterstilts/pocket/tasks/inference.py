"""Natural language inference: MNLI, XNLI, and ANLI+, which is harder and mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from adapterstilts.pocket.languages.base import Language, text_of
from adapterstilts.pocket.meanings import RELATIONS, TRANSFERS, Event, split_of
from adapterstilts.pocket.sampling import draw_adjunct, draw_concept, draw_event
from adapterstilts.pocket.scenes import between, draw_of_split, generalised, ranked
from adapterstilts.pocket.tasks.items import PERSONAL, Row, fronts, rows_of, sentence

LABELS = ("entailment", "neutral", "contradiction")
Draw = Callable[[Random, str, str], tuple[list[Event], Event]]
"""From a random generator, a split and a label: the events of the premise, and the hypothesis."""


def _attributed(rng: Random, split: str, label: str, relations: Sequence[str] = PERSONAL) -> tuple[list[Event], Event]:
    """Three events, each with one place or time: two with adjuncts of one kind, the third of another.

    The hypothesis gives an event one of the two adjuncts of a kind: its own, the other's, or, to the third, either. As
    in SNLI (Bowman et al. 2015) premise and hypothesis speak of one event, which has one place and one time. In half of
    the rows the events are of the same two people, and only who did what tells them apart.
    """
    given, absent = rng.sample(("place", "time"), 2)
    events = (_of_two_people if rng.random() < 0.5 else _of_many_people)(rng, split, relations)
    rng.shuffle(events)
    kind = {"place": "city", "time": rng.choice(("year", "day"))}[given]
    taken = {concept.name for event in events for _, concept in event.roles} | {"yesterday"}
    for number in (0, 1):
        filler = draw_concept(rng, kind, avoid=taken)
        taken.add(filler.name)
        events[number] = events[number].with_role(given, filler)
    events[2] = events[2].with_role(absent, draw_adjunct(rng, RELATIONS[events[2].relation], absent, taken))
    number = rng.randrange(2)
    if label == "neutral":
        return events, events[2].with_role(absent, None).with_role(given, events[number][given])
    other = number if label == "entailment" else 1 - number
    return events, events[number].with_role(given, events[other][given])


def _of_many_people(rng: Random, split: str, relations: Sequence[str]) -> list[Event]:
    """Three events that share neither people nor things."""
    events: list[Event] = []
    for _ in range(3):
        taken = [concept.name for event in events for _, concept in event.roles]
        events.append(draw_of_split(rng, split, relations, adjuncts=(), avoid=taken))
    return events


def _of_two_people(rng: Random, split: str, relations: Sequence[str]) -> list[Event]:
    """An event, the same with its people exchanged, and another relation between them."""
    while True:
        first = draw_of_split(rng, split, relations, adjuncts=())
        people = first.participants
        others = [between(name, people) for name in relations if name != first.relation]
        others = [event for event in others if split_of(event) == split]
        if others:
            break
    relation = rng.choice(others).relation
    rng.shuffle(people)
    taken = [concept.name for _, concept in first.roles]
    third = between(relation, people, draw_event(rng, relation, (), taken))
    if first.get("theme") and third.get("theme"):
        third = third.with_role("theme", first["theme"])
    return [first, first.exchanged(), third]


def _generalised(rng: Random, split: str, label: str) -> tuple[list[Event], Event]:
    """As :func:`_attributed`, where the hypothesis names a thing by its kind."""
    premise, hypothesis = _attributed(rng, split, label, TRANSFERS)
    return premise, generalised(hypothesis)


def _ranked(rng: Random, split: str, label: str) -> tuple[list[Event], Event]:
    """Two comparisons that share a person; the hypothesis compares the other two."""
    upper, lower, outer = ranked(rng, split)
    if label != "neutral":
        return [upper, lower], outer if label == "entailment" else outer.exchanged()
    premise, open_pair = rng.choice((([upper, outer], lower), ([outer, lower], upper)))
    return premise, rng.choice((open_pair, open_pair.exchanged()))


PLAIN: dict[Draw, float] = {_attributed: 1.0}
HARDER: dict[Draw, float] = {_attributed: 0.3, _generalised: 0.3, _ranked: 0.4}


class _Inference(NamedTuple):
    premise: tuple[Event, ...]
    hypothesis: Event
    label: str


def _draw(rng: Random, split: str, index: int, kinds: dict[Draw, float] = PLAIN) -> _Inference:
    label = LABELS[index % 3]
    draw = rng.choices(list(kinds), list(kinds.values()))[0]
    negated = rng.random() < 0.4
    opposite = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
    premise, hypothesis = draw(rng, split, opposite[label] if negated else label)
    rng.shuffle(premise)
    return _Inference(tuple(premise), hypothesis.negation() if negated else hypothesis, label)


def _draw_harder(rng: Random, split: str, index: int) -> _Inference:
    return _draw(rng, split, index, HARDER)


def _tell(words: Random, language: Language, meaning: _Inference) -> Row:
    """Whatever the label, the hypothesis is built as the premise's event is not."""
    premise, hypothesis, label = meaning
    said = [(event, words.choice(language.variants(event))) for event in premise]
    sentences = [text_of(sentence(language, event, variant)) for event, variant in said]
    used = {(variant.view, fronts(variant)) for event, variant in said if _same_people(event, hypothesis)}
    options = language.variants(hypothesis)
    fresh = [variant for variant in options if (variant.view, fronts(variant)) not in used]
    last = text_of(sentence(language, hypothesis, words.choice(fresh or options)))
    return {"sentence1": " ".join(sentences), "sentence2": last, "label": label}


def _same_people(event: Event, other: Event) -> bool:
    """Whether both are of one relation, with the same persons in the same roles."""
    return event.relation == other.relation and event.participants == other.participants


def mnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Entailment, neutral, contradiction: is this true of the event, of another one, or not said?"""
    return rows_of("mnli", split, language, limit, _draw, _tell)


def xnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """As MNLI, other items, in every language."""
    return rows_of("xnli", split, language, limit, _draw, _tell)


def anli_plus(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """MNLI's kinds of inference among harder ones: from a thing to its kind, and from two comparisons to a third."""
    return rows_of("anli_plus", split, language, limit, _draw_harder, _tell)
