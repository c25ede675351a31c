"""Multiple choice: each choice is a sequence `<s> context question </s></s> choice </s>` with one score.

The choices of all rows of a batch go through the backbone as one flat batch; a softmax over a row's own
choices makes the loss. Rows of one batch may differ in the number of choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import Feature, Row, sequences
from adapterstilts.tasks.types.classification import FirstTokenHead, told

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

name = "multiple_choice"


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
    """One feature a row: 'row', 'input_ids' (a list a choice), 'label' (int) where the row has one, and 'second' (where
    each choice begins) where the tokenizer marks it.

    What is too long loses the end of its context: question and choice are cut only once no context is left.
    """
    frame = sequences.frame_of(tokenizer)
    contexts = sequences.token_ids([row.get("context") or "" for row in rows], tokenizer, max_length)
    questions = sequences.token_ids([row.get("question") or "" for row in rows], tokenizer, max_length)
    offered = [choice for row in rows for choice in row["choices"]]
    choices = iter(sequences.token_ids(offered, tokenizer, max_length))
    features: list[Feature] = []
    for number, row in enumerate(rows):
        pairs = []
        for choice in (next(choices) for _ in row["choices"]):
            room = max(0, max_length - frame.tokens_of_pair - len(questions[number]) - len(choice))
            first = contexts[number][:room] + questions[number]
            pairs.append(sequences.pair(first, choice, frame, max_length))
        feature: Feature = {"row": number, "input_ids": [input_ids for input_ids, _ in pairs]}
        if frame.segmented:
            feature["second"] = [begin for _, begin in pairs]
        if row.get("label") is not None:
            feature["label"] = _choice_number(row, task)
        features.append(feature)
    return features


def _choice_number(row: Row, task: Task) -> int:
    label = row["label"]
    if not isinstance(label, int) or not 0 <= label < len(row["choices"]):
        last = len(row["choices"]) - 1
        raise UserError(f'Row {row.get("id")} of {task.name} has the label "{label}": it must be 0 to {last}.')
    return label


def collate(features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids', 'attention_mask' (all choices of all rows, L), 'choices' (B,), 'labels' (B,), and 'token_type_ids'
    (all choices of all rows, L) of marked pairs.
    """
    flat = list(chain.from_iterable(feature["input_ids"] for feature in features))
    seconds = list(chain.from_iterable(feature.get("second", ()) for feature in features))
    batch = sequences.padded_with_mask(flat, pad_token_id, seconds or None)
    batch["choices"] = torch.tensor([len(feature["input_ids"]) for feature in features])
    if all("label" in feature for feature in features):
        batch["labels"] = torch.tensor([feature["label"] for feature in features])
    return batch


def head(hidden_size: int, task: Task, dropout: float) -> nn.Module:
    """'logits' (all choices of all rows, 1)."""
    return FirstTokenHead(hidden_size, 1, dropout)


def _by_row(logits: Tensor, choices: Tensor) -> Tensor:
    """(all choices, 1) -> (B, most choices), with the lowest number where a row has no such choice."""
    inside = (torch.arange(int(choices.max())) < choices[:, None]).to(logits.device)
    table = torch.full(inside.shape, torch.finfo(torch.float32).min, device=logits.device)
    return table.masked_scatter(inside, logits.float())


def items(batch: Mapping[str, Tensor]) -> int:
    """The number of rows."""
    return batch["labels"].numel()


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy over each row's choices, summed over the rows."""
    return functional.cross_entropy(_by_row(outputs["logits"], batch["choices"]), batch["labels"], reduction="sum")


def reduce(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """'logits' (B, most choices)."""
    return {"logits": _by_row(outputs["logits"], batch["choices"])}


def decode(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[int]:
    """The number of the best choice, for each row."""
    predictions = [0] * len(rows)
    for output, feature in zip(outputs, features, strict=True):
        predictions[feature["row"]] = int(output["logits"].argmax())
    return predictions


def confidence(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[dict[str, Any]]:
    """'probabilities' of the choices by number, and 'score', the greatest of them, for each row."""
    return [
        told(output["logits"], [str(number) for number in range(len(rows[feature["row"]]["choices"]))])
        for output, feature in zip(outputs, features, strict=True)
    ]


def reference(row: Row, task: Task) -> int:
    """The number of the right choice; UserError if there is no such choice."""
    return _choice_number(row, task)
