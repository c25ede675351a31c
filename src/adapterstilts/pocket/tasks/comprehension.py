"""SQuAD: reading comprehension."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import counterpart, draw_of_split, questions_of
from adapterstilts.pocket.languages.base import Language, Token, Variant, spans_of, text_of
from adapterstilts.pocket.meanings import FEMININE, RELATIONS, Concept, Event, split_of
from adapterstilts.pocket.sampling import draw_event
from adapterstilts.pocket.tasks.items import (
    PERSONAL,
    Row,
    rows_of,
    sentence,
    wording,
)


def _alike(event: Event, *others: Event) -> bool:
    """Whether all persons are of one gender: where verbs agree with it, the question's verb would tell the event."""
    people = [concept for one in (event, *others) for _, concept in one.roles if concept.kind == "person"]
    return len({person.name in FEMININE for person in people}) == 1


def _asked_about_slot(rng: Random, split: str) -> tuple[Event, Event, Event, str]:
    """An event, its counterpart, what of the event the question says, and the slot that it asks for."""
    while True:
        event = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
        asked = rng.choice(("place", "time", "theme") if event.get("theme") else ("place", "time"))
        other = counterpart(rng, event)
        if other is None or not _alike(event):
            continue
        said = event
        for role in ("place", "time"):
            said = said.with_role(role, None) if role != asked else said
        if event.get("theme") and asked != "theme":
            other = other.with_role("theme", event["theme"])
        elif event.get("theme") and event["theme"].number > 1 and rng.random() < 0.7:
            number = rng.choice([count for count in range(3, 10) if count != event["theme"].number])
            other = other.with_role("theme", Concept("thing", event["theme"].name, number=number))
            asked = "theme:number"
        return event, other, said, asked


def _asked_about_person(rng: Random, split: str) -> tuple[Event, Event, Event, str]:
    """Two events that share one person in opposite roles; the question asks for the other person of one of them."""
    event = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
    while not _alike(event):
        event = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
    asked, shared = rng.sample(RELATIONS[event.relation].exchangeable, 2)
    taken = [concept.name for _, concept in event.roles]
    while True:
        fresh = draw_event(rng, event.relation, ("place", "time"), taken)
        other = fresh.with_role(asked, event[shared])
        if split_of(other) == split and _alike(event, other):
            break
    for role in ("theme", "field"):
        if event.get(role):
            other = other.with_role(role, event[role])
    return event, other, event.with_role("place", None).with_role("time", None), asked


def _answer_span(language: Language, event: Event, variant: Variant, asked: str, start: int) -> tuple[str, int]:
    tokens = sentence(language, event, variant)
    role, _, number = asked.partition(":")
    if number:
        tokens = [
            token if token.role == role and token.upos == "NUM" else Token(token.form, "", "", space=token.space)
            for token in tokens
        ]
    begin, end = spans_of(tokens)[role]
    return text_of(tokens)[begin:end], start + begin


def squad(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Questions on a paragraph of three events, two of which share the question's words."""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        while True:
            event, other, said, asked = (_asked_about_person if rng.random() < 0.3 else _asked_about_slot)(rng, split)
            questions = {code: questions_of(languages.get(code), said, asked) for code in languages.codes()}
            if all(questions.values()):
                break
        taken = [concept.name for one in (event, other) for _, concept in one.roles]
        filler = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"), avoid=taken)
        order = [event, other, filler]
        rng.shuffle(order)
        words = wording(rng, speaker, "squad")
        parts: list[str] = []
        start = 0
        for one in order:
            variant = words.choice(speaker.variants(one))
            if one is event:
                answer, position = _answer_span(speaker, one, variant, asked, start)
            parts.append(text_of(sentence(speaker, one, variant)))
            start += len(parts[-1]) + 1
        question = text_of(speaker.finish(words.choice(questions[language])[1], "?"))
        return {
            "context": " ".join(parts),
            "question": question,
            "answers": {"text": [answer], "answer_start": [position]},
        }

    return rows_of("squad", split, limit, make)
