"""One table of several targets by chosen systems, beside published rows. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapterstilts import tasks
from adapterstilts.backbones.declared import declaration_of
from adapterstilts.base.errors import listed
from adapterstilts.findings import compare
from adapterstilts.findings.compare import Comparison, Row
from adapterstilts.findings.published import beside
from adapterstilts.findings.report import MET, OF_MET, precision_notes
from adapterstilts.findings.table import Cell, Column, Table, Value
from adapterstilts.runs.results import Result
from adapterstilts.tasks import metrics

_ANSWERS = ("squad", "squad2", "mlqa")


@dataclass(frozen=True)
class System:
    """A row: what a reader sees, and its names in `compare` on targets with training rows and on those without."""

    shown: str
    trained: str | None = None
    as_it_is: str | None = None

    def on(self, target: str) -> str | None:
        """Return its name on a target; None where there is nothing to measure."""
        return self.as_it_is if tasks.get(target).train_on is None else self.trained


@dataclass(frozen=True)
class Headline:
    """What is shown: the `systems` on the `targets`."""

    backbone: str
    targets: tuple[str, ...]
    systems: tuple[System, ...]
    data: str | None = None

    def table(self, results: Iterable[Result], begun: bool = False) -> Table:
        """Return the table: means over languages and seeds, of answers F1 alone, and what was not run as not run.

        If only those are asked for that have `begun`, systems that were run on no target are named below it.
        """
        compared = self.compared(results)
        columns = [Column("system"), *(Column(self._heading(each), "number") for each in compared.values())]
        rows: list[list[Cell]] = []
        left_out = []
        for system in self.systems:
            own = [row_of(each, system.on(each.target)) for each in compared.values()]
            if begun and not any(own):
                left_out.append(system.shown)
                continue
            name = Value(system.shown, mark=MET) if any(row and row.met for row in own) else system.shown
            rows.append([name, *map(_cell, map(system.on, compared), own, compared.values())])
        for each in beside(self.backbone):
            rows.append([each.label, *map(each.f1, self.targets)])
        not_run = [f"Not run yet: {'; '.join(left_out)}."] if left_out else []
        return Table(columns, rows, notes=[*self._notes(compared), *not_run])

    def compared(self, results: Iterable[Result]) -> dict[str, Comparison]:
        """Return each target's comparison, without what was measured in English alone to choose a rate."""
        known = [result for result in results if {*result.scores} != {"en"}]
        return {
            name: compare.compare(tasks.get(name), self.backbone, known, data=self._data(name)) for name in self.targets
        }

    def _data(self, target: str) -> str | None:
        """What results on a target say of where its rows come from: nothing where one expects them there."""
        usual = declaration_of(self.backbone).usual_rows(tasks.get(target))
        return None if usual == self.data else self.data

    def _heading(self, compared: Comparison) -> str:
        mark = f" {MET}" if compared.met else ""
        count = f" ({len(compared.languages)})" if compared.languages else ""
        return f"{compared.target}{count}{mark}"

    def _notes(self, compared: Mapping[str, Comparison]) -> Iterable[str]:
        rows = [row_of(each, system.on(target)) for target, each in compared.items() for system in self.systems]
        seeds = {len(row.results) for row in rows if row}
        several = f"up to {max(seeds)} seeds" if len(seeds) > 1 else f"{max(seeds, default=1)} seed"
        yield (
            f"Means over the number of languages in brackets and {several}; F1 for answers (XQuAD, MLQA, TyDiQA), "
            "tags, names and mining, accuracy for the rest; ± is the 95 % interval over seeds (Student's t), or over "
            "test rows (bootstrap) where there is one seed."
        )
        if untrained := [target for target in self.targets if tasks.get(target).train_on is None]:
            yield (
                f"Without a training set ({listed(untrained)}) a source is measured as it is, and for a fusion the "
                "merge of its sources. Blank: there is nothing to measure."
            )
        if any(each.met or any(row.met for row in each.rows) for each in compared.values()):
            yield OF_MET
        yield from precision_notes(filter(None, rows))
        for each in beside(self.backbone):
            yield f"{each.label}: {each.source}."


def row_of(compared: Comparison, label: str | None) -> Row | None:
    """Return the row of a system by its recipe, as `compare` calls it; None where it was not run."""
    return next((row for row in compared.rows if row.label == label and row.results and not row.changed), None)


def _cell(label: str | None, row: Row | None, compared: Comparison) -> Cell:
    if label is None:
        return None
    if row is None:
        return "not run"
    averages = [
        statistics.fmean(score_of(compared.target, scores) for scores in result.scores.values())
        for result in row.results
        if set(result.scores) == set(compared.languages)
    ]
    if not averages:
        return "in part"
    half_width = compare.half_width(averages)
    if half_width is None and tasks.get(compared.target).metric not in _ANSWERS:
        # for answers what rows add is half F1 and half exact match
        half_width = compared.half_width_over_rows(row)
    return Value(statistics.fmean(averages), interval=half_width or None)


def score_of(target: str, scores: Mapping[str, float]) -> float:
    """Return the score of one language that this table shows, from 0 to 100."""
    metric = tasks.get(target).metric
    return scores["f1"] if metric in _ANSWERS else metrics.main_score(metric, scores)
