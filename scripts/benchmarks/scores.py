"""The shipped adapters, evaluated again: packed in fp32, as their scores are recorded, and in bf16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.goals import Goal

from adapterstilts import tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.backbones import loading
from adapterstilts.base.places import zoo_folder
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.rows import reading
from adapterstilts.runs import results
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import types


def _shipped() -> Iterator[results.Result]:
    """The results of what is shipped on its own task."""
    folder = zoo_folder() / "pocket"
    for result in results.read_all([folder]):
        own = folder / result.adapter
        if own.is_dir() and result.run.task == result.run.target:
            yield result


def measured() -> list[dict[str, Any]]:
    """Return for each shipped adapter and language the recorded main score, that of today, and that in bf16."""
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
        about = (types.get(task.type), task, own, backbone.tokenizer, settings["max_length"])
        again, mixed = (evaluator.evaluate(built, *about, precision=each)[0] for each in ("fp32", "bf16"))
        for language, recorded in result.scores.items():
            scores = [tasks.metrics.main_score(task.metric, each[language]) for each in (again, mixed)]
            before = tasks.metrics.main_score(task.metric, recorded)
            rows.append({"adapter": result.adapter, "language": language, "recorded": before, "scores": scores})
    return rows


def _differences(rows: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """By how much today's score is off the recorded one, and that in bf16 off today's, in points."""
    today = [abs(row["scores"][0] - row["recorded"]) for row in rows]
    return today, [abs(row["scores"][1] - row["scores"][0]) for row in rows]


def goals(rows: list[dict[str, Any]]) -> list[Goal]:
    """Return what this is measured for."""
    greatest = [max(each) for each in _differences(rows)]
    return [Goal("shipped adapters evaluated again, greatest difference in points", greatest[:1], most=0.2)]


def section(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown of what `measured` gave."""
    lines = []
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
        "Pocket's encoder has no dropout, so that its trainings draw no masks, and differ from the recorded ones by "
        "rounding alone."
    )
