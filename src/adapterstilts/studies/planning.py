"""What of a study is done, what is left, and how long that takes by what this machine took so far."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution.how import languages_of, place_of
from adapterstilts.runs import results, words
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import NO_ADAPTER, Run
from adapterstilts.studies.declared import Part, Study


@dataclass(frozen=True)
class Planned:
    """A run of a study, the languages that are measured (none: all), and whether it is done.

    `trained` are the seconds that its training took, wherever that was, if a result tells.
    """

    part: str
    run: Run
    languages: tuple[str, ...]
    done: bool = False
    trained: float = 0.0


@dataclass(frozen=True)
class Plan:
    """A study's runs in their order, each once: in the first part that has it.

    `without_runs` says of each part that has none why that is.
    """

    study: Study
    runs: tuple[Planned, ...]
    without_runs: Mapping[str, str] = field(default_factory=dict)

    def of(self, part: str) -> list[Planned]:
        """Return the runs of one part."""
        return [planned for planned in self.runs if planned.part == part]

    @property
    def left(self) -> list[Planned]:
        """The runs that are not done."""
        return [planned for planned in self.runs if not planned.done]


def plan(study: Study, output: Path, only: Sequence[str] = (), shipped: Iterable[Path] = ()) -> Plan:
    """Return what is to be done of a study, or `only` of some parts, where `output` has what was made so far.

    What has a result in a `shipped` folder is done, too, unless others build on its weights and these are not here.
    UserError for a part that there is not, a line that does not fit, a language that rows do not have, or a comparison
    of what no line makes.
    """
    for name in only:
        if name not in study.parts:
            raise UserError(f'{study.path} has no part "{name}"; it has {", ".join(study.parts)}.')
    parts = [part for name, part in study.parts.items() if not only or name in only]
    by_run = {result.run.id: result for result in results.read_all([*shipped, output])}
    here = AtHand(output)
    listed: dict[tuple[str, tuple[str, ...]], Planned] = {}
    without_runs = {}
    for part in parts:
        before, runs = len(listed), study.runs(part, output, here)
        _check_languages(study, part, runs)
        for run in runs:
            done = (
                is_measured(by_run.get(run.id), part.languages) if run.evaluation else here.folder_of(run) is not None
            )
            planned = Planned(part.name, run, part.languages, done, trained(by_run.get(run.id)))
            listed.setdefault((run.id, part.languages), planned)
        if len(listed) == before:
            without_runs[part.name] = _why_none(study, part, bool(runs))
    if not only:
        _check_comparisons(study, [each.run for each in listed.values()])
    needed = {source.id for each in listed.values() if not each.done for source in each.run.built_on}

    def is_gone(run: Run) -> bool:
        return run.adapter.id in needed and here.folder_of(run.adapter) is None

    known = tuple(replace(each, done=each.done and not is_gone(each.run)) for each in listed.values())
    return Plan(study, known, without_runs)


def _check_languages(study: Study, part: Part, runs: Sequence[Run]) -> None:
    measured = {(run.target, place_of(run.evaluation.rows)) for run in runs if run.evaluation and part.languages}
    for target, place in measured:
        try:
            languages_of(tasks.get(str(target)), place, part.languages)
        except UserError as error:
            raise UserError(f"{study.path}, part {part.name}: {error}") from error


def _check_comparisons(study: Study, runs: Sequence[Run]) -> None:
    """A comparison that is misspelt would never be answered, and count in the correction of the others."""
    for each in study.comparisons:
        known = {words.label_of(run) for run in runs if run.target == each.target}
        for name in (each.first, each.second):
            if known and name not in known:
                hint = did_you_mean(name, known) or f" On {each.target} there are {'; '.join(sorted(known))}."
                raise UserError(f'{study.path}, comparisons: no line makes "{name}" on {each.target}.{hint}')


def _why_none(study: Study, part: Part, elsewhere: bool) -> str:
    if lacking := study.lacking(part):
        return f"left out, since it needs --{' and --'.join(lacking)}"
    if elsewhere:
        return "its runs are those of parts before it"
    if any("{best}" in line for line in part.runs):
        return "waits for the stacks of three sources, of which it takes the best"
    return "none, since each would learn a task's own data twice"


def trained(result: Result | None) -> float:
    """Return the seconds that the training of a run took, by its result; 0 where there is none, or no training."""
    trains = result is not None and result.run.task is not None and result.run.target == result.run.task
    return result.train_seconds if result and trains and not words.changed_in_evaluation(result.run) else 0.0


def is_measured(result: Result | None, languages: tuple[str, ...]) -> bool:
    """Whether a result has all `languages`, or if none are named all that there are."""
    if result is None:
        return False
    return set(languages) <= set(result.examples) if languages else not result.not_measured


class Disk:
    """How much room the adapters of runs take, by those that are at hand."""

    def __init__(self, output: Path, backbone: str) -> None:
        self._here = AtHand(output)
        self._by_method: dict[str, list[float]] = {}
        for entry in catalogue.entries(output, backbone):
            self._by_method.setdefault(entry.method, []).append(1e6 * entry.megabytes)

    def is_made_by(self, planned: Planned) -> bool:
        """Whether a run makes an adapter that is not at hand."""
        return planned.run.method != NO_ADAPTER and self._here.folder_of(planned.run.adapter) is None

    def bytes(self, planned: Planned) -> float | None:
        """Return the median of the adapters of its method; None if there is none at hand."""
        known = self._by_method.get(planned.run.method)
        return statistics.median(known) if known else None
