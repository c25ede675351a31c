"""Running text for pretraining: unlabelled documents that recur, restate, ask and answer, in every language.

No document states a meaning of the train, validation or test split (:func:`~adapterstilts.pocket.meanings.split_of`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.languages.base import Language, Token, text_of
from adapterstilts.pocket.meanings import RELATIONS, Event, split_of
from adapterstilts.pocket.sampling import adjuncts_of, draw_adjunct, draw_event

TRANSLATION_SHARE, RESTATEMENT_SHARE, CONFIRMATION_SHARE = 0.1, 0.3, 0.3
"""Of the documents; the others are conversations."""


def draw_of_split(rng: Random, split: str, names: Sequence[str] = tuple(RELATIONS), **how: object) -> Event:
    """An event of a relation in ``names`` that belongs to ``split``."""
    while True:
        event = draw_event(rng, rng.choice(names), **how)  # type: ignore[arg-type]
        if split_of(event) == split:
            return event


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


def counterpart(rng: Random, event: Event) -> Event | None:
    """A like event of the same split: participants exchanged, every adjunct and the theme drawn anew.

    None where the relation has no exchange, or where nothing else tells the two apart: they could contradict.
    """
    relation = RELATIONS[event.relation]
    if not relation.exchangeable or not any(event.get(role) for role in ("place", "time", "theme")):
        return None
    other = event.exchanged()
    taken = {concept.name for _, concept in event.roles}
    for role in adjuncts_of(relation):
        if event.get(role):
            other = other.with_role(role, draw_adjunct(rng, relation, role, taken))
    if other.get("theme") and other["theme"].kind == "thing":
        other = other.with_role("theme", draw_event(rng, event.relation, avoid=taken)["theme"])
    return other


def questions_of(language: Language, event: Event, about: str = "") -> list[tuple[str, list[Token]]]:
    """Every question about ``event``: what is asked for, and the question's words. None about states and negations.

    ``about`` restricts what is asked for to one role.
    """
    if event.negated or event.relation == "state":
        return []
    asked = [role for role, _ in event.roles]
    theme = event.get("theme")
    if theme and theme.number > 1:
        asked.append("theme:number")
    views = dict.fromkeys(variant.view for variant in language.variants(event))
    wanted = [role for role in asked if about in ("", role)]
    found = ((role, language.question(event, role, view)) for role in wanted for view in views)
    return [(role, question) for role, question in found if question]


def answer_to(rng: Random, language: Language, event: Event, asked: str) -> str:
    """The filler of ``asked`` as a one-phrase answer, with its article, and its preposition if it is an adverbial."""
    role = asked.partition(":")[0]
    tokens = language.clause(event, language.variants(event)[0])
    inside = [index for index, token in enumerate(tokens) if token.role == role]
    start = inside[0]
    outside = ("ADP", "DET") if role in ("place", "time", "instrument") else ("DET",)
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
    """Two or three sentences, each said again in another way."""
    events = scene(rng, 2)
    used: set[str] = set()
    first = [say(rng, language, event, used) for event in events]
    rng.shuffle(events)
    return " ".join(first + [say(rng, language, event, used) for event in events])


def conversation(rng: Random, language: Language) -> str:
    """Sentences, then questions about them with their answers."""
    events = scene(rng, 3)
    sentences = [say(rng, language, event) for event in events]
    pool = [(event, *found) for event in events for found in questions_of(language, event)]
    for event, asked, question in rng.sample(pool, min(len(pool), 3)):
        sentences.append(text_of(language.finish(question, "?")))
        sentences.append(answer_to(rng, language, event, asked))
    return " ".join(sentences)


def claim(rng: Random, events: Sequence[Event]) -> tuple[Event, bool]:
    """A claim about one of ``events``, and whether it is true of it; false claims come near.

    What is false has participants exchanged, or an adjunct or a theme of another event, or of none. A negated claim
    turns the answer.
    """
    event = rng.choice(events)
    relation = RELATIONS[event.relation]
    false = [event.exchanged()] * 3 if relation.exchangeable else []
    for role in (*adjuncts_of(relation), "theme"):
        concept = event.get(role)
        if concept and concept.kind != "organisation":
            fillers = [other[role] for other in events if other.get(role)]
            fillers.append(draw_event(rng, event.relation, adjuncts=(role,), avoid=[concept.name])[role])
            false += [event.with_role(role, filler) for filler in fillers if filler.kind == concept.kind]
    false = [other for other in false if not event.negated and other not in events]
    holds = not false or rng.random() < 0.5
    claimed = event if holds else rng.choice(false)
    if rng.random() < (0.5 if event.negated else 0.25):
        claimed, holds = claimed.negation(), not holds
    return claimed, holds


def confirmation(rng: Random, language: Language) -> str:
    """Sentences, then one or two claims about them, each with the question whether it is true, and the answer."""
    events = scene(rng, 2)
    used: set[str] = set()
    sentences = [say(rng, language, event, used) for event in events]
    for _ in range(rng.choice((1, 2))):
        claimed, holds = claim(rng, events)
        sentences.append(say(rng, language, claimed, used))
        sentences.append(text_of(language.finish(language.CHECK, "?")))
        sentences.append(text_of(language.finish(language.YES if holds else language.NO, ".")))
    return " ".join(sentences)


def translation(rng: Random, language: Language, other: Language) -> str:
    """The same events in two languages (translation language modelling, Conneau and Lample 2019)."""
    events = scene(rng, 2)
    return " ".join(say(rng, speaker, event) for speaker in (language, other) for event in events)


def documents(seed: int) -> Iterator[str]:
    """Documents without end, the same for the same ``seed``; every language in turn."""
    rng = Random(seed)
    speakers = [languages.get(code) for code in languages.codes()]
    while True:
        for speaker in speakers:
            drawn = rng.random()
            if drawn < TRANSLATION_SHARE and len(speakers) > 1:
                yield translation(rng, speaker, rng.choice([other for other in speakers if other is not speaker]))
            elif drawn < TRANSLATION_SHARE + RESTATEMENT_SHARE:
                yield restatement(rng, speaker)
            elif drawn < 1.0 - CONFIRMATION_SHARE:
                yield conversation(rng, speaker)
            else:
                yield confirmation(rng, speaker)
