"""What is drawn: progress on standard error; tables, notes and JSON on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table

    from adapterstilts.execution import LayerScores
    from adapterstilts.findings.compare import Comparison


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


def table(headings: Sequence[str], left: int) -> Table:
    """Make an empty rich table without lines: the first `left` columns are aligned to the left, the others right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="left" if number < left else "right", no_wrap=True)
    return made


def print_table(table: Any) -> None:
    """Print a rich table, as wide as it is where the output is no terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = _wide(console, table)
    console.print(table)


def _wide(console: Console, table: Any) -> Console:
    from rich.console import Console
    from rich.measure import measure_renderables

    unlimited = console.options.update(width=10_000, max_width=10_000)
    return Console(file=sys.stdout, width=max(80, measure_renderables(console, unlimited, [table]).maximum))


def print_comparison(comparison: Comparison, markdown: bool = False) -> None:
    """Print a comparison's table and its notes."""
    from adapterstilts.findings import report

    if markdown:
        click.echo(report.markdown(comparison))
        return
    print_table(report.comparison_table(comparison))
    for line in report.notes(comparison):
        click.echo(line)


def print_summary(comparisons: Sequence[Comparison], markdown: bool) -> None:
    """Print the one table of several comparisons and its notes."""
    from adapterstilts.findings import report

    if markdown:
        click.echo(report.summary_markdown(comparisons))
        return
    print_table(report.summary_table(comparisons))
    for line in report.summary_notes(comparisons):
        click.echo(line)


def print_layers(found: LayerScores) -> None:
    """Print the scores of each layer, and that they are a diagnostic."""
    from adapterstilts import tasks
    from adapterstilts.findings import report
    from adapterstilts.tasks import metrics

    metric = tasks.get(found.target).metric
    click.secho(f"{found.target}, {found.adapter}: {report.metric_words(metric)} by layer, a diagnostic", bold=True)
    drawn = table(("layer", *found.examples, "average"), left=0)
    for layer, scores in found.scores.items():
        numbers = [metrics.main_score(metric, scores[language]) for language in found.examples]
        average = found.averages[layer]
        drawn.add_row(str(layer), *(f"{number:.1f}" for number in [*numbers, *([] if average is None else [average])]))
    print_table(drawn)
    click.echo(found.warning)
