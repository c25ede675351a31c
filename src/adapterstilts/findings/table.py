"""A table as a value: headings, typed cells and notes; drawn on a terminal, as Markdown, LaTeX, CSV and JSON. No torch.

Another form is another method: :meth:`Table.texts` has the cells as they are read, columns say how they are aligned.
"""

from __future__ import annotations

import csv
import io
import re
import statistics
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from adapterstilts.base.errors import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

DIGITS = {"number": 1, "count": 0, "seconds": 0, "gain": 1}
"""Digits after the point, by the kind of a column; columns of other kinds hold words and are aligned to the left."""
GAP = 2
NAME = 24
"""The letters between two columns of a terminal, and those that a name has at least, if it is not shorter."""


@dataclass(frozen=True)
class Value:
    """A number or a word with what belongs to it; the parts have the format of their column.

    `interval` is half the width of an interval ("± 1.5"), `span` the least and the greatest ("(1 to 3)", or without
    a `value` "1 to 3"), `each` what the value is the mean of ("[1, 2, 3]"), `mark` what a note explains ("*").
    """

    value: float | str | None
    interval: float | None = None
    span: tuple[float, float] | None = None
    each: tuple[float, ...] = ()
    mark: str = ""

    @classmethod
    def median(cls, figures: Sequence[float]) -> Value:
        """Return the median of at least one figure, with the least and the greatest."""
        return cls(statistics.median(figures), span=(min(figures), max(figures)))

    def as_json(self) -> dict[str, Any]:
        """Return the parts that are there."""
        return {name: part for name, part in vars(self).items() if part not in (None, (), "")}


Cell = float | str | Value | None


@dataclass(frozen=True)
class Column:
    """What the cells under a heading are.

    `of` says what it is about where several headings are alike, for forms in which columns are found by their names.
    `digits` stand after the point, if other than the kind's. On a terminal that is too narrow columns with the lowest
    `drop` are left out first, those with equal ones together, and those with 0 never. Of words in less room than
    `least` letters a reader would see a stack: a column that may be left out is, rather than that.
    """

    heading: str
    kind: Literal["text", "code", "number", "count", "seconds", "gain"] = "text"
    digits: int | None = None
    drop: int = 0
    of: str = ""
    least: int = 0

    @property
    def name(self) -> str:
        """The heading with what it is about."""
        return printable(f"{self.of} {self.heading}".strip())

    @property
    def words(self) -> str:
        """The heading as it is read."""
        return printable(self.heading)

    @property
    def numeric(self) -> bool:
        """Whether the cells are numbers, which are aligned to the right."""
        return self.kind in DIGITS

    def text(self, cell: Cell, brief: bool = False) -> str:
        """Return a cell as it is read; `brief` leaves out what a value is the mean of."""
        whole = cell if isinstance(cell, Value) else Value(cell)
        parts = [] if whole.value is None else [self._number(whole.value, "+" if self.kind == "gain" else "")]
        if whole.interval is not None:
            parts.append(f"± {self._number(whole.interval)}")
        if whole.span:
            span = " to ".join(map(self._number, whole.span))
            parts.append(f"({span})" if parts else span)
        if whole.each and not brief:
            parts.append(f"[{', '.join(map(self._number, whole.each))}]")
        return " ".join([*parts, whole.mark] if whole.mark else parts)

    def _number(self, value: float | str, sign: str = "") -> str:
        if isinstance(value, str) or not self.numeric:
            return printable(value)
        return f"{value:{sign},.{DIGITS[self.kind] if self.digits is None else self.digits}f}"


