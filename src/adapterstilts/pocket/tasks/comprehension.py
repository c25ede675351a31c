"""Reading comprehension: SQuAD v1.1 and v2.0, XQuAD, MLQA, TyDiQA."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, partial
from random import Random
from typing import NamedTuple

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import questions_of
from adapterstilts.pocket.languages.base import Language, Token, Variant, spans_of, text_of
from adapterstilts.pocket.meanings import FEMININE, HYPERNYMS, RELATIONS, TRANSFERS, Concept, Event, split_of
from adapterstilts.pocket.sampling import draw_concept, draw_event
from adapterstilts.pocket.scenes import between, counterpart, draw_of_split, generalised
from adapterstilts.pocket.tasks.items import PERSONAL, Row, rows_of, sentence


class _Item(NamedTuple):
    """An event, one that resembles it, what of the event the question says, and the slot that it asks for."""

    event: Event
    other: Event
    said: Event
    asked: str


def _alike(event: Event, *others: Event) -> bool:
    """Whether all persons are of one gender: where verbs agree with it, the question's verb would tell the event."""
    people = [concept for one in (event, *others) for _, concept in one.roles if concept.kind == "person"]
    return len({person.name in FEMININE for person in people}) == 1


def _asked_about_slot(rng: Random, split: str, relations: tuple[str, ...]) -> _Item:
    """An event and its counterpart."""
    while True:
        event = draw_of_split(rng, split, relations, adjuncts=("place", "time"))
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
        return _Item(event, other, said, asked)


def _asked_about_person(rng: Random, split: str, relations: tuple[str, ...]) -> _Item:
    """Two events that share one person in opposite roles; the question asks for the other person of one of them."""
    event = draw_of_split(rng, split, relations, adjuncts=("place", "time"))
    while not _alike(event):
        event = draw_of_split(rng, split, relations, adjuncts=("place", "time"))
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
    return _Item(event, other, event.with_role("place", None).with_role("time", None), asked)


def _item(rng: Random, split: str, relations: tuple[str, ...] = PERSONAL) -> _Item:
    """An item whose question can be asked in every language."""
    while True:
        kind = _asked_about_person if rng.random() < 0.3 else _asked_about_slot
        item = kind(rng, split, relations)
        shape = item.said.relation, item.asked, tuple((role, concept.kind) for role, concept in item.said.roles)
        if _askable(*shape):
            return item


@cache
def _askable(relation: str, asked: str, kinds: tuple[tuple[str, str], ...]) -> bool:
    """Whether every language can ask for ``asked`` of events of this shape; fillers make no difference."""
    rng = Random(0)
    said = draw_event(rng, relation, ())
    for role, kind in kinds:
        said = said.with_role(role, draw_concept(rng, kind) if role not in dict(said.roles) else said[role])
    if said.get("theme"):
        said = said.with_role("theme", Concept("thing", said["theme"].name, number=3 if ":" in asked else 1))
    return all(questions_of(languages.get(code), said, asked) for code in languages.codes())


