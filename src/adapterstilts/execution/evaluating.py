"""Scores in every language: of a model in hand, and of an adapter at hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import loading
from adapterstilts.base import files
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue
from adapterstilts.execution.request import Request, check_length, languages_of, provenance, trained_elsewhere
from adapterstilts.rows import reading
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.runs import recipe, results
from adapterstilts.runs.results import NO_ADAPTER, Result
from adapterstilts.scoring import evaluator, mining, submission
from adapterstilts.tasks import types

_OF_EVALUATION = ("evaluation_batch_size", "max_length", "precision", "retrieval_layer", "test_examples")
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Rows:
    """The rows to evaluate on, by language, and their split ('test' or 'validation')."""

    task: tasks.Task
    split: str
    by_language: Mapping[str, Sequence[Mapping[str, Any]]]
    data: str

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The languages that can be predicted but not scored."""
        return tuple(language for language, rows in self.by_language.items() if not are_labelled(self.task, rows))

    def sentence(self, adapter: str) -> str:
        """What is wrong with the unlabelled languages, and what to do with the adapter of this name."""
        return (
            f"The test rows of {self.task.name} in {', '.join(self.unlabelled)} have no labels in {self.data}, so they "
            f"can be predicted but not scored: adapterstilts evaluate {shlex.quote(adapter)} --target "
            f"{self.task.name} --data {shlex.quote(self.data)} --submission FOLDER writes the predictions for a scorer."
        )


@dataclass(frozen=True)
class Measured:
    """Scores and example counts by language, the rows, a prediction for each of them, and a retrieval's layer 0.

    What could not be scored has examples and no scores.
    """

    scores: Scores
    examples: Mapping[str, int]
    rows: Rows
    predictions: Mapping[str, Sequence[Any]]
    layer0: Scores | None


def rows_to_measure(task: tasks.Task, run: Mapping[str, Any], languages: Sequence[str], data: str) -> Rows:
    """Read what `task` is evaluated on in `languages`."""
    split = reading.evaluated_split(task, data)
    rows = {language: reading.load(task, split, language, data, run["test_examples"]) for language in languages}
    return Rows(task, split, rows, data)


def measure(
    built: model.Model, backbone: loading.Backbone, run: Mapping[str, Any], rows: Rows, progress: Progress
) -> Measured:
    """Evaluate a model on `rows`."""
    task, by_language = rows.task, rows.by_language
    if rows.split != "test":
        progress.note(f"{task.name} has no test rows with labels in {rows.data}: its {rows.split} rows are scored.")
    size, length, layer0 = run["evaluation_batch_size"], run["max_length"], None
    if task.type == "retrieval":
        layer, tuned_on = run["retrieval_layer"], _rows_to_tune_on(rows)
        scores, layer0, examples, predicted = mining.evaluate(
            built, task, by_language, backbone.tokenizer, length, layer, size, tuned_on, progress
        )
    else:
        task_type = types.get(task.type)
        scores, examples, predicted = evaluator.evaluate(
            built, task_type, task, by_language, backbone.tokenizer, length, size, run["precision"], progress
        )
    return Measured(scores, examples, rows, predicted, layer0)


