"""The shipped scores again: adapters evaluated packed, in fp32 and in bf16, and some systems trained anew."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal

from adapterstilts import execution, tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.backbones import loading
from adapterstilts.base.places import zoo_folder
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.rows import reading
from adapterstilts.runs import results
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types

RETRAINED, METHODS, SEEDS = "pawsx", ("bottleneck",), 3


def _shipped() -> Iterator[results.Result]:
    """The results of what is shipped on its own task."""
    folder = zoo_folder() / "pocket"
    for result in results.read_all([folder]):
        own = folder / result.adapter
        if own.is_dir() and result.run.task == result.run.target:
            yield result


def measured(steps: int | None = None) -> dict[str, Any]:
    """Return the adapters' scores, and those of trainings, which `steps` cuts short."""
    return {"evaluated": _evaluated(), "retrained": _retrained(steps)}


def _retrained(steps: int | None) -> list[dict[str, Any]]:
    """The recorded average of each system on `RETRAINED` alone, and that of today, seed by seed."""
    recorded = [
        result
        for result in results.read_all([zoo_folder() / "pocket"])
        if (result.run.task, result.run.target, result.run.composition) == (RETRAINED, RETRAINED, None)
        and result.run.method in METHODS
        and result.run.control is None
        and result.run.seed < SEEDS
    ]
    more = {} if steps is None else {"max_steps": steps, "evaluate_every": steps, "test_examples": steps}
    runs = [replace(result.run, settings={**result.run.settings, **more}) for result in recorded]
    with tempfile.TemporaryDirectory() as output:
        today = {each.run.id: each for each in execution.learn_all(runs, execution.How(Path(output)))}
    rows = []
    for result, run in zip(recorded, runs, strict=True):
        outcome = today[run.id]
        if outcome.result is None:
            raise outcome.error or RuntimeError(f"{run.id} has no result")
        averages = [result.average, outcome.result.average]
        rows.append({"method": run.method, "seed": run.seed, "averages": averages})
    return rows


def _evaluated() -> list[dict[str, Any]]:
    """For each shipped adapter and language the recorded main score, that of today, and that in bf16."""
    rows = []
    for result in _shipped():
        adapter = load_adapter(zoo_folder() / "pocket" / result.adapter)
        task = reading.labelled(tasks.get(result.run.task or ""), "pocket")
        settings, backbone = result.run.evaluation.settings, loading.load_backbone("pocket")
        built = model.from_adapter(backbone, adapter, types.get(task.type), task)
        assert built.pack() is None
        split = reading.evaluated_split(task, "pocket")
        own = {
            language: reading.load(task, split, language, "pocket", settings["test_examples"])
            for language in result.scores
        }
        length = settings["max_length"]
        again, mixed = (
            evaluator.evaluate(built, types.get(task.type), task, own, backbone.tokenizer, length, precision=precision)[
                0
            ]
            for precision in ("fp32", "bf16")
        )
        for language, recorded in result.scores.items():
            scores = [tasks.metrics.main_score(task.metric, each[language]) for each in (again, mixed)]
            before = tasks.metrics.main_score(task.metric, recorded)
            rows.append({"adapter": result.adapter, "language": language, "recorded": before, "scores": scores})
    return rows


def _differences(rows: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """By how much today's score is off the recorded one, and that in bf16 off today's, in points."""
    today = [abs(row["scores"][0] - row["recorded"]) for row in rows]
    return today, [abs(row["scores"][1] - row["scores"][0]) for row in rows]


def goals(record: dict[str, Any]) -> list[Goal]:
    """Return what this is measured for."""
    greatest = [max(each) for each in _differences(record["evaluated"])]
    return [Goal("shipped adapters evaluated again, greatest difference in points", greatest[:1], most=0.2)]


def _means(rows: list[dict[str, Any]]) -> str:
    """The mean averages over seeds, recorded and today's, by method."""
    lines = []
    for method in METHODS:
        before, today = zip(*(row["averages"] for row in rows if row["method"] == method), strict=True)
        means = (Value(statistics.fmean(each), span=(min(each), max(each))) for each in (before, today))
        lines.append((method, len(before), *means))
    columns = (
        Column("method"),
        Column("seeds", "count"),
        Column("recorded mean", "number", 2),
        Column("mean today", "number", 2),
    )
    return Table(columns, lines).to_markdown()


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    rows, lines = record["evaluated"], []
    for row in rows:
        lines.append((row["adapter"], row["language"], row["recorded"], *row["scores"]))
    columns = (
        Column("adapter", "code"),
        Column("language"),
        Column("recorded", "number", 2),
        Column("packed, fp32", "number", 2),
        Column("packed, bf16", "number", 2),
    )
    today, mixed = _differences(rows)
    return (
        f"{len(rows)} scores of adapters on their own tasks: today's are at most {max(today):.2f} points off the "
        f"recorded ones, and those in bf16 {max(mixed):.2f} off those in fp32 ({Value.median(mixed).value:.2f} in the "
        f"median).\n\n{Table(columns, lines).to_markdown()}\n\n"
        f"Trained anew on {RETRAINED}, with the least and the greatest seed. Pocket has no dropout, so these trainings "
        f"differ from the recorded ones by rounding alone.\n\n"
        f"{_means(record['retrained'])}"
    )
