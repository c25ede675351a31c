"""How cost grows: with examples, their length, sources and languages, each over a decade."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import torch
from benchmarks import training
from benchmarks.evaluation import BATCH, features, model_of
from benchmarks.goals import Goal
from benchmarks.measuring import interleaved
from benchmarks.shapes import SMALL, Shape

from adapterstilts import methods
from adapterstilts.adapter.model import Model
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types
from adapterstilts.tasks.types import Feature, sequences
from adapterstilts.training import TrainingSettings, train

AXES: Mapping[str, tuple[int, ...]] = {
    "examples": (48, 96, 192, 480),
    "tokens of an example": (16, 32, 64, 160),
    "fused bottlenecks": (2, 4, 8, 20),
    "fused LoRAs": (2, 4, 8, 20),
    "languages": (1, 2, 4, 10),
}
"""What grows, over a decade."""
_ROWS_OF_A_LANGUAGE = 48


def _training(shape: Shape, own: list[Feature]) -> Callable[[], float]:
    """Seconds of an epoch of a bottleneck's training."""
    model = model_of(shape, True)
    known = [{**feature, "label": number % 3} for number, feature in enumerate(own)]
    how = TrainingSettings(batch_size=16, epochs=1, precision="bf16")

    def run() -> float:
        return train(model, types.get("classification"), known, None, how, 1).seconds

    return run


def _fusion(shape: Shape, method: str, count: int) -> Callable[[], float]:
    """Seconds of three steps of a fusion of so many."""
    sources = [training.source(shape, method, number) for number in range(count)]
    encoder = shape.encoder()
    torch.manual_seed(1)
    installed = methods.install(encoder, method, "fuse", methods.default_settings(method), sources)
    model = Model(encoder, installed, None, method, "fuse").train()
    assert model.pack() is None
    (own,) = features(shape, 1, shape.batch_size)
    batch = sequences.padded_with_mask([feature["input_ids"] for feature in own], 1)
    learned = list(installed.trainable().values())
    side = training.Side(shape, (lambda group: model(group)["hidden"][:, 0], learned), [batch] * 3, 3)

    def run() -> float:
        start = time.perf_counter()
        side()
        return time.perf_counter() - start

    return run


def _evaluation(shape: Shape, languages: int) -> Callable[[], float]:
    """Seconds of evaluating so many languages."""
    model = model_of(shape, True)
    together = [feature for each in features(shape, languages, _ROWS_OF_A_LANGUAGE) for feature in each]

    def run() -> float:
        start = time.perf_counter()
        evaluator.outputs_of(model, types.get("classification"), together, 1, BATCH, "bf16")
        return time.perf_counter() - start

    return run


def _sides(shape: Shape, axis: str) -> dict[str, Callable[[], float]]:
    sizes = AXES[axis]
    if axis == "examples":
        (most,) = features(shape, 1, max(sizes))
        return {str(size): _training(shape, most[:size]) for size in sizes}
    if axis == "tokens of an example":
        ids = numpy.random.default_rng(0).integers(5, min(5_000, shape.pieces), (48, max(sizes))).tolist()
        own = {size: [{"row": row, "input_ids": each[:size]} for row, each in enumerate(ids)] for size in sizes}
        return {str(size): _training(shape, own[size]) for size in sizes}
    if axis == "languages":
        return {str(size): _evaluation(shape, size) for size in sizes}
    method = "lora" if axis == "fused LoRAs" else "bottleneck"
    return {str(size): _fusion(shape, method, size) for size in sizes}


def measured(shape: Shape = SMALL, rounds: int = 2) -> dict[str, Any]:
    """Return the seconds at each size of each axis in each round."""
    return {"shape": shape.name, "axes": {axis: interleaved(_sides(shape, axis), rounds) for axis in AXES}}


def _exponents(rounds: Mapping[str, list[float]]) -> list[float]:
    """The slope of seconds over size, both as logarithms, by least squares in each round; 1 is linear."""
    sizes = numpy.log([float(size) for size in rounds])
    seconds = numpy.log(numpy.array(list(rounds.values())).T)
    return [float(numpy.polyfit(sizes, each, 1)[0]) for each in seconds]


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    return [
        Goal(f"growth with {axis}, exponent", _exponents(rounds), most=1.0) for axis, rounds in record["axes"].items()
    ]


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    columns = (Column("what grows"), Column("sizes"), Column("seconds"), Column("exponent", "number", 2))
    lines = []
    for axis, rounds in record["axes"].items():
        middle = [f"{numpy.median(figures):.2f}" for figures in rounds.values()]
        lines.append((axis, ", ".join(rounds), ", ".join(middle), Value.median(_exponents(rounds))))
    return (
        f"At {record['shape']}'s shape, bf16, in the lengths of MNLI: an epoch of a bottleneck's training, three steps "
        f"of a fusion, an evaluation of {_ROWS_OF_A_LANGUAGE} rows a language. An exponent of 1 is linear growth.\n\n"
        f"{Table(columns, lines).to_markdown()}\n\n![Seconds over size, for each of them](../docs/growth.png)"
    )


def draw(record: dict[str, Any], path: Path) -> None:
    """Write the picture of what `measured` gave."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(record["axes"]), figsize=(15, 3.2), constrained_layout=True)
    for panel, (axis, rounds) in zip(panels, record["axes"].items(), strict=True):
        sizes = [int(size) for size in rounds]
        table = numpy.array(list(rounds.values()))
        middle = numpy.median(table, axis=1)
        spread = [middle - table.min(axis=1), table.max(axis=1) - middle]
        panel.errorbar(sizes, middle, yerr=spread, marker="o", capsize=3, label="measured")
        panel.plot(sizes, [middle[0] * size / sizes[0] for size in sizes], "--", color="grey", label="linear")
        panel.set(xscale="log", yscale="log", xlabel=axis, xticks=sizes, xticklabels=sizes)
        panel.minorticks_off()
    panels[0].set_ylabel("seconds")
    panels[0].legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
