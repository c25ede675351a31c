"""Running text for pretraining: unlabelled documents that recur, restate, ask and answer, in every language.

No document states a meaning of the train, validation or test split (:func:`~adapterstilts.pocket.meanings.split_of`),
reasons aside: that somebody was tired or sad is drawn at random wherever it is a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from adapterstilts.pocket import languages
from adapterstilts.pocket.languages.base import Language, Token, text_of
from adapterstilts.pocket.meanings import RELATIONS, Event
from adapterstilts.pocket.scenes import counterpart, draw_of_split, generalised, possession, ranked


def say(rng: Random, language: Language, event: Event, used: set[str] | None = None) -> str:
    """``event`` as a sentence, in a construction whose text is not in ``used`` as far as there is one."""
    options = language.variants(event)
    rng.shuffle(options)
    for variant in options:
        text = text_of(language.finish(language.clause(event, variant), "."))
        if used is None or text not in used:
            break
    if used is not None:
        used.add(text)
    return text


class Asked(NamedTuple):
    """A question about an event: what it asks for, in which view, in which words."""

    role: str
    view: str
    words: list[Token]


def questions_of(language: Language, event: Event, about: str = "") -> list[Asked]:
    """Every question about ``event``. None about states and negations.

    ``about`` restricts what is asked for to one role ('theme:number' asks how many).
    """
    if event.negated or event.relation == "state":
        return []
    asked = [role for role, _ in event.roles]
    theme = event.get("theme")
    if theme and theme.number > 1:
        asked.append("theme:number")
    views = dict.fromkeys(variant.view for variant in language.variants(event))
    wanted = [role for role in asked if about in ("", role)]
    found = (Asked(role, view, language.question(event, role, view) or []) for role in wanted for view in views)
    return [question for question in found if question.words]


def answer_to(language: Language, event: Event, asked: str) -> str:
    """The filler of ``asked`` as a one-phrase answer, with its article, and its preposition if it is an adverbial."""
    role = asked.partition(":")[0]
    tokens = language.clause(event, language.variants(event)[0])
    inside = [index for index, token in enumerate(tokens) if token.role == role]
    start = inside[0]
    adverbial = role in ("place", "time", "instrument")
    outside = ("ADP", "DET") if adverbial and language.PREPOSITIONAL else ("DET",)
    while start and tokens[start - 1].upos in outside:
        start -= 1
    return text_of(language.finish(tokens[start : inside[-1] + 1], "."))


def scene(rng: Random, most: int) -> list[Event]:
    """One to ``most`` events of the documents' split, often an event and its counterpart."""
    first = draw_of_split(rng, "documents")
    if not RELATIONS[first.relation].exchangeable or rng.random() < 0.3:
        first = first.negation() if rng.random() < 0.3 else first
    events = [first]
    other = None if first.negated or rng.random() < 0.4 else counterpart(rng, first)
    if other:
        events.append(other)
    while len(events) < most and rng.random() < 0.5:
        names = {concept.name for event in events for _, concept in event.roles}
        events.append(draw_of_split(rng, "documents", avoid=names))
    rng.shuffle(events)
    return events


def restatement(rng: Random, language: Language) -> str:
    """Two or three sentences, each said again in another way, a thing at times by its kind (*the animal*)."""
    events = scene(rng, 2)
    used: set[str] = set()
    first = [say(rng, language, event, used) for event in events]
    rng.shuffle(events)
    if rng.random() < 0.4:
        events = [generalised(event) for event in events]
    return " ".join(first + [say(rng, language, event, used) for event in events])


def conversation(rng: Random, language: Language) -> str:
    """Sentences, then questions about them with their answers."""
    events = scene(rng, 3)
    sentences = [say(rng, language, event) for event in events]
    pool = [(event, found) for event in events for found in questions_of(language, event)]
    for event, question in rng.sample(pool, min(len(pool), 3)):
        sentences.append(text_of(language.finish(question.words, "?")))
        sentences.append(answer_to(language, event, question.role))
    return " ".join(sentences)


def ranking(rng: Random, language: Language) -> str:
    """Three people in one order: both neighbouring pairs, and what follows for the outer two."""
    *neighbours, outer = ranked(rng, "documents")
    rng.shuffle(neighbours)
    return " ".join(say(rng, language, event) for event in (*neighbours, outer))


def story(rng: Random, language: Language) -> str:
    """A thing changes hands, or two do; then the one who has it now does something with it."""
    given, other, deed, _ = possession(rng, "documents")
    transfers = [given, other] if rng.random() < 0.7 else [given]
    rng.shuffle(transfers)
    return " ".join(say(rng, language, event) for event in (*transfers, deed))


def translation(rng: Random, language: Language, other: Language) -> str:
    """The same events in two languages (translation language modelling, Conneau and Lample 2019)."""
    events = scene(rng, 2)
    return " ".join(say(rng, speaker, event) for speaker in (language, other) for event in events)


SHARES: Mapping[str, float] = {
    "translation": 0.1, "restatement": 0.4, "conversation": 0.34, "ranking": 0.08, "story": 0.08
}  # fmt: skip
"""Of the documents in each language."""


def documents(seed: int) -> Iterator[str]:
    """Documents without end, the same for the same ``seed``; every language in turn."""
    rng = Random(seed)
    speakers = [languages.get(code) for code in languages.codes()]
    alone = {"restatement": restatement, "conversation": conversation, "ranking": ranking, "story": story}
    while True:
        for speaker in speakers:
            kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
            if kind == "translation":
                yield translation(rng, speaker, rng.choice([other for other in speakers if other is not speaker]))
            else:
                yield alone[kind](rng, speaker)
