"""Scores in every language: of a model in hand, and of an adapter at hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.adapter.value import Adapter, bytes_of, other_weights
from adapterstilts.backbones import loading
from adapterstilts.backbones.device import computed_in
from adapterstilts.base import files, processes, schema
from adapterstilts.base.errors import UserError
from adapterstilts.base.names import slug
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange.at_hand import folder_of
from adapterstilts.execution.how import DEFAULT, How, check_length, languages_of, place_of, surroundings
from adapterstilts.rows import kept, reading
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.runs import items, results, words
from adapterstilts.runs.asked import check_has_layers
from adapterstilts.runs.command import is_elsewhere, line, where
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import NO_ADAPTER, Run
from adapterstilts.scoring import evaluator, mining, submission
from adapterstilts.tasks import metrics, types

Scores = Mapping[str, Mapping[str, float]]
_LOGGER = logging.getLogger(__name__)
_OF_TRAINING = (
    "machine",
    "trained_in",
    "source_weights",
    "other_weights",
    "validation",
    "train_rows",
    "validation_rows",
    "steps",
    "tokens",
    "best_step",
    "best_validation_score",
    "history",
)
"""What a result tells of how its adapter was trained: settings are chosen by validation scores, and not by its own."""


@dataclass(frozen=True)
class TestRows:
    """The rows to evaluate on, by language, their split ('test' or 'validation'), and the languages left out."""

    task: tasks.Task
    split: str
    by_language: Mapping[str, Sequence[Mapping[str, Any]]]
    data: str
    left_out: tuple[str, ...] = ()

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The languages that can be predicted but not scored."""
        return tuple(language for language, rows in self.by_language.items() if not are_labelled(self.task, rows))

    def sentence(self, adapter: str, backbone: str, output: Path) -> str:
        """What is wrong with the unlabelled languages, and what to do with the adapter of this name."""
        name, elsewhere = self.task.name, where(backbone, output, self.task.name)
        if self.task.own is not None:
            predict = line("predict", adapter, "FILE", *elsewhere)
            return (
                f"The test rows of {name} in {', '.join(self.unlabelled)} have no labels, so they can be predicted but "
                f"not scored; add their labels, or: {predict}"
            )
        words = ("--target", name, "--data", self.data, *elsewhere, "--submission", "FOLDER")
        return (
            f"The test rows of {name} in {', '.join(self.unlabelled)} have no labels in {self.data}, so they can be "
            f"predicted but not scored; this writes the predictions for a scorer: {line('evaluate', adapter, *words)}"
        )


@dataclass(frozen=True)
class Measured:
    """Scores and example counts by language, the rows, a prediction for each of them, and a retrieval's layer 0.

    What could not be scored has examples and no scores.
    """

    scores: Scores
    examples: Mapping[str, int]
    rows: TestRows
    predictions: Mapping[str, Sequence[Any]]
    layer0: Scores | None


def rows_to_measure(task: tasks.Task, run: Run, languages: Sequence[str], progress: Progress = SILENT) -> TestRows:
    """Read what `task` is measured on in `languages`."""
    assert run.evaluation is not None
    place, limit = place_of(run.evaluation.rows), run.evaluation.settings["test_examples"]
    split = reading.evaluated_split(task, place)
    rows = kept.load(task, split, languages, place, limit, progress)
    left_out = tuple(language for language in languages_of(task, place, ()) if language not in rows)
    return TestRows(task, split, rows, reading.place_of(task, place), left_out)


def pack(built: model.Model, run: Run, how: How, to_train_in: str | None = None) -> None:
    """Let a model compute without padding where that is asked for and known, and log why where it is not."""
    if how.setting("packed", run) and (why := built.pack(to_train_in)) is not None:
        _LOGGER.info("Padding is computed, too: %s.", why)


def measure(
    built: model.Model, backbone: loading.Backbone, run: Run, rows: TestRows, how: How, progress: Progress
) -> Measured:
    """Measure a model on `rows`, by the settings of the run's evaluation."""
    assert run.evaluation is not None
    task, by_language, settings = rows.task, rows.by_language, run.evaluation.settings
    if rows.split != "test":
        progress.note(f"{task.name} has no test rows with labels in {rows.data}: its {rows.split} rows are scored.")
    pack(built, run, how)
    size, length, layer0 = how.setting("evaluation_batch_size", run), settings["max_length"], None
    if task.type == "retrieval":
        layer, tuned_on = settings["retrieval_layer"], _rows_to_tune_on(rows)
        scores, layer0, examples, predicted = mining.evaluate(
            built, task, by_language, backbone.tokenizer, length, layer, size, tuned_on, settings["precision"], progress
        )
    else:
        task_type = types.get(task.type)
        scores, examples, predicted = evaluator.evaluate(
            built, task_type, task, by_language, backbone.tokenizer, length, size, settings["precision"], progress
        )
    return Measured(scores, examples, rows, predicted, layer0)


