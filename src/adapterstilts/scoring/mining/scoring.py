"""Scores of retrieval: each English sentence's translation found among its language's foreign sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy
from torch import nn

from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows.labelled import are_labelled, sentence_ids
from adapterstilts.scoring.mining.embedding import backbone_of, check_layers, default_layer, in_turn
from adapterstilts.scoring.mining.margin import Pair, best_threshold, mine
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks.types import Row, batching, retrieval

Scores = dict[str, dict[str, float]]
Table = numpy.ndarray
Ids = tuple[str, str]
Sides = tuple[dict[str, str], dict[str, str]]


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


def _rows_found(rows: Sequence[Row], translations: Mapping[str, str]) -> list[str | None]:
    """For each row the id of a row that holds its English sentence's translation: its own if that does, or None."""
    holders: dict[str, str] = {}
    for row in rows:
        if row["sentence2"] is not None:
            holders.setdefault(sentence_ids(row)[1], str(row["id"]))
    guesses: list[str | None] = []
    for row in rows:
        english, foreign = sentence_ids(row)
        guess = translations.get(english) if row["sentence1"] is not None else None
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
    batch_size: int = batching.EVALUATION_BATCH,
    tuned_on: Mapping[str, Sequence[Row]] = MappingProxyType({}),
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> tuple[Scores, Scores, dict[str, int], dict[str, list[str | None]]]:
    """Find each English sentence's translation among its language's foreign ones.

    By cosine where every sentence has one (Tatoeba). Where most have none (`mining_f1`: BUCC), rows may lack a side,
    pairs are mined, and `tuned_on` holds the validation rows on which the threshold is found. Gives the scores at
    `layer` (None: `default_layer`), those of layer 0 (the control that knows nothing but the tokens), the example
    counts, and the predictions (for each row an id of a row, or None); each by language. A language whose rows do not
    tell what belongs together is predicted and has no scores.

    UserError if a language has no rows, or no gold pairs to find its threshold on, or the backbone lacks the layer.
    """
    chosen = default_layer(backbone_of(model).config.num_hidden_layers) if layer is None else layer
    check_layers(model, (chosen,))
    scores: Scores = {}
    control: Scores = {}
    predictions: dict[str, list[str | None]] = {}
    embedded = _embedding(model, tokenizer, max_length, batch_size, precision, progress)
    for language, rows in rows_by_language.items():
        tuning = _tuning_rows(task, language, rows, tuned_on)
        for number, translations in _found(language, rows, tuning, sorted({0, chosen}), embedded, progress):
            if are_labelled(task, rows):
                score = _score(task, translations, _pairs(rows), language)
                for at, where in ((chosen, scores), (0, control)):
                    if at == number:
                        where[language] = score
            if number == chosen:
                predictions[language] = _rows_found(rows, translations)
    return scores, control, {language: len(rows) for language, rows in rows_by_language.items()}, predictions


def scores_by_layer(
    model: nn.Module,
    task: Task,
    rows_by_language: Mapping[str, Sequence[Row]],
    tokenizer: Any,
    max_length: int = 512,
    batch_size: int = batching.EVALUATION_BATCH,
    tuned_on: Mapping[str, Sequence[Row]] = MappingProxyType({}),
    precision: str = "fp32",
    progress: Progress = SILENT,
) -> dict[int, Scores]:
    """What :func:`evaluate` scores at each layer, 0 (the embeddings) and the last included.

    A diagnostic: who chooses a layer by it has chosen by the test rows. Languages that cannot be scored are left out.
    UserError as there.
    """
    layers = range(backbone_of(model).config.num_hidden_layers + 1)
    scores: dict[int, Scores] = {number: {} for number in layers}
    embedded = _embedding(model, tokenizer, max_length, batch_size, precision, progress)
    for language, rows in rows_by_language.items():
        tuning = _tuning_rows(task, language, rows, tuned_on)
        if are_labelled(task, rows):
            for number, translations in _found(language, rows, tuning, layers, embedded, progress):
                scores[number][language] = _score(task, translations, _pairs(rows), language)
    return scores


def _embedding(
    model: nn.Module, tokenizer: Any, max_length: int, batch_size: int, precision: str, progress: Progress
) -> Callable[..., Iterator[tuple[int, Any]]]:
    return partial(
        in_turn,
        model,
        tokenizer,
        max_length=max_length,
        batch_size=batch_size,
        precision=precision,
        progress=progress,
    )


def _found(
    language: str,
    rows: Sequence[Row],
    tuning: Sequence[Row],
    layers: Sequence[int],
    embedded: Callable[..., Iterator[tuple[int, Any]]],
    progress: Progress,
) -> Iterator[tuple[int, dict[str, str]]]:
    """For each layer the foreign sentence found for English ones, by their ids: mined if there are `tuning` rows."""
    thresholds: dict[int, float] = {}
    if tuning:
        sides, gold = _sentences(tuning), _pairs(tuning)
        what = f"{language} (validation)"
        find = partial(_threshold, sides, gold, what, progress)
        thresholds = dict(embedded(_texts(sides), layers, find, f"embed {what}"))
    sides = _sentences(rows)

    def find_in(layer: int, table: Table) -> dict[str, str]:
        english, foreign = (list(side) for side in sides)
        if not tuning:
            best = retrieval.nearest(*_halves(table, sides)).tolist()
            return {identifier: foreign[number] for identifier, number in zip(english, best, strict=True)}
        pairs = _mined(sides, language, progress, layer, table)
        return {english[row]: foreign[column] for row, column, score in pairs if score >= thresholds[layer]}

    yield from embedded(_texts(sides), layers, find_in, f"{'embed' if tuning else 'evaluate'} {language}")


def _mined(sides: Sides, what: str, progress: Progress, layer: int, table: Table) -> list[Pair]:
    progress.start(f"mine {what}, layer {layer}", len(sides[0]), "sentence")
    try:
        return mine(*_halves(table, sides), progress=progress)
    finally:
        progress.finish()


def _threshold(sides: Sides, gold: Collection[Ids], what: str, progress: Progress, layer: int, table: Table) -> float:
    """The score from which on the pairs mined from sentences whose `gold` pairs are known fit these best."""
    numbers = [{identifier: number for number, identifier in enumerate(side)} for side in sides]
    pairs = _mined(sides, what, progress, layer, table)
    return best_threshold(pairs, {(numbers[0][english], numbers[1][foreign]) for english, foreign in gold})


def _texts(sides: Sides) -> list[str]:
    return [text for side in sides for text in side.values()]


def _halves(table: Table, sides: Sides) -> tuple[Table, Table]:
    """The embeddings of the English sentences and of the foreign ones."""
    return table[: len(sides[0])], table[len(sides[0]) :]


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


def _score(task: Task, translations: Mapping[str, str], pairs: Sequence[Ids], language: str) -> dict[str, float]:
    """Scores of `translations`, foreign sentences by English ones, against the true `pairs`; both hold ids."""
    if task.metric == "mining_f1":
        return metrics.compute(task.metric, list(translations.items()), pairs, language)
    return metrics.compute(
        task.metric, [translations[english] for english, _ in pairs], [foreign for _, foreign in pairs], language
    )
