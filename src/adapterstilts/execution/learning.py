"""Train one adapter on English rows, measure it in every language, and record it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from adapterstilts import methods, tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.facts import FACTS, read_facts
from adapterstilts.adapter.frozen_states import FrozenStates
from adapterstilts.adapter.saving import load_adapter, save_adapter
from adapterstilts.adapter.value import Adapter, check_backbone
from adapterstilts.backbones import loading
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base import files, locks, processes
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange.catalogue import AtHand, check_free, folder_of
from adapterstilts.execution.evaluating import measured_result, pack, record
from adapterstilts.execution.how import DEFAULT, How, check_length, languages_of, place_of, surroundings
from adapterstilts.methods import Source
from adapterstilts.rows import kept, reading
from adapterstilts.runs import asked, recipe, results
from adapterstilts.runs.asked import trainable
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import name_of, word_for
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types
from adapterstilts.tasks.types import batching
from adapterstilts.training import TrainingRecord, TrainingSettings, check_tracker, remove_checkpoints, train

# The seeds of adapters that are never trained: far from any seed of a run, and one for each source.
_UNTRAINED_SEED = 1_000_000


@dataclass(frozen=True)
class _Job:
    """A run with what carries it out: its task with its labels, its sources, the place of its adapter."""

    run: Run
    how: How
    task: tasks.Task
    sources: tuple[Adapter, ...]

    @property
    def name(self) -> str:
        """The adapter's name."""
        return name_of(self.run)

    @property
    def folder(self) -> Path:
        """Where the adapter goes."""
        return self.how.output / self.name


def learn(run: Run, how: How = DEFAULT, progress: Progress = SILENT) -> Result:
    """Train what `run` describes and measure it; a run that is already there is only read.

    Full fine-tuning through another task trains that first, if need be. Raises `UserError`, before anything is trained,
    for whatever does not fit.
    """
    assert run.task is not None and run.rows is not None and run.evaluation is not None
    task, _ = trainable(run.task)
    task = kept.labelled(task, place_of(run.rows))
    languages = languages_of(task, place_of(run.evaluation.rows), how.languages)
    job = _Job(run, how, task, ())
    check_free(run, how.output)
    if run.method == "full" and run.settings.get("cache_frozen_layers"):
        raise UserError("Full fine-tuning has no frozen layers to compute once; leave cache_frozen_layers out.")
    training_settings(run, how)
    if how.log is not None:
        check_tracker(how.log)
    files.check_writable(how.output)
    _note_other_rows(run, how, progress)
    with locks.holding(how.output, job.name, progress.note):
        result = processes.shared(partial(_known_result, job, languages))
        if result is not None:
            progress.note(f"This run is done already; delete {job.folder} to do it again.")
            return result
        return _carry_out(job, languages, progress)


def _note_other_rows(run: Run, how: How, progress: Progress) -> None:
    """Say so where a source was trained on other rows of a user's own task than its files have now."""
    here = AtHand(how.output)
    for source in run.sources:
        task = tasks.all_tasks().get(source.task or "")
        if not isinstance(source, Run) or source.rows is None or task is None or task.own is None:
            continue
        try:
            now = here.rows(tasks.get(task.train_on or task.name), None, run.backbone.id)
        except UserError:  # an adapter may be used without the files of its task
            continue
        if now.source == source.rows.source and now.revision != source.rows.revision:
            progress.note(
                f"The source {word_for(source, run)} was trained on other rows ({source.rows.revision}) than "
                f"{task.name} has now ({now.revision}): for these, train it again in another --output."
            )


