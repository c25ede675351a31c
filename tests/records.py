"""Runs and results as values, as they would be asked for and found; nothing is trained."""

from __future__ import annotations

from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.runs import asked, recipe, words
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import NO_ADAPTER, Evaluation, Given, Rows, Run


def a_run(
    method: str = "bottleneck",
    task: str | None = "pawsx",
    composition: str | None = None,
    sources: tuple[str | Run | Given, ...] = (),
    *,
    target: str | None = None,
    backbone: str = "pocket",
    fingerprint: str = "abc",
    data: str | None = None,
    trained_from: str | None = None,
    revision: str = "1",
    seed: int = 0,
    changed: dict[str, Any] | None = None,
    fresh: bool = True,
    control: str | None = None,
    evaluated_with: dict[str, Any] | None = None,
    head: Run | Given | None = None,
) -> Run:
    """A run by the recipe with some settings `changed`, measured on `target` or else on its own task.

    A source that is a task's name is the plain adapter of that task. `data` is the source of all rows, unless training
    rows are `trained_from` another.
    """
    identity = BackboneIdentity(backbone, "main", fingerprint)
    usual = "pocket" if backbone == "pocket" else "hub"
    rows = Rows(trained_from or data or usual, f"{trained_from or data or usual} {revision}")
    settings: dict[str, Any] = {}
    if composition == "merge":
        settings, rows, task = {"how": "mean", **(changed or {})}, None, head and head.task
    elif method == NO_ADAPTER:
        rows, task = None, None
    else:
        structure = None if control == "parameters" else composition
        settings = dict(recipe.resolve(backbone, method, structure, task, changed).making)
        settings |= {} if fresh else {"fresh": False}
    built_on = [
        source
        if not isinstance(source, str)
        else Run(
            identity,
            method,
            source,
            rows or Rows(usual, f"{usual} {revision}"),
            settings=_usual(method, source, backbone),
        )
        for source in sources
    ]
    aim = target or task
    evaluation = None
    if aim is not None:
        own = Rows(data or usual, f"{data or usual} {revision}")
        evaluation = Evaluation(aim, own, recipe.of_evaluation(backbone, aim, settings, evaluated_with))
    sorted_sources = asked.in_order(built_on)
    return Run(identity, method, task, rows, composition, sorted_sources, head, control, seed, settings, evaluation)


def _usual(method: str, task: str, backbone: str) -> dict[str, Any]:
    return dict(recipe.resolve(backbone, method, None, task).making)


def accuracies(**by_language: float) -> dict[str, dict[str, float]]:
    """Scores of a task that is measured by accuracy."""
    return {language: {"accuracy": value} for language, value in by_language.items()}


def a_result(
    run: Run | None = None,
    scores: dict[str, dict[str, float]] | None = None,
    *,
    adapter: str | None = None,
    examples: dict[str, int] | None = None,
    layer0: dict[str, dict[str, float]] | None = None,
    trainable_parameters: int = 1234,
    **about: Any,
) -> Result:
    """What a run found; without `run` one that `a_run` makes `about` that."""
    run = run or a_run(**about)
    assert run.target in tasks.all_tasks()
    found = accuracies(en=80.0, de=70.0, ja=60.0) if scores is None else scores
    return Result(
        run,
        adapter or words.name_of(run.adapter),
        found,
        examples or dict.fromkeys(found, 2000),
        trainable_parameters,
        12.0,
        layer0,
        {"split": "test", "machine": "x86_64, 2 threads"},
    )


def a_fusion(**about: Any) -> Result:
    """A result of a fusion of mnli and squad, on PAWS-X unless it says otherwise."""
    return a_result(**{"composition": "fuse", "sources": ("squad", "mnli"), **about})
