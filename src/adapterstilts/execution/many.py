"""Carry out many runs in one process: they share a backbone, and what can be trained together is.

Together are trained adapters of one method on one frozen backbone that computes without padding (`packed`). All other
runs come one after another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from adapterstilts.adapter.model import together
from adapterstilts.adapter.value import Adapter
from adapterstilts.base import locks, processes
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.execution import learning
from adapterstilts.execution.how import DEFAULT, How
from adapterstilts.execution.learning import Job, Prepared
from adapterstilts.execution.shared import Shared
from adapterstilts.runs.recipe import PARTS
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Run
from adapterstilts.runs.words import name_of
from adapterstilts.training import Training, TrainingRecord, carry_out, train_together

AT_ONCE = 8
"""How many runs are trained together at most, unless a caller says otherwise."""
_NUMBERS = 2**25
"""The hidden numbers (tokens by width by layers) of a step of all together, at most: a run that has that many leaves no
device idle, and several would only take its memory."""


@dataclass(frozen=True)
class Outcome:
    """What became of a run: its result, None if it is measured on nothing, or the error that ended it."""

    run: Run
    result: Result | None
    error: UserError | None = None


def learn_all(
    runs: Sequence[Run], how: How = DEFAULT, progress: Progress = SILENT, at_once: int = AT_ONCE
) -> Iterator[Outcome]:
    """Do with each of `runs` what `learn` does, and yield what became of it as soon as that is known.

    A run comes after those that it builds on, and one that fails leaves the others alone. Up to `at_once` adapters are
    trained together: but for rounding each is what it is alone, and its seconds of training are its share of theirs.
    What is stopped goes on as with `learn`: runs that are done are only read, and `how.resume` takes up checkpoints.
    """
    # a run by itself keeps of its backbone only what it reads
    shared, waiting = Shared(keep=len(runs) > 1), list(runs)
    while waiting:
        group = _next(waiting, how, shared, at_once)
        waiting = [run for run in waiting if not any(run is each for each in group)]
        if len(group) == 1:
            yield _alone(group[0], how, shared, progress)
        else:
            yield from _together(group, how, shared, progress)


def _next(waiting: Sequence[Run], how: How, shared: Shared, at_once: int) -> list[Run]:
    """The runs to carry out next, of which none builds on one that waits."""
    made_later = {run.adapter.id for run in waiting}
    ready = [run for run in waiting if not any(source.id in made_later for source in run.built_on)]
    first, *others = ready or waiting
    if at_once < 2 or (kind := _kind(first, how)) is None:
        return [first]
    by_name = {name_of(first): first}
    for run in others:
        if _kind(run, how) == kind:
            # the same run twice is done once, and then read
            by_name.setdefault(name_of(run), run)
    return list(by_name.values())[: min(at_once, _room(first, shared))] if len(by_name) > 1 else [first]


def _room(run: Run, shared: Shared) -> int:
    """How many runs of this size are trained together at most; 1 where the backbone cannot be loaded, which is told."""
    try:
        config = shared.backbone(run).module.config
    except UserError:
        return 1
    tokens = run.settings["batch_size"] * run.settings["max_length"]
    return max(1, _NUMBERS // (tokens * config.hidden_size * config.num_hidden_layers))


def _kind(run: Run, how: How) -> Hashable | None:
    """What runs that are trained together have in common, as far as it can be told before they are built."""
    if run.method == "full" or processes.several() or not how.setting("packed", run):
        return None
    if run.settings.get("cache_frozen_layers") or PARTS in run.settings:
        return None  # the states that are kept are those of its own rows; and an update of several tasks is about one
    like = run.settings["precision"], run.settings.get("backbone_dropout")
    return run.backbone.id, run.backbone.revision, run.method, run.structure, like


def _alone(run: Run, how: How, shared: Shared, progress: Progress) -> Outcome:
    try:
        return Outcome(run, learning.learn_sharing(shared, run, how, progress))
    except UserError as error:
        return Outcome(run, None, error)


def _together(runs: Sequence[Run], how: How, shared: Shared, progress: Progress) -> Iterator[Outcome]:
    with ExitStack() as held:
        prepared: list[Prepared] = []
        # in one order everywhere, so that no two processes wait for each other
        for run in sorted(runs, key=name_of):
            try:
                job = learning.checked(shared, run, how, progress)
                held.enter_context(locks.holding(how.output, job.name, progress.note))
                if learning.is_known(job):
                    yield Outcome(run, learning.known(job, progress))
                else:
                    prepared.append(learning.prepare(job, progress))
            except UserError as error:
                yield Outcome(run, None, error)
        trained: list[tuple[Job, Adapter]] = []
        for each, adapter in _trained(prepared, progress):
            if isinstance(adapter, UserError):
                yield Outcome(each.job.run, None, adapter)
            else:
                trained.append((each.job, adapter))
        del prepared
        for job, adapter in trained:
            try:
                yield Outcome(job.run, learning.measure(job, adapter, progress))
            except UserError as error:
                yield Outcome(job.run, None, error)


def _trained(prepared: Sequence[Prepared], progress: Progress) -> Iterator[tuple[Prepared, Adapter | UserError]]:
    """Train what is prepared, and save each adapter at once."""
    groups: dict[Hashable, list[Prepared]] = {}
    for each in prepared:
        built = each.training.model
        groups.setdefault(built.joins() or id(built), []).append(each)
    for group in groups.values():
        trainings = [replace(each.training, progress=_Of(each.job.name, progress)) for each in group]
        of_training = {id(training): each for training, each in zip(trainings, group, strict=True)}
        title = f"train {len(group)} adapters" if len(group) > 1 else "train"
        progress.start(title, sum(training.steps for training in trainings), "step")
        try:
            for training, record in _carried_out(trainings):
                each = of_training[id(training)]
                try:
                    if isinstance(record, UserError):
                        raise record
                    yield each, learning.finish(each, record, len(group))
                except UserError as error:
                    yield each, error
        finally:
            progress.finish()


def _carried_out(trainings: Sequence[Training]) -> Iterator[tuple[Training, TrainingRecord | UserError]]:
    if len(trainings) > 1:
        yield from train_together(trainings, together)
        return
    (training,) = trainings
    try:
        yield training, carry_out(training)
    except UserError as error:
        yield training, error


class _Of:
    """Progress of one of several trainings, which have one bar."""

    def __init__(self, name: str, progress: Progress) -> None:
        self._name, self._progress = name, progress

    def start(self, title: str, total: int | None, unit: str) -> None:
        """Nothing: the phase is that of all."""

    def advance(self, n: int = 1, **facts: object) -> None:
        """Count for all."""
        self._progress.advance(n)

    def report(self, **facts: object) -> None:
        """Say of which run the facts are."""
        self._progress.report(run=self._name, **facts)

    def finish(self) -> None:
        """Nothing: the phase is that of all."""

    def note(self, text: str) -> None:
        """Say of which run this is."""
        self._progress.note(f"{self._name}: {text}")