@dataclass(frozen=True)
class Table:
    """Headings, rows of one cell a column, and notes: what a reader has to know, one sentence or command each.

    The first column names the rows. `styles` are rich's, by the number of the row. `without_each` is what a note says
    where there is no room for what values are the mean of. Any text may be others': it is read
    without what a terminal would obey.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str | None = None
    notes: Sequence[str] = ()
    styles: Mapping[int, str] = field(default_factory=dict)
    without_each: Mapping[str, str] = field(default_factory=dict)

    def texts(self, brief: bool = False) -> list[list[str]]:
        """Return each row's cells as they are read."""
        return [[column.text(cell, brief) for column, cell in zip(self.columns, row, strict=True)] for row in self.rows]

    def to_json(self) -> dict[str, Any]:
        """Return the values themselves, not as they are read."""
        return {
            "title": self.title,
            "columns": [{"heading": column.heading, "kind": column.kind} for column in self.columns],
            "rows": [[cell.as_json() if isinstance(cell, Value) else cell for cell in row] for row in self.rows],
            "notes": list(self.notes),
        }

    def to_markdown(self) -> str:
        """Return the table and its notes as Markdown, without its title: a page has its own headings."""
        ruler = ("---:" if column.numeric else "---" for column in self.columns)
        lines = [
            "|" + "|".join(f" {column.words} " if column.words else " " for column in self.columns) + "|",
            "|" + "|".join(ruler) + "|",
        ]
        for texts in self.texts():
            cells = (text.replace("|", "\\|") for text in texts)
            marked = (
                f"`{cell}`" if column.kind == "code" else cell for column, cell in zip(self.columns, cells, strict=True)
            )
            lines.append(f"| {' | '.join(marked)} |")
        return "\n".join([*lines, "", *map(printable, self.notes)] if self.notes else lines)

    def to_csv(self) -> str:
        """Return headings and values as comma-separated values (RFC 4180), numbers with all their digits.

        Behind a column of which a value has an interval stands another with half its width. Where a column is of
        numbers words are left out, and so are notes.
        """
        has_interval = [
            any(_interval(row[place]) is not None for row in self.rows) for place in range(len(self.columns))
        ]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(
            heading
            for column, wide in zip(self.columns, has_interval, strict=True)
            for heading in ([column.name, f"{column.name} ±"] if wide else [column.name])
        )
        for row in self.rows:
            cells: list[float | str | None] = []
            for column, cell, wide in zip(self.columns, row, has_interval, strict=True):
                whole = cell if isinstance(cell, Value) else Value(cell)
                said = column.text(whole) if whole.value is None or not column.numeric else whole.value
                is_word = column.numeric and isinstance(whole.value, str)
                cells += [None if is_word else said, *([whole.interval] if wide else [])]
            writer.writerow(printable(cell) if isinstance(cell, str) else cell for cell in cells)
        return text.getvalue()

    def to_latex(self) -> str:
        """Return a LaTeX `tabular` with the rules of booktabs; title and notes are comments above and below it."""
        said = [f"% {printable(line)}" for line in ([self.title] if self.title else [])]
        aligned = "".join("r" if column.numeric else "l" for column in self.columns)
        lines = [[_in_latex(column.words) for column in self.columns], *self._texts_in_latex()]
        heading, *rows = (f"{' & '.join(cells)} \\\\" for cells in lines)
        return "\n".join(
            [
                *said,
                f"\\begin{{tabular}}{{{aligned}}}",
                "\\toprule",
                heading,
                "\\midrule",
                *rows,
                "\\bottomrule",
                "\\end{tabular}",
                *(f"% {printable(self.without_each.get(note, note))}" for note in self.notes),
            ]
        )

    def _texts_in_latex(self) -> list[list[str]]:
        return [
            [
                rf"\texttt{{{_in_latex(text)}}}" if column.kind == "code" else _in_latex(text)
                for column, text in zip(self.columns, texts, strict=True)
            ]
            for texts in self.texts(brief=True)
        ]

    def to_terminal(self, width: int | None = None) -> RenderableType:
        """Return title and table for rich to print in `width` letters, or as wide as they are.

        Where they do not fit, what a value is the mean of is left out, then columns by their `drop`; what is still too
        wide is drawn as tables below each other that all name the rows. Words are wrapped, numbers neither wrapped nor
        cut: a single one beside a name may be wider than `width`, so rich has to print in a wider console.
        """
        from rich.console import Group
        from rich.text import Text

        room = sys.maxsize if width is None else width
        shown, left_out = self._shown(), []
        if self._is_brief(room):
            shown, left_out = self._shown(brief=True), ["the values in brackets"]
        for drop in sorted({column.drop for column in self.columns} - {0}):
            if _least(shown) > room:
                left_out += [each.column.words for each in shown if each.column.drop == drop]
                shown = [each for each in shown if each.column.drop != drop]
        parts: list[RenderableType] = [self._drawn(block, room) for block in _blocks(shown, room)]
        if self.title:
            parts.insert(0, Text(textwrap.fill(printable(self.title), room), "bold"))
        if left_out:
            said = f"Not shown in {width} columns: {', '.join(dict.fromkeys(left_out))}."
            parts.append(Text(textwrap.fill(said, room), "dim"))
        return Group(*parts)

    def notes_in(self, width: int | None = None) -> list[str]:
        """Return the notes on the table as a terminal of `width` letters shows it."""
        brief = width is not None and self._is_brief(width)
        return [self.without_each.get(note, note) if brief else note for note in self.notes]

    def _is_brief(self, room: int) -> bool:
        """Whether what values are the mean of is left out in so many letters."""
        whole = self._shown()
        return _least(whole) > room and self._shown(brief=True) != whole

    def _shown(self, brief: bool = False) -> list[_Shown]:
        texts = self.texts(brief)
        return [_Shown(column, [row[place] for row in texts], place == 0) for place, column in enumerate(self.columns)]

    def _drawn(self, block: Sequence[_Shown], room: int) -> RenderableType:
        """Columns side by side; room that is left goes to the first whose words would be wrapped."""
        from rich import table
        from rich.text import Text

        drawn, spare = table.Table(box=None, pad_edge=False), room - _least(block)
        for each in block:
            more = max(0, min(each.most - each.least, spare))
            spare -= more
            side: Literal["left", "right"] = "right" if each.column.numeric else "left"
            drawn.add_column(Text(each.column.words), width=each.least + more, justify=side, overflow="fold")
        for number in range(len(self.rows)):
            drawn.add_row(*(Text(each.texts[number]) for each in block), style=self.styles.get(number))
        return drawn


