r"""CCG: supertags, the lexical categories of English sentences in Combinatory Categorial Grammar.

Categories are those of CCGbank (Hockenmaier and Steedman 2007, https://aclanthology.org/J07-3004/), but for its marking
of noun phrases without determiner. They follow from how :mod:`~adapterstilts.pocket.languages.en` builds the sentence,
so every sentence derives ``S[dcl]`` by application, composition and ``N`` to ``NP`` (a test parses them).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Language, Token, Variant
from adapterstilts.pocket.meanings import Event
from adapterstilts.pocket.scenes import draw_of_split
from adapterstilts.pocket.tasks.items import Row, rows_of

OF_VERB_PHRASE, OF_SENTENCE = r"(S\NP)\(S\NP)", "S/S"
COMPLEMENTS = {"to", "from", "for"}
"""Prepositions whose phrase a verb asks for; the journeys' are free."""
ADJECTIVE, THAN = r"S[adj]\NP", r"((S[adj]\NP)\(S[adj]\NP))/NP"


def _asks_for_phrase(event: Event, preposition: str) -> bool:
    return preposition in COMPLEMENTS and event.relation != "travel"


def _verb(event: Event, view: str) -> str:
    """The category of the verb from its mood and what it still asks for."""
    name, _, voice = view.partition("+")
    verb = en.VIEWS[event.relation][name]
    mood = "pss" if voice else "b" if event.negated else "dcl"
    asks = ["PR"] if verb.verb == "buy_out" else []
    asks += ["PP"] if any(_asks_for_phrase(event, preposition) for preposition in verb.complements.values()) else []
    asks += ["NP"] if verb.object and not voice else []
    category = rf"S[{mood}]\NP"
    for argument in asks:
        category = f"({category})/{argument}"
    return category


def _auxiliary(token: Token, passive: bool) -> str:
    follows = "b" if token.lexeme == "do" else "pss" if passive else "adj"
    return rf"(S[dcl]\NP)/(S[{follows}]\NP)"


def _noun_like(token: Token, following: Token | None) -> str:
    """What stands before the last word of a noun phrase modifies it."""
    inside = following is not None and following.role == token.role and following.upos in ("PROPN", "NOUN")
    return "N/N" if inside else "N"


def supertags(event: Event, variant: Variant) -> list[str]:
    """The lexical category of each word of ``en.clause(event, variant)``."""
    tokens = en.clause(event, variant)
    comma = next((index for index, token in enumerate(tokens) if token.form == ","), 0)
    because = next((index for index, token in enumerate(tokens) if token.upos == "SCONJ"), len(tokens))
    tags = []
    for index, token in enumerate(tokens):
        modifies = OF_SENTENCE if index < comma else OF_VERB_PHRASE
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        in_cause = because < index < (comma if because < comma else len(tokens))
        if token.upos == "PUNCT":
            tag = token.form
        elif token.upos == "DET":
            tag = "NP/N"
        elif token.upos == "ADJ" and not token.role:
            tag = ADJECTIVE
        elif token.upos in ("ADJ", "NUM", "NOUN", "PROPN"):
            tag = _noun_like(token, following)
        elif token.upos == "AUX":
            tag = _auxiliary(token, "passive" in variant.view and not in_cause)
        elif token.upos == "VERB":
            tag = _verb(event, variant.view)
        elif token.upos == "SCONJ":
            tag = f"({modifies})/S[dcl]"
        elif token.form == "out":
            tag = "PR"
        elif token.form == "than":
            tag = THAN
        elif token.upos == "ADP":
            asked = _asks_for_phrase(event, token.form) and index > comma
            tag = "PP/NP" if asked else f"({modifies})/NP"
        else:
            tag = modifies
        tags.append(tag)
    return tags


def _draw(rng: Random, split: str, index: int) -> tuple[Event, ...]:
    event = draw_of_split(rng, split, negated=rng.random() < 0.2)
    if rng.random() >= 0.4:
        return (event,)
    taken = [concept.name for _, concept in event.roles]
    return event, draw_of_split(rng, split, negated=rng.random() < 0.2, avoid=taken)


def _tell(words: Random, speaker: Language, events: tuple[Event, ...]) -> Row:
    variants = [words.choice(en.variants(event)) for event in events]
    clauses = [en.clause(event, variant) for event, variant in zip(events, variants, strict=True)]
    tags = [supertags(event, variant) for event, variant in zip(events, variants, strict=True)]
    tokens = en.conjoin(*clauses) if len(clauses) == 2 else clauses[0]
    joined = [*tags[0], "conj", *tags[1]] if len(tags) == 2 else tags[0]
    return {"tokens": [token.form for token in en.finish(tokens, ".")], "tags": [*joined, "."]}


def ccg(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Supertags of one clause, or of two that are joined."""
    return rows_of("ccg", split, "en", limit, _draw, _tell)
