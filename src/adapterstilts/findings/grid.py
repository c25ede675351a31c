"""The layout of Phang et al. (2020): intermediate tasks down, targets across, gains over the baseline. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from adapterstilts import tasks
from adapterstilts.backbones.declared import declaration_of
from adapterstilts.findings.compare import Comparison, Row, mean
from adapterstilts.findings.report import GAIN, MET, OF_MET, title
from adapterstilts.findings.table import Cell, Column, Table, Value
from adapterstilts.runs.run import NO_ADAPTER
from adapterstilts.tasks.combined import NINE, is_combined

NOT_RUN = "not run"
CHOSEN = "chosen"
OF_OTHERS = (
    "What was learned otherwise than as one English task is measured as it is on a target whose data it learned, and "
    "gone on from for the others."
)
OF_HALVES = ("chosen by one half, on it", "chosen by one half, on the other")
ABOUT_HALVES = (
    "chosen by one half: the task that one half of the target's English validation rows chooses, and its gain on "
    "that half and on the other, in points of English validation; the difference is what choosing flatters."
)
OF_CHOSEN = (
    "chosen is the task, in brackets, from which the target's English validation score was best, of those "
    "that were run: what one gets who tries them all, at the cost of all."
)


def grid(comparisons: Sequence[Comparison], method: str) -> Table:
    """Return what going on from each intermediate task gains by one method; first what it is a gain over.

    A target that is not trained, as in retrieval, is measured with each task's adapter as it is. What would train twice
    on the same rows is no transfer, and empty; what was not run is said to be, and is in no mean.
    """
    single = [name for name, task in tasks.shipped().items() if task.role == "intermediate"]
    sources = [*single, *_combined(comparisons, method)]
    met = {task for each in comparisons for task in declaration_of(each.backbone).met}
    columns = [Column("intermediate task"), *(Column(_heading(each), "gain") for each in comparisons)]
    rows: list[list[Cell]] = [["none", *(_baseline(each, method) for each in comparisons)]]
    for source in sources:
        name = Value(source, mark=MET) if tasks.get(source).learned & met else source
        rows.append([name, *(_gain(each, method, source) for each in comparisons)])
    chosen = [_chosen(each, method, single) for each in comparisons]
    if any(chosen):
        rows.append([CHOSEN, *chosen])
    halves = [_by_halves(each, method, single) for each in comparisons]
    if any(halves):
        rows += [[name, *(each and each[number] for each in halves)] for number, name in enumerate(OF_HALVES)]
    if len(comparisons) > 1:
        columns.append(Column("mean", "gain"))
        for row in rows:
            row.append(_mean(row[1:]))
    notes = [f"{title(each)}." for each in comparisons]
    notes.append('"none" has averages over languages, the rest gains.')
    notes.append(f"{GAIN}; ± is the 95 % interval over seeds, or over test rows where there is one seed.")
    if len(sources) > len(single):
        notes.append(OF_OTHERS)
    if any(chosen):
        notes.append(OF_CHOSEN)
    if any(halves):
        notes.append(ABOUT_HALVES)
    if met:
        notes.append(OF_MET)
    return Table(columns, rows, f"{method}: gains by intermediate task", notes)


def _heading(compared: Comparison) -> str:
    return f"{compared.target} {MET}" if compared.met else compared.target


def _is_trained(compared: Comparison) -> bool:
    return tasks.get(compared.target).train_on is not None


def _baseline(compared: Comparison, method: str) -> Cell:
    row = _baseline_row(compared, method)
    average = mean(compared.averages(row)) if row else None
    # a plain number: in a column of gains it would have a sign
    return NOT_RUN if average is None else f"{average:.1f}"


def _baseline_row(compared: Comparison, method: str) -> Row | None:
    wanted = method if _is_trained(compared) else NO_ADAPTER
    for row in _plain(compared):
        run = row.run
        alone = run.composition is None and not run.sources and run.control is None
        learned = tasks.get(run.task).train_on if run.task else None
        if run.method == wanted and alone and learned == tasks.get(compared.target).train_on:
            return row
    return None


def _gain(compared: Comparison, method: str, source: str) -> Cell:
    same = tasks.get(source).learned & tasks.get(compared.target).learned
    if same and not is_combined(source):
        return None
    row = _row_from(compared, method, source)
    return Value(row.gain.points, row.gain.half_width) if row and row.gain else NOT_RUN


def _row_from(compared: Comparison, method: str, source: str) -> Row | None:
    """The row of what goes on from a task's adapter, or measures it as it is where nothing is trained."""
    for row in _plain(compared):
        run = row.run
        if _is_trained(compared) and not tasks.get(source).learned & tasks.get(compared.target).learned:
            of_source = run.composition == "continue" and [each.task for each in run.sources] == [source]
        else:
            of_source = run.composition is None and run.task == source
        if run.method == method and of_source and run.control is None:
            return row
    return None


