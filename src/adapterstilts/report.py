"""Tables from results, for the terminal and for Markdown. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapterstilts import tasks
from adapterstilts.results import Comparison, Gain, Result, Row, language_score, mean

if TYPE_CHECKING:
    from rich.table import Table

SAW_TARGET_TRAINING = "*"


def comparison_table(comparison: Comparison) -> Table:
    """Return the table of a comparison: systems down, languages across."""
    from rich.table import Table

    table = Table(title=title(comparison), title_justify="left", title_style="bold", pad_edge=False, box=None)
    for number, heading in enumerate(_headings(comparison)):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in comparison.rows:
        table.add_row(*_cells(row, comparison), style="" if row.results else "dim")
    return table


def markdown(comparison: Comparison) -> str:
    """Return the same table as Markdown, the notes below it."""
    headings = _headings(comparison)
    lines = [
        "| " + " | ".join(headings) + " |",
        "|" + "|".join(["---"] + ["---:"] * (len(headings) - 1)) + "|",
        *("| " + " | ".join(_cells(row, comparison)) + " |" for row in comparison.rows),
    ]
    return "\n".join([*lines, "", *notes(comparison)])


def title(comparison: Comparison) -> str:
    """Return the line above a table: target, metric and backbone."""
    task = tasks.get(comparison.target)
    where = f"backbone {comparison.backbone}" + (f", data {comparison.data}" if comparison.data else "")
    return f"{task.name}, {where}: {metric_words(task.metric)}, chance {task.chance:.1f}"


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader of the table has to know, one sentence or command each."""
    return list(_notes(comparison))


def _notes(comparison: Comparison) -> Iterator[str]:
    waiting = [row for row in comparison.rows if not row.results]
    if waiting:
        yield "Not run; these commands run them:"
        yield from (f"    {row.command}" for row in waiting)
    if any(result.source_saw_target_training for row in comparison.rows for result in row.results):
        yield f"{SAW_TARGET_TRAINING} a source adapter was trained on the target's own training task."
    if any(len(row.results) > 1 for row in comparison.rows):
        yield "Scores are means over seeds; in brackets the average of each seed."
    if _has_gain(comparison):
        yield (
            "gain is the average minus that of the same method on the target alone, or of the backbone as it is; "
            "± is the 95 % interval over seeds (paired t)."
        )
    machines = {str(result.provenance.get("machine")) for row in comparison.rows for result in row.results}
    if len(machines) > 1:
        yield "Training seconds come from different machines and do not compare."
    if comparison.left_out:
        yield f"{comparison.left_out} results of other weights of this backbone, or of other rows, are left out."


def _headings(comparison: Comparison) -> list[str]:
    headings = ["system", *comparison.languages, "average"]
    if _has_gain(comparison):
        headings.append("gain")
    if _has_gap(comparison):
        headings.append("gap")
    if _has_layer0(comparison):
        headings.append("layer 0")
    return [*headings, "parameters", "seconds"]


def _cells(row: Row, comparison: Comparison) -> list[str]:
    marked = any(result.source_saw_target_training for result in row.results)
    name = row.label + (f" {SAW_TARGET_TRAINING}" if marked else "")
    found = row.results
    cells = [_number(mean(language_score(result, language) for result in found)) for language in comparison.languages]
    cells.append(_average(found) if found else "not run")
    if _has_gain(comparison):
        cells.append(_gain(row.gain))
    if _has_gap(comparison):
        cells.append(_number(mean(result.cross_lingual_gap for result in found)))
    if _has_layer0(comparison):
        cells.append(_number(mean(_layer0_average(result) for result in found)))
    cells.append(f"{found[0].trainable_parameters:,}" if found else "")
    cells.append(_number(mean(result.train_seconds for result in found), "{:.0f}"))
    return [name, *cells]


def _average(found: tuple[Result, ...]) -> str:
    averages = [result.average for result in found if result.average is not None]
    each = f" [{', '.join(f'{average:.1f}' for average in averages)}]" if len(averages) > 1 else ""
    return f"{statistics.fmean(averages):.1f}{each}"


def _gain(gain: Gain | None) -> str:
    if gain is None:
        return ""
    interval = "" if gain.half_width is None else f" ± {gain.half_width:.1f}"
    return f"{gain.points:+.1f}{interval}"


def _has_gain(comparison: Comparison) -> bool:
    return any(row.gain is not None for row in comparison.rows)


def _layer0_average(result: Result) -> float | None:
    if result.layer0 is None:
        return None
    return statistics.fmean(next(iter(scores.values())) for scores in result.layer0.values())


def _has_gap(comparison: Comparison) -> bool:
    return any(result.cross_lingual_gap is not None for row in comparison.rows for result in row.results)


def _has_layer0(comparison: Comparison) -> bool:
    return any(result.layer0 is not None for row in comparison.rows for result in row.results)


def _number(value: float | None, form: str = "{:.1f}") -> str:
    return "" if value is None else form.format(value)


def metric_words(metric: str) -> str:
    """Return what a reader calls the main score of a task's `metric`."""
    if metric in ("squad", "squad2", "mlqa"):
        return "mean of F1 and exact match"
    return {"accuracy": "accuracy", "token_accuracy": "accuracy"}.get(metric, "F1")
