"""Training at XLM-R Large's shape on an accelerator, beside the installed libraries: one script of ten minutes."""

from __future__ import annotations

from typing import Any

import torch
from benchmarks import training
from benchmarks.goals import Goal
from benchmarks.measuring import PEAK, Rounds, interleaved, peak
from benchmarks.shapes import LARGE, Shape, batches

SYSTEMS = ("bottleneck", "LoRA", "full fine-tuning", "fusion of 9 bottlenecks", "fusion of 9 LoRAs")
ROWS = ("pawsx", "squad")
SHARE = 0.45
"""Of the device's peak: the best published figure for LoRA that we know is 43 % of an H100's."""


def measured(shape: Shape = LARGE, rounds: int = 3, steps: int = 8, device: str = "cuda") -> dict[str, Any]:
    """Return for each system and each set's lengths what `training.measured` does, and the device's name."""
    place, records = torch.device(device), []
    for system in SYSTEMS:
        built = {
            training.OURS: training.ours(shape, system, True, place),
            training.LIBRARY: training.library(shape, system, place),
        }
        for rows in ROWS:
            every = batches(shape, rows, (rounds + 1) * steps)
            sides: Any = {side: training.Side(shape, each, every, steps, place) for side, each in built.items()}
            figures: Rounds = interleaved({**sides, PEAK: lambda: peak(place)}, rounds)
            records.append({"shape": shape.name, "system": system, "rows": rows, "steps": steps, "rounds": figures})
        del built, sides
        if place.type == "cuda":
            torch.cuda.empty_cache()
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else "CPU"
    return {"device": name, "records": records}


def goals(record: dict[str, Any] | None) -> list[Goal]:
    """Return what this is measured for; None: no accelerator was at hand."""
    if record is None:
        return [Goal(f"training a LoRA at {LARGE.name}'s shape on a GPU, share of its peak", None, SHARE)]
    return [
        Goal(
            f"training a {each['system']} at {each['shape']}'s shape on {record['device']}, lengths of {each['rows']}, "
            "share of the limit",
            training.share_of_limit(each),
            SHARE,
        )
        for each in record["records"]
        if each["system"] in training.ADAPTERS
    ]


def section(record: dict[str, Any] | None) -> str:
    """Return the Markdown of what `measured` gave."""
    if record is None:
        return "Not measured: no GPU was at hand. `scripts/bench --only accelerator` measures it where there is one."
    return f"On {record['device']}, bf16, batches of {LARGE.batch_size}.\n\n{training.table(record['records'])}"
