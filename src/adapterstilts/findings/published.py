"""Figures of others that stand beside ours, with where each was read: `zoo/published.yaml`. No torch."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.base import places, schema
from adapterstilts.base.yaml_files import read_yaml

_FILE = "published.yaml"


@dataclass(frozen=True)
class Published:
    """A row of others: `scores` from 0 to 100 by target, of answers by metric; it is shown `beside` a backbone."""

    name: str
    beside: str
    source: str
    scores: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"published: {self.name}"

    def average(self, target: str) -> float | None:
        """The average as ours are: of answers the mean of F1 and exact match; None where that is not told."""
        score = self.scores.get(target)
        if isinstance(score, Mapping):
            return statistics.fmean(score.values()) if len(score) > 1 else None
        return score

    def f1(self, target: str) -> float | None:
        """The score by which answers, too, have one number: their F1."""
        score = self.scores.get(target)
        return score["f1"] if isinstance(score, Mapping) else score


def beside(backbone: str) -> tuple[Published, ...]:
    """Return the rows that stand beside the results on a backbone."""
    return tuple(each for each in _all(places.zoo_folder() / _FILE) if each.beside == backbone)


@functools.cache
def _all(path: Path) -> tuple[Published, ...]:
    if not path.is_file():
        return ()
    content = schema.checked(_Rows, {"rows": read_yaml(path)}, str(path))
    return content.rows


@dataclass(frozen=True)
class _Rows:
    rows: tuple[Published, ...]