def _combined(comparisons: Sequence[Comparison], method: str) -> list[str]:
    """What was learned otherwise than as one English task, among the sources of rows: the nine at once first."""
    named = {
        each.task
        for compared in comparisons
        for row in _plain(compared)
        if row.run.method == method and row.run.control is None and len(row.run.sources) < 2
        for each in (*row.run.sources, row.run)
    }
    return sorted((name for name in named if name and is_combined(name)), key=lambda name: (name != NINE, name))


def _chosen(compared: Comparison, method: str, sources: Sequence[str]) -> Cell:
    """The gain from the task that English validation rows choose among two or more; retrieval has none to choose by."""
    by_source = {source: row for source in sources if (row := _row_from(compared, method, source)) and row.gain}
    scores = {source: _validated(row) for source, row in by_source.items()}
    known = {source: score for source, score in scores.items() if score is not None}
    if len(known) < 2 or len(known) < len(scores) or not _is_trained(compared):
        return None
    best = max(known, key=lambda source: known[source])
    gain = by_source[best].gain
    return Value(gain.points, gain.half_width, mark=f"({best})") if gain else None


def _validated(row: Row) -> float | None:
    """The mean over seeds of the English validation score; None where one does not tell of it."""
    told = [result.facts.get("best_validation_score") for result in row.results]
    scores = [float(score) for score in told if score is not None]
    return statistics.fmean(scores) if scores and len(scores) == len(told) else None


def _by_halves(compared: Comparison, method: str, sources: Sequence[str]) -> tuple[Value, Value] | None:
    """The English validation gain of the source that one half of the rows chooses: on that half, and on the other.

    Each half chooses once, and the two are averaged. None unless all of two or more sources, and the baseline, tell.
    """
    by_source = [row for source in sources if (row := _row_from(compared, method, source)) and row.gain]
    baseline = _baseline_row(compared, method)
    told = [_halves(row) for row in by_source]
    alone = _halves(baseline) if baseline and _is_trained(compared) else None
    if len(told) < 2 or alone is None or None in told:
        return None
    known = [each for each in told if each]
    choosing, other = [], []
    for half in (0, 1):
        best = max(known, key=lambda scores: scores[half])
        choosing.append(best[half] - alone[half])
        other.append(best[1 - half] - alone[1 - half])
    return Value(statistics.fmean(choosing)), Value(statistics.fmean(other))


def _halves(row: Row) -> tuple[float, float] | None:
    """The mean over seeds of the score on each half of the English validation rows, at the best step."""
    halves = []
    for result in row.results:
        best = result.facts.get("best_step")
        history = [fact for fact in result.facts.get("history") or () if fact.get("step") == best]
        if not history or "halves" not in history[0]:
            return None
        halves.append(history[0]["halves"])
    return (statistics.fmean(each[0] for each in halves), statistics.fmean(each[1] for each in halves))


def _plain(compared: Comparison) -> list[Row]:
    return [row for row in compared.rows if row.results and not row.changed]


def _mean(cells: Sequence[Cell]) -> Cell:
    """The mean gain, where none is missing."""
    points = [cell.value for cell in cells if isinstance(cell, Value)]
    whole = points and not any(cell == NOT_RUN for cell in cells)
    return statistics.fmean(float(each) for each in points if each is not None) if whole else None
