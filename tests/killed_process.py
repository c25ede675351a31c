"""A study in a process that is killed: `killed_process.py RECIPE OUTPUT MOMENT`, a file in OUTPUT being touched.

Each time that a file there is opened for writing, renamed or removed, or a folder made, counts as a moment; before that
of the number MOMENT the process is killed. If there are fewer, their number is printed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

WRITING = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree")


def main(recipe: Path, output: Path, moment: int) -> None:
    """Carry out the runs that are left, one after another."""
    from adapterstilts import studies
    from adapterstilts.studies import workers

    moments = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal moments
        if event not in WRITING or not str(arguments[0]).startswith(str(output)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        moments += 1
        if moments == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    left = studies.plan(studies.read(recipe), output).left
    sys.addaudithook(count)
    for planned in left:
        ended = workers.one(planned, output, True)
        assert ended.error is None, ended.error
    print(moments)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
