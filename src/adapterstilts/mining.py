"""Sentence retrieval: embeddings from a hidden layer, and each English sentence's nearest neighbour.

An embedding is the mean of a layer's hidden states over all tokens, special ones included, of length 1, as in
jiant's replication of Phang et al. (2020, https://arxiv.org/abs/2005.13013) at layer 14 of 24.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy
import torch
from torch import nn

from adapterstilts import data
from adapterstilts.errors import UserError
from adapterstilts.progress import SILENT, Progress
from adapterstilts.task_types import Row, retrieval
from adapterstilts.tasks import Task, metrics

nearest = retrieval.nearest

Scores = dict[str, dict[str, float]]


def default_layer(layers: int) -> int:
    """The layer that stands to `layers` as 14 does to XLM-R Large's 24; 0 would be the embeddings."""
    return max(1, round(14 / 24 * layers))


def embed(
    model: nn.Module,
    tokenizer: Any,
    sentences: Sequence[str],
    layers: Collection[int],
    max_length: int = 512,
    batch_size: int = data.EVALUATION_BATCH,
    progress: Progress = SILENT,
) -> dict[int, numpy.ndarray]:
    """For each of `layers` (0 = the embeddings): (N, H) float32, each row of length 1, in their order.

    `model` is a transformers encoder or has one as `.backbone`; it is left in evaluation mode.
    UserError if it has no such layer.
    """
    model.eval()
    backbone: Any = getattr(model, "backbone", model)
    device = next(backbone.parameters()).device
    deepest = backbone.config.num_hidden_layers
    for layer in layers:
        if not 0 <= layer <= deepest:
            raise UserError(f"The backbone has no layer {layer}: it must be 0 (the embeddings) to {deepest}.")
    sequences = retrieval.encode_sentences(sentences, tokenizer, max_length)
    features = [{"row": number, "input_ids": input_ids} for number, input_ids in enumerate(sequences)]
    size = (len(sentences), backbone.config.hidden_size)
    embeddings = {layer: numpy.empty(size, dtype=numpy.float32) for layer in layers}
    with torch.inference_mode():
        for indices in data.evaluation_batches(data.lengths_of(features), batch_size):
            batch = retrieval.collate([features[index] for index in indices], tokenizer.pad_token_id)
            batch = {key: tensor.to(device) for key, tensor in batch.items()}
            states = backbone(**batch, output_hidden_states=True).hidden_states
            for layer, table in embeddings.items():
                table[indices] = retrieval.mean_embedding(states[layer], batch["attention_mask"]).cpu().numpy()
            progress.advance(len(indices))
    return embeddings


def evaluate(
    model: nn.Module,
    task: Task,
    rows_by_language: Mapping[str, Sequence[Row]],
    tokenizer: Any,
    max_length: int = 512,
    layer: int | None = None,
    batch_size: int = data.EVALUATION_BATCH,
    progress: Progress = SILENT,
) -> tuple[Scores, Scores, dict[str, int], dict[str, list[str]]]:
    """Find each English sentence's translation among its language's foreign ones, by cosine.

    Gives the scores at `layer` (None: `default_layer`), those of layer 0 (the control that knows nothing but
    the tokens), the example counts, and the predictions (ids of rows); each by language.
    """
    backbone: Any = getattr(model, "backbone", model)
    chosen = default_layer(backbone.config.num_hidden_layers) if layer is None else layer
    scores: Scores = {}
    control: Scores = {}
    predictions: dict[str, list[str]] = {}
    for language, rows in rows_by_language.items():
        if not rows:
            raise UserError(f"There are no examples of {task.name} in {language} to evaluate on.")
        references = [retrieval.reference(row, task) for row in rows]
        sentences = [row[side] for side in retrieval.SIDES for row in rows]
        progress.start(f"evaluate {language}", len(sentences), "sentence")
        try:
            embeddings = embed(model, tokenizer, sentences, {0, chosen}, max_length, batch_size, progress)
        finally:
            progress.finish()
        found: dict[int, list[str]] = {}
        for number, table in embeddings.items():
            best = nearest(table[: len(rows)], table[len(rows) :])
            found[number] = [references[index] for index in best]
        predictions[language] = found[chosen]
        scores[language] = metrics.compute(task.metric, found[chosen], references, language)
        control[language] = metrics.compute(task.metric, found[0], references, language)
    return scores, control, {language: len(rows) for language, rows in rows_by_language.items()}, predictions
