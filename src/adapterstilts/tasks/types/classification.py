"""Classification of a sentence or of a pair: `<s> A </s></s> B </s>`, read off at `<s>`.

The head is XLMRobertaClassificationHead's function (Liu et al. 2019, https://arxiv.org/abs/1907.11692).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapterstilts.tasks.types import Feature, Row, sequences

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

name = "classification"


class FirstTokenHead(nn.Module):
    """Dropout, dense, tanh, dropout, dense, on the hidden state of `<s>`: 'logits' (B, outputs)."""

    def __init__(self, hidden_size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dense = new_linear(hidden_size, hidden_size)
        self.out = new_linear(hidden_size, outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """hidden (B, L, H) -> 'logits' (B, outputs)."""
        state = torch.tanh(self.dense(self.dropout(hidden[:, 0])))
        return {"logits": self.out(self.dropout(state))}


def new_linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer initialised as BERT's are: weights N(0, 0.02), bias 0."""
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
    """One feature a row: 'row', 'input_ids', 'label' (int) where the row has one, and 'second' (the place where the
    second sentence begins) where the tokenizer marks it.
    """
    labels = {label: number for number, label in enumerate(task.labels)}
    frame = sequences.frame_of(tokenizer)
    first = sequences.token_ids([row["sentence1"] for row in rows], tokenizer, max_length)
    second = sequences.token_ids([row.get("sentence2") or "" for row in rows], tokenizer, max_length)
    features: list[Feature] = []
    for number, row in enumerate(rows):
        if row.get("sentence2") is None:
            feature: Feature = {"row": number, "input_ids": [frame.begin, *first[number][: max_length - 2], frame.end]}
        else:
            input_ids, begin = sequences.pair(first[number], second[number], frame, max_length)
            feature = {"row": number, "input_ids": input_ids, **({"second": begin} if frame.segmented else {})}
        if row.get("label") is not None:
            feature["label"] = sequences.label_index(row["label"], labels, row, task.name)
        features.append(feature)
    return features


def collate(features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids', 'attention_mask' (B, L), 'labels' (B,), and 'token_type_ids' (B, L) of marked pairs."""
    seconds = [feature["second"] for feature in features if "second" in feature]
    ids = [feature["input_ids"] for feature in features]
    batch = sequences.padded_with_mask(ids, pad_token_id, seconds if len(seconds) == len(ids) else None)
    if all("label" in feature for feature in features):
        batch["labels"] = torch.tensor([feature["label"] for feature in features])
    return batch


def head(hidden_size: int, task: Task, dropout: float) -> nn.Module:
    """'logits' (B, labels)."""
    return FirstTokenHead(hidden_size, len(task.labels), dropout)


def items(batch: Mapping[str, Tensor]) -> int:
    """The number of rows."""
    return batch["labels"].numel()


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy, summed over the rows."""
    return functional.cross_entropy(outputs["logits"].float(), batch["labels"], reduction="sum")


def reduce(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """'logits' (B, labels)."""
    return {"logits": outputs["logits"].float()}


def decode(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[str]:
    """The name of the most likely label, for each row."""
    predictions = [""] * len(rows)
    for output, feature in zip(outputs, features, strict=True):
        predictions[feature["row"]] = task.labels[int(output["logits"].argmax())]
    return predictions


def confidence(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[dict[str, Any]]:
    """'probabilities' of the labels by name, and 'score', the greatest of them, for each row."""
    return [told(output["logits"], task.labels) for output in outputs]


def told(logits: numpy.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """'probabilities' by name, of one row's logits (N,), and 'score', the greatest of them."""
    by_name = dict(zip(names, sequences.probabilities(logits[: len(names)]).tolist(), strict=True))
    return {"score": max(by_name.values()), "probabilities": by_name}


def reference(row: Row, task: Task) -> str:
    """The row's label, by name; UserError if the task has no such label."""
    sequences.label_index(row["label"], dict.fromkeys(task.labels, 0), row, task.name)
    return row["label"]
