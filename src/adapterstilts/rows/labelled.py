"""What can be told of rows whatever their task: whether they are labelled, which sentences they pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

Row = Mapping[str, Any]
LABELS = ("label", "tags", "answers")
"""The columns that hold what is to be predicted."""


def are_labelled(task: Task, rows: Sequence[Row]) -> bool:
    """Whether `rows` can be scored: each has its label or, for retrieval, they tell which sentences are pairs."""
    if task.type != "retrieval":
        return all(any(row.get(name) is not None for name in LABELS) for row in rows)
    paired = [row["sentence1"] is not None and row["sentence2"] is not None for row in rows]
    return any(paired) if task.metric == "mining_f1" else all(paired)


def sentence_ids(row: Row) -> tuple[str, str]:
    """The ids of a retrieval row's English and foreign sentence; an id of a side that the row lacks is nobody's.

    The id of a gold pair of BUCC is both, the foreign one first, with a tab between; any other is for both sides. A
    sentence that is in two gold pairs is in two rows, and has one id.
    """
    foreign, _, english = str(row["id"]).partition("\t")
    return english or foreign, foreign
