"""The few comparisons that a study names beforehand, judged together: paired t, Holm's correction. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adapterstilts import tasks
from adapterstilts.findings import compare
from adapterstilts.findings.compare import Comparison, Row
from adapterstilts.findings.intervals import interval_of, mean_drawn
from adapterstilts.findings.table import Cell, Column, Table, Value
from adapterstilts.runs.results import Result

LEVEL = 0.05
"""The chance, over all comparisons, that one says that two systems differ that do not."""


@dataclass(frozen=True)
class Question:
    """Does the `first` system score otherwise on a target than the `second`? Both are names in `compare`."""

    target: str
    first: str
    second: str


@dataclass(frozen=True)
class Answer:
    """What seeds that both systems have say: the mean difference in points, half its 95 % interval, and p.

    None for fewer than two seeds. `over_rows` are the ends of the difference's 95 % interval over draws of the test
    rows, None where these are not known: it is told, and decides nothing. `differs` is by p with the correction of Holm
    (1979, Scandinavian Journal of Statistics 6) over all questions that were asked together, at the level of 0.05.
    """

    question: Question
    seeds: int
    difference: float | None = None
    half_width: float | None = None
    p: float | None = None
    differs: bool = False
    over_rows: tuple[float, float] | None = None


def answers(
    questions: Sequence[Question], backbone: str, results: Iterable[Result], data: str | None = None
) -> list[Answer]:
    """Return the answer to each question; one that was not run yet has none, and counts in the correction."""
    known = list(results)
    compared = {
        target: compare.compare(tasks.get(target), backbone, known, data=data)
        for target in {question.target for question in questions}
    }
    answered = [_answer(question, compared[question.target]) for question in questions]
    ordered = sorted((each for each in answered if each.p is not None), key=lambda each: each.p or 0.0)
    different: set[Question] = set()
    for rank, each in enumerate(ordered):
        assert each.p is not None
        if each.p > LEVEL / (len(questions) - rank):
            break
        different.add(each.question)
    return [replace(each, differs=each.question in different) for each in answered]


def _answer(question: Question, compared: Comparison) -> Answer:
    rows = {row.label: row for row in compared.rows if not row.changed}
    results_of = [_by_seed(rows.get(label)) for label in (question.first, question.second)]
    both = sorted(results_of[0].keys() & results_of[1].keys())
    if len(both) < 2:
        return Answer(question, len(both))
    from scipy.stats import ttest_1samp  # takes half a second

    first, second = ([each[seed].average or 0.0 for seed in both] for each in results_of)
    differences = [own - other for own, other in zip(first, second, strict=True)]
    drawn = [mean_drawn([each[seed].run.id for seed in both], compared.drawn) for each in results_of]
    over_rows = interval_of(drawn[0] - drawn[1]) if drawn[0] is not None and drawn[1] is not None else None
    # of equal differences t is a number over 0
    alike = 0.0 if any(differences) else 1.0
    p = float(ttest_1samp(differences, 0.0).pvalue) if len(set(differences)) > 1 else alike
    mean, half = statistics.fmean(differences), compare.half_width(differences)
    return Answer(question, len(both), mean, half, p, over_rows=over_rows)


def _by_seed(row: Row | None) -> dict[int, Result]:
    """Each seed's result that has all languages."""
    results = row.results if row else ()
    return {each.run.seed: each for each in results if each.average is not None and not each.not_measured}


def table(judged: Sequence[Answer]) -> Table:
    """Return the answers as a table."""
    rows: list[list[Cell]] = []
    for each in judged:
        question = each.question
        said = "not run" if each.p is None else "yes" if each.differs else "cannot be told apart"
        difference = None if each.difference is None else Value(each.difference, each.half_width)
        over_rows = None if each.over_rows is None else Value(None, span=each.over_rows)
        rows.append([question.target, question.first, question.second, difference, over_rows, each.p, said])
    columns = (
        Column("target"),
        Column("first"),
        Column("second"),
        Column("difference", "gain"),
        Column("over test rows", "number"),
        Column("p", "number", 3),
        Column("another score?"),
    )
    note = (
        "Points of the average over languages, paired by seed, ± half the 95 % interval; beside it the 95 % interval "
        f"over test rows (bootstrap), which decides nothing; Holm's correction at {LEVEL:g} over the {len(judged)}, "
        "which were named before their runs."
    )
    return Table(columns, rows, notes=[note])