def _rows_to_tune_on(rows: TestRows) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The validation rows of what is mined; nothing else is tuned."""
    if rows.task.metric != "mining_f1":
        return {}
    return kept.load(rows.task, "validation", tuple(rows.by_language), rows.data)


def measured_result(
    run: Run,
    adapter: Adapter | None,
    rows: TestRows,
    built: model.Model,
    backbone: loading.Backbone,
    how: How,
    progress: Progress,
) -> tuple[Result, Measured]:
    """Measure what was just made on `rows`."""
    if rows.unlabelled:
        progress.note(rows.sentence(words.name_of(run), run.backbone.id, how.output))
    measured = measure(built, backbone, run, rows, how, progress)
    return result_of(run, adapter, measured, backbone), measured


def result_of(run: Run, adapter: Adapter | None, measured: Measured, backbone: loading.Backbone) -> Result:
    """Make the record of a run's scores; how the adapter was trained is in its own facts, too."""
    training = adapter.training if adapter else {}
    facts = {"split": measured.rows.split, "backbone_revision": backbone.identity.revision, **surroundings()}
    assert run.evaluation is not None
    facts["evaluated_in"] = computed_in(processes.device(), run.evaluation.settings["precision"])
    # what was trained elsewhere was trained by that machine's clock
    facts |= {key: training[key] for key in _OF_TRAINING if key in training}
    facts |= other_weights([adapter] if adapter else [], backbone.identity)
    facts |= {results.BYTES: bytes_of(adapter)} if adapter else {}
    result = Result(
        run=run,
        adapter=_name_of(adapter, run),
        scores=measured.scores,
        examples=measured.examples,
        trainable_parameters=int(training.get("trainable_parameters", 0)),
        train_seconds=float(training.get("train_seconds", 0.0)),
        layer0=measured.layer0,
        items=items_of(measured.rows.task, measured.rows.by_language, measured.predictions),
        facts=facts,
    )
    return results.with_left_out(result, measured.rows.left_out)


def items_of(
    task: tasks.Task, rows: Mapping[str, Sequence[types.Row]], predictions: Mapping[str, Sequence[Any]]
) -> dict[str, str]:
    """Return what each row adds to the score of its language, packed; nothing of what is mined or has no labels."""
    if task.metric == "mining_f1":
        return {}
    by_language = {}
    for language, guesses in predictions.items():
        if are_labelled(task, rows[language]):
            # what is retrieved is the row that holds the translation
            right = [
                str(row["id"]) if task.type == "retrieval" else types.get(task.type).reference(row, task)
                for row in rows[language]
            ]
            by_language[language] = items.packed(metrics.shares(task.metric, guesses, right, language))
    return by_language


def _name_of(adapter: Adapter | None, run: Run) -> str:
    """What is measured, by the name that it has where it is; a shipped one leaves out what its folder says."""
    if adapter and other_weights([adapter], run.backbone):
        return f"{adapter.name}-on-{slug(run.backbone.id).lower()}"
    return adapter.name if adapter else words.name_of(run)


def record(result: Result, measured: Measured, output: Path) -> None:
    """Write predictions, and the result, which says so if it is partial; without any score there is none."""
    folder = results.claim(result.run, result.adapter, output)
    for language, guesses in measured.predictions.items():
        paired = zip(measured.rows.by_language[language], guesses, strict=True)
        lines = (schema.json_of({"id": str(row["id"]), "prediction": guess}) for row, guess in paired)
        files.write_text(folder / f"{language}.jsonl", "".join(f"{line}\n" for line in lines))
    if measured.scores:
        results.save(result, output)


