"""Train one adapter on English rows, measure it in every language, and record it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from adapterstilts.adapter.value import Adapter, check_backbone, other_weights
from adapterstilts.backbones import BackboneIdentity, encoders
from adapterstilts.backbones.device import computed_in
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base import files, locks, processes
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange.at_hand import AtHand, folder_of
from adapterstilts.exchange.catalogue import check_free
from adapterstilts.execution import lessons
from adapterstilts.execution.evaluating import measured_result, pack, record, rows_to_measure
from adapterstilts.execution.how import DEFAULT, How, check_length, languages_of, place_of, surroundings
from adapterstilts.execution.lessons import Taught
from adapterstilts.execution.shared import Shared
from adapterstilts.methods import Source
from adapterstilts.rows import kept
from adapterstilts.runs import asked, recipe, results
from adapterstilts.runs.asked import trainable
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import name_of, word_for
from adapterstilts.tasks import types
from adapterstilts.tasks.combined import MASKED
from adapterstilts.training import (
    Training,
    TrainingRecord,
    TrainingSettings,
    carry_out,
    check_tracker,
    remove_checkpoints,
)

# The seeds of adapters that are never trained: far from any seed of a run, and one for each source.
_UNTRAINED_SEED = 1_000_000
_OF_TEXT = "head.mlm."
"""A masked-language head serves the training alone, and is as large as the vocabulary."""


@dataclass(frozen=True)
class Job:
    """A run with what carries it out: its task with its labels, what is measured, its sources, its adapter's place."""

    run: Run
    how: How
    task: tasks.Task
    languages: tuple[str, ...]
    shared: Shared
    sources: tuple[Adapter, ...] = ()

    @property
    def name(self) -> str:
        """The adapter's name."""
        return name_of(self.run)

    @property
    def folder(self) -> Path:
        """Where the adapter goes."""
        return self.how.output / self.name


def learn(run: Run, how: How = DEFAULT, progress: Progress = SILENT) -> Result | None:
    """Train what `run` describes and measure it, if it says on what; a run that is already there is only read.

    Full fine-tuning through another task trains that first, if need be. Raises `UserError`, before anything is trained,
    for whatever does not fit.
    """
    return learn_sharing(Shared(keep=False), run, how, progress)


def learn_sharing(shared: Shared, run: Run, how: How, progress: Progress) -> Result | None:
    """Do what `learn` does, on the backbone that runs share."""
    job = checked(shared, run, how, progress)
    with locks.holding(how.output, job.name, progress.note):
        if is_known(job):
            return known(job, progress)
        trained = _train(job, progress)
        return processes.shared(lambda: measure(job, trained, progress))


def checked(shared: Shared, run: Run, how: How, progress: Progress) -> Job:
    """Return what carries out `run`; UserError, before anything is loaded, for whatever does not fit."""
    assert run.task is not None and run.rows is not None
    task, _ = trainable(run.task)
    place = place_of(run.rows)
    task = replace(kept.labelled(task, place), parts=tuple(kept.labelled(part, place) for part in task.parts))
    languages = languages_of(task, place_of(run.evaluation.rows), how.languages) if run.evaluation else ()
    check_free(run, how.output)
    if run.method == "full" and run.settings.get("cache_frozen_layers"):
        raise UserError("Full fine-tuning has no frozen layers to compute once; leave cache_frozen_layers out.")
    if task.parts and run.settings.get("cache_frozen_layers"):
        raise UserError("Frozen layers are computed once for one task alone; leave cache_frozen_layers out.")
    training_settings(run, how)
    if how.log is not None:
        check_tracker(how.log)
    files.check_writable(how.output)
    _note_other_rows(run, how, progress)
    return Job(run, how, task, languages, shared)


def is_known(job: Job) -> bool:
    """Whether the adapter of this very run is there; its lock is held."""
    return bool(processes.shared((job.folder / FACTS).is_file))


def known(job: Job, progress: Progress) -> Result | None:
    """Return the result of this very run, whose adapter is there; None if nothing is measured."""
    result = processes.shared(partial(_known_result, job))
    if result is not None or job.run.evaluation is None:
        progress.note(f"This run is done already; delete {job.folder} to do it again.")
        return result
    # the main process alone reads it, since it writes it again
    return processes.shared(partial(measure, job, None, progress))


