"""Multiple choice, in English: HellaSwag, CosmosQA, CommonsenseQA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from adapterstilts.pocket import meanings
from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Language, Token, text_of, word, words
from adapterstilts.pocket.meanings import HYPERNYMS, TRANSFERS, Concept, Event, split_of
from adapterstilts.pocket.scenes import Possession, between, draw_of_split, possession
from adapterstilts.pocket.tasks.items import ENCOUNTERS, Row, rows_of, sentence


def _said(rng: Random, event: Event) -> str:
    return text_of(sentence(en, event, rng.choice(en.variants(event))))


def _asked(tokens: list[Token]) -> str:
    return text_of(en.finish(tokens, "?"))


def _row(rng: Random, context: str, question: str, right: str, wrong: Sequence[str]) -> Row:
    choices = [right, *wrong]
    rng.shuffle(choices)
    return {"context": context, "question": question, "choices": choices, "label": choices.index(right)}


def _draw_hellaswag(rng: Random, split: str, index: int) -> Possession:
    return possession(rng, split)


def _tell_hellaswag(chosen: Random, speaker: Language, found: Possession) -> Row:
    # without their times, which could contradict that the ending comes after them
    transfers = [_said(chosen, event.with_role("time", None)) for event in (found.given, found.other)]
    chosen.shuffle(transfers)
    variant = chosen.choice(en.variants(found.deed))
    right, *wrong = (text_of(sentence(en, deed, variant)) for deed in (found.deed, *found.wrong))
    return _row(chosen, " ".join(transfers), "", right, wrong)


def hellaswag(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Two things change hands; what happens next? Only one ending has somebody use what is now in their hands."""
    return rows_of("hellaswag", split, "en", limit, _draw_hellaswag, _tell_hellaswag)


class _Gap(NamedTuple):
    """What is told, what is asked about, and the answers, first the right one."""

    told: tuple[Event, ...]
    about: Event | Concept
    answers: tuple[Any, ...]


def _why(rng: Random, split: str) -> _Gap:
    """Two people meet twice, on two days; on each, one was in a state. About a meeting: the reasons, of which the right
    one is the state of its own day.
    """
    states = rng.sample(meanings.STATES, 2)
    while True:
        meeting = draw_of_split(rng, split, ENCOUNTERS, adjuncts=())
        people = [meeting["agent"], meeting["patient"]]
        feelings = [_feeling(who, state) for who, state in zip(people, states, strict=True)]
        again = [between(name, people[::-1]) for name in ENCOUNTERS if name != meeting.relation]
        again = [event for event in again if split_of(event) == split]
        if again and {split_of(feeling) for feeling in feelings} == {split}:
            break
    days = [Concept("day", name) for name in rng.sample(WEEKDAYS, 2)]
    meetings = [event.with_role("time", day) for event, day in zip((meeting, rng.choice(again)), days, strict=True)]
    rng.shuffle(feelings)
    told = [*meetings, *(feeling.with_role("time", day) for feeling, day in zip(feelings, days, strict=True))]
    right, other = feelings
    swapped = [_feeling(right["experiencer"], other.state), _feeling(other["experiencer"], right.state)]
    return _Gap(tuple(told), meetings[0], (right, other, *swapped))


WEEKDAYS = [day for day in meanings.DAYS if day != "yesterday"]


def _feeling(who: Concept, state: str) -> Event:
    return Event("state", (("experiencer", who),), state=state)


def _where_then(rng: Random, split: str) -> _Gap:
    """Two journeys. About one who travels: the cities, of which the right one is where that one is now."""
    one = draw_of_split(rng, split, ("travel",))
    other = draw_of_split(rng, split, ("travel",), avoid=[concept.name for _, concept in one.roles])
    return _Gap((one, other), one["agent"], (one["goal"], one["source"], other["goal"], other["source"]))


