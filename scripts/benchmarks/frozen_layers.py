"""Five epochs with adapters in the upper half alone: the lower half computed once, and computed each time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from benchmarks.evaluation import features, model_of
from benchmarks.goals import Goal
from benchmarks.measuring import interleaved, ratios
from benchmarks.shapes import SMALL, Shape

from adapterstilts.adapter.frozen_states import FrozenStates
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.tasks import types
from adapterstilts.tasks.types import batching
from adapterstilts.training import TrainingSettings, train

ONCE, EACH, EVERYWHERE = "lower half once", "lower half each time", "adapters in every layer"


def measured(shape: Shape = SMALL, rows: int = 192, epochs: int = 5, rounds: int = 2) -> dict[str, Any]:
    """Return the seconds of whole trainings, the states' computing and writing included, in each round."""
    (own,) = features(shape, 1, rows)
    own = [{**feature, "label": number % 3} for number, feature in enumerate(own)]
    pieces = torch.from_numpy(batching.pieces_of(own))
    how = TrainingSettings(batch_size=shape.batch_size, epochs=epochs, precision="bf16")

    def side(once: bool, left_out: list[int]) -> Callable[[], float]:
        def run() -> float:
            model = model_of(shape, True, leave_out=left_out)
            model.trim(pieces, "bf16")
            task_type: Any = types.get("classification")
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                known = own
                if once:
                    task_type = FrozenStates(model, task_type, "bf16", Path(folder))
                    known = task_type.kept(own, 1)
                train(model, task_type, known, None, how, 1)
                seconds = time.perf_counter() - start
                del task_type
            return seconds

        return run

    half = list(range(shape.layers // 2))
    sides = {ONCE: side(True, half), EACH: side(False, half), EVERYWHERE: side(False, [])}
    return {"shape": shape.name, "rows": rows, "epochs": epochs, "rounds": interleaved(sides, rounds)}


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    what = f"{record['epochs']} epochs with the frozen lower half computed once, to each time"
    return [Goal(what, ratios(record["rounds"], ONCE, EACH), most=1.0)]


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    rounds = record["rounds"]
    columns = (Column("bottleneck"), Column("seconds", "number", 1), Column("ratio to the second", "number", 2))
    lines = [(side, Value.median(rounds[side]), Value.median(ratios(rounds, side, EACH))) for side in rounds]
    return (
        "`leave_out` for the lower half of the layers, without and with `cache_frozen_layers`: "
        f"{record['epochs']} epochs of {record['rows']} rows in the lengths of MNLI at {record['shape']}'s shape.\n\n"
        f"{Table(columns, lines).to_markdown()}"
    )
