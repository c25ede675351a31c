"""Task types: what joins a task's examples to a model, one module for each of the five; and masked text beside them.

A task type turns rows into features (`encode`), features into a batch (`collate`), hidden states into
outputs (`head`), outputs into a loss (`loss`) and into predictions (`decode`). A *feature* is one sequence
for the backbone: a dict with 'row' (the index of the row it comes from), 'input_ids' (a list of int; for
multiple choice one list for each choice) and what the type itself needs. A row may give several features.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from adapterstilts.base.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import numpy
    from torch import Tensor, nn

    from adapterstilts.tasks import Task

Feature = dict[str, Any]
Row = Mapping[str, Any]

NAMES = ("classification", "multiple_choice", "tagging", "question_answering", "retrieval")


class Learnable(Protocol):
    """What a training needs of a task type."""

    name: str

    def encode(self, rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
        """Tokenise `rows`, with their labels where they have them; no feature exceeds `max_length`."""

    def collate(self, features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
        """Pad to the longest: 'input_ids', 'attention_mask' (B, L), 'lengths' (B,), int64; labels if all have them."""

    def items(self, batch: Mapping[str, Tensor]) -> int:
        """How many labelled things the loss of `batch` sums: rows, words or features."""

    def loss(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
        """The sum of the items' losses: summed over parts and divided once, it is a large batch's mean."""


class TaskType(Learnable, Protocol):
    """The functions and a name; each of the five modules has them at its top level."""

    def head(self, hidden_size: int, task: Task, dropout: float) -> nn.Module | None:
        """A new layer, hidden (B, L, H), attention_mask (B, L) -> outputs; None for retrieval."""

    def reduce(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What `decode` needs of a batch's outputs, (B, ...); the large ones shrink on the device."""

    def decode(
        self,
        outputs: Sequence[Mapping[str, numpy.ndarray]],
        features: Sequence[Feature],
        rows: Sequence[Row],
        task: Task,
    ) -> list[Any]:
        """One prediction for each row, from what `reduce` left of each feature."""

    def confidence(
        self,
        outputs: Sequence[Mapping[str, numpy.ndarray]],
        features: Sequence[Feature],
        rows: Sequence[Row],
        task: Task,
    ) -> list[dict[str, Any]]:
        """What is told beside each row's prediction: its 'score', a probability, and what else the type knows."""

    def reference(self, row: Row, task: Task) -> Any:
        """What the metric compares the prediction of `row` with."""


def get(name: str) -> TaskType:
    """The task type called `name`; UserError if there is none."""
    if name not in NAMES:
        raise UserError(f'There is no task type "{name}".{did_you_mean(name, NAMES)}')
    module: Any = importlib.import_module(f"{__name__}.{name}")
    return module
