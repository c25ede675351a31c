"""Runs made from a run: the references and the controls that it is compared with."""

from __future__ import annotations

from dataclasses import replace

from adapterstilts import tasks
from adapterstilts.runs import recipe
from adapterstilts.runs.run import Given, Run


def alone(run: Run, method: str | None = None) -> Run:
    """Return the task of `run` alone, by its recipe and from its rows; `method` None means its own."""
    return _of(run, method or run.method, None, ())


def control(fusion: Run, kind: str) -> Run:
    """Return a control of a fusion: 'parameters' or 'untrained'."""
    return replace(
        _of(fusion, fusion.method, None if kind == "parameters" else "fuse", fusion.sources),
        control=kind,
        composition="fuse",
    )


def stacked(run: Run, source: Run | Given) -> Run:
    """Return the task of `run` on top of one source, frozen."""
    return _of(run, run.method, "stack", (source,))


def via(run: Run, source: Run | Given) -> Run:
    """Return full fine-tuning on the task of `run` after full fine-tuning, with seed 0, on the task of a source."""
    assert source.task is not None
    rows = source.rows if isinstance(source, Run) else run.rows
    settings = recipe.resolve(run.backbone.id, "full", None, source.task).making
    first = Run(run.backbone, "full", source.task, rows, settings=settings)
    return _of(run, "full", "continue", (first,))


def around(fusion: Run) -> list[Run]:
    """Return the runs that a fusion, or a control of one, is to be compared with, the fusion included."""
    if fusion.control:
        fusion = _of(fusion, fusion.method, "fuse", fusion.sources)
    learned = _learned(fusion.task)
    others = [source for source in fusion.sources if _learned(source.task) != learned]
    return [
        alone(fusion),
        control(fusion, "parameters"),
        control(fusion, "untrained"),
        *(stacked(fusion, source) for source in others),
        fusion,
        alone(fusion, "full"),
        *(via(fusion, source) for source in {source.task: source for source in others if source.task}.values()),
    ]


def _learned(task: str | None) -> str | None:
    return tasks.get(task).train_on if task else None


def _of(run: Run, method: str, composition: str | None, sources: tuple[Run | Given, ...]) -> Run:
    """Another way to learn the task of `run`, by its recipe: the same rows, seed and evaluation."""
    assert run.task is not None
    settings = recipe.resolve(run.backbone.id, method, composition, run.task).making
    evaluation = run.evaluation
    if evaluation is not None:
        shared = {key: settings[key] for key in ("max_length", "precision") if key in evaluation.settings}
        evaluation = replace(evaluation, settings={**evaluation.settings, **shared})
    return Run(
        run.backbone, method, run.task, run.rows, composition, sources, None, None, run.seed, settings, evaluation
    )
