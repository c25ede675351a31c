"""Tags of words in every language: PANX (named entities) and UDPOS (parts of speech)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from adapterstilts.pocket.documents import questions_of
from adapterstilts.pocket.languages.base import Language, Token
from adapterstilts.pocket.meanings import Event, split_of
from adapterstilts.pocket.scenes import draw_of_split
from adapterstilts.pocket.tasks.items import PERSONAL, Row, rows_of

NAMING = ("employ", "found", "leave", "takeover", "support")
"""Relations that tell who is a person and who a company."""
DEALING = ("help", "praise", "invite", "thank")
"""What a person or a company may do to either."""


def bio_tags(tokens: list[Token]) -> list[str]:
    """IOB2 tags of PER, ORG and LOC."""
    tags = []
    previous = ("", "")
    for token in tokens:
        here = (token.entity, token.role)
        tags.append("O" if not token.entity else f"{'I' if here == previous else 'B'}-{token.entity}")
        previous = here
    return tags


def _dealing(rng: Random, split: str, first: Event) -> Event | None:
    """A second event between the two who have names in ``first``; it does not tell what they are."""
    named = [concept for _, concept in first.roles if concept.kind in ("person", "organisation")]
    rng.shuffle(named)
    events = [Event(name, tuple(zip(("agent", "patient"), named, strict=True))) for name in DEALING]
    return next((event for event in rng.sample(events, len(events)) if split_of(event) == split), None)


def _draw_panx(rng: Random, split: str, index: int) -> tuple[Event, Event]:
    if rng.random() < 0.5:
        while True:
            first = draw_of_split(rng, split, NAMING)
            second = _dealing(rng, split, first)
            if second:
                return first, second
    first = draw_of_split(rng, split, NAMING)
    taken = [concept.name for _, concept in first.roles]
    return first, draw_of_split(rng, split, (*NAMING, *PERSONAL, "travel"), avoid=taken)


def _tell_panx(words: Random, speaker: Language, events: tuple[Event, Event]) -> Row:
    clauses = []
    for position, event in enumerate(events):
        clause = speaker.clause(event, words.choice(speaker.variants(event)))
        clauses.append([_numbered(token, position) for token in clause])
    if words.random() < 0.5:
        clauses.reverse()
    tokens = speaker.finish(speaker.conjoin(*clauses), ".")
    return {"tokens": [token.form for token in tokens], "tags": bio_tags(tokens)}


def panx(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Persons, organisations and places, in two clauses.

    A given name may be a company's. Only its role tells, and where that does not, its role in the other clause.
    """
    return rows_of("panx", split, language, limit, _draw_panx, _tell_panx)


def _numbered(token: Token, position: int) -> Token:
    """``token`` with its role told apart from the same role of the other clause."""
    role = f"{token.role}{position}" if token.role else ""
    return Token(token.form, token.lexeme, token.upos, role, token.entity, token.space)


class _Said(NamedTuple):
    """One event, or two for one sentence, and whether a question about the first is wanted, if there is one."""

    events: tuple[Event, ...]
    asks: bool


def _draw_udpos(rng: Random, split: str, index: int) -> _Said:
    events = [draw_of_split(rng, split, negated=rng.random() < 0.15)]
    if rng.random() < 0.3:
        taken = [concept.name for _, concept in events[0].roles]
        events.append(draw_of_split(rng, split, avoid=taken))
    return _Said(tuple(events), rng.random() < 0.25)


def _tell_udpos(words: Random, speaker: Language, said: _Said) -> Row:
    asked = questions_of(speaker, said.events[0]) if said.asks else []
    if asked:
        tokens = speaker.finish(words.choice(asked).words, "?")
    else:
        clauses = [speaker.clause(event, words.choice(speaker.variants(event))) for event in said.events]
        tokens = speaker.finish(speaker.conjoin(*clauses) if len(clauses) == 2 else clauses[0], ".")
    return {"tokens": [token.form for token in tokens], "tags": [token.upos for token in tokens]}


def udpos(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Universal parts of speech in statements, denials and questions about everything that pocket can say."""
    return rows_of("udpos", split, language, limit, _draw_udpos, _tell_udpos)
