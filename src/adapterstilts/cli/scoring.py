"""The verb that scores a submission folder. It does not load torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Cell, Column, Table

if TYPE_CHECKING:
    from adapterstilts.scoring.submission import Score


@click.command()
@click.argument("predictions", type=options.Place())
@click.argument("references", type=options.Place())
@options.as_json
def score(predictions: Path, references: Path, as_json: bool) -> None:
    """Score a submission in XTREME's layout by XTREME's metrics.

    PREDICTIONS and REFERENCES are folders that hold a folder for each task, and in it a file for each of its languages:
    xnli/test-de.tsv, xquad/test-de.json. A task that is not in both is left out; the overall average takes all nine.

    \b
    Example:
      adapterstilts score my-submission/predictions my-submission/labels
    """
    from adapterstilts.scoring import submission

    scored = submission.score(predictions, references)
    if as_json:
        drawing.print_json(scored.as_json())
        return
    drawing.print_table(_languages(scored))
    drawing.say()
    drawing.print_table(_groups(scored))
    for note in scored.notes:
        drawing.say(note)


def _languages(scored: Score) -> Table:
    """Languages down, tasks across."""
    from adapterstilts import tasks
    from adapterstilts.tasks import metrics

    seen = {language for task in scored.tasks.values() for language in task.languages}
    rows: list[list[Cell]] = []
    for language in sorted(seen, key=lambda language: (language != "en", language)):
        row: list[Cell] = [language]
        for name, task in scored.tasks.items():
            scores = task.languages.get(language)
            row.append(None if scores is None else metrics.main_score(tasks.get(name).metric, scores))
        rows.append(row)
    return Table([Column("language"), *(Column(name, "number", digits=2) for name in scored.tasks)], rows)


def _groups(scored: Score) -> Table:
    """Groups and their tasks down, what they score across."""
    rows: list[tuple[Cell, ...]] = []
    bold = {}
    for group in dict.fromkeys(task.group for task in scored.tasks.values()):
        for task in (task for task in scored.tasks.values() if task.group == group):
            parts = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in task.averages.items())
            rows.append((group, task.task, task.score, parts))
        if group in scored.groups:
            bold[len(rows)] = "bold"
            rows.append((group, "average", scored.groups[group], None))
    if scored.overall is not None:
        bold[len(rows)] = "bold"
        rows.append(("overall", "average", scored.overall, None))
    columns = [Column("group"), Column("task"), Column("score", "number", digits=2), Column("metrics", drop=1)]
    return Table(columns, rows, styles=bold)
