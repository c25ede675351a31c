"""Forty sentences of each language with gloss and translation, to be read by a native speaker in five minutes.

    python tests/sample_sentences.py fr    writes tests/samples/fr.txt anew; the glosses of unchanged sentences are kept

Four lines each: meaning, sentence, gloss (Leipzig glossing rules: one item a word, none for punctuation), translation.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import questions_of
from adapterstilts.pocket.languages.base import Language, Token, text_of
from adapterstilts.pocket.meanings import RELATIONS, Event
from adapterstilts.pocket.sampling import draw_event

FOLDER = Path(__file__).parent / "samples"
NEGATED = ("sale", "visit")
CONJOINED = (("gift", "eat"), ("employ", "found"))
ASKED = (("sale", "seller"), ("loan", "place"), ("lesson", "learner"), ("wash", "time"))


def _draw(relation: str, kind: str = "stated", **how: object) -> Event:
    return draw_event(Random(f"sample/{kind}/{relation}"), relation, **how)  # type: ignore[arg-type]


def _stated(language: Language, number: int, event: Event) -> tuple[list[Token], str]:
    options = language.variants(event)
    return language.clause(event, options[number % len(options)]), "."


def samples(language: Language) -> list[tuple[str, list[Token]]]:
    """Meaning and words of each sample, the same forty meanings in every language, in changing constructions."""
    found: list[tuple[str, list[Token]]] = []
    for number, relation in enumerate(RELATIONS):
        event = _draw(relation)
        found.append((str(event), language.finish(*_stated(language, number, event))))
    for number, relation in enumerate(NEGATED):
        event = _draw(relation, "denied", negated=True)
        found.append((str(event), language.finish(*_stated(language, number, event))))
    for number, relations in enumerate(CONJOINED):
        events = [_draw(relation, "joined") for relation in relations]
        clauses = [_stated(language, number, event)[0] for event in events]
        found.append((" and ".join(map(str, events)), language.finish(language.conjoin(*clauses), ".")))
    for number, (relation, asked) in enumerate(ASKED):
        event = _draw(relation, "asked", adjuncts=("place", "time"))
        asking = questions_of(language, event, asked)
        found.append((f"{asked}? of {event}", language.finish(asking[number % len(asking)].words, "?")))
    return found


def read(code: str) -> list[tuple[str, ...]]:
    """(meaning, sentence, gloss, translation) of each sample in the file."""
    path = FOLDER / f"{code}.txt"
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n") if path.exists() else []
    return [tuple(block.split("\n")) for block in blocks]


def write(code: str) -> None:
    kept = {block[1]: block[2] for block in read(code) if len(block) == 4}
    translations = samples(languages.get("en"))
    blocks = []
    for (meaning, tokens), (_, english) in zip(samples(languages.get(code)), translations, strict=True):
        sentence = text_of(tokens)
        blanks = " ".join(token.lexeme for token in tokens if token.upos != "PUNCT")
        lines = (
            [meaning, sentence] if code == "en" else [meaning, sentence, kept.get(sentence, blanks), text_of(english)]
        )
        blocks.append("\n".join(lines))
    (FOLDER / f"{code}.txt").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1])
