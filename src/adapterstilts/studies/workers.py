"""The engine of one machine: processes that take a study's runs one after another and keep the backbone loaded."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.base import digests, files, locks
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.runs import results, words
from adapterstilts.runs.run import NO_ADAPTER, Run
from adapterstilts.studies.carrying import Finished
from adapterstilts.studies.planning import Planned, is_measured

if TYPE_CHECKING:
    from adapterstilts.execution.shared import Shared
    from adapterstilts.runs.results import Result


class Local:
    """As many processes as there are `workers`, which share the cores; what they make is in `output`."""

    def __init__(self, output: Path, workers: int) -> None:
        files.check_writable(output)
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
        self._output, self._workers = output, workers
        self._pool = _pool(workers)
        self._computing: dict[Future[Finished], Planned] = {}

    def has_room(self) -> bool:
        """Return whether a worker is free."""
        return len(self._computing) < self._workers

    def start(self, planned: Planned, wait: bool) -> None:
        """Give a run to a free worker."""
        self._computing[self._pool.submit(one, planned, self._output, wait, digests.are_trusted())] = planned

    def ended(self) -> list[Finished]:
        """Wait for a run to end, and return what became of it and of others that ended with it."""
        done, _ = wait(self._computing, return_when=FIRST_COMPLETED)
        ended, lost = list[Finished](), list[Planned]()
        for future in done:
            planned = self._computing.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                lost.append(planned)
            else:
                ended.append(future.result())
        if lost:
            # which of them it was that died is not told, so each is tried again alone
            lost += self._computing.values()
            self._computing.clear()
            ended += [_alone(each, self._output) for each in lost]
            self._pool = _pool(self._workers)
        return ended

    def close(self) -> None:
        """Let no more runs begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)


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


def _alone(planned: Planned, output: Path) -> Finished:
    pool = _pool(1)
    try:
        return pool.submit(one, planned, output, True, digests.are_trusted()).result()
    except BrokenProcessPool:
        error = "its process was killed, perhaps for want of memory; take fewer --workers."
        return Finished(planned, None, error, 0.0)
    finally:
        pool.shutdown()


_shared: Shared | None = None
"""What the runs of this worker share."""


def one(planned: Planned, output: Path, wait: bool, trusted: bool = True) -> Finished:
    """Carry out a run in this process, which keeps what runs share; an error that a sentence explains is returned.

    A run that another study is carrying out in `output` is waited for, or without `wait` left to it. Not `trusted`,
    nothing is taken that is remembered of files.
    """
    start = time.monotonic()
    try:
        with ExitStack() as within:
            within.enter_context(locks.holding(output, f"run-{planned.run.id}", lambda _: None, wait))
            if not trusted:
                within.enter_context(digests.distrusted())
            # what another study took is no time of this one
            start = time.monotonic()
            if done := _done(planned, output):
                return done
            result = _carried_out(planned, output)
    except locks.HeldElsewhere:
        return Finished(planned, None, None, 0.0, elsewhere=True)
    except UserError as error:
        return Finished(planned, None, str(error), time.monotonic() - start)
    except (OSError, MemoryError, RuntimeError) as error:
        if (said := _sentence(error, output)) is None:
            raise
        return Finished(planned, None, said, time.monotonic() - start)
    return Finished(planned, result.average if result else None, None, time.monotonic() - start)


def _sentence(error: Exception, output: Path) -> str | None:
    """What to do about the machine's own errors; None of any other."""
    if isinstance(error, OSError):
        reason = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
        return f"{reason}; see that {output} is there and has room, and give the same command again."
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "its memory was full; take fewer --workers, and give the same command again."
    return None


def _done(planned: Planned, output: Path) -> Finished | None:
    """What another study has made of it meanwhile."""
    run = planned.run
    result = results.known(run, words.name_of(run.adapter), output) if run.evaluation else None
    if (run.evaluation and not is_measured(result, planned.languages)) or not _is_made(run, output):
        return None
    return Finished(planned, result.average if result else None, None, 0.0, computed=False)


def _is_made(run: Run, output: Path) -> bool:
    return run.method == NO_ADAPTER or AtHand(output).folder_of(run.adapter) is not None


def _carried_out(planned: Planned, output: Path) -> Result | None:
    global _shared
    from adapterstilts import execution
    from adapterstilts.execution.learning import learn_sharing
    from adapterstilts.execution.shared import Shared

    _shared = _shared or Shared()
    run, how = planned.run, execution.How(output, planned.languages, resume=True)
    if _is_made(run, output) and run.evaluation is not None:
        return execution.evaluate(run, how)
    if run.composition == "merge":
        return execution.merge(run, how).result
    return learn_sharing(_shared, run, how, SILENT)
