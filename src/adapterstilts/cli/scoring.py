"""The verb that scores a submission folder. It does not load torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapterstilts.cli import drawing, options

if TYPE_CHECKING:
    from rich.table import Table

    from adapterstilts.scoring.submission import Score

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("predictions", type=_FOLDER)
@click.argument("references", type=_FOLDER)
@options.as_json
def score(predictions: Path, references: Path, as_json: bool) -> None:
    """Score any submission in XTREME's layout, with XTREME's own numbers.

    PREDICTIONS and REFERENCES are folders that hold a folder for each task, and in it a file for each of its languages:
    xnli/test-de.tsv, xquad/test-de.json. A task that is not in both is left out; the overall average takes all nine.

    \b
    Example:
      adapterstilts score my-submission/predictions my-submission/labels
    """
    from adapterstilts.scoring import submission

    found = submission.score(predictions, references)
    if as_json:
        drawing.print_json(found.as_json())
        return
    drawing.print_table(_languages(found))
    click.echo()
    drawing.print_table(_groups(found))
    for note in found.notes:
        click.echo(note)


def _languages(found: Score) -> Table:
    """Languages down, tasks across."""
    from adapterstilts import tasks
    from adapterstilts.tasks import metrics

    table = drawing.table(("language", *found.tasks), left=1)
    seen = {language for task in found.tasks.values() for language in task.languages}
    for language in sorted(seen, key=lambda language: (language != "en", language)):
        cells = []
        for name, task in found.tasks.items():
            scores = task.languages.get(language)
            cells.append("" if scores is None else f"{metrics.main_score(tasks.get(name).metric, scores):.2f}")
        table.add_row(language, *cells)
    return table


def _groups(found: Score) -> Table:
    """Groups and their tasks down, what they score across."""
    table = drawing.table(("group", "task", "score", "metrics"), left=2)
    table.columns[-1].justify = "left"
    for group in dict.fromkeys(task.group for task in found.tasks.values()):
        for task in (one for one in found.tasks.values() if one.group == group):
            parts = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in task.averages.items())
            table.add_row(group, task.task, f"{task.score:.2f}", parts)
        if group in found.groups:
            table.add_row(group, "average", f"{found.groups[group]:.2f}", "", style="bold")
    if found.overall is not None:
        table.add_row("overall", "average", f"{found.overall:.2f}", "", style="bold")
    return table