def _rows_to_tune_on(rows: Rows) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The validation rows of what is mined; nothing else is tuned."""
    if rows.task.metric != "mining_f1":
        return {}
    return {language: reading.load(rows.task, "validation", language, rows.data) for language in rows.by_language}


def record(result: Result, measured: Measured, output: Path, complete: bool) -> None:
    """Write predictions, and the result if it covers every language: averages over fewer do not compare.

    Without any score there is no result.
    """
    place = results.measured_on(result.target, result.data, result.evaluated_with)
    folder = output / "predictions" / result.adapter / place
    for language, guesses in measured.predictions.items():
        paired = zip(measured.rows.by_language[language], guesses, strict=True)
        lines = (json.dumps({"id": str(row["id"]), "prediction": guess}, ensure_ascii=False) for row, guess in paired)
        files.write_text(folder / f"{language}.jsonl", "".join(f"{line}\n" for line in lines))
    if complete and measured.scores:
        results.save(result, output)


def evaluate(
    word: str,
    target: str | None,
    request: Request,
    progress: Progress = SILENT,
    submission_folder: Path | None = None,
) -> Result:
    """Evaluate the adapter that `word` means ('none': the bare backbone) on `target`, or else its own task.

    Of `request` the backbone, method, data, languages, output and the evaluation's overrides count. With
    `submission_folder` the predictions are also written there in XTREME's layout; test rows without labels are then
    predicted and not scored, which without it is refused if there are no others.
    """
    ready = _prepare(word, target, request, progress, submission_folder)
    request, adapter, settings, rows, task = ready.request, ready.adapter, ready.settings, ready.rows, ready.rows.task
    measured = measure(ready.built, ready.backbone, settings.run, rows, progress)
    if submission_folder is not None:
        for language, guesses in measured.predictions.items():
            submission.write(submission_folder, task, language, rows.by_language[language], guesses)
    usual = recipe.resolve(request.backbone, request.method, None, task.name).run
    changed = {key: value for key, value in request.overrides.items() if value != usual[key]}
    all_changed = {**adapter.recipe.get("changed", {}), **changed} if adapter else changed
    result = result_of(request, adapter, task, settings, measured, ready.backbone, all_changed)
    result = replace(result, evaluated_with=changed)
    record(result, measured, request.output, complete=not request.languages)
    return result


@dataclass(frozen=True)
class LayerScores:
    """A retrieval target's scores by layer (0 is the embeddings) and language: a diagnostic, never a result.

    `averages` are those of the languages' main scores, by layer, and `examples` counts by language.
    """

    adapter: str
    target: str
    backbone: str
    default_layer: int
    scores: Mapping[int, Scores]
    averages: Mapping[int, float | None]
    examples: Mapping[str, int]

    @property
    def warning(self) -> str:
        """What a reader has to know."""
        return (
            "A diagnostic: these are scores of test rows, so no layer may be chosen by them, and nothing was saved. "
            f"Without --layer, layer {self.default_layer} is scored."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        layers = [
            {"layer": layer, "scores": scores, "average": self.averages[layer]} for layer, scores in self.scores.items()
        ]
        facts = {key: value for key, value in vars(self).items() if key not in ("scores", "averages")}
        return {"diagnostic": self.warning, **facts, "layers": layers}


def evaluate_layers(word: str, target: str | None, request: Request, progress: Progress = SILENT) -> LayerScores:
    """Score the adapter that `word` means at every layer on `target`, and write nothing.

    Tatoeba has no validation rows, so a layer that is chosen by these scores is chosen by the test rows: they show what
    an adapter does to the layers, and no score of them is one. Raises `UserError` as :func:`evaluate`, and for a target
    that is not retrieval.
    """
    if "retrieval_layer" in request.overrides:
        raise UserError("Give one layer (retrieval_layer) or all of them, not both.")
    ready = _prepare(word, target, request, progress, of_layers=True)
    rows, run = ready.rows, ready.settings.run
    length, size, tuned_on = run["max_length"], run["evaluation_batch_size"], _rows_to_tune_on(rows)
    scores = mining.scores_by_layer(
        ready.built, rows.task, rows.by_language, ready.backbone.tokenizer, length, size, tuned_on, progress
    )
    averages = {layer: results.summarise(rows.task, found)[0] for layer, found in scores.items()}
    name = _name_of(ready.adapter, request)
    default = mining.default_layer(ready.backbone.module.config.num_hidden_layers)
    scored = [language for language in rows.by_language if language not in rows.unlabelled]
    examples = {language: len(rows.by_language[language]) for language in scored}
    return LayerScores(name, rows.task.name, request.backbone, default, scores, averages, examples)


@dataclass(frozen=True)
class _Ready:
    """What an evaluation takes, all of it checked."""

    request: Request
    adapter: Adapter | None
    settings: recipe.Settings
    rows: Rows
    backbone: loading.Backbone
    built: model.Model


def _prepare(
    word: str,
    target: str | None,
    request: Request,
    progress: Progress,
    submission_folder: Path | None = None,
    of_layers: bool = False,
) -> _Ready:
    adapter = None
    if word != NO_ADAPTER:
        adapter = load_adapter(catalogue.find(word, request.backbone, request.method, request.output))
    task = _task_of(word, target, request, adapter)
    if task.type != "retrieval" and (of_layers or "retrieval_layer" in request.overrides):
        raise UserError(
            f"{task.name} compares no sentence embeddings, so it has no layer to choose; leave out --layer "
            "(retrieval_layer), or give --target tatoeba or --target bucc2018."
        )
    method = adapter.method if adapter else "head_only"
    request = replace(request, task=task.name, method=method, composition=None)
    settings = _settings(request, adapter, task)
    languages = languages_of(task, request.rows_from, request.languages)
    rows = rows_to_measure(task, settings.run, languages, request.rows_from)
    _check_rows(word, rows, submission_folder, progress)
    backbone = loading.load_backbone(request.backbone)
    check_length(settings.run, backbone)
    task_type = types.get(task.type)
    if adapter is None:
        built = model.build(backbone, task_type, task, method, None, {})
    else:
        built = model.from_adapter(backbone, adapter, task_type, task)
    return _Ready(request, adapter, settings, rows, backbone, built)


def _task_of(word: str, target: str | None, request: Request, adapter: Adapter | None) -> tasks.Task:
    name = target or (adapter.task if adapter else None)
    if name is None:
        raise UserError(f'Say what to evaluate "{word}" on, such as --target tatoeba.')
    task = reading.labelled(tasks.get(name), request.rows_from)
    if adapter is None and task.type != "retrieval":
        raise UserError(f"The backbone alone has no head for {task.name}; only retrieval works without one.")
    for key in request.overrides:
        if key not in _OF_EVALUATION:
            raise UserError(f'An evaluation has no setting "{key}"; it has {", ".join(_OF_EVALUATION)}.')
    return task


def _check_rows(word: str, rows: Rows, submission_folder: Path | None, progress: Progress) -> None:
    """Refuse what cannot be submitted, or what can be neither submitted nor scored, before anything is loaded."""
    task, unlabelled = rows.task, rows.unlabelled
    if submission_folder is not None:
        if task.role != "target":
            raise UserError(f"{task.name} is no task of XTREME, so there is nothing to submit; leave --submission out.")
        if rows.split != "test":
            raise UserError(f"{rows.data} has no test rows of {task.name}, so there is nothing to submit; add them.")
        if unlabelled:
            progress.note(f"Without labels, so predicted but not scored: {task.name} in {', '.join(unlabelled)}.")
    elif unlabelled and len(unlabelled) == len(rows.by_language):
        raise UserError(rows.sentence(word))
    elif unlabelled:
        progress.note(rows.sentence(word))


def result_of(
    request: Request,
    adapter: Adapter | None,
    task: tasks.Task,
    settings: recipe.Settings,
    measured: Measured,
    backbone: loading.Backbone,
    changed: Mapping[str, Any],
) -> Result:
    """Make the record of an adapter's scores on `task`; how it was trained is in the adapter's own recipe."""
    own: Mapping[str, Any] = adapter.recipe if adapter else {}
    average, gap = results.summarise(task, measured.scores)
    trained_task = tasks.all_tasks().get(adapter.task) if adapter and adapter.task else None
    data_revision = reading.source_revision(task, request.rows_from)
    facts = {**provenance(request, backbone, data_revision, settings), "split": measured.rows.split}
    # what was trained elsewhere was trained by that machine's clock
    facts["machine"] = own.get("machine", facts["machine"])
    elsewhere = trained_elsewhere(adapter, request, task.name) if adapter else None
    return Result(
        adapter=_name_of(adapter, request),
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
        changed={**changed, "data": elsewhere} if elsewhere else changed,
        source_saw_target_training=task.train_on in own.get("sources_trained_on", ()),
        layer0=measured.layer0,
        data=request.unusual_data(task.name),
        provenance=facts,
    )


def _settings(request: Request, adapter: Adapter | None, task: tasks.Task) -> recipe.Settings:
    """The evaluation's settings: the backbone's recipe, what the adapter was trained with, overrides."""
    usual = recipe.resolve(request.backbone, request.method, None, task.name).run
    trained_with = adapter.recipe.get("settings", {}) if adapter and task.type != "retrieval" else {}
    kept = {key: trained_with[key] for key in ("max_length", "precision") if key in trained_with}
    recipe.resolve(request.backbone, request.method, None, task.name, request.overrides)  # checks them
    return recipe.Settings(adapter.settings if adapter else {}, {**usual, **kept, **request.overrides})


def _name_of(adapter: Adapter | None, request: Request) -> str:
    return adapter.name if adapter else f"{request.backbone.rstrip('/').rsplit('/', 1)[-1].lower()}-{NO_ADAPTER}"
