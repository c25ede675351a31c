"""Results side by side: systems, gains over the method alone, and the command that runs what is missing. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapterstilts.runs.results import CONTROLS, Result, made_with
from adapterstilts.runs.systems import System, command, label, system_of
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks import get as get_task


@dataclass(frozen=True)
class Gain:
    """What a system's average is above another's, over the `seeds` that both were run with.

    `half_width` is that of the 95 % interval of the mean (paired Student's t); None for one seed.
    """

    points: float
    half_width: float | None
    seeds: int


@dataclass(frozen=True)
class Row:
    """One system of a comparison: its results, one per seed; none means not run, and `command` runs it.

    `gain` is over the system that takes no other task's adapter (:func:`reference_of`), with the same settings changed
    if that was run, else with the recipe's; None if there is nothing to compare.
    """

    system: System
    label: str
    results: tuple[Result, ...]
    command: str
    gain: Gain | None = None


@dataclass(frozen=True)
class Comparison:
    """Everything measured on one target with one backbone and rows from one source, side by side.

    `left_out` counts results that were made with other weights of the backbone or from other data.
    """

    target: str
    backbone: str
    languages: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0
    data: str | None = None


def systems_around(target: Task, fusion: System, source_tasks: Sequence[str]) -> list[System]:
    """Return the systems that a `fusion` for `target` is to be compared with, itself included."""
    method, task, sources = fusion.method, target.train_on, fusion.sources
    return [
        System(method, trained_on=task),
        System(method, None, sources, "parameters", task),
        System(method, "fuse", sources, "untrained", task),
        *(System(method, "stack", (source,), None, task) for source in sources if source != task),
        fusion,
        System("full", trained_on=task),
        *(System("full", "continue", (source,), None, task) for source in source_tasks if source != task),
    ]


def compare(
    target: Task,
    backbone: str,
    found: Iterable[Result],
    expected: Sequence[System] = (),
    data: str | None = None,
    like: Result | None = None,
) -> Comparison:
    """Put the results for `target` side by side: the `expected` systems first, then the others.

    Only results on rows from `data` (None: where one expects them) are compared, and of these only those that were
    made with the backbone's weights and the very rows that `like` was; None takes those of most results.
    """
    which = (target.name, backbone, data)
    relevant = [one for one in found if one.scores and (one.target, one.backbone, one.data) == which]
    used = made_with(like) if like else statistics.mode(map(made_with, relevant)) if relevant else ()
    kept = [result for result in relevant if made_with(result) == used]
    by_system: dict[System, list[Result]] = {system: [] for system in expected}
    for result in sorted(kept, key=lambda result: (_order(system_of(result)), result.seed)):
        by_system.setdefault(system_of(result), []).append(result)
    seen = {language for result in kept for language in result.scores}
    languages = sorted(seen, key=lambda language: (language != "en", language))
    rows = []
    for system, results in by_system.items():
        reference = reference_of(system, target)
        itself = replace(system, changed=()) == reference
        alone = by_system.get(replace(reference, changed=system.changed)) or by_system.get(reference, [])
        gain = None if itself else _gain(results, alone)
        words = label(system, target)
        rows.append(Row(system, words, tuple(results), command(system, target, backbone, data), gain))
    return Comparison(target.name, backbone, tuple(languages), tuple(rows), len(relevant) - len(kept), data)


def reference_of(system: System, target: Task) -> System:
    """Return what `system` is measured against: the same method on the target alone, or the backbone as it is."""
    if target.train_on is None:
        return System("none")
    return System(system.method, trained_on=target.train_on)


def _gain(results: Sequence[Result], reference: Sequence[Result]) -> Gain | None:
    """Return the gain paired by seed; what is not trained has no seeds, and is every seed's partner."""
    averages = {result.seed: result.average for result in reference if result.average is not None}
    if reference and reference[0].method == "none":
        averages = dict.fromkeys((result.seed for result in results), averages[reference[0].seed])
    gains = [
        result.average - averages[result.seed]
        for result in results
        if result.average is not None and result.seed in averages
    ]
    return Gain(statistics.fmean(gains), _half_width(gains), len(gains)) if gains else None


def _half_width(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # takes a tenth of a second

    return float(stdtrit(len(values) - 1, 0.975)) * statistics.stdev(values) / len(values) ** 0.5


def _order(system: System) -> tuple[Any, ...]:
    compositions = (None, "continue", "stack", "fuse", "merge")
    controls = (None, *CONTROLS)
    return (
        system.method == "full",
        system.method,
        compositions.index(system.composition),
        controls.index(system.control),
        system.sources,
        system.changed,
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is there, None if nothing is."""
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None


def language_score(result: Result, language: str) -> float | None:
    """Return the main score of one language, None where it was not evaluated."""
    scores = result.scores.get(language)
    return None if scores is None else metrics.main_score(get_task(result.target).metric, scores)
