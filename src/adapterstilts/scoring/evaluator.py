"""Predictions and scores: one trained model, every language in one go, XTREME's metrics.

Retrieval, which compares hidden states, is evaluated by `mining`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from adapterstilts.backbones.device import device_of, moved, precision_on
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows.kept import features_of
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.rows.paragraphs import half_of
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks.types import Feature, Row, TaskType, batching
from adapterstilts.tasks.types.sequences import not_read

Scores = dict[str, dict[str, float]]


def outputs_of(
    model: nn.Module,
    task_type: TaskType,
    features: Sequence[Feature],
    pad_token_id: int,
    batch_size: int = batching.EVALUATION_BATCH,
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> list[dict[str, numpy.ndarray]]:
    """What `decode` needs, for each feature in its place; the model is left in evaluation mode."""
    device = device_of(model)
    outputs: list[dict[str, numpy.ndarray]] = [{} for _ in features]
    model.eval()
    with torch.inference_mode(), precision_on(device, precision):
        for indices in batching.evaluation_batches(features, batch_size):
            batch = task_type.collate([features[index] for index in indices], pad_token_id)
            batch = moved(batch, device)
            raw = model(batch)
            check_finite(raw, batch["attention_mask"], precision)
            reduced = task_type.reduce(raw, batch)
            arrays = {key: tensor.cpu().numpy() for key, tensor in reduced.items()}
            for place, index in enumerate(indices):
                outputs[index] = {key: array[place] for key, array in arrays.items()}
            progress.advance(len(indices))
    return outputs


def check_finite(outputs: Mapping[str, Tensor], mask: Tensor, precision: str = "fp32") -> None:
    """Raise UserError if a model's outputs, of which those per token (B, L, ...) count under `mask`, are not finite."""
    for values in outputs.values():
        wrong = values.isfinite().logical_not()
        if values.shape[:2] == mask.shape:
            wrong &= mask.bool().reshape(*mask.shape, *[1] * (values.ndim - 2))
        if wrong.any():
            remedy = "compute in full precision with -o precision=fp32, or " if precision != "fp32" else ""
            raise UserError(
                "The model's outputs are not finite numbers (NaN or infinite) although all its weights are, so nothing "
                f"can be predicted with it; {remedy}train its adapter again with a lower learning rate."
            )


def predict(
    model: nn.Module,
    task_type: TaskType,
    task: Task,
    rows_by_language: Mapping[str, Sequence[Row]],
    tokenizer: Any,
    max_length: int,
    batch_size: int = batching.EVALUATION_BATCH,
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> dict[str, list[Any]]:
    """One prediction for each row, labels by name, by language. `task.labels` must be in the order of the model's head.

    Rows of like length go through the model together, whatever their language.
    """
    features: dict[str, Sequence[Feature]] = {}
    for language, rows in rows_by_language.items():
        features[language] = features_of(task_type, task, rows, tokenizer, max_length, labelled=False)
        if said := not_read(features[language], tokenizer):
            progress.note(said)
    every = list(chain.from_iterable(features.values()))
    several = len(rows_by_language) > 1
    where = f"in {len(rows_by_language)} languages" if several else "".join(rows_by_language)
    progress.start(f"evaluate {where}", len(every), "example")
    try:
        outputs = iter(outputs_of(model, task_type, every, tokenizer.pad_token_id, batch_size, precision, progress))
    finally:
        progress.finish()
    predictions = {}
    for language, rows in rows_by_language.items():
        own = list(islice(outputs, len(features[language])))
        predictions[language] = task_type.decode(own, features[language], rows, task)
    return predictions


def evaluate(
    model: nn.Module,
    task_type: TaskType,
    task: Task,
    rows_by_language: Mapping[str, Sequence[Row]],
    tokenizer: Any,
    max_length: int,
    batch_size: int = batching.EVALUATION_BATCH,
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> tuple[Scores, dict[str, int], dict[str, list[Any]]]:
    """Scores ({language: {metric: 0 to 100}}), example counts and predictions, each by language.

    A language whose rows lack labels is predicted and has no scores.

    UserError if a language has no rows, or a row has a label that the task does not have.
    """
    references = {}
    for language, rows in rows_by_language.items():
        if not rows:
            raise UserError(f"There are no examples of {task.name} in {language} to evaluate on.")
        if are_labelled(task, rows):
            references[language] = [task_type.reference(row, task) for row in rows]
    predictions = predict(
        model, task_type, task, rows_by_language, tokenizer, max_length, batch_size, precision, progress
    )
    scores = {
        language: metrics.compute(task.metric, predictions[language], right, language)
        for language, right in references.items()
    }
    return scores, {language: len(rows) for language, rows in rows_by_language.items()}, predictions


class Validator:
    """Gives a model's main score on `rows` at the time; they are tokenised once, into `features`.

    `halves` are then the scores on each half of the rows: questions about one paragraph are in one of them.
    """

    def __init__(
        self,
        model: nn.Module,
        task_type: TaskType,
        task: Task,
        rows: Sequence[Row],
        tokenizer: Any,
        max_length: int,
        batch_size: int = batching.EVALUATION_BATCH,
        precision: str = "fp32",
    ) -> None:
        self.features = features_of(task_type, task, rows, tokenizer, max_length, labelled=False)
        self._references = [task_type.reference(row, task) for row in rows]
        self._half = [half_of(row) for row in rows]
        self.halves: tuple[float, float] | None = None
        self._model, self._type, self._task, self._rows = model, task_type, task, rows
        self._pad, self._size, self._precision = tokenizer.pad_token_id, batch_size, precision

    def __call__(self) -> float:
        """Return the score, 0 to 100."""
        outputs = outputs_of(self._model, self._type, self.features, self._pad, self._size, self._precision)
        predictions = self._type.decode(outputs, self.features, self._rows, self._task)
        if len(set(self._half)) == 2:
            self.halves = self._scored(predictions, 0), self._scored(predictions, 1)
        return self._scored(predictions)

    def _scored(self, predictions: Sequence[Any], half: int | None = None) -> float:
        """The main score of all rows, or of one half."""
        chosen = [number for number, own in enumerate(self._half) if half in (None, own)]
        scores = metrics.compute(
            self._task.metric, [predictions[n] for n in chosen], [self._references[n] for n in chosen]
        )
        return metrics.main_score(self._task.metric, scores)
