"""Scores in every language: of a model in hand, and of an adapter at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts import evaluation, files, mining, model, recipe, results, sources, task_types, tasks, zoo
from adapterstilts.adapter import Adapter
from adapterstilts.checkpoint import load_adapter
from adapterstilts.errors import UserError
from adapterstilts.progress import SILENT, Progress
from adapterstilts.results import Result
from adapterstilts.run.request import Request, languages_of, provenance

NO_ADAPTER = "none"
"""The word that stands for the backbone as it is."""

_OF_EVALUATION = ("evaluation_batch_size", "max_length", "precision", "retrieval_layer", "test_examples")
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Measured:
    """Scores and example counts by language, predictions with their rows' ids, and a retrieval's layer 0."""

    scores: Scores
    examples: Mapping[str, int]
    predictions: Mapping[str, Sequence[tuple[str, Any]]]
    layer0: Scores | None


def measure(
    built: model.Model,
    backbone: model.Backbone,
    task: tasks.Task,
    run: Mapping[str, Any],
    languages: Sequence[str],
    data: str,
    progress: Progress,
) -> Measured:
    """Evaluate a model on the test rows of `task` in `languages`."""
    rows = {language: sources.load(task, "test", language, data, run["test_examples"]) for language in languages}
    size, length, layer0 = run["evaluation_batch_size"], run["max_length"], None
    if task.type == "retrieval":
        layer = run["retrieval_layer"]
        tuned_on = {}
        if task.metric == "mining_f1":
            tuned_on = {language: sources.load(task, "validation", language, data) for language in languages}
        scores, layer0, examples, predicted = mining.evaluate(
            built, task, rows, backbone.tokenizer, length, layer, size, tuned_on, progress
        )
    else:
        task_type = task_types.get(task.type)
        scores, examples, predicted = evaluation.evaluate(
            built, task_type, task, rows, backbone.tokenizer, length, size, run["precision"], progress
        )
    paired = {
        language: [(str(row["id"]), guess) for row, guess in zip(rows[language], guesses, strict=True)]
        for language, guesses in predicted.items()
    }
    return Measured(scores, examples, paired, layer0)


def record(result: Result, measured: Measured, output: Path, complete: bool) -> None:
    """Write predictions, and the result if it covers every language: averages over fewer do not compare."""
    folder = output / "predictions" / result.adapter / result.target
    for language, guesses in measured.predictions.items():
        lines = (json.dumps({"id": row, "prediction": guess}, ensure_ascii=False) for row, guess in guesses)
        files.write_text(folder / f"{language}.jsonl", "".join(f"{line}\n" for line in lines))
    if complete:
        results.save(result, output)


def evaluate(word: str, target: str | None, request: Request, progress: Progress = SILENT) -> Result:
    """Evaluate the adapter that `word` means ('none': the bare backbone) on `target`, or else its own task.

    Of `request` the backbone, method, data, languages, output and the evaluation's overrides count.
    """
    adapter = None
    if word != NO_ADAPTER:
        adapter = load_adapter(zoo.find(word, request.backbone, request.method, request.output))
    name = target or (adapter.task if adapter else None)
    if name is None:
        raise UserError(f'Say what to evaluate "{word}" on, such as --target tatoeba.')
    task = sources.labelled(tasks.get(name), request.rows_from)
    if adapter is None and task.type != "retrieval":
        raise UserError(f"The backbone alone has no head for {task.name}; only retrieval works without one.")
    for key in request.overrides:
        if key not in _OF_EVALUATION:
            raise UserError(f'An evaluation has no setting "{key}"; it has {", ".join(_OF_EVALUATION)}.')
    method = adapter.method if adapter else "head_only"
    request = replace(request, task=task.name, method=method, composition=None)
    languages = languages_of(task, request.rows_from, request.languages)
    backbone = model.load_backbone(request.backbone)
    settings = _settings(request, adapter, task)
    task_type = task_types.get(task.type)
    if adapter is None:
        built = model.build(backbone, task_type, task, method, None, {})
    else:
        built = model.from_adapter(backbone, adapter, task_type, task)
    measured = measure(built, backbone, task, settings.run, languages, request.rows_from, progress)
    usual = recipe.resolve(request.backbone, method, None, task.name).run
    changed = {key: value for key, value in request.overrides.items() if value != usual[key]}
    if adapter is not None:
        changed = {**adapter.recipe.get("changed", {}), **changed}
    result = result_of(request, adapter, task, settings, measured, backbone, changed)
    record(result, measured, request.output, complete=not request.languages)
    return result


def result_of(
    request: Request,
    adapter: Adapter | None,
    task: tasks.Task,
    settings: recipe.Settings,
    measured: Measured,
    backbone: model.Backbone,
    changed: Mapping[str, Any],
) -> Result:
    """Make the record of an adapter's scores on `task`; how it was trained is in the adapter's own recipe."""
    own: Mapping[str, Any] = adapter.recipe if adapter else {}
    average, gap = results.summarise(task, measured.scores)
    trained_task = tasks.all_tasks().get(adapter.task) if adapter and adapter.task else None
    data_revision = sources.source_revision(task, request.rows_from)
    facts = provenance(request, backbone, data_revision, settings)
    # what was trained elsewhere was trained by that machine's clock
    facts["machine"] = own.get("machine", facts["machine"])
    return Result(
        adapter=adapter.name if adapter else f"{_short(request.backbone)}-{NO_ADAPTER}",
        target=task.name,
        backbone=request.backbone,
        method=adapter.method if adapter else NO_ADAPTER,
        composition=None if own.get("control") == "parameters" or not adapter else adapter.composition,
        sources=tuple(own.get("sources", ())),
        source_tasks=tuple(own.get("source_tasks", ())),
        seed=adapter.seed if adapter else 0,
        scores=measured.scores,
        examples=measured.examples,
        average=average,
        cross_lingual_gap=gap,
        trainable_parameters=int(own.get("trainable_parameters", 0)),
        train_seconds=float(own.get("train_seconds", 0.0)),
        output=str(request.output),
        run=str(own.get("run", NO_ADAPTER)),
        trained_on=trained_task.train_on if trained_task else None,
        control=own.get("control"),
        changed=changed,
        source_saw_target_training=task.train_on in own.get("sources_trained_on", ()),
        layer0=measured.layer0,
        provenance=facts,
    )


def _settings(request: Request, adapter: Adapter | None, task: tasks.Task) -> recipe.Settings:
    """The evaluation's settings: the backbone's recipe, what the adapter was trained with, overrides."""
    usual = recipe.resolve(request.backbone, request.method, None, task.name).run
    trained_with = adapter.recipe.get("settings", {}) if adapter and task.type != "retrieval" else {}
    kept = {key: trained_with[key] for key in ("max_length", "precision") if key in trained_with}
    recipe.resolve(request.backbone, request.method, None, task.name, request.overrides)  # checks them
    return recipe.Settings(adapter.settings if adapter else {}, {**usual, **kept, **request.overrides})


def _short(backbone: str) -> str:
    return backbone.rstrip("/").rsplit("/", 1)[-1].lower()
