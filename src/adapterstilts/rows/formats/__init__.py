"""The file formats of the data sets, one small module each.

A reader takes paths and gives rows in the columns of the task's type, lazily and in the files' order. What a
row cannot be made of is a `UserError` that names file and line. Files are UTF-8, with or without a byte order
mark, with LF or CRLF at the ends of their lines. A file without labels gives rows without the labels' column.
A row that the data set's makers would leave out, or that is not as its file has it, comes as a `Remark`: such are
counted, and the count is said.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.tasks import Task

Row = dict[str, Any]


@dataclass(frozen=True)
class Remark:
    """A `row` of which something is to be said, or what is said in the place of one that is left out (None).

    `what` follows "12 of 9,815 rows".
    """

    what: str
    row: Row | None = None


NO_GOLD = Remark("left out: no gold label")
"""In place of a pair on which the annotators did not agree."""
Rows = Iterator[Row | Remark]


@dataclass(frozen=True)
class Wanted:
    """What is read: of which task, which split, which language; `prefix` begins the ids that a source lacks.

    `progress` is told how many rows were left out.
    """

    task: Task
    split: str
    language: str
    prefix: str
    progress: Progress = SILENT


def reader(name: str) -> Callable[..., Rows]:
    """The function that a declaration names as ``module:function``."""
    module, _, function = name.partition(":")
    read: Callable[..., Rows] = getattr(importlib.import_module(module), function)
    return read