def _paragraph(rng: Random, split: str, item: _Item, count: int = 3) -> list[Event]:
    """``count`` events: the item's two, which share the question's words, and others of other people."""
    found = [item.event, item.other]
    while len(found) < count:
        taken = [concept.name for event in found for _, concept in event.roles]
        found.append(draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"), avoid=taken))
    return found


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


class _Passage(NamedTuple):
    """An item, and its events and others in the order in which they are told."""

    item: _Item
    told: tuple[Event, ...]


def _tell(words: Random, language: Language, passage: _Passage, conversely: bool = False) -> Row:
    """The passage, with the answer where the item's event is among what is told.

    ``conversely``: what resembles the event is told by another verb than the question's.
    """
    item, told = passage
    question = words.choice(questions_of(language, item.said, item.asked))
    verb = question.view.partition("+")[0]
    parts: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    start = 0
    for event in told:
        options = language.variants(event)
        if conversely and event.relation == item.event.relation:
            options = [one for one in options if one.view.partition("+")[0] != verb]
        variant = words.choice(options)
        if event is item.event:
            text, position = _answer_span(language, event, variant, item.asked, start)
            texts, starts = [text], [position]
        parts.append(text_of(sentence(language, event, variant)))
        start += len(parts[-1]) + 1
    return {
        "context": " ".join(parts),
        "question": text_of(language.finish(question.words, "?")),
        "answers": {"text": texts, "answer_start": starts},
    }


def _draw(rng: Random, split: str, index: int, count: int = 3) -> _Passage:
    item = _item(rng, split)
    told = _paragraph(rng, split, item, count)
    rng.shuffle(told)
    return _Passage(item, tuple(told))


def squad(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Questions on a paragraph of three events, two of which share the question's words."""
    return rows_of("squad", split, language, limit, _draw, _tell)


def xquad(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """As SQuAD, other items, in every language."""
    return rows_of("xquad", split, language, limit, _draw, _tell)


def _draw_mlqa(rng: Random, split: str, index: int) -> _Passage:
    return _draw(rng, split, index, 4)


def mlqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """As XQuAD, on longer paragraphs: four events."""
    return rows_of("mlqa", split, language, limit, _draw_mlqa, _tell)


def _without_slot(rng: Random, item: _Item, paragraph: list[Event], answerable: bool) -> list[Event]:
    """One event is told without what is asked for: the item's own, or another if there shall be an answer."""
    bare = rng.choice((1, 2)) if answerable else 0
    return [event.with_role(item.asked, None) if number == bare else event for number, event in enumerate(paragraph)]


def _replaced(rng: Random, split: str, event: Event, avoid: Collection[str]) -> Event | None:
    """Something else between the people of ``event``, of the same form; None if nothing else may be said of them.

    Nothing is in place of a gift: who is sold or lent a thing receives it, too.
    """
    people = event.participants
    further = RELATIONS[event.relation].roles[2:]
    like = [name for name in PERSONAL if name != event.relation and RELATIONS[name].roles[2:] == further]
    others = [other for other in (between(name, people) for name in like) if split_of(other) == split]
    if not others or event.relation == "gift":
        return None
    relation = rng.choice(others).relation
    return between(relation, people, draw_event(rng, relation, ("place", "time"), avoid))


def _with_one_relation(rng: Random, split: str, paragraph: list[Event], answerable: bool) -> list[Event] | None:
    """The paragraph with something else in place of its first event, or at times, if there shall be an answer, of its
    second: how often the question's relation is there does not tell. None if either has no replacement.
    """
    taken = [concept.name for event in paragraph for _, concept in event.roles]
    first, second = (_replaced(rng, split, event, taken) for event in paragraph[:2])
    if first is None or second is None:
        return None
    if not answerable:
        return [first, *paragraph[1:]]
    return [paragraph[0], second if rng.random() < 0.5 else paragraph[1], *paragraph[2:]]


def _draw_squad2(rng: Random, split: str, index: int) -> _Passage:
    answerable = index % 3 != 2
    told: list[Event] | None = None
    while not told:
        item = _item(rng, split)
        paragraph = _paragraph(rng, split, item)
        if item.asked in ("place", "time"):
            told = _without_slot(rng, item, paragraph, answerable)
        else:
            told = _with_one_relation(rng, split, paragraph, answerable)
    rng.shuffle(told)
    return _Passage(item, tuple(told))


def squad2(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """As SQuAD; one question in three has no answer, though the paragraph holds what looks like one.

    There the event is told without the place or time that is asked for, or, where the question asks for something else,
    its people do something else.
    """
    return rows_of("squad2", split, language, limit, _draw_squad2, _tell)


def _draw_tydiqa(rng: Random, split: str, index: int) -> _Passage:
    while True:
        item = _item(rng, split, TRANSFERS)
        if item.asked == "theme" or item.event["theme"].name in HYPERNYMS:
            break
    told = _paragraph(rng, split, item)
    rng.shuffle(told)
    return _Passage(item._replace(said=generalised(item.said)), tuple(told))


def tydiqa(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Questions that do not borrow the paragraph's words, names aside.

    Both events that could be meant are told by the converse of the question's verb, and the question says the kind of a
    thing where they say the thing.
    """
    return rows_of("tydiqa", split, language, limit, _draw_tydiqa, partial(_tell, conversely=True))
