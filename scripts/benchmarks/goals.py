"""What is to be reached, and whether a measurement reaches it: by the median of its rounds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from adapterstilts.findings.table import Column, Table, Value


@dataclass(frozen=True)
class Goal:
    """A ratio that is to be at least, or at most, `wanted`; None as figures: not measured."""

    what: str
    figures: Sequence[float] | None
    least: float | None = None
    most: float | None = None

    @property
    def verdict(self) -> str:
        """'reached', 'not reached' or 'not measured'."""
        if not self.figures:
            return "not measured"
        middle = statistics.median(self.figures)
        reached = middle >= self.least if self.least is not None else self.most is not None and middle <= self.most
        return "reached" if reached else "not reached"

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


def table(goals: Sequence[Goal]) -> str:
    """Return them all as Markdown."""
    columns = (Column("what"), Column("goal"), Column("measured", "number", 2), Column(""))
    rows = [
        (goal.what, goal.wanted, Value.median(goal.figures) if goal.figures else "", goal.verdict) for goal in goals
    ]
    return Table(columns, rows).to_markdown()
