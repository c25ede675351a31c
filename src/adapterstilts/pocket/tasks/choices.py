"""Multiple choice, in English: HellaSwag, CosmosQA, CommonsenseQA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from adapterstilts.pocket import meanings
from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Token, text_of, word, words
from adapterstilts.pocket.meanings import HYPERNYMS, TRANSFERS, Concept, Event, split_of
from adapterstilts.pocket.scenes import between, draw_of_split, possession
from adapterstilts.pocket.tasks.items import ENCOUNTERS, Row, rows_of, sentence, wording


def _said(rng: Random, event: Event) -> str:
    return text_of(sentence(en, event, rng.choice(en.variants(event))))


def _asked(tokens: list[Token]) -> str:
    return text_of(en.finish(tokens, "?"))


def _row(rng: Random, context: str, question: str, right: str, wrong: Sequence[str]) -> Row:
    choices = [right, *wrong]
    rng.shuffle(choices)
    return {"context": context, "question": question, "choices": choices, "label": choices.index(right)}


def hellaswag(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Two things change hands; what happens next? Only one ending has somebody use what is now in their hands."""

    def make(rng: Random, index: int) -> Row:
        found = possession(rng, split)
        chosen = wording(rng, en, "hellaswag")
        # without their times, which could contradict that the ending comes after them
        transfers = [_said(chosen, event.with_role("time", None)) for event in (found.given, found.other)]
        chosen.shuffle(transfers)
        variant = chosen.choice(en.variants(found.deed))
        right, *wrong = (text_of(sentence(en, deed, variant)) for deed in (found.deed, *found.wrong))
        return _row(chosen, " ".join(transfers), "", right, wrong)

    return rows_of("hellaswag", split, limit, make)


def _why(rng: Random, split: str) -> tuple[list[Event], Event, list[Event]]:
    """Two people meet twice, on two days; on each, one was in a state. What is told; the meeting that is asked about;
    the reasons, first the right one: the state of its own day.
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
    return told, meetings[0], [right, other, *swapped]


WEEKDAYS = [day for day in meanings.DAYS if day != "yesterday"]


def _feeling(who: Concept, state: str) -> Event:
    return Event("state", (("experiencer", who),), state=state)


def _where_then(rng: Random, split: str) -> tuple[list[Event], Concept, list[Concept]]:
    """Two journeys; the one who is asked about; the cities, where that one is now first."""
    one = draw_of_split(rng, split, ("travel",))
    other = draw_of_split(rng, split, ("travel",), avoid=[concept.name for _, concept in one.roles])
    return [one, other], one["agent"], [one["goal"], one["source"], other["goal"], other["source"]]


def _who_has(rng: Random, split: str) -> tuple[list[Event], Concept, list[Concept]]:
    """Two transfers; the thing that is asked about; the people, its owner of now first."""
    one = draw_of_split(rng, split, TRANSFERS)
    other = draw_of_split(rng, split, TRANSFERS, avoid=[concept.name for _, concept in one.roles])
    before, owner = one.participants
    return [one, other], one["theme"], [owner, before, *other.participants]


def cosmosqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Between the lines: why somebody acted, where somebody is afterwards, who has a thing in the end."""

    def make(rng: Random, index: int) -> Row:
        if index % 3 == 0:
            told, meeting, reasons = _why(rng, split)
            when = en.question(meeting, "time", meeting.relation)
            question = [word("why", "ADV"), *(when or [])[1:]]
            answers = [[word("because", "SCONJ"), *en.clause_of_cause(reason)] for reason in reasons]
        elif index % 3 == 1:
            told, who, cities = _where_then(rng, split)
            question = [*words("where|where|ADV was|be|AUX"), *en.noun_phrase(who, ""), word("then", "ADV")]
            answers = [en.adverbial("place", city) for city in cities]
        else:
            told, thing, people = _who_has(rng, split)
            question = [*words("who|who|PRON had|have|VERB"), *en.noun_phrase(thing, ""), word("then", "ADV")]
            answers = [en.noun_phrase(person, "") for person in people]
        chosen = wording(rng, en, "cosmosqa")
        chosen.shuffle(told)
        right, *wrong = (text_of(en.finish(answer, ".")) for answer in answers)
        return _row(chosen, " ".join(_said(chosen, event) for event in told), _asked(question), right, wrong)

    return rows_of("cosmosqa", split, limit, make)


CLASSES = {
    **{kind: tuple(name for name in HYPERNYMS if HYPERNYMS[name] == kind) for kind in ("animal", "vehicle", "fruit")},
    "cut": ("knife", "scissors"), "repair": ("hammer",), "wash": ("brush", "cloth"),
}  # fmt: skip
"""Kinds of things, and what tools are for."""
DONE_WITH = {
    "animal": ("find", "lose", "wash"), "vehicle": ("repair", "paint", "find"), "fruit": ("eat", "cut", "find"),
}  # fmt: skip


def csqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Facts of the world: which of five things is of a kind, fit for an act, or the tool for it.

    Each choice is of another class, and each class is asked for as often as it is offered.
    """

    def make(rng: Random, index: int) -> Row:
        offered = rng.sample(sorted(CLASSES), 5)
        things = [rng.choice(CLASSES[kind]) for kind in offered]
        asked = offered[0]
        if asked in DONE_WITH:
            event = draw_of_split(rng, split, DONE_WITH[asked], adjuncts=(rng.choice(("place", "time")),))
            question = en.question(event, "theme", event.relation) or []
            if event.relation != "eat" or rng.random() < 0.5:  # of what is offered, one eats fruit alone
                question = [*words(f"which|which|DET {asked}|{asked}|NOUN"), *question[1:]]
        else:
            event = draw_of_split(rng, split, (asked,), adjuncts=("instrument", "place"))
            question = en.question(event, "instrument", asked) or []
        right, *wrong = (text_of(en.finish(en.noun_phrase(Concept("thing", name), ""), ".")) for name in things)
        return _row(wording(rng, en, "csqa"), "", _asked(question), right, wrong)

    return rows_of("csqa", split, limit, make)
