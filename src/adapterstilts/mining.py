"""Sentence retrieval: embeddings from a hidden layer, the nearest neighbour of each English sentence, bitext mining.

An embedding is the mean of a layer's hidden states over all tokens, special ones included, of length 1, as in
jiant's replication of Phang et al. (2020, https://arxiv.org/abs/2005.13013) at layer 14 of 24.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy
import torch
from torch import nn

from adapterstilts import data
from adapterstilts.errors import UserError
from adapterstilts.progress import SILENT, Progress
from adapterstilts.task_types import Row, retrieval
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks.rows import are_labelled, sentence_ids

nearest = retrieval.nearest

Scores = dict[str, dict[str, float]]
Table = numpy.ndarray
Pair = tuple[int, int, float]
Ids = tuple[str, str]
Sides = tuple[dict[str, str], dict[str, str]]
Embedding = Callable[[Sequence[str]], dict[int, Table]]


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


def mine(english: Table, foreign: Table, neighbours: int = 4, block: int = 1024) -> list[Pair]:
    """(N, H), (M, H), rows of length 1 -> pairs (row of `english`, row of `foreign`, score), the best first.

    The score is the ratio margin of Artetxe and Schwenk (2019, https://arxiv.org/abs/1811.01136): the cosine over the
    mean of both sentences' mean cosines to their `neighbours` nearest. The best pairs of either direction compete, and
    no sentence is in two ("max" retrieval in XTREME's script). Memory stays at `block` x M.
    """
    k = min(neighbours, len(english), len(foreign))
    near_english, near_foreign = _nearest(english, foreign, k, block), _nearest(foreign, english, k, block)
    candidates: list[Pair] = []
    for (cosines, found), (other_cosines, _), turned in (
        (near_english, near_foreign, False),
        (near_foreign, near_english, True),
    ):
        scores = 2.0 * cosines / (cosines.mean(1, keepdims=True) + other_cosines.mean(1)[found])
        best = scores.argmax(1)
        rows = numpy.arange(len(found))
        pairs = zip(rows.tolist(), found[rows, best].tolist(), scores[rows, best].tolist(), strict=True)
        candidates += [(there, here, score) if turned else (here, there, score) for here, there, score in pairs]
    kept: dict[int, Pair] = {}
    taken: set[int] = set()
    for pair in sorted(candidates, key=lambda pair: -pair[2]):
        if pair[0] not in kept and pair[1] not in taken:
            kept[pair[0]] = pair
            taken.add(pair[1])
    return list(kept.values())


def _nearest(queries: Table, candidates: Table, k: int, block: int) -> tuple[Table, Table]:
    """(N, k) cosines and (N, k) numbers of the `k` candidates of greatest cosine, in no order."""
    cosines = numpy.empty((len(queries), k), dtype=numpy.float32)
    found = numpy.empty((len(queries), k), dtype=numpy.int64)
    for start in range(0, len(queries), block):
        part = slice(start, start + block)
        table = queries[part] @ candidates.T
        found[part] = numpy.argpartition(-table, k - 1, axis=1)[:, :k]
        cosines[part] = numpy.take_along_axis(table, found[part], axis=1)
    return cosines, found


def best_threshold(pairs: Sequence[Pair], gold: Collection[tuple[int, int]]) -> float:
    """The score from which on `pairs`, the best first, have the greatest F1 against `gold`."""
    right, best, threshold = 0, 0.0, float("inf")
    for number, (english, foreign, score) in enumerate(pairs, 1):
        right += (english, foreign) in gold
        f1 = 2.0 * right / (number + len(gold))
        if f1 > best:
            following = pairs[number][2] if number < len(pairs) else score
            best, threshold = f1, (score + following) / 2.0
    return threshold


def _mined(tables: tuple[Table, Table], sides: Sides, threshold: float) -> dict[str, str]:
    """Id of an English sentence to that of the foreign one found for it: pairs from `threshold` on."""
    english, foreign = (list(side) for side in sides)
    return {english[one]: foreign[other] for one, other, score in mine(*tables) if score >= threshold}


def _threshold(tables: tuple[Table, Table], sides: Sides, pairs: Collection[Ids]) -> float:
    """The score from which on the pairs mined from sentences whose gold `pairs` are known fit these best."""
    numbers = [{identifier: number for number, identifier in enumerate(side)} for side in sides]
    return best_threshold(mine(*tables), {(numbers[0][one], numbers[1][other]) for one, other in pairs})


def _sentences(rows: Sequence[Row]) -> Sides:
    """The English and the foreign sentences by their ids, each once, in the order of the rows."""
    sides: Sides = ({}, {})
    for row in rows:
        for side, identifier, name in zip(sides, sentence_ids(row), retrieval.SIDES, strict=True):
            if row[name] is not None:
                side[identifier] = row[name]
    return sides


def _pairs(rows: Sequence[Row]) -> list[Ids]:
    """The ids of the sentences that are each other's translation, English first."""
    return [sentence_ids(row) for row in rows if all(row[side] is not None for side in retrieval.SIDES)]


def _embedded(sides: Sides, embedding: Embedding) -> dict[int, tuple[Table, Table]]:
    """For each layer the embeddings of both sides' sentences."""
    count = len(sides[0])
    tables = embedding([text for side in sides for text in side.values()])
    return {layer: (table[:count], table[count:]) for layer, table in tables.items()}


def _rows_found(rows: Sequence[Row], found: Mapping[str, str]) -> list[str | None]:
    """For each row the id of a row with the foreign sentence `found` for its English one, its own if that has it."""
    holders: dict[str, str] = {}
    for row in rows:
        if row["sentence2"] is not None:
            holders.setdefault(sentence_ids(row)[1], str(row["id"]))
    guesses: list[str | None] = []
    for row in rows:
        english, foreign = sentence_ids(row)
        guess = found.get(english) if row["sentence1"] is not None else None
        own = guess == foreign and row["sentence2"] is not None
        guesses.append(str(row["id"]) if own else holders[guess] if guess is not None else None)
    return guesses


def evaluate(
    model: nn.Module,
    task: Task,
    rows_by_language: Mapping[str, Sequence[Row]],
    tokenizer: Any,
    max_length: int = 512,
    layer: int | None = None,
    batch_size: int = data.EVALUATION_BATCH,
    tuned_on: Mapping[str, Sequence[Row]] = MappingProxyType({}),
    progress: Progress = SILENT,
) -> tuple[Scores, Scores, dict[str, int], dict[str, list[str | None]]]:
    """Find each English sentence's translation among its language's foreign ones.

    By cosine where every sentence has one (Tatoeba). Where most have none (`mining_f1`: BUCC), rows may lack a side,
    pairs are mined, and `tuned_on` holds the validation rows on which the threshold is found. Gives the scores at
    `layer` (None: `default_layer`), those of layer 0 (the control that knows nothing but the tokens), the example
    counts, and the predictions (for each row an id of a row, or None); each by language. A language whose rows do not
    tell what belongs together is predicted and has no scores.

    UserError if a language has no rows, or no gold pairs to find its threshold on.
    """
    backbone: Any = getattr(model, "backbone", model)
    chosen = default_layer(backbone.config.num_hidden_layers) if layer is None else layer
    scores: Scores = {}
    control: Scores = {}
    predictions: dict[str, list[str | None]] = {}
    for language, rows in rows_by_language.items():
        tuning = _tuning_rows(task, language, rows, tuned_on)
        sides, tuned_sides = _sentences(rows), _sentences(tuning)
        count = sum(len(side) for side in (*sides, *tuned_sides))
        progress.start(f"evaluate {language}", count, "sentence")
        embedding = partial(
            embed, model, tokenizer, layers={0, chosen}, max_length=max_length, batch_size=batch_size, progress=progress
        )
        try:
            tables, tuned = _embedded(sides, embedding), _embedded(tuned_sides, embedding)
        finally:
            progress.finish()
        for number, where in ((chosen, scores), (0, control)):
            if tuning:
                found = _mined(tables[number], sides, _threshold(tuned[number], tuned_sides, _pairs(tuning)))
            else:
                foreign = list(sides[1])
                found = {one: foreign[other] for one, other in zip(sides[0], nearest(*tables[number]), strict=True)}
            if are_labelled(task, rows):
                where[language] = _score(task, found, _pairs(rows), language)
            if number == chosen:
                predictions[language] = _rows_found(rows, found)
    return scores, control, {language: len(rows) for language, rows in rows_by_language.items()}, predictions


def _tuning_rows(
    task: Task, language: str, rows: Sequence[Row], tuned_on: Mapping[str, Sequence[Row]]
) -> Sequence[Row]:
    """The validation rows of a task that is mined, none of another."""
    if not rows:
        raise UserError(f"There are no examples of {task.name} in {language} to evaluate on.")
    if task.metric != "mining_f1":
        return ()
    tuning = tuned_on.get(language, ())
    if not _pairs(tuning):
        raise UserError(
            f"The validation rows of {task.name} in {language} have no gold pairs, on which the threshold of mining is "
            "found; add their gold file."
        )
    return tuning


def _score(task: Task, found: Mapping[str, str], pairs: Sequence[Ids], language: str) -> dict[str, float]:
    """Scores of the foreign sentences `found` for English ones, against the true `pairs`."""
    if task.metric == "mining_f1":
        return metrics.compute(task.metric, list(found.items()), pairs, language)
    return metrics.compute(task.metric, [found[one] for one, _ in pairs], [other for _, other in pairs], language)
