"""What the generators share: sizes, which relations suit a task, and how item ``i`` is drawn and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any, TypeVar

from adapterstilts.pocket import languages
from adapterstilts.pocket.languages.base import Language, Token, Variant
from adapterstilts.pocket.meanings import TRANSFERS, Event

Row = dict[str, Any]
Meaning = TypeVar("Meaning")

SIZES = {
    "anli_plus": {"train": 48_000, "validation": 1_000, "test": 2_000},
    "mnli": {"train": 24_000, "validation": 1_000, "test": 2_000},
    "qqp": {"train": 22_000, "validation": 1_000, "test": 2_000},
    "squad2": {"train": 16_000, "validation": 1_000, "test": 2_000},
    "squad": {"train": 12_000, "validation": 1_000, "test": 2_000},
    "hellaswag": {"train": 6_000, "validation": 1_000, "test": 2_000},
    "ccg": {"train": 5_000, "validation": 1_000, "test": 2_000},
    "cosmosqa": {"train": 4_000, "validation": 1_000, "test": 2_000},
    "csqa": {"train": 1_200, "validation": 1_000, "test": 2_000},
    "xnli": {"test": 2_000},
    "pawsx": {"train": 2_400, "validation": 1_000, "test": 2_000},
    "udpos": {"train": 1_200, "validation": 1_000, "test": 2_000},
    "panx": {"train": 1_200, "validation": 1_000, "test": 2_000},
    "xquad": {"test": 2_000},
    "mlqa": {"test": 2_000},
    "tydiqa": {"train": 600, "validation": 1_000, "test": 2_000},
    "bucc2018": {"validation": 1_200, "test": 2_400},
    "tatoeba": {"test": 2_000},
}
"""Rows of each split. Training sets keep the order of the real ones: intermediate tasks are about a twentieth of
them, or less where they are huge; targets that have training data of their own are small, and TyDiQA is tiny."""
ENCOUNTERS = ("help", "visit", "praise", "invite", "thank", "greet")
PERSONAL = (*TRANSFERS, "lesson", "victory", "arrival", *ENCOUNTERS)
"""Relations of two persons who may change places, with a place and a time."""


def rows_of(
    task: str,
    split: str,
    language: str,
    limit: int | None,
    draw: Callable[[Random, str, int], Meaning],
    tell: Callable[[Random, Language, Meaning], Row],
) -> Iterator[Row]:
    """Items 0, 1, ... of ``task``: what ``draw`` draws for a split and a number, worded by ``tell`` in ``language``.

    Choices of wording differ by language, and never disturb the meanings. ``tell`` must leave a meaning as it is.
    """
    speaker = languages.get(language)
    size = SIZES[task][split]
    for index in range(size if limit is None else min(limit, size)):
        meaning, seed = drawn(task, split, index, draw)
        words = Random(f"{task}/{speaker.CODE}/{seed}")
        yield {"id": f"{split}-{index}", **tell(words, speaker, meaning)}


@lru_cache(maxsize=4096)
def drawn(task: str, split: str, index: int, draw: Callable[[Random, str, int], Any]) -> tuple[Any, int]:
    """The meaning of one item, and the seed of its wordings. The largest test set is kept from language to language."""
    rng = Random(f"pocket/{task}/{split}/{index}")
    return draw(rng, split, index), rng.getrandbits(64)


def sentence(language: Language, event: Event, variant: Variant) -> list[Token]:
    return language.finish(language.clause(event, variant), ".")


def fronts(variant: Variant) -> bool:
    """Whether a place or a time comes first."""
    return variant.order.removesuffix("_first") in ("place", "time")


def tells_apart(one: str, two: str) -> bool:
    """Whether the views differ in their verb and are not both passive, which would keep a run of two names."""
    (verb, _, voice), (other, _, other_voice) = one.partition("+"), two.partition("+")
    return verb != other and not (voice and other_voice)
