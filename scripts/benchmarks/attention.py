"""Attention of a training step without dropout: our gradient beside that of PyTorch's kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from benchmarks.goals import Goal
from benchmarks.measuring import interleaved, ratios
from benchmarks.shapes import SMALL, Shape, batches
from torch import Tensor

from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.packed.attention import attention, context_of
from adapterstilts.packed.batches import Packed, packed

OURS, TORCH = "ours", "PyTorch's"
ROWS = {"mnli": 32, "squad": 8}
"""How many rows of which training set make a batch."""


def measured(shape: Shape = SMALL, rows: Sequence[str] = (*ROWS,), rounds: int = 6) -> list[dict[str, Any]]:
    """Return the milliseconds of one layer's forward and backward pass in bf16, in each round."""
    return [_of(shape, each, rounds) for each in rows]


def _of(shape: Shape, rows: str, rounds: int, count: int = 4) -> dict[str, Any]:
    each = [batch["attention_mask"].sum(1) for batch in batches(replace(shape, batch_size=ROWS[rows]), rows, count)]

    def side(compute: Callable[[Tensor, Packed], Tensor]) -> Callable[[], float]:
        layouts = [packed(lengths, int(lengths.max()), torch.device("cpu")) for lengths in each]
        inputs = [torch.randn(len(layout.places), 3 * shape.hidden, dtype=torch.bfloat16) for layout in layouts]

        def run() -> float:
            start = time.perf_counter()
            for layout, values in zip(layouts, inputs, strict=True):
                computed = compute(values.requires_grad_(), layout)
                computed.backward(torch.ones_like(computed))
            return 1000 * (time.perf_counter() - start) / count

        return run

    def ours(values: Tensor, layout: Packed) -> Tensor:
        return attention((values,), shape.heads, layout, None, 0.0)

    def torchs(values: Tensor, layout: Packed) -> Tensor:
        table = layout.table(values).view(layout.batch, layout.length, -1)
        return layout.tokens(context_of(table, shape.heads, layout.bias, 0.0).flatten(0, 1))

    sides = {OURS: side(ours), TORCH: side(torchs)}
    return {"shape": shape.name, "rows": rows, "batch": ROWS[rows], "rounds": interleaved(sides, rounds)}


def goals(records: Sequence[dict[str, Any]]) -> list[Goal]:
    """Return what this is measured for."""
    return [
        Goal(f"attention and its gradient, rows of {each['rows']}, to PyTorch's", _ratios(each, OURS), most=1.0)
        for each in records
    ]


def _ratios(record: dict[str, Any], side: str) -> list[float]:
    return ratios(record["rounds"], side, TORCH)


def section(records: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown of what `measured` gave."""
    columns = (
        Column("rows"),
        Column("attention"),
        Column("milliseconds", "number", 1),
        Column("ratio to PyTorch's", "number", 2),
    )
    lines = [
        (
            f"{each['batch']} of {each['rows']}",
            side,
            Value.median(each["rounds"][side]),
            Value.median(_ratios(each, side)),
        )
        for each in records
        for side in each["rounds"]
    ]
    return (
        f"One layer of {records[0]['shape']}'s shape, forward and backward in bf16 without dropout, in the lengths of "
        f"training sets.\n\n{Table(columns, lines).to_markdown()}"
    )
