"""Tables from results, for the terminal and for Markdown. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from adapterstilts import tasks
from adapterstilts.findings.compare import Comparison, Gain, Row, language_score, mean
from adapterstilts.runs.results import Result

if TYPE_CHECKING:
    from rich.table import Table

SAW_TARGET_TRAINING = "*"
SAW = f"{SAW_TARGET_TRAINING} a source adapter was trained on the target's own training task."
GAIN = "gain is the average minus that of the same method on the target alone, or of the backbone as it is"


def comparison_table(comparison: Comparison) -> Table:
    """Return the table of a comparison: systems down, languages across."""
    table = _table(_headings(comparison), title(comparison))
    for row in comparison.rows:
        table.add_row(*_cells(row, comparison), style="" if row.results else "dim")
    return table


def markdown(comparison: Comparison) -> str:
    """Return the same table as Markdown, the notes below it."""
    return _markdown(_headings(comparison), [_cells(row, comparison) for row in comparison.rows], notes(comparison))


def summary_table(comparisons: Sequence[Comparison]) -> Table:
    """Return one table of several targets: systems down, targets across."""
    headings, rows = _summary(comparisons)
    table = _table(headings, None)
    for cells in rows:
        table.add_row(*cells)
    return table


def summary_markdown(comparisons: Sequence[Comparison]) -> str:
    """Return the same table as Markdown, the notes below it."""
    return _markdown(*_summary(comparisons), summary_notes(comparisons))


def _table(headings: Sequence[str], title: str | None) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for number, heading in enumerate(headings):
        # where the terminal is narrow the systems' words are wrapped, never a number
        table.add_column(heading, justify="right" if number else "left", no_wrap=number > 0)
    return table


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    lines = [
        "| " + " | ".join(headings) + " |",
        "|" + "|".join(["---"] + ["---:"] * (len(headings) - 1)) + "|",
        *("| " + " | ".join(cells) + " |" for cells in rows),
    ]
    return "\n".join([*lines, "", *notes])


def _summary(comparisons: Sequence[Comparison]) -> tuple[list[str], list[list[str]]]:
    """A row for each system with the recipe's settings, of each target: the average, English, the others, the gain."""
    headings = ["system"]
    for one in comparisons:
        name = one.target + (f" ({one.data})" if one.data else "")
        headings += [name, *([f"{name} en", "others"] if _has_gap(one) else []), *(["gain"] if _has_gain(one) else [])]
    found = [{_kin(row): row for row in _with_the_recipes_settings(one)} for one in comparisons]
    cells = []
    for kin in dict.fromkeys(chain(*found)):
        rows = [rows.get(kin) for rows in found]
        kinds = {_kind(one) for one, row in zip(comparisons, rows, strict=True) if row}
        each = [_summary_cells(row, one, kinds) for row, one in zip(rows, comparisons, strict=True)]
        sizes = sorted({result.trainable_parameters for row in rows if row for result in row.results})
        span = dict.fromkeys([*sizes[:1], *sizes[-1:]])
        cells.append([kin[0], *chain(*each), " to ".join(f"{size:,}" for size in span)])
    return [*headings, "parameters"], cells


def _with_the_recipes_settings(comparison: Comparison) -> list[Row]:
    return [row for row in comparison.rows if not row.system.changed]


def _kin(row: Row) -> tuple[str, tuple[str, ...]]:
    """What tells the rows of a summary apart: what a system is, whatever the target."""
    return row.label, row.system.sources


def _kind(comparison: Comparison) -> tuple[str, bool]:
    """What kind of target it is: the same systems can be run on all targets of a kind."""
    task = tasks.get(comparison.target)
    return task.role, task.type == "retrieval"


def _summary_cells(row: Row | None, comparison: Comparison, kinds: set[tuple[str, bool]]) -> list[str]:
    found = row.results if row else ()
    average = _number(mean(result.average for result in found)) + (f" {SAW_TARGET_TRAINING}" if _saw(found) else "")
    cells = [average if found else "not run" if _kind(comparison) in kinds else ""]
    if _has_gap(comparison):
        cells.append(_number(mean(language_score(result, "en") for result in found)))
        cells.append(_number(mean(_others(result) for result in found)))
    if _has_gain(comparison):
        cells.append(_gain(row.gain if row else None))
    return cells


def _others(result: Result) -> float | None:
    return mean(language_score(result, language) for language in result.scores if language != "en")


def summary_notes(comparisons: Sequence[Comparison]) -> list[str]:
    """Return what a reader of the summary has to know, one sentence each."""
    rows = [row for one in comparisons for row in _with_the_recipes_settings(one) if row.results]
    counts = sorted({len(row.results) for row in rows})
    seeds = " to ".join(str(count) for count in dict.fromkeys([*counts[:1], *counts[-1:]]))
    said = [f"{title(one)}." for one in comparisons]
    said.append(f"Scores are means over {seeds} seed{'' if counts == [1] else 's'}.")
    if any(map(_has_gap, comparisons)):
        said.append("others is the mean over all languages but English.")
    said += _gain_notes(rows)
    if any(_saw(row.results) for row in rows):
        said.append(SAW)
    changed = sum(bool(row.system.changed) for one in comparisons for row in one.rows)
    if changed:
        said.append(
            f"Rows with other settings than the recipe's are left out ({changed}); without --summary they are shown."
        )
    return [*said, *(note for one in comparisons for note in _left_out_notes(one))]


def _gain_notes(rows: Sequence[Row]) -> list[str]:
    gains = [row.gain for row in rows if row.gain]
    interval = "; ± is the 95 % interval over seeds (paired t)" if any(gain.half_width for gain in gains) else ""
    return [f"{GAIN}{interval}."] if gains else []


def _left_out_notes(comparison: Comparison) -> list[str]:
    other = f"{comparison.left_out} results of other weights of this backbone, or of other rows, are left out."
    return [other] if comparison.left_out else []


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
    if any(_saw(row.results) for row in comparison.rows):
        yield SAW
    if any(len(row.results) > 1 for row in comparison.rows):
        yield "Scores are means over seeds; in brackets the average of each seed."
    yield from _gain_notes(comparison.rows)
    machines = {str(result.provenance.get("machine")) for row in comparison.rows for result in row.results}
    if len(machines) > 1:
        yield "Training seconds come from different machines and do not compare."
    yield from _left_out_notes(comparison)


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
    found = row.results
    name = row.label + (f" {SAW_TARGET_TRAINING}" if _saw(found) else "")
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


def _saw(found: Sequence[Result]) -> bool:
    return any(result.source_saw_target_training for result in found)


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