def _note_other_rows(run: Run, how: How, progress: Progress) -> None:
    """Say so where a source was trained on other rows of a user's own task than its files have now."""
    here = AtHand(how.output)
    for source in run.sources:
        task = tasks.known(source.task)
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


def _source(job: Job, source: Run | Given, progress: Progress) -> Adapter:
    """The adapter of a source; one of full fine-tuning is made if there is none, since nobody ships its weights."""
    run, how = job.run, job.how
    folder = AtHand(how.output).folder_of(source)
    if folder is None and run.method == "full" and isinstance(source, Run):
        progress.note(
            f"There are two trainings, since {name_of(source)} is not there: the whole backbone on {source.task} "
            f"first, then on {run.task}."
        )
        assert source.task is not None and source.rows is not None
        if not tasks.get(source.task).parts:
            source = asked.measured(AtHand(how.output), source, source.task, place_of(source.rows))
        learn_sharing(job.shared, source, replace(how, languages=()), progress)
        folder = how.output / name_of(source.adapter)
    return load_adapter(folder or folder_of(source, run.backbone.id, how.output))


def training_settings(run: Run, how: How) -> TrainingSettings:
    """Return the loop's settings of a run; UserError names one that is out of range."""
    known = {field.name for field in fields(TrainingSettings)}
    accumulated = how.setting("gradient_accumulation_steps", run)
    own = {key: value for key, value in run.settings.items() if key in known}
    return TrainingSettings(**own, gradient_accumulation_steps=accumulated, seed=run.seed)


def _of_method(run: Run) -> dict[str, Any]:
    return {key: run.settings[key] for key in methods.default_settings(run.method) if key in run.settings}


def _type_of(task: tasks.Task) -> types.TaskType | None:
    """The task's type; several tasks at once have no one type."""
    return None if task.parts else types.get(task.type)


def _known_result(job: Job) -> Result | None:
    """The result of this very run, in these languages, if it is there and its adapter still is."""
    if job.run.evaluation is None or not (job.folder / FACTS).is_file():
        return None
    result = results.known(job.run, job.name, job.how.output)
    return result.only(job.languages) if result and set(job.languages) <= set(result.examples) else None


@dataclass(frozen=True)
class _Plan:
    """What is to be built: the control's composition and sources where a control is asked for."""

    composition: str | None
    settings: Mapping[str, Any]
    sources: tuple[Source, ...]


