"""Sentence embeddings: the mean of a layer's hidden states over all tokens, special ones included, of length 1.

As in jiant's replication of Phang et al. (2020, https://arxiv.org/abs/2005.13013) at layer 14 of 24.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy
import torch
from torch import nn

from adapterstilts.backbones.device import device_of, moved, precision_on
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.scoring.evaluator import check_finite
from adapterstilts.tasks.types import batching, retrieval
from adapterstilts.tasks.types.sequences import not_read

Table = numpy.ndarray
Found = TypeVar("Found")

TABLE_BYTES = 1_600_000_000
"""The embeddings that are held at a time: of two layers of XLM-R Large, those of BUCC's zh-en (183,497 sentences)."""
_TOKENISED = 16_384
"""Sentences whose tokens are held at a time, ordered by length among themselves."""


def default_layer(layers: int) -> int:
    """The layer that stands to `layers` as 14 does to XLM-R Large's 24; 0 would be the embeddings."""
    return max(1, round(14 / 24 * layers))


def backbone_of(model: nn.Module) -> Any:
    """The transformers encoder that `model` is or has as `.backbone`."""
    return getattr(model, "backbone", model)


def check_layers(model: nn.Module, layers: Collection[int]) -> None:
    """Raise `UserError` if the backbone of `model` lacks one of `layers`."""
    deepest = backbone_of(model).config.num_hidden_layers
    for layer in layers:
        if not 0 <= layer <= deepest:
            raise UserError(f"The backbone has no layer {layer}: it must be 0 (the embeddings) to {deepest}.")


def embed(
    model: nn.Module,
    tokenizer: Any,
    sentences: Sequence[str],
    layers: Collection[int],
    max_length: int = 512,
    batch_size: int = batching.EVALUATION_BATCH,
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> dict[int, Table]:
    """For each of `layers` (0 = the embeddings): (N, H) float32, each row of length 1, in their order.

    `model` is a transformers encoder or has one as `.backbone`; it is left in evaluation mode. A batch of long
    sentences is cut to 8,192 tokens. UserError if the backbone has no such layer.
    """
    model.eval()
    backbone = backbone_of(model)
    device = device_of(backbone)
    check_layers(model, layers)
    size = (len(sentences), backbone.config.hidden_size)
    embeddings = {layer: numpy.empty(size, dtype=numpy.float32) for layer in layers}
    with torch.inference_mode(), precision_on(device, precision):
        for start in range(0, len(sentences), _TOKENISED):
            encoded = retrieval.encode_sentences(sentences[start : start + _TOKENISED], tokenizer, max_length)
            features = [{"input_ids": input_ids} for input_ids in encoded]
            if start == 0 and (said := not_read(features, tokenizer)):
                progress.note(said)
            for indices in batching.evaluation_batches(features, batch_size):
                batch = retrieval.collate([features[index] for index in indices], tokenizer.pad_token_id)
                batch = moved(batch, device)
                states = _states(model, batch, embeddings)
                for layer, table in embeddings.items():
                    mean = retrieval.mean_embedding(states[layer], batch["attention_mask"])
                    check_finite({"embedding": mean}, batch["attention_mask"], precision)
                    table[start + indices] = mean.cpu().numpy()
                progress.advance(len(indices))
    return embeddings


def _states(model: Any, batch: dict[str, Any], layers: Collection[int]) -> Mapping[int, torch.Tensor]:
    if hasattr(model, "states"):
        return model.states(batch, layers)
    read = {name: batch[name] for name in ("input_ids", "attention_mask")}
    every = backbone_of(model)(**read, output_hidden_states=True).hidden_states
    return {layer: every[layer] for layer in layers}


def in_turn(
    model: nn.Module,
    tokenizer: Any,
    sentences: Sequence[str],
    layers: Sequence[int],
    find: Callable[[int, Table], Found],
    title: str,
    max_length: int = 512,
    batch_size: int = batching.EVALUATION_BATCH,
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> Iterator[tuple[int, Found]]:
    """Each of `layers` with what `find` makes of it and its embeddings, which are then forgotten.

    As many layers are embedded at a time as `TABLE_BYTES` holds, one at least; each time is a phase of `progress`
    called `title`.
    """
    width = backbone_of(model).config.hidden_size
    at_once = max(1, TABLE_BYTES // max(1, 4 * width * len(sentences)))
    for first in range(0, len(layers), at_once):
        group = layers[first : first + at_once]
        progress.start(title, len(sentences), "sentence")
        try:
            tables = embed(model, tokenizer, sentences, group, max_length, batch_size, precision, progress)
        finally:
            progress.finish()
        for layer in group:
            yield layer, find(layer, tables.pop(layer))
