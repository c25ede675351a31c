"""The most memory that a training holds, ours and the plain library's, each in a process of its own.

python -m benchmarks.memory SHAPE SYSTEM SIDE     prints the most bytes that three steps held
"""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.measuring import Rounds, interleaved, ratios
from benchmarks.shapes import SHAPES, batches

from adapterstilts.findings.table import Column, Table, Value

OURS, LIBRARY, IMPORTS = "adapterstilts", "plain library", "the imports alone"
CASES = (("small", "bottleneck"), ("small", "LoRA"), ("base", "bottleneck"), ("large", "bottleneck"), ("large", "LoRA"))
STEPS = 3


def held(shape: str, system: str, side: str) -> float:
    """Return the most bytes that this process has held, after some steps of a side."""
    from benchmarks import training

    if side != IMPORTS:
        one = SHAPES[shape]
        built = training.ours(one, system, True) if side == OURS else training.library(one, system)
        # the longest of a training's batches: they decide
        every = sorted(batches(one, "mnli", 50), key=lambda batch: -batch["input_ids"].numel())[:STEPS]
        training.Side(one, built, every, STEPS)()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else 1024 * peak)


def _apart(shape: str, system: str, side: str) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", shape, system, side]
    place = Path(__file__).resolve().parent.parent
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=place).stdout)


def measured(cases: Any = CASES, rounds: int = 1) -> list[dict[str, Any]]:
    """Return the bytes of both sides in each round, for each shape and system."""
    records = []
    for shape, system in cases:
        sides = {side: partial(_apart, shape, system, side) for side in (OURS, LIBRARY, IMPORTS)}
        figures = interleaved(sides, rounds, warm=0)
        records.append({"shape": SHAPES[shape].name, "system": system, "rounds": figures})
    return records


def goals(records: list[dict[str, Any]]) -> list[Goal]:
    """Return what this is measured for."""
    return [
        Goal(f"memory of {each['system']} at {each['shape']}'s shape, to the library's", _share(each), most=0.6)
        for each in records
    ]


def _share(record: dict[str, Any]) -> list[float]:
    return ratios(record["rounds"], OURS, LIBRARY)


def section(records: list[dict[str, Any]]) -> str:
    """Return the Markdown of what `measured` gave."""
    columns = (
        Column("shape"),
        Column("system"),
        Column("adapterstilts, MB", "number", 0),
        Column("plain library, MB", "number", 0),
        Column("ratio", "number", 2),
        Column("imports alone, MB", "number", 0),
    )
    lines = []
    for each in records:
        rounds: Rounds = each["rounds"]
        ours, library, imports = (Value.median([f / 1e6 for f in rounds[s]]) for s in (OURS, LIBRARY, IMPORTS))
        lines.append((each["shape"], each["system"], ours, library, Value.median(_share(each)), imports))
    return (
        f"The most that a process held in {STEPS} steps on MNLI's longest batches, bf16, from loading in fp32 on, "
        f"imports included.\n\n{Table(columns, lines).to_markdown()}"
    )


if __name__ == "__main__":
    print(held(*sys.argv[1:]))
