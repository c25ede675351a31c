"""Many runs in one process beside as many processes one after another."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.measuring import interleaved, ratios

from adapterstilts.findings.table import Column, Table, Value

TOGETHER, APART = "one process", "a process for each"


def _seconds(commands: Sequence[Sequence[str]]) -> float:
    start = time.perf_counter()
    for words in commands:
        subprocess.run([sys.executable, "-m", "adapterstilts", *words], check=True, capture_output=True)
    return time.perf_counter() - start


def measured(
    method: str = "bottleneck", task: str = "pawsx", seeds: int = 8, steps: int = 200, rounds: int = 2, warm: int = 0
) -> dict[str, Any]:
    """Return the seconds of `seeds` trainings of `task`, evaluated in English, start-up included, both ways."""
    words = ["train", task, "--method", method, "--language", "en", "-o", f"max_steps={steps}"]

    def side(several: Sequence[Sequence[int]]) -> Callable[[], float]:
        def run() -> float:
            output = Path(tempfile.mkdtemp())
            try:
                chosen = [[word for seed in each for word in ("--seed", str(seed))] for each in several]
                return _seconds([[*words, *own, "--output", str(output)] for own in chosen])
            finally:
                shutil.rmtree(output)

        return run

    every = range(seeds)
    sides = {TOGETHER: side([every]), APART: side([[seed] for seed in every])}
    figures = interleaved(sides, rounds, warm)
    return {"method": method, "task": task, "seeds": seeds, "steps": steps, "rounds": figures}


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    shares = ratios(record["rounds"], TOGETHER, APART)
    return [Goal(f"{record['seeds']} seeds in one process, to a process for each one after another", shares, most=0.5)]


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    figures = record["rounds"]
    columns = (Column(""), Column("seconds", "number", 1), Column("ratio to the last", "number", 2))
    lines = [(side, Value.median(figures[side]), Value.median(ratios(figures, side, APART))) for side in figures]
    return (
        f"{record['seeds']} seeds of {record['task']} on pocket ({record['method']}, {record['steps']} steps, "
        "evaluated in English), as one command with every `--seed` and as a command for each; start-up included.\n\n"
        f"{Table(columns, lines).to_markdown()}"
    )
