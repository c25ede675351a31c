"""What is drawn: progress on standard error; tables, notes and JSON on standard output."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.base import processes, schema
from adapterstilts.base.errors import OBEYED, UserError, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from adapterstilts.execution import LayerScores
    from adapterstilts.findings.compare import Comparison
    from adapterstilts.findings.table import Table

_UNLIMITED = 10_000
TERMINAL, CSV = "terminal", "csv"
FORMS = (TERMINAL, "markdown", "latex", CSV)
"""How a table can be printed."""


def say(*parts: object, err: bool = False, bold: bool = False) -> None:
    """Print one line: the parts, which others may have written, with tabs between them."""
    line = "\t".join(map(printable, parts))
    click.echo(click.style(line, bold=True) if bold else line, err=err)


def say_lines(text: str, indent: str = "", err: bool = False) -> None:
    """Print the lines of a text that others may have written."""
    for line in text.splitlines():
        say(f"{indent}{line}", err=err)


class Bars:
    """Progress as a bar on standard error; where that is no terminal, a line for each phase and each report.

    Of several processes only the main one draws.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=not processes.is_main())
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._phase = _Phase("", None, "")

    def start(self, title: str, total: int | None, unit: str) -> None:
        """Begin a phase."""
        self.finish()
        title = printable(title)
        self._phase = _Phase(title, total, unit)
        if self._console.is_terminal:
            self._bar = _bar(self._console, unit)
            self._task = self._bar.add_task(title, total=total, facts="")
            self._bar.start()
        else:
            self.note(f"{title} ({total} {unit}s)" if total else title)

    def advance(self, n: int = 1, **facts: object) -> None:
        """Move the bar."""
        self._phase.advance(n)
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, n)
            if facts:
                self._bar.update(self._task, facts=_facts(facts))

    def report(self, **facts: object) -> None:
        """Show facts beside the bar; without one print them, how far the phase is, how fast, and how long it takes."""
        if self._bar is None:
            self.note("  ".join(part for part in (self._phase.done, _facts(facts), self._phase.pace) if part))
        else:
            self.advance(0, **facts)

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def note(self, text: str) -> None:
        """Print one line for the reader."""
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


class _Phase:
    """How far a phase is. What was done when it was first told of was done before: by a run that is now resumed."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.count, self.before, self.since = 0, 0, 0.0

    def advance(self, n: int) -> None:
        """Count `n` more."""
        self.count += n
        if not self.since:
            self.before, self.since = self.count, time.monotonic()

    @property
    def done(self) -> str:
        """Such as "train 400/800 steps"."""
        return f"{self.title} {self.count}{f'/{self.total}' if self.total else ''} {self.unit}s"

    @property
    def pace(self) -> str:
        """Such as "12.3 steps/s  0:00:32 left"; empty before anything is done."""
        seconds, count = time.monotonic() - self.since, self.count - self.before
        if not self.since or count <= 0 or seconds <= 0:
            return ""
        rate = f"{count / seconds:.3g} {self.unit}s/s"
        left = round((self.total - self.count) * seconds / count) if self.total else None
        return rate if left is None else f"{rate}  {timedelta(seconds=left)} left"


def _bar(console: Console, unit: str) -> Progress:
    """A bar that gives way to what stands beside it where the terminal is narrow."""
    from rich import progress
    from rich.table import Column

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        progress.BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40)),
        progress.MofNCompleteColumn(table_column=Column(no_wrap=True)),
        _Rate(unit),
        progress.TimeRemainingColumn(compact=True),
        progress.TextColumn("{task.fields[facts]}", markup=False, table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        expand=True,
    )


def _facts(facts: Mapping[str, object]) -> str:
    return printable("  ".join(f"{name} {_short(value)}" for name, value in facts.items()))


def _Rate(unit: str) -> Any:  # noqa: N802 - a column's factory reads like the columns beside it
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {unit}s/s" if task.speed else "")

    return Rate()


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def note_skipped(error: UserError) -> None:
    """Say on standard error, in one line, that a file is left out, and why."""
    Bars().note(f"Left out: {' '.join(str(error).split())}")


def print_json(payload: dict[str, Any]) -> None:
    """Print the one JSON object; what a terminal would obey is escaped in it."""
    lines = schema.json_of(payload, indent=2).split("\n")
    click.echo("\n".join(OBEYED.sub(lambda letter: json.dumps(letter[0])[1:-1], line) for line in lines))


def print_table(table: Table, form: str = TERMINAL) -> None:
    """Print a table and its notes in one of `FORMS`; where the output is no terminal, as wide as it is."""
    if form != TERMINAL:
        say_lines({"markdown": table.to_markdown, "latex": table.to_latex, CSV: table.to_csv}[form]())
        return
    from rich.console import Console

    console = Console()
    width = console.width if console.is_terminal else None
    drawn = table.to_terminal(width)
    # it is as wide as it can be, and rich would cut what is wider than the console
    Console(width=_UNLIMITED).print(drawn)
    for note in table.notes_in(width):
        say(note)


def print_comparison(comparison: Comparison, form: str = TERMINAL) -> None:
    """Print a comparison's table and its notes."""
    from adapterstilts.findings import report

    print_table(report.comparison(comparison), form)


def print_comparisons(comparisons: Sequence[Comparison], form: str) -> None:
    """Print a table for each comparison; as CSV, of which a file has one table, all in one."""
    from adapterstilts.findings import report

    if form == CSV:
        print_table(report.together(comparisons), form)
        return
    for number, each in enumerate(comparisons):
        if number:
            say()
        print_comparison(each, form)


def print_summary(comparisons: Sequence[Comparison], form: str) -> None:
    """Print the one table of several comparisons and its notes."""
    from adapterstilts.findings import report

    print_table(report.summary(comparisons), form)


def print_grid(comparisons: Sequence[Comparison], method: str, form: str) -> None:
    """Print the gains of several comparisons by intermediate task, and the notes."""
    from adapterstilts.findings.grid import grid

    print_table(grid(comparisons, method), form)


def print_layers(layers: LayerScores) -> None:
    """Print the scores of each layer, and that they are a diagnostic."""
    from adapterstilts import tasks
    from adapterstilts.findings import report
    from adapterstilts.findings.table import Column, Table
    from adapterstilts.tasks import metrics

    metric = tasks.get(layers.target).metric
    rows = [
        (layer, *(metrics.main_score(metric, scores[language]) for language in layers.examples), layers.averages[layer])
        for layer, scores in layers.scores.items()
    ]
    headings = (*layers.examples, "average")
    title = f"{layers.target}, {layers.adapter}: {report.metric_words(metric)} by layer, a diagnostic"
    columns = [Column("layer", "count"), *(Column(heading, "number") for heading in headings)]
    print_table(Table(columns, rows, title, [layers.warning]))
