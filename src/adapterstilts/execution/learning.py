"""Train one adapter on English data, evaluate it in every language, and record it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from adapterstilts import methods, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.adapter.value import Adapter, SourceInfo, check_backbone
from adapterstilts.backbones import loading
from adapterstilts.base import files
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue
from adapterstilts.execution.evaluating import measure, record, result_of, rows_to_measure
from adapterstilts.execution.request import (
    Found,
    Request,
    check_length,
    find_sources,
    languages_of,
    made_by_others,
    name_of,
    provenance,
    trainable_task,
)
from adapterstilts.methods import Source
from adapterstilts.rows import reading
from adapterstilts.runs import recipe, results
from adapterstilts.runs.results import Result
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types
from adapterstilts.training import TrainingRecord, TrainingSettings, remove_checkpoints, train

# The seeds of adapters that are never trained: far from any seed of a run, and one for each source.
_UNTRAINED_SEED = 1_000_000


@dataclass(frozen=True)
class _Plan:
    """What is to be built: the control's composition and sources where a control is asked for."""

    composition: str | None
    settings: Mapping[str, Any]
    sources: tuple[Source, ...]
    infos: tuple[SourceInfo, ...]


@dataclass(frozen=True)
class _Job:
    """A request with all that follows from it; `facts` determine the run, and `run` is their digest."""

    request: Request
    task: tasks.Task
    train_task: tasks.Task
    settings: recipe.Settings
    training: TrainingSettings
    found: tuple[Found, ...]
    name: str
    facts: Mapping[str, Any]
    run: str

    @property
    def folder(self) -> Path:
        """Where the adapter goes."""
        return self.request.output / self.name


def learn(request: Request, progress: Progress = SILENT) -> Result:
    """Train what `request` describes and evaluate it; a run that is already there is only read.

    Raises `UserError`, before anything is trained, for whatever does not fit.
    """
    task, train_task = trainable_task(request.task)
    task = reading.labelled(task, request.rows_from)
    _check_control(request)
    settings = request.settings()
    training = _training_settings(settings, request.seed)
    languages = languages_of(task, request.rows_from, request.languages)
    found = tuple(find_sources(request.sources, request))
    given = [one.adapter.as_source() for one in found]
    methods.check_sources(request.method, request.composition, given, settings.method)

    load = partial(loading.load_backbone, request.backbone)
    backbone = load()
    check_length(settings.run, backbone)
    for one in found:
        check_backbone(one.adapter, backbone.identity)
    unusual = request.unusual_data(task.name)
    name = name_of(request, [one.called for one in found], _kind(request), request.changed, unusual)
    facts = _facts(request, settings, found, backbone, train_task)
    job = _Job(request, task, train_task, settings, training, found, name, facts, recipe.identity(facts))
    known = _known_result(job, languages)
    if known is not None:
        progress.note(f"This run is done already; delete {job.folder} to do it again.")
        return known
    adapter = _known_adapter(job, backbone)
    if adapter is None:
        adapter = _train(job, _plan(job, load), backbone, progress)
        del backbone  # before the next one is there: two of the largest may be more than the memory
        backbone = load()
    return _evaluate(job, adapter, backbone, languages, progress)


def baseline(request: Request, progress: Progress = SILENT) -> Result:
    """Fine-tune the whole backbone, straight or through a source's task, which is trained if need be."""
    if request.sources:
        trainable_task(request.task)
        via = request.sources[0]
        if via in tasks.all_tasks() and catalogue.plain_adapter(via, request.backbone, "full", request.output) is None:
            progress.note(f"Full fine-tuning on {via} comes first.")
            first = replace(request, task=via, composition=None, sources=(), seed=0, languages=(), overrides={})
            learn(first, progress)
    return learn(request, progress)


def _check_control(request: Request) -> None:
    if request.control is None:
        return
    if request.composition != "fuse" or request.control not in results.CONTROLS:
        raise UserError(f"A control belongs to a fusion and is one of {', '.join(results.CONTROLS)}.")


def _training_settings(settings: recipe.Settings, seed: int) -> TrainingSettings:
    known = {field.name for field in fields(TrainingSettings)}
    return TrainingSettings(**{key: value for key, value in settings.run.items() if key in known}, seed=seed)


def _kind(request: Request) -> str | None:
    """The word for the composition in the adapter's name."""
    if request.control == "parameters":
        return "parameters-of-fuse"
    return "untrained-fuse" if request.control == "untrained" else request.composition


def _facts(
    request: Request,
    settings: recipe.Settings,
    found: Sequence[Found],
    backbone: loading.Backbone,
    train_task: tasks.Task,
) -> dict[str, Any]:
    """Everything that determines the run, as plain JSON."""
    return {
        "task": request.task,
        "train_on": train_task.name,
        "method": request.method,
        "composition": request.composition,
        "control": request.control,
        "fresh": request.fresh,
        "seed": request.seed,
        "backbone": {"id": request.backbone, "fingerprint": backbone.identity.fingerprint},
        "data": reading.word_of(request.rows_from),
        "data_revision": reading.source_revision(train_task, request.rows_from),
        "sources": [{"name": one.adapter.name, "sha256": one.sha256} for one in found],
        "settings": {**settings.run, **settings.method},
    }


def _known_result(job: _Job, languages: Sequence[str]) -> Result | None:
    """The result of this very run, in these languages, if it is there and its adapter still is."""
    path = results.path_of(job.name, job.task.name, job.request.unusual_data(job.task.name), job.request.output)
    if not path.is_file() or not (job.folder / saving.FACTS).is_file():
        return None
    result = results.read(path)
    return result if result.run == job.run and set(languages) == set(result.examples) else None