@processes.by_main
def evaluate(
    run: Run, how: How = DEFAULT, progress: Progress = SILENT, submission_folder: Path | None = None
) -> Result:
    """Measure the adapter of `run`, which is at hand, or the backbone as it is.

    With `submission_folder` the predictions are also written there in XTREME's layout; test rows without labels are
    then predicted and not scored, which without it is refused if there are no others.
    """
    files.check_writable(how.output)
    ready = _prepare(run, how, progress, submission_folder)
    rows, task = ready.rows, ready.rows.task
    measured = measure(ready.built, ready.backbone, run, rows, how, progress)
    if submission_folder is not None:
        for language, guesses in measured.predictions.items():
            submission.write(submission_folder, task, language, rows.by_language[language], guesses)
    result = result_of(run, ready.adapter, measured, ready.backbone)
    record(result, measured, how.output)
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


@processes.by_main
def evaluate_layers(run: Run, how: How = DEFAULT, progress: Progress = SILENT) -> LayerScores:
    """Score the adapter of `run` at every layer on its target, and write nothing.

    Tatoeba has no validation rows, so a layer that is chosen by these scores is chosen by the test rows: they show what
    an adapter does to the layers, and no score of them is one. Raises `UserError` as :func:`evaluate`, and for a target
    that is not retrieval, or a layer that is given.
    """
    assert run.evaluation is not None
    if run.evaluation.settings.get("retrieval_layer") is not None:
        raise UserError("Give one layer (retrieval_layer) or all of them, not both.")
    check_has_layers(tasks.get(run.evaluation.target))
    ready = _prepare(run, how, progress)
    rows, settings = ready.rows, run.evaluation.settings
    length, precision = settings["max_length"], settings["precision"]
    size, tuned_on = how.setting("evaluation_batch_size", run), _rows_to_tune_on(rows)
    scores = mining.scores_by_layer(
        ready.built, rows.task, rows.by_language, ready.backbone.tokenizer, length, size, tuned_on, precision, progress
    )
    averages = {layer: results.average_of(rows.task, by_language) for layer, by_language in scores.items()}
    default = mining.default_layer(ready.backbone.module.config.num_hidden_layers)
    scored = [language for language in rows.by_language if language not in rows.unlabelled]
    examples = {language: len(rows.by_language[language]) for language in scored}
    name = _name_of(ready.adapter, run)
    return LayerScores(name, rows.task.name, run.backbone.id, default, scores, averages, examples)


@dataclass(frozen=True)
class _Ready:
    """What an evaluation takes, all of it checked."""

    adapter: Adapter | None
    rows: TestRows
    backbone: loading.Backbone
    built: model.Model


def _prepare(run: Run, how: How, progress: Progress, submission_folder: Path | None = None) -> _Ready:
    assert run.evaluation is not None
    adapter = None if run.method == NO_ADAPTER else load_adapter(folder_of(run.adapter, run.backbone.id, how.output))
    results.check_same(results.in_place(run, _name_of(adapter, run), how.output), run)
    place = place_of(run.evaluation.rows)
    task = kept.labelled(tasks.get(run.evaluation.target), place)
    rows = rows_to_measure(task, run, languages_of(task, place, how.languages), progress)
    named = run.adapter.place if is_elsewhere(run.adapter, how.output) else adapter.name if adapter else NO_ADAPTER
    sentence = rows.sentence(named, run.backbone.id, how.output)
    _check_rows(sentence, rows, submission_folder, progress)
    if submission_folder is not None:  # not before, since it makes the folder
        files.check_writable(submission_folder, "--submission")
    backbone = loading.load_backbone(run.backbone.id, revision=run.backbone.revision or None)
    check_length(run.evaluation.settings, backbone)
    task_type = types.get(task.type)
    if adapter is None:
        built = model.build(backbone, task_type, task, "head_only", None, {})
    else:
        built = model.from_adapter(backbone, adapter, task_type, task, how.accept_other_weights)
    return _Ready(adapter, rows, backbone, built)


def _check_rows(sentence: str, rows: TestRows, submission_folder: Path | None, progress: Progress) -> None:
    """Refuse what cannot be submitted, or what can be neither submitted nor scored, before anything is loaded."""
    task, unlabelled = rows.task, rows.unlabelled
    if submission_folder is not None:
        if not task.of_xtreme:
            raise UserError(f"{task.name} is no task of XTREME, so there is nothing to submit; leave --submission out.")
        if rows.split != "test":
            raise UserError(f"{rows.data} has no test rows of {task.name}, so there is nothing to submit; add them.")
        if unlabelled:
            progress.note(f"Without labels, so predicted but not scored: {task.name} in {', '.join(unlabelled)}.")
    elif unlabelled and len(unlabelled) == len(rows.by_language):
        raise UserError(sentence)
    elif unlabelled:
        progress.note(sentence)
