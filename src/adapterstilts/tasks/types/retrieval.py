"""Retrieval: for each English sentence, its translation among all foreign ones; nothing is trained.

Sentences are compared by the cosine of their embeddings (`mining` makes them), as XTREME does for Tatoeba:
the nearest foreign sentence of each English one (Hu et al. 2020, https://arxiv.org/abs/2003.11080).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy
from torch import Tensor

from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import Feature, Row, sequences

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

name = "retrieval"

SIDES = ("sentence1", "sentence2")


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
    """A feature for each side a row has, `<s> sentence </s>`: 'row', 'side' ('sentence1' English, 'sentence2' not)."""
    features: list[Feature] = []
    for side in SIDES:
        numbers = [number for number, row in enumerate(rows) if row[side] is not None]
        sequences_of = encode_sentences([rows[number][side] for number in numbers], tokenizer, max_length)
        for number, input_ids in zip(numbers, sequences_of, strict=True):
            features.append({"row": number, "side": side, "input_ids": input_ids})
    return features


def encode_sentences(sentences: Sequence[str], tokenizer: Any, max_length: int) -> list[list[int]]:
    """Each sentence as `<s> sentence </s>`, cut on the right to `max_length` tokens."""
    frame = sequences.frame_of(tokenizer)
    room = max_length - 2
    return [[frame.begin, *ids[:room], frame.end] for ids in sequences.token_ids(sentences, tokenizer, room)]


def collate(features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids' and 'attention_mask' (B, L)."""
    return sequences.padded_with_mask([feature["input_ids"] for feature in features], pad_token_id)


def head(hidden_size: int, task: Task, dropout: float) -> None:
    """None: retrieval compares hidden states."""
    return None


def items(batch: Mapping[str, Tensor]) -> int:
    """0: nothing is labelled."""
    return 0


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """UserError: there is nothing to train on."""
    raise UserError("A retrieval task has no training data: use `evaluate` or `merge` for it.")


def reduce(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """'embedding' (B, H): the masked mean of 'hidden' (B, L, H), special tokens included, of length 1."""
    return {"embedding": mean_embedding(outputs["hidden"], batch["attention_mask"])}


def mean_embedding(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """(B, L, H), (B, L) -> (B, H) float32: the mean over the tokens, special ones included, of length 1."""
    mask = attention_mask[:, :, None].float()
    mean = (hidden.float() * mask).sum(1) / attention_mask.sum(1, keepdim=True).float()
    return mean / mean.norm(dim=1, keepdim=True).clamp(min=1e-12)


def nearest(queries: numpy.ndarray, candidates: numpy.ndarray, block: int = 1024) -> numpy.ndarray:
    """(N, H), (M, H), both of length 1 -> (N,) int64: the candidate of greatest cosine, the first of equals.

    `block` queries are compared at a time, so that memory stays at block x M.
    """
    best = numpy.empty(len(queries), dtype=numpy.int64)
    for start in range(0, len(queries), block):
        part = slice(start, start + block)
        best[part] = (queries[part] @ candidates.T).argmax(axis=1)
    return best


def decode(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[str]:
    """For each row's English sentence, the id of the row whose foreign sentence is nearest."""
    tables: dict[str, numpy.ndarray] = {}
    for side in SIDES:
        chosen = [
            (feature["row"], output["embedding"])
            for output, feature in zip(outputs, features, strict=True)
            if feature["side"] == side
        ]
        chosen.sort(key=lambda item: item[0])
        tables[side] = numpy.stack([embedding for _, embedding in chosen])
    return [reference(rows[int(number)], task) for number in nearest(tables["sentence1"], tables["sentence2"])]


def confidence(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[dict[str, Any]]:
    """UserError: it has no head, so nothing to be sure of."""
    raise UserError("A retrieval task has no head: use `evaluate` for it, or predict with --nearest.")


def reference(row: Row, task: Task) -> str:
    """The row's own id."""
    return str(row["id"])
