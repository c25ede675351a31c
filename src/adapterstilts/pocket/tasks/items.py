"""What the generators share: sizes, which relations suit a task, and how item ``i`` is drawn and worded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from adapterstilts.pocket.languages.base import Language, Token, Variant
from adapterstilts.pocket.meanings import TRANSFERS, Event

Row = dict[str, Any]

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


def rows_of(task: str, split: str, limit: int | None, make: Callable[[Random, int], Row]) -> Iterator[Row]:
    """Items 0, 1, ... of ``task``, each made from a random generator of its own."""
    size = SIZES[task][split]
    for index in range(size if limit is None else min(limit, size)):
        yield {"id": f"{split}-{index}", **make(Random(f"pocket/{task}/{split}/{index}"), index)}


def wording(rng: Random, language: Language, task: str) -> Random:
    """Choices of wording: they differ by language, and never disturb the meanings."""
    return Random(f"{task}/{language.CODE}/{rng.getrandbits(64)}")


def sentence(language: Language, event: Event, variant: Variant) -> list[Token]:
    return language.finish(language.clause(event, variant), ".")


def fronts(variant: Variant) -> bool:
    """Whether a place or a time comes first."""
    return variant.order.removesuffix("_first") in ("place", "time")


def tells_apart(one: str, two: str) -> bool:
    """Whether the views differ in their verb and are not both passive, which would keep a run of two names."""
    (verb, _, voice), (other, _, other_voice) = one.partition("+"), two.partition("+")
    return verb != other and not (voice and other_voice)