def _who_has(rng: Random, split: str) -> _Gap:
    """Two transfers. About a thing: the people, of which the right one is its owner of now."""
    one = draw_of_split(rng, split, TRANSFERS)
    other = draw_of_split(rng, split, TRANSFERS, avoid=[concept.name for _, concept in one.roles])
    before, owner = one.participants
    return _Gap((one, other), one["theme"], (owner, before, *other.participants))


def _draw_cosmosqa(rng: Random, split: str, index: int) -> _Gap:
    return (_why, _where_then, _who_has)[index % 3](rng, split)


def _tell_cosmosqa(chosen: Random, speaker: Language, gap: _Gap) -> Row:
    if isinstance(gap.about, Event):
        when = en.question(gap.about, "time", gap.about.relation)
        question = [word("why", "ADV"), *(when or [])[1:]]
        answers = [[word("because", "SCONJ"), *en.clause_of_cause(reason)] for reason in gap.answers]
    elif gap.about.kind == "person":
        question = [*words("where|where|ADV was|be|AUX"), *en.noun_phrase(gap.about, ""), word("then", "ADV")]
        answers = [en.adverbial("place", city) for city in gap.answers]
    else:
        question = [*words("who|who|PRON had|have|VERB"), *en.noun_phrase(gap.about, ""), word("then", "ADV")]
        answers = [en.noun_phrase(person, "") for person in gap.answers]
    told = list(gap.told)
    chosen.shuffle(told)
    right, *wrong = (text_of(en.finish(answer, ".")) for answer in answers)
    return _row(chosen, " ".join(_said(chosen, event) for event in told), _asked(question), right, wrong)


def cosmosqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Between the lines: why somebody acted, where somebody is afterwards, who has a thing in the end."""
    return rows_of("cosmosqa", split, "en", limit, _draw_cosmosqa, _tell_cosmosqa)


CLASSES = {
    **{kind: tuple(name for name in HYPERNYMS if HYPERNYMS[name] == kind) for kind in ("animal", "vehicle", "fruit")},
    "cut": ("knife", "scissors"), "repair": ("hammer",), "wash": ("brush", "cloth"),
}  # fmt: skip
"""Kinds of things, and what tools are for."""
DONE_WITH = {
    "animal": ("find", "lose", "wash"), "vehicle": ("repair", "paint", "find"), "fruit": ("eat", "cut", "find"),
}  # fmt: skip


class _Fact(NamedTuple):
    """An event, the role that is asked for, its kind if the question says it, and the things, first the right one."""

    event: Event
    asked: str
    kind: str
    things: tuple[str, ...]


def _draw_csqa(rng: Random, split: str, index: int) -> _Fact:
    offered = rng.sample(sorted(CLASSES), 5)
    things = tuple(rng.choice(CLASSES[kind]) for kind in offered)
    asked = offered[0]
    if asked not in DONE_WITH:
        return _Fact(draw_of_split(rng, split, (asked,), adjuncts=("instrument", "place")), "instrument", "", things)
    event = draw_of_split(rng, split, DONE_WITH[asked], adjuncts=(rng.choice(("place", "time")),))
    named = event.relation != "eat" or rng.random() < 0.5  # of what is offered, one eats fruit alone
    return _Fact(event, "theme", asked if named else "", things)


def _tell_csqa(chosen: Random, speaker: Language, fact: _Fact) -> Row:
    question = en.question(fact.event, fact.asked, fact.event.relation) or []
    if fact.kind:
        question = [*words(f"which|which|DET {fact.kind}|{fact.kind}|NOUN"), *question[1:]]
    right, *wrong = (text_of(en.finish(en.noun_phrase(Concept("thing", name), ""), ".")) for name in fact.things)
    return _row(chosen, "", _asked(question), right, wrong)


def csqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Facts of the world: which of five things is of a kind, fit for an act, or the tool for it.

    Each choice is of another class, and each class is asked for as often as it is offered.
    """
    return rows_of("csqa", split, "en", limit, _draw_csqa, _tell_csqa)
