"""The start of a training: seconds until its first step is taken, for the first time and with what is kept of that.

A whole process each time, which first imports what any program that trains an adapter has to, by the same clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.measuring import Rounds, interleaved

from adapterstilts.findings.table import Column, Table, Value

ENVIRONMENT = "ADAPTERSTILTS_DATA"
"""Names a folder of real data, whose rows are then measured instead of pocket's."""
TASKS = ("panx", "mnli", "squad")
IMPORTS = "import torch, adapters"
FIRST, SECOND = "first run", "second run"
_PROGRAM = """
import json, sys, time

begin = time.perf_counter()
import torch, adapters

imported = time.perf_counter()
task, data, backbone, output, examples = json.loads(sys.argv[1])
import adapterstilts
from adapterstilts.base.progress import SILENT


class Taken(Exception):
    pass


class Clock(type(SILENT)):
    training = False

    def start(self, title, total, unit):
        self.training = title == "train"

    def advance(self, n=1, **facts):
        if self.training and n:
            raise Taken


settings = {"max_steps": 1} | ({} if examples is None else {"train_examples": examples})
try:
    adapterstilts.train(
        task, method="lora", data=data, backbone=backbone, output=output, settings=settings, progress=Clock()
    )
except Taken:
    print(json.dumps([imported - begin, time.perf_counter() - imported]))
"""


def measured(rounds: int = 2, examples: int | None = None, backbone: str = "pocket") -> dict[str, Any]:
    """Return the seconds of each side in each round: imports alone, and behind them each task's first step, twice.

    `examples` are the training rows (None: as many as the recipe takes).
    """
    real = os.environ.get(ENVIRONMENT)
    places = {"real data": real} if real else {"pocket": "pocket"}
    with tempfile.TemporaryDirectory() as folder:
        sides: dict[str, Callable[[], float]] = {}
        imports: list[float] = []
        for where, data in places.items():
            for task in TASKS:
                start = partial(_seconds, Path(folder), imports, task, data, backbone, examples)
                home = Path(folder) / where / task
                sides[f"{task}, {where}, {FIRST}"] = start
                sides[f"{task}, {where}, {SECOND}"] = partial(start, home)
                start(home)
        imports.clear()
        figures: Rounds = interleaved(sides, rounds, warm=0)
    load = round(os.getloadavg()[0], 1)
    # each start imports the same: as many figures a round as there are sides
    return {"start": {IMPORTS: imports, **figures}, "start_load": load, "start_backbone": backbone}


def _seconds(
    folder: Path,
    imports: list[float],
    task: str,
    data: str,
    backbone: str,
    examples: int | None,
    home: Path | None = None,
) -> float:
    """A start with the cache in `home`, None: an empty one; what it took to import goes to `imports`."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        # what is installed is compiled
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["ADAPTERSTILTS_HOME"] = str(home or Path(own) / "home")
        words = json.dumps([task, data, backbone, str(Path(own) / "runs"), examples])
        command = [sys.executable, "-c", _PROGRAM, words]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, text=True).stdout
    imported, started = json.loads(output.splitlines()[-1])
    imports.append(imported)
    return started


def goals(record: Mapping[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    return [
        Goal(f"first step of {name}, seconds behind the imports", figures, most=3.0)
        for name, figures in record["start"].items()
        if name.endswith(SECOND)
    ]


def section(record: Mapping[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    rounds: Rounds = record["start"]
    rows = [
        (name.removesuffix(f", {FIRST}"), Value.median(figures), Value.median(rounds[name.replace(FIRST, SECOND)]))
        for name, figures in rounds.items()
        if name.endswith(FIRST)
    ]
    columns = (Column("rows of"), Column(FIRST, "number", 2), Column(SECOND, "number", 2))
    imports = sorted(rounds[IMPORTS])
    return (
        f"Seconds from behind `{IMPORTS}` until the first step of a LoRA is taken, whole processes; these imports took "
        f"{imports[len(imports) // 2]:.2f} seconds ({imports[0]:.2f} to {imports[-1]:.2f}) in the same processes. A "
        "first run finds an empty cache; a second one finds rows and tokens of the first. The backbone is "
        f"{record['start_backbone']}, and the load of the machine was {record['start_load']:.1f}.\n\n"
        f"{Table(columns, rows).to_markdown()}"
    )
