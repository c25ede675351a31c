"""Token sequences for XLM-R: special tokens, truncation and padding, the same for every task type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy
import torch
from torch import Tensor

from adapterstilts.errors import UserError, did_you_mean

IGNORED = -100
"""The label of a position that no loss counts, as in torch.nn.functional.cross_entropy."""


def special_ids(tokenizer: Any) -> tuple[int, int]:
    """The ids of <s> and </s>."""
    return tokenizer.cls_token_id, tokenizer.sep_token_id


def token_ids(texts: Sequence[str], tokenizer: Any) -> list[list[int]]:
    """Each text as token ids, without special tokens and uncut."""
    if not texts:
        return []
    encoded = tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, truncation=False, verbose=False
    )
    return encoded["input_ids"]


def pair(first: list[int], second: list[int], special: tuple[int, int], max_length: int) -> list[int]:
    """``<s> first </s></s> second </s>``; the longer is cut on the right until there are `max_length`."""
    room = max_length - 4
    excess = len(first) + len(second) - room
    if excess > 0:
        shorter = min(len(first), len(second), room // 2)
        if len(first) >= len(second):
            second = second[: max(shorter, room - len(first))]
            first = first[: room - len(second)]
        else:
            first = first[: max(shorter, room - len(second))]
            second = second[: room - len(first)]
    begin, end = special
    return [begin, *first, end, end, *second, end]


def padded(sequences: Sequence[Sequence[int]], fill: int, length: int | None = None) -> Tensor:
    """(B, L) int64: the sequences side by side, filled up on the right to `length` or to the longest."""
    lengths = numpy.fromiter(map(len, sequences), dtype=numpy.int64, count=len(sequences))
    width = int(lengths.max()) if length is None else length
    table = numpy.full((len(sequences), width), fill, dtype=numpy.int64)
    inside = numpy.arange(width) < lengths[:, None]
    table[inside] = numpy.fromiter(chain.from_iterable(sequences), dtype=numpy.int64, count=int(lengths.sum()))
    return torch.from_numpy(table)


def padded_with_mask(sequences: Sequence[Sequence[int]], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids' and 'attention_mask' (1 = a token, 0 = padding), both (B, L) int64."""
    input_ids = padded(sequences, pad_token_id)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    mask = torch.arange(input_ids.shape[1]) < lengths[:, None]
    return {"input_ids": input_ids, "attention_mask": mask.to(torch.int64)}


def label_index(label: Any, labels: Mapping[str, int], row: Mapping[str, Any], task_name: str) -> int:
    """The number of the label called `label`; UserError naming the row if the task has no such label."""
    try:
        return labels[label]
    except (KeyError, TypeError):
        known = ", ".join(labels) if len(labels) <= 20 else f"{len(labels)} labels"
        hint = did_you_mean(str(label), labels)
        raise UserError(
            f'Row {row.get("id")} of {task_name} has the label "{label}", which is none of its labels ({known}).{hint}'
        ) from None


def sequence_length(feature: Mapping[str, Any]) -> int:
    """Tokens in a feature's longest sequence."""
    ids = feature["input_ids"]
    return max(map(len, ids)) if ids and isinstance(ids[0], list) else len(ids)


def token_count(feature: Mapping[str, Any]) -> int:
    """Tokens in all of a feature's sequences, without padding."""
    ids = feature["input_ids"]
    return sum(map(len, ids)) if ids and isinstance(ids[0], list) else len(ids)
