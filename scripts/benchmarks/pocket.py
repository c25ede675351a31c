"""Pocket: training and evaluation of each method, packed and by the libraries' own forward pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from benchmarks.goals import Goal
from benchmarks.measuring import Rounds, interleaved, ratios

from adapterstilts import tasks
from adapterstilts.adapter import model, saving
from adapterstilts.backbones import loading
from adapterstilts.base.places import zoo_folder
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.rows import reading
from adapterstilts.runs import recipe
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types
from adapterstilts.tasks.types import batching
from adapterstilts.training import TrainingSettings, train

SYSTEMS: dict[str, tuple[str, str | None]] = {
    "full": ("full", None),
    "bottleneck": ("bottleneck", None),
    "LoRA": ("lora", None),
    "head only": ("head_only", None),
    "bottleneck, fusion of 2": ("bottleneck", "fuse"),
    "LoRA, fusion of 2": ("lora", "fuse"),
}
TASK, BATCH = "pawsx", 32
PACKED, PLAIN = "packed", "plain"


def _built(method: str, composition: str | None, packed: bool) -> tuple[loading.Backbone, model.Model]:
    task, backbone = tasks.get(TASK), loading.load_backbone("pocket")
    settings = recipe.resolve("pocket", method, composition, TASK).method
    names = ("mnli", "squad") if composition else ()
    sources = [saving.load_adapter(zoo_folder() / "pocket" / f"{method}-{name}").as_source() for name in names]
    torch.manual_seed(0)
    built = model.build(backbone, types.get(task.type), task, method, composition, settings, sources)
    built.packed = packed
    return backbone, built


def _trains_packed(method: str, composition: str | None) -> bool:
    """Whether a run would be packed."""
    return _built(method, composition, False)[1].pack("fp32") is None


def _training(method: str, composition: str | None, packed: bool, steps: int) -> Callable[[], float]:
    """Tokens a second, without padding, of some updates."""
    task_type = types.get(tasks.get(TASK).type)
    backbone, built = _built(method, composition, packed)
    rows = reading.load(tasks.get(TASK), "train", "en", limit=steps * BATCH)
    features = task_type.encode(rows, backbone.tokenizer, tasks.get(TASK), 128)
    settings = TrainingSettings(learning_rate=1e-5, max_steps=steps, epochs=None, batch_size=BATCH)
    if packed:
        built.trim(torch.from_numpy(batching.pieces_of(features)), "fp32")  # as every run does

    def run() -> float:
        record = train(built, task_type, features, None, settings, backbone.tokenizer.pad_token_id)
        return record.tokens / record.seconds

    return run


def _evaluation(method: str, composition: str | None, packed: bool, steps: int) -> Callable[[], float]:
    """Tokens a second, without padding, of evaluating English."""
    task_type = types.get(tasks.get(TASK).type)
    backbone, built = _built(method, composition, packed)
    rows = reading.load(tasks.get(TASK), "test", "en", limit=steps * BATCH)
    features = task_type.encode(rows, backbone.tokenizer, tasks.get(TASK), 128)
    tokens = sum(len(feature["input_ids"]) for feature in features)

    def run() -> float:
        start = time.perf_counter()
        evaluator.outputs_of(built, task_type, features, backbone.tokenizer.pad_token_id)
        return tokens / (time.perf_counter() - start)

    return run


def measured(steps: int = 20, rounds: int = 3) -> dict[str, Any]:
    """Return tokens a second of each system that a run packs, on both paths in each round."""
    trained = {system: how for system, how in SYSTEMS.items() if _trains_packed(*how)}
    record: dict[str, Any] = {}
    for name, side, systems in (("training", _training, trained), ("evaluation", _evaluation, SYSTEMS)):
        record[name] = {
            system: interleaved({path: side(*how, path == PACKED, steps) for path in (PACKED, PLAIN)}, rounds)
            for system, how in systems.items()
        }
    return record


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    return [
        Goal(f"training on pocket, {system}, to the plain path", ratios(rounds, PACKED, PLAIN), 1.0)
        for system, rounds in record["training"].items()
    ]


def _table(systems: dict[str, Rounds]) -> str:
    columns = (
        Column(""),
        Column("tokens a second", "number", 0),
        Column("plain path", "number", 0),
        Column("ratio", "number", 2),
    )
    lines = [
        (name, Value.median(rounds[PACKED]), Value.median(rounds[PLAIN]), Value.median(ratios(rounds, PACKED, PLAIN)))
        for name, rounds in systems.items()
    ]
    return Table(columns, lines).to_markdown()


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    plain = [system for system in SYSTEMS if system not in record["training"]]
    as_before = f" Training takes the plain path itself for: {', '.join(plain)}." if plain else ""
    return (
        f"### Training\n\nPAWS-X in batches of {BATCH}, fp32; tokens are counted without padding.{as_before}\n\n"
        f"{_table(record['training'])}\n\n"
        f"### Evaluation\n\nThe English test set of PAWS-X.\n\n{_table(record['evaluation'])}"
    )
