"""Tagging: a label for each word, on its first sub-token; what is too long becomes several features.

Sentences are split between words, never cut: every word of every row is predicted exactly once, as in
XTREME's preprocessing (https://github.com/google-research/xtreme).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import Feature, Row, sequences
from adapterstilts.tasks.types.classification import new_linear

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

name = "tagging"


class TokenHead(nn.Module):
    """Dropout and a linear layer on every token: 'logits' (B, L, outputs)."""

    def __init__(self, hidden_size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = new_linear(hidden_size, outputs)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """hidden (B, L, H) -> 'logits' (B, L, outputs)."""
        return {"logits": self.out(self.dropout(hidden))}


def _word_pieces(rows: Sequence[Row], tokenizer: Any, room: int) -> list[list[list[int]]]:
    """For each row, for each word, its token ids: at least one, <unk> for a word the tokenizer drops.

    Of a word that is longer than `sequences.LONG`, those of its beginning.
    """
    if not rows:
        return []
    if _marks_by_spaces(tokenizer):
        ids = iter(sequences.token_ids([f" {word}" for row in rows for word in row["tokens"]], tokenizer, room))
        return [[next(ids) or [tokenizer.unk_token_id] for _ in row["tokens"]] for row in rows]
    encoded = tokenizer(
        [[word[: sequences.LONG] for word in row["tokens"]] for row in rows],
        is_split_into_words=True,
        add_special_tokens=False,
        return_attention_mask=False,
        truncation=False,
        verbose=False,
    )
    pieces: list[list[list[int]]] = []
    for number, row in enumerate(rows):
        words: list[list[int]] = [[] for _ in row["tokens"]]
        for token, word in zip(encoded["input_ids"][number], encoded.word_ids(number), strict=True):
            if word is not None:
                words[word].append(token)
        pieces.append([word or [tokenizer.unk_token_id] for word in words])
    return pieces


def _marks_by_spaces(tokenizer: Any) -> bool:
    """Whether only a space before a word makes it one (byte-level BPE, as RoBERTa's)."""
    before = tokenizer.backend_tokenizer.pre_tokenizer
    state = json.loads(before.__getstate__()) if before is not None else {}
    parts = state.get("pretokenizers", [state])
    return any(part.get("type") == "ByteLevel" and not part["add_prefix_space"] for part in parts)


def _groups(words: Sequence[Sequence[int]], room: int) -> list[range]:
    """Split the words into consecutive ranges of at most `room` tokens; a longer word stands alone."""
    groups, first, used = [], 0, 0
    for number, word in enumerate(words):
        if used and used + len(word) > room:
            groups.append(range(first, number))
            first, used = number, 0
        used += len(word)
    groups.append(range(first, len(words)))
    return groups


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
    """Features with 'row', 'input_ids', 'words' (the range of the row's words that is in it), 'positions' (of
    each such word's first sub-token), and 'labels' (int, one a word) where the row has tags.
    """
    numbers = {label: number for number, label in enumerate(task.labels)}
    frame = sequences.frame_of(tokenizer)
    room = max_length - 2
    for row in rows:
        sequences.check_size(row, sum(map(len, row["tokens"])), task.name)
    features: list[Feature] = []
    for number, (row, pieces) in enumerate(zip(rows, _word_pieces(rows, tokenizer, room), strict=True)):
        tags = row.get("tags")
        if tags is not None and len(tags) != len(row["tokens"]):
            raise UserError(f"Row {row.get('id')} of {task.name} has {len(row['tokens'])} tokens but {len(tags)} tags.")
        for words in _groups(pieces, room):
            input_ids, positions = [frame.begin], []
            for word in words:
                positions.append(len(input_ids))
                input_ids.extend(pieces[word][:room])
            feature: Feature = {"row": number, "words": words, "positions": positions}
            feature["input_ids"] = [*input_ids, frame.end]
            if tags is not None:
                feature["labels"] = [sequences.label_index(tags[word], numbers, row, task.name) for word in words]
            features.append(feature)
    return features


def collate(features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids', 'attention_mask', and 'labels' (B, L) with -100 off the first sub-tokens."""
    batch = sequences.padded_with_mask([feature["input_ids"] for feature in features], pad_token_id)
    if all("labels" in feature for feature in features):
        table = numpy.full(tuple(batch["input_ids"].shape), sequences.IGNORED, dtype=numpy.int64)
        for line, feature in zip(table, features, strict=True):
            line[feature["positions"]] = feature["labels"]
        batch["labels"] = torch.from_numpy(table)
    return batch


def head(hidden_size: int, task: Task, dropout: float) -> nn.Module:
    """'logits' (B, L, labels)."""
    return TokenHead(hidden_size, len(task.labels), dropout)


def items(batch: Mapping[str, Tensor]) -> int:
    """The number of words."""
    return int((batch["labels"] != sequences.IGNORED).sum())


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy, summed over the words."""
    logits = outputs["logits"].flatten(0, 1).float()
    return functional.cross_entropy(logits, batch["labels"].flatten(), ignore_index=sequences.IGNORED, reduction="sum")


def reduce(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """'best' (B, L): the number of each token's most likely label, and 'score' (B, L), its probability."""
    logits = outputs["logits"].float()
    highest, best = logits.max(-1)
    return {"best": best, "score": (highest - logits.logsumexp(-1)).exp()}


def decode(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[list[str]]:
    """The most likely tag of each word, by name, for each row."""
    predictions = [[""] * len(row["tokens"]) for row in rows]
    for output, feature in zip(outputs, features, strict=True):
        best = output["best"]
        for word, position in zip(feature["words"], feature["positions"], strict=True):
            predictions[feature["row"]][word] = task.labels[int(best[position])]
    return predictions


def confidence(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[dict[str, Any]]:
    """'score': the probability of each word's tag, in a list, for each row."""
    scores = [[0.0] * len(row["tokens"]) for row in rows]
    for output, feature in zip(outputs, features, strict=True):
        for word, position in zip(feature["words"], feature["positions"], strict=True):
            scores[feature["row"]][word] = float(output["score"][position])
    return [{"score": each} for each in scores]


def reference(row: Row, task: Task) -> list[str]:
    """The row's tags, by name; UserError if the task has no such tag."""
    numbers = dict.fromkeys(task.labels, 0)
    for tag in row["tags"]:
        sequences.label_index(tag, numbers, row, task.name)
    return list(row["tags"])
