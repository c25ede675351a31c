"""Natural language inference: MNLI, XNLI, and ANLI+, which is harder and mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.languages.base import Language, text_of
from adapterstilts.pocket.meanings import RELATIONS, TRANSFERS, Event, split_of
from adapterstilts.pocket.sampling import draw_adjunct, draw_concept, draw_event
from adapterstilts.pocket.scenes import between, draw_of_split, generalised, ranked
from adapterstilts.pocket.tasks.items import PERSONAL, Row, fronts, rows_of, sentence, wording

LABELS = ("entailment", "neutral", "contradiction")
Draw = Callable[[Random, str, str], tuple[list[Event], Event]]
"""From a random generator, a split and a label: the events of the premise, and the hypothesis."""


def _attributed(rng: Random, split: str, label: str, relations: Sequence[str] = PERSONAL) -> tuple[list[Event], Event]:
    """Three events of two people, each with one place or time: two with adjuncts of one kind, the third of another.

    The hypothesis gives an event one of the two adjuncts of a kind: its own, the other's, or, to the third, either. As
    in SNLI (Bowman et al. 2015) premise and hypothesis speak of one event, which has one place and one time.
    """
    given, absent = rng.sample(("place", "time"), 2)
    events = _of_two_people(rng, split, relations)
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


def _say(rng: Random, language: Language, premise: list[Event], hypothesis: Event) -> tuple[str, str]:
    """Premise and hypothesis; whatever the label, the hypothesis is built as the premise's event is not."""
    said = [(event, rng.choice(language.variants(event))) for event in premise]
    sentences = [text_of(sentence(language, event, variant)) for event, variant in said]
    used = {(variant.view, fronts(variant)) for event, variant in said if _same_people(event, hypothesis)}
    options = language.variants(hypothesis)
    fresh = [variant for variant in options if (variant.view, fronts(variant)) not in used]
    return " ".join(sentences), text_of(sentence(language, hypothesis, rng.choice(fresh or options)))


def _same_people(event: Event, other: Event) -> bool:
    """Whether both are of one relation, with the same persons in the same roles."""
    return event.relation == other.relation and event.participants == other.participants


def _rows(task: str, kinds: dict[Draw, float], split: str, language: str, limit: int | None) -> Iterator[Row]:
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        label = LABELS[index % 3]
        draw = rng.choices(list(kinds), list(kinds.values()))[0]
        negated = rng.random() < 0.4
        opposite = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
        premise, hypothesis = draw(rng, split, opposite[label] if negated else label)
        rng.shuffle(premise)
        hypothesis = hypothesis.negation() if negated else hypothesis
        texts = _say(wording(rng, speaker, task), speaker, premise, hypothesis)
        return {"sentence1": texts[0], "sentence2": texts[1], "label": label}

    return rows_of(task, split, limit, make)


PLAIN: dict[Draw, float] = {_attributed: 1.0}
HARDER: dict[Draw, float] = {_attributed: 0.3, _generalised: 0.3, _ranked: 0.4}


def mnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Entailment, neutral, contradiction: is this true of the event, of another one, or not said?"""
    return _rows("mnli", PLAIN, split, language, limit)


def xnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """As MNLI, other items, in every language."""
    return _rows("xnli", PLAIN, split, language, limit)


def anli_plus(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """MNLI's kinds of inference among harder ones: from a thing to its kind, and from two comparisons to a third."""
    return _rows("anli_plus", HARDER, split, language, limit)
