"""Results side by side: one row for each way to get scores, and its gain over the method alone. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones.declared import declaration_of
from adapterstilts.findings.intervals import drawn_averages, interval_of, mean_drawn
from adapterstilts.runs import words
from adapterstilts.runs.command import OUTPUT, command_of
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import CONTROLS, NO_ADAPTER, Run
from adapterstilts.tasks import Task

_OWN_SEEDS = ("sources of", "the same seed")
System = tuple[Any, ...]
"""What tells the rows of a comparison apart: a run without its seed, in words."""


@dataclass(frozen=True)
class Gain:
    """What a system's average is above another's, over the `seeds` that both were run with.

    Each pair of runs is averaged over the languages that both were measured on, with as many examples. `half_width` is
    that of the 95 % interval of the mean (paired Student's t); for one seed that of the bootstrap
    over test rows (`over_rows`), or None where these are not known.
    """

    points: float
    half_width: float | None
    seeds: int
    over_rows: bool = False


@dataclass(frozen=True)
class Row:
    """One system of a comparison: a run of it, its results in `output`, one per seed (none: not run), what runs it.

    `gain` is over the system that takes no other task's adapter, with the same settings changed if that was run, else
    with the recipe's; None if there is nothing to compare. `beside` says that its sources have the seed of each result,
    where a row beside it has the same source for all.
    """

    run: Run
    results: tuple[Result, ...]
    gain: Gain | None = None
    output: Path = OUTPUT
    beside: bool = False

    @cached_property
    def label(self) -> str:
        """The words that a reader sees."""
        return words.label_of(self.run) + (", sources of the same seed" if self.beside else "")

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The words for its sources."""
        return words.sources_of(self.run)

    @property
    def met(self) -> bool:
        """Whether the backbone itself was trained on data of the kind of one of its sources.

        An adapter that is measured on what it did not learn is such a source, too.
        """
        run, target = self.run, tasks.known(self.run.target)
        others = [source.task for source in run.sources]
        if run.task and target and tasks.get(run.task).train_on != target.train_on:
            others.append(run.task)
        learned = (tasks.get(name).learned for name in others if name)
        return bool(frozenset().union(*learned) & {*declaration_of(run.backbone.id).met})

    @property
    def has_own_seeds(self) -> bool:
        """Whether its results are on sources of their own seed each."""
        return any(words.has_own_seeds(result.run) for result in self.results)

    @cached_property
    def changed(self) -> Mapping[str, Any]:
        """What is other than the recipe says."""
        return words.changed(self.run)

    @property
    def command(self) -> str:
        """The line that runs it."""
        return command_of(self.run, self.output)


@dataclass(frozen=True)
class Comparison:
    """Everything measured on one target with one backbone and rows from one source, side by side.

    `left_out` counts results that were made with other weights of the backbone or from other data. `not_measured` are
    languages of the rows that nothing here was measured on, or that are not compared. `own` is the run whose row is
    marked, and `hidden` how many rows are not here. `drawn` are averages in draws of the test rows (`intervals`).
    """

    target: str
    backbone: str
    languages: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0
    data: str | None = None
    not_measured: tuple[str, ...] = ()
    own: Run | None = None
    hidden: int = 0
    drawn: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def met(self) -> bool:
        """Whether the backbone itself was trained on data of the target's kind."""
        return self.target in declaration_of(self.backbone).met

    def is_own(self, row: Row) -> bool:
        """Whether it is the row that is marked."""
        if self.own is None:
            return False
        return system_of(row.run) == system_of(self.own) or self.own.id in {result.run.id for result in row.results}

    def averages(self, row: Row) -> list[float]:
        """Return the averages of the results of `row` that have all languages of this comparison."""
        return [result.average for result in self._complete(row) if result.average is not None]

    def by_seed(self, row: Row) -> dict[int, Result]:
        """Return the results of `row` that have all languages of this comparison."""
        return {result.run.seed: result for result in self._complete(row)}

    def half_width_over_rows(self, row: Row) -> float | None:
        """Return half the 95 % interval of a row's mean average over draws of the test rows, if these are known."""
        drawn = mean_drawn([result.run.id for result in self._complete(row)], self.drawn)
        return None if drawn is None else _half(interval_of(drawn))

    def averaged(self, row: Row) -> Sequence[Result]:
        """Return the results of `row` that its cells are means of: those that have all languages, or else all."""
        return self._complete(row) or row.results

    def _complete(self, row: Row) -> list[Result]:
        return [result for result in row.results if set(result.scores) == set(self.languages)]


def system_of(run: Run) -> System:
    """Return what tells a run's row apart from others on its target; the order of sources does not matter."""
    changes = tuple(sorted((key, words.plain(value)) for key, value in words.changed(run).items()))
    changes += (_OWN_SEEDS,) if words.has_own_seeds(run) else ()
    return (run.method, run.composition, words.sources_of(run), run.control, _learned(run), changes)


def _learned(run: Run) -> str | None:
    return tasks.get(run.task).train_on if run.task else None


def made_with(result: Result) -> tuple[str, str]:
    """Return what tells results apart that look alike: the backbone's weights and the rows that were measured on."""
    assert result.run.evaluation is not None
    return result.run.backbone.fingerprint, result.run.evaluation.rows.revision


def compare(
    target: Task,
    backbone: str,
    results: Iterable[Result],
    expected: Sequence[Run] = (),
    data: str | None = None,
    like: Result | None = None,
    output: Path = OUTPUT,
) -> Comparison:
    """Put the results for `target` side by side: the `expected` runs first, then the others.

    Only results on rows from `data` (None: where one expects them) are compared, and of these only those that were
    made with the backbone's weights and the very rows that `like` was; None takes those of most results. Where `like`
    is partial its languages alone are compared. `output` is where the commands of what is not run are to put it.
    """
    which = (target.name, backbone, data)
    relevant = [
        result for result in results if result.scores and (result.target, result.run.backbone.id, result.data) == which
    ]
    used = made_with(like) if like else statistics.mode(map(made_with, relevant)) if relevant else ()
    kept = [result for result in relevant if made_with(result) == used]
    others = len(relevant) - len(kept)
    if like and like.not_measured:
        narrowed = (result.only(like.scores) for result in kept)
        kept = [result for result in narrowed if result.scores]
    runs = {system_of(run): run for run in expected}
    by_system: dict[System, list[Result]] = {system: [] for system in runs}
    for result in sorted(kept, key=lambda result: (_order(result.run), result.run.seed)):
        system = system_of(result.run)
        runs.setdefault(system, words.of_seed_0(result.run))
        by_system.setdefault(system, []).append(result)
    beside = _join_seed_0(runs, by_system)
    seen = {language for result in kept for language in result.scores}
    drawn = drawn_averages(kept, target, _sorted(seen))
    whole = {
        system: [result for result in own if set(result.scores) == seen] or own for system, own in by_system.items()
    }
    rows = [
        Row(
            run,
            tuple(by_system[system]),
            _gain_of(run, whole[system], whole, target, drawn),
            output,
            system in beside,
        )
        for system, run in runs.items()
    ]
    not_measured = {language for result in kept for language in result.not_measured} - seen
    own = like.run if like else None
    left_out = _sorted(not_measured)
    return Comparison(target.name, backbone, _sorted(seen), tuple(rows), others, data, left_out, own, drawn=drawn)


def _join_seed_0(runs: dict[System, Run], by_system: dict[System, list[Result]]) -> set[System]:
    """Give the result of seed 0, which is that of both ways, to systems whose sources have each result's seed.

    Return those that a system stays beside whose results of several seeds are on one source.
    """
    beside = set()
    for system in [each for each in by_system if _OWN_SEEDS in each[-1]]:
        other = (*system[:-1], system[-1][:-1])
        shared = [result for result in by_system.get(other, ()) if result.run.seed == 0]
        by_system[system] = [*shared, *by_system[system]]
        if other in by_system and len(shared) < len(by_system[other]):
            beside.add(system)
        elif other in by_system:
            in_its_place = {system if each == other else each: run for each, run in runs.items()}
            runs.clear()
            runs.update(in_its_place)
    return beside


def _sorted(languages: Iterable[str]) -> tuple[str, ...]:
    """English first."""
    return tuple(sorted(languages, key=lambda language: (language != "en", language)))


def brief(compared: Comparison) -> Comparison:
    """Return the rows that a reader wants beside the own one: its controls, the references, and the best.

    References are the backbone as it is, the task alone by the same method, and full fine-tuning.
    """
    assert compared.own is not None
    own, task = compared.own, tasks.get(compared.target)
    *_, changes = system_of(own)
    wanted = {
        (method, None, (), None, learned, each)
        for method, learned in ((NO_ADAPTER, None), (own.method, task.train_on), ("full", task.train_on))
        for each in {(), changes}
    }
    fused = system_of(replace(own, control=None))[:3]
    best = max(compared.rows, key=lambda row: mean(compared.averages(row)) or 0.0)

    def is_shown(row: Row) -> bool:
        of_fusion = own.composition == "fuse" and system_of(row.run)[:3] == fused and (row.run.control or own.control)
        return compared.is_own(row) or row is best or bool(of_fusion) or system_of(row.run) in wanted

    shown = tuple(row for row in compared.rows if is_shown(row))
    return replace(compared, rows=shown, hidden=len(compared.rows) - len(shown))


def _gain_of(
    run: Run,
    results: Sequence[Result],
    by_system: Mapping[System, Sequence[Result]],
    target: Task,
    drawn: Mapping[str, Any],
) -> Gain | None:
    """The gain over the same method on the target alone, or over the backbone as it is."""
    *own, changes = system_of(run)
    method = NO_ADAPTER if target.train_on is None else run.method
    alone = [method, None, (), None, target.train_on]
    if own == alone:
        return None
    return _gain(results, by_system.get((*alone, changes)) or by_system.get((*alone, ()), []), drawn)


def _gain(results: Sequence[Result], reference: Sequence[Result], drawn: Mapping[str, Any]) -> Gain | None:
    """Return the gain paired by seed; what is not trained has no seeds, and is every seed's partner."""
    by_seed = {result.run.seed: result for result in reference}
    if reference and reference[0].run.method == NO_ADAPTER:
        by_seed = dict.fromkeys((result.run.seed for result in results), reference[0])
    both = [(result, by_seed[result.run.seed]) for result in results if result.run.seed in by_seed]
    paired = [(each, averages) for each in both if (averages := _common_averages(*each)) is not None]
    if not paired:
        return None
    differences = [own - other for _, (own, other) in paired]
    points, half = statistics.fmean(differences), half_width(differences)
    first, second = (result.run.id for result in paired[0][0])
    if half is None and {first, second} <= drawn.keys():
        return Gain(points, _half(interval_of(drawn[first] - drawn[second])), 1, over_rows=True)
    return Gain(points, half, len(paired))


def _half(interval: tuple[float, float]) -> float:
    return (interval[1] - interval[0]) / 2


def _common_averages(result: Result, other: Result) -> tuple[float, float] | None:
    """Both averages over the languages that both were measured on, with as many examples; None without any."""
    common = [
        language
        for language in result.main_scores
        if language in other.main_scores and result.examples[language] == other.examples[language]
    ]
    if not common:
        return None
    first, second = (statistics.fmean(each.main_scores[code] for code in common) for each in (result, other))
    return first, second


def half_width(values: Sequence[float]) -> float | None:
    """Return half the 95 % interval of the mean (Student's t; paired, if these are differences); None for one value."""
    if len(values) < 2:
        return None
    if len(set(values)) == 1:
        return 0.0
    from scipy.stats import ttest_1samp  # takes half a second

    interval = ttest_1samp(values, 0.0).confidence_interval(0.95)
    return float(interval.high - interval.low) / 2


def _order(run: Run) -> tuple[Any, ...]:
    compositions = (None, "continue", "stack", "fuse", "merge")
    controls = (None, *CONTROLS)
    method, _, sources, control, _, changes = system_of(run)
    return (
        method == "full",
        method,
        compositions.index(run.structure),
        controls.index(control),
        sources,
        changes,
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is there, None if nothing is."""
    numbers = [value for value in values if value is not None]
    return statistics.fmean(numbers) if numbers else None


def language_score(result: Result, language: str) -> float | None:
    """Return the main score of one language, None where it was not evaluated."""
    return result.main_scores.get(language)