@dataclass(frozen=True)
class _Shown:
    """A column as a terminal shows it, and how wide it is."""

    column: Column
    texts: list[str]
    names: bool

    @cached_property
    def most(self) -> int:
        """The letters where nothing is wrapped."""
        return _longest([self.column.words, *self.texts])

    @cached_property
    def least(self) -> int:
        """The letters where all words are wrapped that may be."""
        if self.column.numeric:
            return _longest([*self.column.words.split(), *self.texts])
        by_words = min(NAME, self.most if self.names else _longest(" ".join([self.column.words, *self.texts]).split()))
        return max(by_words, min(self.column.least, self.most))


def _interval(cell: Cell) -> float | None:
    return cell.interval if isinstance(cell, Value) else None


_LATEX = {
    **{letter: rf"\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"$\dagger$",
    "−": "$-$",
    "×": r"$\times$",
}


def _in_latex(text: str) -> str:
    """A text with what LaTeX would obey, or what its fonts may lack, as LaTeX writes it."""
    escaped = "".join(_LATEX.get(letter, letter) for letter in text)
    return re.sub(r"(?<![\w.])-(?=\d)", "$-$", escaped)


def _longest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _least(shown: Sequence[_Shown]) -> int:
    return sum(each.least for each in shown) + GAP * (len(shown) - 1)


def _blocks(shown: Sequence[_Shown], room: int) -> list[list[_Shown]]:
    """The columns in as many tables as they need to fit, the names before each."""
    if not shown:
        return []
    names, *others = shown
    blocks = [[names]]
    for each in others:
        if len(blocks[-1]) > 1 and _least([*blocks[-1], each]) > room:
            blocks.append([names])
        blocks[-1].append(each)
    return blocks