def _known_adapter(job: _Job, backbone: loading.Backbone) -> Adapter | None:
    """The adapter of this very run, if it was trained but not evaluated."""
    if not (job.folder / saving.FACTS).is_file():
        return None
    if saving.read_facts(job.folder)["recipe"].get("run") != job.run:
        return None
    return saving.load_adapter(job.folder, backbone.identity)


def _plan(job: _Job, load: Callable[[], loading.Backbone]) -> _Plan:
    request, method = job.request, job.request.method
    given = tuple(one.adapter.as_source() for one in job.found)
    infos = tuple(one.info for one in job.found)
    if request.control == "parameters":
        fusion = replace(request, control=None).settings()
        task_type = types.get(job.task.type)
        fused = model.build(load(), task_type, None, method, "fuse", fusion.method, given, request.fresh)
        count = fused.trainable_count()
        matched = methods.match_parameters(load().module, method, job.settings.method, count)
        return _Plan(None, matched, (), ())
    if request.control == "untrained":
        given = tuple(_untrained(number, source, load) for number, source in enumerate(given))
        infos = tuple(SourceInfo(source.name, None) for source in given)
    return _Plan(request.composition, job.settings.method, given, infos)


def _untrained(number: int, like: Source, load: Callable[[], loading.Backbone]) -> Source:
    """An adapter of the same size as `like`, as the library initialises it."""
    torch.manual_seed(_UNTRAINED_SEED + number)
    settings = methods.collapse(like.settings, like.tensors)[0] if like.method == "lora" else like.settings
    installed = methods.install(load().module, like.method, None, settings, [])
    return Source(f"untrained-{number}", like.method, installed.settings, installed.state())


def _train(job: _Job, plan: _Plan, backbone: loading.Backbone, progress: Progress) -> Adapter:
    request, run, tokenizer = job.request, job.settings.run, backbone.tokenizer
    task_type, length = types.get(job.task.type), run["max_length"]
    rows = reading.load(job.train_task, "train", "en", request.rows_from, run["train_examples"])
    checked = reading.load(job.train_task, "validation", "en", request.rows_from, run["validation_examples"])
    torch.manual_seed(request.seed)
    built = model.build(
        backbone,
        task_type,
        job.task,
        request.method,
        plan.composition,
        plan.settings,
        plan.sources,
        request.fresh,
    )
    features = task_type.encode(rows, tokenizer, job.task, length)
    size, precision = run["evaluation_batch_size"], run["precision"]
    validate = evaluator.validator(built, task_type, job.task, checked, tokenizer, length, size, precision)
    checkpoints = request.output / "checkpoints" / job.name
    pad = tokenizer.pad_token_id
    trained = train(built, task_type, features, validate, job.training, pad, checkpoints, request.resume, progress)
    adapter = Adapter(
        name=job.name,
        method=request.method,
        composition=plan.composition,
        task=job.task.name,
        sources=plan.infos,
        settings=built.installed.settings,
        backbone=backbone.identity,
        labels=job.task.labels,
        seed=request.seed,
        tensors=built.tensors(),
        recipe=_recipe_of(job, built, backbone, trained),
        data_revision=str(job.facts["data_revision"]),
    )
    saving.save_adapter(adapter, job.folder)
    files.write_text(request.output / "recipes" / f"{job.name}.yaml", recipe.dump({"run": job.run, **job.facts}))
    remove_checkpoints(checkpoints)
    return adapter


def _evaluate(
    job: _Job, adapter: Adapter, backbone: loading.Backbone, languages: Sequence[str], progress: Progress
) -> Result:
    request, complete = job.request, not job.request.languages
    built = model.from_adapter(backbone, adapter, types.get(job.task.type), job.task)
    rows = rows_to_measure(job.task, job.settings.run, languages, request.rows_from)
    if rows.unlabelled:
        progress.note(rows.sentence(str(job.folder)))
    measured = measure(built, backbone, job.settings.run, rows, progress)
    if complete:
        saving.save_adapter(replace(adapter, scores=measured.scores), job.folder)
    result = result_of(request, adapter, job.task, job.settings, measured, backbone, request.changed)
    record(result, measured, request.output, complete)
    return result


def _recipe_of(job: _Job, built: model.Model, backbone: loading.Backbone, trained: TrainingRecord) -> dict[str, Any]:
    """What the adapter says of its own making: the resolved recipe, what was changed in it, what it took."""
    kept = provenance(job.request, backbone, str(job.facts["data_revision"]), job.settings)
    return {
        "run": job.run,
        "settings": job.facts["settings"],
        "changed": job.request.changed,
        "control": job.request.control,
        "data": kept["data"],
        "sources": [one.word for one in job.found],
        "source_weights": [one.sha256 for one in job.found],
        **made_by_others(job.found),
        "source_tasks": [one.adapter.task for one in job.found if one.adapter.task],
        "sources_trained_on": sorted(set().union(*(one.trained_on for one in job.found))),
        "trainable_parameters": built.trainable_count(),
        "train_seconds": round(trained.seconds, 1),
        "steps": trained.steps,
        "best_step": trained.best_step,
        "best_validation_score": trained.best_score,
        "tokens": trained.tokens,
        "history": list(trained.history),
        "versions": kept["versions"],
        "machine": kept["machine"],
    }