def _carry_out(job: _Job, languages: tuple[str, ...], progress: Progress) -> Result:
    run, how = job.run, job.how
    job = replace(job, sources=tuple(_source(source, run, how, progress) for source in run.sources))
    as_sources = [adapter.as_source() for adapter in job.sources]
    methods.check_sources(run.method, run.composition, as_sources, _of_method(run))
    load = partial(loading.load_backbone, run.backbone.id, revision=run.backbone.revision or None)
    backbone = load()
    check_length(run.settings, backbone)
    for adapter in job.sources:
        check_backbone(adapter, backbone.identity)
    if processes.shared((job.folder / FACTS).is_file):
        # the main process alone reads it, since it writes it again
        return processes.shared(partial(_measure_known, job, backbone, languages, progress))
    trained = _train(job, load, backbone, progress)
    del backbone  # before the next one is there: two of the largest may be more than the memory
    return processes.shared(lambda: _measure(job, trained, load(), languages, progress))


def _source(source: Run | Given, run: Run, how: How, progress: Progress) -> Adapter:
    """The adapter of a source; one of full fine-tuning is made if there is none, since nobody ships its weights."""
    folder = AtHand(how.output).folder_of(source)
    if folder is None and run.method == "full" and isinstance(source, Run):
        progress.note(
            f"There are two trainings, since {name_of(source)} is not there: the whole backbone on {source.task} "
            f"first, then on {run.task}."
        )
        assert source.task is not None and source.rows is not None
        own = asked.measured(AtHand(how.output), source, source.task, place_of(source.rows))
        learn(own, replace(how, languages=()), progress)
        folder = how.output / name_of(source)
    return load_adapter(folder or folder_of(source, run.backbone.id, how.output))


def training_settings(run: Run, how: How) -> TrainingSettings:
    """Return the loop's settings of a run; UserError names one that is out of range."""
    known = {field.name for field in fields(TrainingSettings)}
    accumulated = how.setting("gradient_accumulation_steps", run)
    own = {key: value for key, value in run.settings.items() if key in known}
    return TrainingSettings(**own, gradient_accumulation_steps=accumulated, seed=run.seed)


def _of_method(run: Run) -> dict[str, Any]:
    return {key: run.settings[key] for key in methods.default_settings(run.method) if key in run.settings}


def _known_result(job: _Job, languages: tuple[str, ...]) -> Result | None:
    """The result of this very run, in these languages, if it is there and its adapter still is."""
    path = results.path_of(job.run, job.name, job.how.output)
    if not path.is_file() or not (job.folder / FACTS).is_file():
        return None
    result = results.read(path)
    known = result.run.id == job.run.id and set(languages) <= set(result.examples)
    return result.only(languages) if known else None


@dataclass(frozen=True)
class _Plan:
    """What is to be built: the control's composition and sources where a control is asked for."""

    composition: str | None
    settings: Mapping[str, Any]
    sources: tuple[Source, ...]


def _plan(job: _Job, load: Callable[[], Backbone]) -> _Plan:
    run = job.run
    sources = tuple(adapter.as_source() for adapter in job.sources)
    if run.control == "parameters":
        assert run.task is not None
        fusion = recipe.resolve(run.backbone.id, run.method, "fuse", run.task).method
        task_type = types.get(job.task.type)
        fused = model.build(load(), task_type, None, run.method, "fuse", fusion, sources)
        count = fused.trainable_count()
        return _Plan(None, methods.match_parameters(load().module, run.method, _of_method(run), count), ())
    if run.control == "untrained":
        sources = tuple(_untrained(number, source, load) for number, source in enumerate(sources))
    return _Plan(run.composition, _of_method(run), sources)


def _untrained(number: int, like: Source, load: Callable[[], Backbone]) -> Source:
    """An adapter of the same size as `like`, as the library initialises it."""
    torch.manual_seed(_UNTRAINED_SEED + number)
    settings = methods.collapse(like.settings, like.tensors)[0] if like.method == "lora" else like.settings
    installed = methods.install(load().module, like.method, None, settings, [])
    return Source(f"untrained-{number}", like.method, installed.settings, installed.state())


