"""Workers of one machine: processes that take a study's runs one after another and keep the backbone loaded."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.base.errors import UserError
from adapterstilts.studies.planning import Planned

if TYPE_CHECKING:
    from adapterstilts.execution.shared import Shared
    from adapterstilts.runs.results import Result


@dataclass(frozen=True)
class Finished:
    """A run that ended: its average score, or why there is none, and the seconds that it took."""

    planned: Planned
    average: float | None
    error: str | None
    seconds: float


def carry_out(runs: Sequence[Planned], output: Path, workers: int) -> Iterator[Finished]:
    """Carry out runs, as many at a time as there are `workers`, and yield each as it ends.

    A run comes after those that it builds on. One that fails, or takes its process with it, leaves the others; those
    that build on it say what they lack. `workers` share the cores. What is stopped goes on from its checkpoints.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    waiting, computing = list(runs), dict[Future[Finished], Planned]()
    pool = _pool(workers)
    try:
        while waiting or computing:
            while len(computing) < workers and (ready := _next(waiting, list(computing.values()))):
                waiting.remove(ready)
                computing[pool.submit(_one, ready, output)] = ready
            done, _ = wait(computing, return_when=FIRST_COMPLETED)
            for future in done:
                planned = computing.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    # which of them it was that died is not told, so each is tried again alone
                    lost = [planned, *computing.values()]
                    computing.clear()
                    for each in lost:
                        pool = _pool(1)
                        yield _alone(pool, each, output)
                        pool.shutdown()
                    pool = _pool(workers)
                    break
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    # a fork of a process that has threads, such as those of torch, may hang
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _end_with_parent)


def _end_with_parent() -> None:
    """Let this worker end when the process that gives it runs was killed: else it would go on unseen."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _next(waiting: Sequence[Planned], computing: Sequence[Planned]) -> Planned | None:
    """The first run that builds on nothing that is still to be made, and whose adapter nobody is making."""
    making = {planned.run.adapter.id for planned in computing}
    to_be_made = making | {planned.run.adapter.id for planned in waiting}
    for planned in waiting:
        builds_on = {source.id for source in planned.run.built_on}
        if planned.run.adapter.id not in making and not builds_on & to_be_made:
            return planned
    return None


def _alone(pool: ProcessPoolExecutor, planned: Planned, output: Path) -> Finished:
    try:
        return pool.submit(_one, planned, output).result()
    except BrokenProcessPool:
        error = "its process was killed, perhaps for want of memory; take fewer --workers."
        return Finished(planned, None, error, 0.0)


_shared: Shared | None = None
"""What the runs of this worker share."""


def _one(planned: Planned, output: Path) -> Finished:
    global _shared
    from adapterstilts import execution
    from adapterstilts.base.progress import SILENT
    from adapterstilts.exchange.catalogue import AtHand
    from adapterstilts.execution.learning import learn_sharing
    from adapterstilts.execution.shared import Shared
    from adapterstilts.runs.run import NO_ADAPTER

    _shared = _shared or Shared()
    run, start = planned.run, time.monotonic()
    how = execution.How(output, planned.languages, resume=True)
    result: Result | None
    try:
        if run.method == NO_ADAPTER or AtHand(output).folder_of(run.adapter) is not None:
            result = execution.evaluate(run, how)
        elif run.composition == "merge":
            result = execution.merge(run, how).result
        else:
            result = learn_sharing(_shared, run, how, SILENT)
    except UserError as error:
        return Finished(planned, None, str(error), time.monotonic() - start)
    return Finished(planned, result.average if result else None, None, time.monotonic() - start)
