"""The pieces of pocket's Unigram tokenizer (Kudo 2018), with their log-probabilities.

The pieces are the words of the pocket world, counted where they stand in sentences, and every single character below
them; so a word that documents hold is one piece, and any other text falls back to characters.
"""

from __future__ import annotations

import math
from collections import Counter
from random import Random

from adapterstilts.pocket import languages, meanings
from adapterstilts.pocket.documents import questions_of
from adapterstilts.pocket.languages.base import Language, Token
from adapterstilts.pocket.scenes import draw_of_split, generalised

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
SPACE = "▁"
SENTENCES = 12_000
LEAST_COUNT = 2


def _sentence_pieces(tokens: list[Token]) -> list[str]:
    """Each word as the tokenizer's pre-tokenisation leaves it: marked where a space, or nothing, stands before it."""
    pieces = []
    spaced = True
    for token in tokens:
        mark = SPACE if spaced or token.upos == "PUNCT" else ""
        pieces.append(mark + token.form)
        spaced = token.space or token.upos == "PUNCT"
    return pieces


def _counted(language: Language, seed: int) -> Counter[str]:
    rng = Random(f"vocabulary/{language.CODE}/{seed}")
    counts: Counter[str] = Counter()
    for index in range(SENTENCES):
        relation = tuple(meanings.RELATIONS)[index % len(meanings.RELATIONS)]
        event = draw_of_split(rng, "documents", (relation,), negated=rng.random() < 0.2)
        event = generalised(event) if rng.random() < 0.1 else event
        counts.update(
            _sentence_pieces(language.finish(language.clause(event, rng.choice(language.variants(event))), "."))
        )
        asked = questions_of(language, event)
        if asked:
            counts.update(_sentence_pieces(language.finish(rng.choice(asked).words, "?")))
    return counts


def pieces(seed: int = 0) -> list[tuple[str, float]]:
    """Special tokens, words and characters with their scores, the most frequent first; special tokens score 0."""
    counts: Counter[str] = Counter()
    for code in languages.codes():
        counts.update(_counted(languages.get(code), seed))
    kept = Counter({piece: count for piece, count in counts.items() if count >= LEAST_COUNT})
    total = sum(kept.values())
    scored = [
        (piece, math.log(count / total)) for piece, count in sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    ]
    floor = math.log(1 / total) - 5.0
    printable = {chr(code) for code in range(33, 127)}
    characters = sorted(({character for piece in counts for character in piece} | printable | {SPACE}) - set(kept))
    return [(token, 0.0) for token in SPECIAL_TOKENS] + scored + [(character, floor) for character in characters]
