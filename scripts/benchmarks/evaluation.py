"""Evaluation in many languages: one stream of batches without padding beside a language at a time, plainly."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy
import torch
from benchmarks.goals import Goal
from benchmarks.measuring import Rounds, interleaved, ratios
from benchmarks.shapes import SMALL, Shape, drawn_lengths

from adapterstilts import methods
from adapterstilts.adapter.model import Model
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types
from adapterstilts.tasks.types import Feature
from adapterstilts.tasks.types.classification import FirstTokenHead

OURS, FULL, BEFORE = "one stream, packed, bf16", "one stream, packed, fp32", "each language, plain, bf16"
BATCH = 64
"""As the recipe for real encoders has it."""


def features(shape: Shape, languages: int, rows: int) -> list[list[Feature]]:
    """Return each language's features, of random pieces in the lengths of MNLI."""
    random = numpy.random.default_rng(0)
    lengths = drawn_lengths("mnli", languages * rows, random).reshape(languages, rows)
    return [
        [
            {"row": row, "input_ids": random.integers(5, min(5_000, shape.pieces), length).tolist()}
            for row, length in enumerate(each)
        ]
        for each in lengths
    ]


def model_of(shape: Shape, packed: bool, **settings: Any) -> Model:
    """Return a model with a bottleneck and a head of three labels."""
    encoder = shape.encoder()
    torch.manual_seed(1)
    head = FirstTokenHead(shape.hidden, 3, 0.0)
    settings = methods.default_settings("bottleneck") | settings
    model = Model(encoder, methods.install(encoder, "bottleneck", None, settings, []), head, "bottleneck", None)
    model.packed = packed
    return model.eval()


def measured(shape: Shape = SMALL, languages: int = 15, rows: int = 64, rounds: int = 5) -> dict[str, Any]:
    """Return tokens a second, without padding, of each way in each round."""
    every = features(shape, languages, rows)
    tokens = sum(len(feature["input_ids"]) for each in every for feature in each)
    together = [feature for each in every for feature in each]
    packed, plain = model_of(shape, True), model_of(shape, False)

    def side(model: Model, parts: list[list[Feature]], precision: str) -> Callable[[], float]:
        def run() -> float:
            start = time.perf_counter()
            for part in parts:
                evaluator.outputs_of(model, types.get("classification"), part, 1, BATCH, precision)
            return tokens / (time.perf_counter() - start)

        return run

    sides = {
        OURS: side(packed, [together], "bf16"),
        FULL: side(packed, [together], "fp32"),
        BEFORE: side(plain, every, "bf16"),
    }
    return {"shape": shape.name, "languages": languages, "rows": rows, "rounds": interleaved(sides, rounds)}


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    figures = ratios(record["rounds"], OURS, BEFORE)
    return [Goal(f"evaluation at {record['shape']}'s shape, to a language at a time on the plain path", figures, 2.5)]


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    rounds: Rounds = record["rounds"]
    columns = (Column(""), Column("tokens a second", "number", 0), Column("ratio to the last", "number", 2))
    lines = [(side, Value.median(rounds[side]), Value.median(ratios(rounds, side, BEFORE))) for side in rounds]
    return (
        f"{record['languages']} languages of {record['rows']} rows in the lengths of MNLI, in batches of {BATCH} at "
        f"{record['shape']}'s shape. The last is how the first release evaluated.\n\n"
        f"{Table(columns, lines).to_markdown()}"
    )
