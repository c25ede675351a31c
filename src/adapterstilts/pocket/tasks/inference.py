"""MNLI: natural language inference."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import counterpart, draw_of_split
from adapterstilts.pocket.languages.base import Language, text_of
from adapterstilts.pocket.meanings import RELATIONS, Event, split_of
from adapterstilts.pocket.tasks.items import (
    COMPARISONS,
    PERSONAL,
    Row,
    fronts,
    rows_of,
    sentence,
    wording,
)


def _compared(rng: Random, split: str) -> tuple[list[Event], dict[str, Event]]:
    """Two comparisons of people, and a hypothesis for each label."""
    first, second = rng.sample(COMPARISONS, 2)
    while True:
        known = draw_of_split(rng, split, (first,))
        unknown = Event(second, known.roles)
        if split_of(unknown) == split:
            break
    other = draw_of_split(rng, split, (second,), avoid=[concept.name for _, concept in known.roles])
    if rng.random() < 0.5:
        unknown = unknown.exchanged()
    return [known, other], {"entailment": known, "contradiction": known.exchanged(), "neutral": unknown}


def _attributed(rng: Random, split: str) -> tuple[list[Event], dict[str, Event]]:
    """An event with one adjunct beside one with two, and a hypothesis for each label.

    As in SNLI (Bowman et al. 2015) premise and hypothesis speak of one event, which has one place and one time.
    """
    given, absent = rng.sample(("place", "time"), 2)
    whole = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
    known = whole.with_role(absent, None)
    taken = [concept.name for _, concept in whole.roles]
    other = counterpart(rng, whole) if rng.random() < 0.6 else None
    if other is None:
        other = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"), avoid=taken)
    core = known.with_role(given, None)
    return [known, other], {
        "entailment": known,
        "contradiction": core.with_role(given, other[given]),
        "neutral": core.with_role(absent, other[absent]),
    }


def _say_inference(rng: Random, language: Language, premise: list[Event], hypothesis: Event) -> tuple[str, str]:
    """Premise and hypothesis; whatever the label, the hypothesis is built as the premise's event is not."""
    said = [(event, rng.choice(language.variants(event))) for event in premise]
    sentences = [text_of(sentence(language, event, variant)) for event, variant in said]
    used = {(variant.view, fronts(variant)) for event, variant in said if _same_people(event, hypothesis)}
    if hypothesis.relation in COMPARISONS:
        views = {variant.view for event, variant in said if event.relation == hypothesis.relation}
        used = {(view, False) for view in views}
    options = language.variants(hypothesis)
    fresh = [variant for variant in options if (variant.view, fronts(variant)) not in used]
    return " ".join(sentences), text_of(sentence(language, hypothesis, rng.choice(fresh or options)))


def _same_people(event: Event, other: Event) -> bool:
    """Whether both are of one relation, with the same persons in the same roles."""
    return event.relation == other.relation and all(
        event.get(role) == other.get(role) for role in RELATIONS[event.relation].exchangeable
    )


def mnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Entailment, neutral, contradiction: is this true of the event, of another one, or not said?"""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        label = ("entailment", "neutral", "contradiction")[index % 3]
        premise, hypotheses = (_compared if rng.random() < 0.3 else _attributed)(rng, split)
        rng.shuffle(premise)
        negated = rng.random() < 0.4
        opposite = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
        hypothesis = hypotheses[opposite[label] if negated else label]
        hypothesis = hypothesis.negation() if negated else hypothesis
        words = wording(rng, speaker, "mnli")
        texts = _say_inference(words, speaker, premise, hypothesis)
        return {"sentence1": texts[0], "sentence2": texts[1], "label": label}

    return rows_of("mnli", split, limit, make)
