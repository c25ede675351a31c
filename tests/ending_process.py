"""What a worker does in a test. Imported there, so it imports little."""

import os
import signal
import time
from pathlib import Path

from adapterstilts.studies.carrying import Finished
from adapterstilts.studies.planning import Planned


def end(planned: Planned, output: Path, wait: bool, trusted: bool) -> Finished:
    """A run with seed 1 takes its process with it."""
    if planned.run.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Finished(planned, 1.0, None, 0.1)


def last(planned: Planned, output: Path, wait: bool, trusted: bool) -> Finished:
    """Say which process this is, and go on for long."""
    waiting = output / "process.part"
    waiting.write_text(str(os.getpid()))
    waiting.rename(output / "process")
    time.sleep(600)
    return Finished(planned, None, None, 600.0)


def mark(planned: Planned, seen: Path, wait: bool, trusted: bool) -> Finished:
    """Say that this run has begun, and on which node, and take a while."""
    import ray

    with (seen.parent / "begun").open("a") as begun:
        begun.write(f"{planned.run.id} {ray.get_runtime_context().get_node_id()}\n")
    # the first ends before the others, so that these are known to be running then
    time.sleep(4 if planned.run.seed else 1)
    return Finished(planned, 1.0, None, 2.0)