def _plan(job: Job) -> _Plan:
    run, load = job.run, partial(job.shared.backbone, job.run)
    sources = tuple(adapter.as_source() for adapter in job.sources)
    if run.control == "parameters":
        assert run.task is not None
        fusion = recipe.resolve(run.backbone.id, run.method, "fuse", run.task).method
        task_type = _type_of(job.task)
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


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to be trained."""

    job: Job
    training: Training
    backbone: BackboneIdentity
    taught: Sequence[Taught]


def _train(job: Job, progress: Progress) -> Adapter:
    prepared = prepare(job, progress)
    return finish(prepared, carry_out(prepared.training))


def prepare(job: Job, progress: Progress) -> Prepared:
    """Build what is to be trained and read what it learns from; UserError for what does not fit."""
    run, how = job.run, job.how
    assert run.task is not None and run.rows is not None
    job = replace(job, sources=tuple(_source(job, source, progress) for source in run.sources))
    as_sources = [adapter.as_source() for adapter in job.sources]
    methods.check_sources(run.method, run.composition, as_sources, _of_method(run))
    backbone = job.shared.backbone(run)
    if (share := run.settings.get("backbone_dropout")) is not None:
        encoders.set_dropout(backbone.module, share)
    check_length(run.settings, backbone)
    for adapter in job.sources:
        check_backbone(adapter, backbone.identity, lambda: backbone.shape, how.accept_other_weights)
    plan, tokenizer, precision = _plan(job), backbone.tokenizer, run.settings["precision"]
    rows = lessons.read(job.task, run, progress)
    torch.manual_seed(run.seed)
    fresh = run.settings.get("fresh", True)
    task_type = _type_of(job.task)
    built = model.build(backbone, task_type, job.task, run.method, plan.composition, plan.settings, plan.sources, fresh)
    cached = run.settings.get("cache_frozen_layers")
    pack(built, run, how, None if cached else precision)  # states can only be kept of what is packed
    states = FrozenStates(built, types.get(job.task.type), precision, how.output) if cached else None
    size = how.setting("evaluation_batch_size", run)
    taught = [lessons.encode(each, built, tokenizer, run, size, states) for each in rows]
    if not job.shared.holds(backbone):
        built.trim(lessons.pieces_of(taught), precision)
    if states is not None:
        taught = [each.on(states, tokenizer.pad_token_id, progress) for each in taught]
    training = Training(
        built,
        lessons.objectives_of(taught, run),
        lessons.validation_of(taught),
        training_settings(run, how),
        tokenizer.pad_token_id,
        how.output / "checkpoints" / job.name,
        how.resume,
        progress,
        how.output / "logs" / job.name,
        how.log,
    )
    return Prepared(job, training, backbone.identity, taught)


def finish(prepared: Prepared, trained: TrainingRecord, at_once: int = 1) -> Adapter:
    """Save the adapter that was trained, one of so many `at_once`, and remove its checkpoints."""
    job, built = prepared.job, prepared.training.model
    if job.run.method == "full":
        built.every_piece(trained.decay)
    adapter = Adapter(
        name=job.name,
        run=replace(job.run, evaluation=None),
        backbone=prepared.backbone,
        settings=built.installed.settings,
        labels=job.task.labels,
        tensors={name: tensor for name, tensor in built.tensors().items() if not name.startswith(_OF_TEXT)},
        heads={part.name: part.labels for part in job.task.parts if part.type != MASKED},
        training={
            **_record(prepared, trained),
            **other_weights(job.sources, prepared.backbone),
            **({"at_once": at_once} if at_once > 1 else {}),
        },
    )
    processes.shared(partial(save_adapter, adapter, job.folder))
    assert prepared.training.folder is not None
    processes.shared(partial(remove_checkpoints, prepared.training.folder))
    return adapter


def _record(prepared: Prepared, trained: TrainingRecord) -> dict[str, Any]:
    """What was seen when the adapter was made, and is no part of which run it is."""
    job, built = prepared.job, prepared.training.model
    return {
        **lessons.record(prepared.taught),
        "trainable_parameters": sum(
            parameter.numel()
            for name, parameter in built.trainable_parameters().items()
            if not name.startswith(_OF_TEXT)
        ),
        "packed": built.packed,
        "train_seconds": round(trained.seconds, 1),
        "steps": trained.steps,
        "best_step": trained.best_step,
        "best_validation_score": trained.best_score,
        "tokens": trained.tokens,
        "history": list(trained.history),
        **weights_of(job.run.built_on, job.how),
        **surroundings(),
        "trained_in": computed_in(processes.device(), job.run.settings["precision"]),
    }


def weights_of(sources: Iterable[Run | Given], how: How) -> dict[str, Any]:
    """Return the digests of the weights that were built on, by the sources' names: evidence, no identity."""
    folders = map(AtHand(how.output).folder_of, sources)
    built_on = [read_facts(folder) for folder in folders if folder is not None]
    digests = {facts.name: facts.sha256 for facts in built_on}
    return {"source_weights": digests} if digests else {}


def measure(job: Job, adapter: Adapter | None, progress: Progress) -> Result | None:
    """Measure an adapter (None: the one that is there) in every language that is asked for, and record it.

    None if it is to be measured on nothing.
    """
    if job.run.evaluation is None:
        return None
    backbone = job.shared.backbone(job.run)
    adapter = adapter or load_adapter(job.folder, backbone.identity)
    built = model.from_adapter(backbone, adapter, types.get(job.task.type), job.task)
    rows = rows_to_measure(job.task, job.run, job.languages, progress)
    result, measured = measured_result(job.run, adapter, rows, built, backbone, job.how, progress)
    if not result.not_measured:
        save_adapter(replace(adapter, scores=result.scores), job.folder)
    record(result, measured, job.how.output)
    return result
