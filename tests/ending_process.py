"""What a worker does in a test: a run with seed 1 takes its process with it. Imported there, so it imports little."""

import os
import signal
from pathlib import Path

from adapterstilts.studies.planning import Planned
from adapterstilts.studies.workers import Finished


def end(planned: Planned, output: Path) -> Finished:
    if planned.run.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Finished(planned, 1.0, None, 0.1)
