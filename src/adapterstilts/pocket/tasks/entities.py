"""PANX: named entities."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import draw_of_split
from adapterstilts.pocket.languages.base import Token
from adapterstilts.pocket.tasks.items import (
    PERSONAL,
    Row,
    rows_of,
    wording,
)

NAMING = ("employ", "found", "leave", "takeover", "support")


def bio_tags(tokens: list[Token]) -> list[str]:
    """IOB2 tags of PER, ORG and LOC."""
    tags = []
    previous = ("", "")
    for token in tokens:
        here = (token.entity, token.role)
        tags.append("O" if not token.entity else f"{'I' if here == previous else 'B'}-{token.entity}")
        previous = here
    return tags


def panx(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Persons, organisations and places, in two clauses; a given name may be a company's, and only its role tells."""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        first = draw_of_split(rng, split, NAMING)
        taken = [concept.name for _, concept in first.roles]
        second = draw_of_split(rng, split, (*NAMING, *PERSONAL, "travel"), avoid=taken)
        words = wording(rng, speaker, "panx")
        clauses = []
        for position, event in enumerate((first, second)):
            clause = speaker.clause(event, words.choice(speaker.variants(event)))
            clauses.append([_numbered(token, position) for token in clause])
        if words.random() < 0.5:
            clauses.reverse()
        tokens = speaker.finish(speaker.conjoin(*clauses), ".")
        return {"tokens": [token.form for token in tokens], "tags": bio_tags(tokens)}

    return rows_of("panx", split, limit, make)


def _numbered(token: Token, position: int) -> Token:
    """``token`` with its role told apart from the same role of the other clause."""
    role = f"{token.role}{position}" if token.role else ""
    return Token(token.form, token.lexeme, token.upos, role, token.entity, token.space)
