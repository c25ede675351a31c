"""Many runs in one process beside as many processes one after another."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.goals import Goal
from benchmarks.measuring import interleaved, process_seconds, ratios

from adapterstilts.findings.table import Column, Table, Value

TOGETHER, APART = "one process", "a process for each"
_PROGRAM = """
import json, sys
from pathlib import Path
from adapterstilts import execution
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.runs import asked

task, method, seeds, steps, output = json.loads(sys.argv[1])
here, how = AtHand(Path(output)), execution.How(Path(output), languages=("en",))
runs = [asked.training(here, task, method, seed=seed, settings={"max_steps": steps}) for seed in seeds]
for outcome in execution.learn_all(runs, how):
    if outcome.error:
        raise outcome.error
"""


def measured(
    method: str = "bottleneck", task: str = "pawsx", seeds: int = 8, steps: int = 60, rounds: int = 1
) -> dict[str, Any]:
    """Return the seconds of `seeds` trainings of `task`, evaluated in English, start-up included, both ways."""

    def side(groups: Sequence[Sequence[int]]) -> Callable[[], float]:
        def run() -> float:
            with tempfile.TemporaryDirectory() as output:
                every = [json.dumps([task, method, list(group), steps, output]) for group in groups]
                return sum(process_seconds(["-c", _PROGRAM, words]) for words in every)

        return run

    every = range(seeds)
    sides = {TOGETHER: side([every]), APART: side([[seed] for seed in every])}
    figures = interleaved(sides, rounds, warm=0)
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
        "evaluated in English), start-up included.\n\n"
        f"{Table(columns, lines).to_markdown()}"
    )
