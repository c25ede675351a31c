"""What is drawn: progress on standard error; tables, notes and JSON on standard output."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.base.errors import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from adapterstilts.execution import LayerScores
    from adapterstilts.findings.compare import Comparison
    from adapterstilts.findings.table import Table

_UNLIMITED = 10_000


class Bars:
    """Progress as a bar on standard error; where that is no terminal, one line per phase."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def start(self, title: str, total: int | None, unit: str) -> None:
        """Begin a phase."""
        from rich import progress

        self.finish()
        if not self._console.is_terminal:
            self._console.print(f"{title} ({total} {unit}s)" if total else title, markup=False, highlight=False)
            return
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            _Rate(unit),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[facts]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(title, total=total, facts="")
        self._bar.start()

    def advance(self, n: int = 1, **facts: object) -> None:
        """Move the bar."""
        if self._bar is None or self._task is None:
            return
        self._bar.advance(self._task, n)
        if facts:
            shown = "  ".join(f"{name} {_short(value)}" for name, value in facts.items())
            self._bar.update(self._task, facts=shown)

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def note(self, text: str) -> None:
        """Print one line for the reader."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _Rate(unit: str) -> Any:  # noqa: N802 - a column's factory reads like the columns beside it
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {unit}s/s" if task.speed else "")

    return Rate()


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def print_json(payload: dict[str, Any]) -> None:
    """Print the one JSON object."""
    click.echo(json.dumps(payload, indent=2, ensure_ascii=False))


def print_table(table: Table, markdown: bool = False) -> None:
    """Print a table and its notes; where the output is no terminal, as wide as it is."""
    if markdown:
        click.echo(table.to_markdown())
        return
    from rich.console import Console

    console = Console()
    drawn = table.to_terminal(console.width if console.is_terminal else None)
    # it is as wide as it can be, and rich would cut what is wider than the console
    Console(width=_UNLIMITED).print(drawn)
    for note in table.notes:
        click.echo(printable(note))


def print_comparison(comparison: Comparison, markdown: bool = False) -> None:
    """Print a comparison's table and its notes."""
    from adapterstilts.findings import report

    print_table(report.comparison(comparison), markdown)


def print_summary(comparisons: Sequence[Comparison], markdown: bool) -> None:
    """Print the one table of several comparisons and its notes."""
    from adapterstilts.findings import report

    print_table(report.summary(comparisons), markdown)


def print_layers(found: LayerScores) -> None:
    """Print the scores of each layer, and that they are a diagnostic."""
    from adapterstilts import tasks
    from adapterstilts.findings import report
    from adapterstilts.findings.table import Column, Table
    from adapterstilts.tasks import metrics

    metric = tasks.get(found.target).metric
    rows = [
        (layer, *(metrics.main_score(metric, scores[language]) for language in found.examples), found.averages[layer])
        for layer, scores in found.scores.items()
    ]
    headings = (*found.examples, "average")
    title = f"{found.target}, {found.adapter}: {report.metric_words(metric)} by layer, a diagnostic"
    columns = [Column("layer", "count"), *(Column(heading, "number") for heading in headings)]
    print_table(Table(columns, rows, title, [found.warning]))