def _train(job: _Job, load: Callable[[], Backbone], backbone: Backbone, progress: Progress) -> Adapter:
    run, how, tokenizer, plan = job.run, job.how, backbone.tokenizer, _plan(job, load)
    assert run.task is not None and run.rows is not None
    _, learned_from = trainable(run.task)
    task_type, length = types.get(job.task.type), run.settings["max_length"]
    place = place_of(run.rows)
    rows = kept.load(learned_from, "train", ("en",), place, run.settings["train_examples"], progress)["en"]
    limit = run.settings["validation_examples"]
    checked = kept.validation_rows(learned_from, job.task, place, limit, progress)
    if checked.why:
        progress.note(f"{learned_from.name}'s validation rows: {checked.why}.")
    torch.manual_seed(run.seed)
    fresh = run.settings.get("fresh", True)
    built = model.build(backbone, task_type, job.task, run.method, plan.composition, plan.settings, plan.sources, fresh)
    pack(built, run, how)
    if run.settings.get("cache_frozen_layers"):
        task_type = FrozenStates(built, task_type, run.settings["precision"], how.output)
    features = kept.features_of(task_type, job.task, rows, tokenizer, length, labelled=True)
    size, precision = how.setting("evaluation_batch_size", run), run.settings["precision"]
    validate = evaluator.Validator(built, task_type, job.task, checked.rows, tokenizer, length, size, precision)
    built.trim(torch.from_numpy(batching.pieces_of(features, validate.features)), precision)
    if isinstance(task_type, FrozenStates):
        features = task_type.kept(features, tokenizer.pad_token_id, progress)
        validate.features = task_type.kept(validate.features, tokenizer.pad_token_id, progress)
    checkpoints = how.output / "checkpoints" / job.name
    settings = training_settings(run, how)
    pad = tokenizer.pad_token_id
    trained = train(
        built,
        task_type,
        features,
        validate,
        settings,
        pad,
        checkpoints,
        how.resume,
        progress,
        how.output / "logs" / job.name,
        how.log,
    )
    if run.method == "full":
        built.every_piece(trained.decay)
    adapter = Adapter(
        name=job.name,
        run=replace(run, evaluation=None),
        backbone=backbone.identity,
        settings=built.installed.settings,
        labels=job.task.labels,
        tensors=built.tensors(),
        training=_record(job, built, trained, checked),
    )
    processes.shared(partial(save_adapter, adapter, job.folder))
    processes.shared(partial(remove_checkpoints, checkpoints))
    return adapter


def _record(job: _Job, built: model.Model, trained: TrainingRecord, checked: reading.ValidationRows) -> dict[str, Any]:
    """What was seen when the adapter was made, and is no part of which run it is."""
    left_out = {"validation": {"left_out": checked.left_out, "why": checked.why}} if checked.why else {}
    return {
        **left_out,
        "trainable_parameters": built.trainable_count(),
        "packed": built.packed,
        "train_seconds": round(trained.seconds, 1),
        "steps": trained.steps,
        "best_step": trained.best_step,
        "best_validation_score": trained.best_score,
        "tokens": trained.tokens,
        "history": list(trained.history),
        **weights_of(job.run.built_on, job.how),
        **surroundings(),
    }


def weights_of(sources: Iterable[Run | Given], how: How) -> dict[str, Any]:
    """Return the digests of the weights that were built on, by the sources' names: evidence, no identity."""
    folders = map(AtHand(how.output).folder_of, sources)
    built_on = [read_facts(folder) for folder in folders if folder is not None]
    digests = {facts.name: facts.sha256 for facts in built_on}
    return {"source_weights": digests} if digests else {}


def _measure_known(job: _Job, backbone: Backbone, languages: tuple[str, ...], progress: Progress) -> Result:
    """Measure the adapter of this very run, which was trained before."""
    return _measure(job, load_adapter(job.folder, backbone.identity), backbone, languages, progress)


def _measure(job: _Job, adapter: Adapter, backbone: Backbone, languages: tuple[str, ...], progress: Progress) -> Result:
    built = model.from_adapter(backbone, adapter, types.get(job.task.type), job.task)
    result, measured = measured_result(job.run, adapter, job.task, built, backbone, languages, job.how, progress)
    if not result.not_measured:
        save_adapter(replace(adapter, scores=result.scores), job.folder)
    record(result, measured, job.how.output)
    return result
