"""The file formats of the data sets, one small module each.

A reader takes paths and gives rows in the columns of the task's type, lazily and in the files' order. What a
row cannot be made of is a `UserError` that names file and line. Files are UTF-8, with or without a byte order
mark, with LF or CRLF at the ends of their lines. A file without labels gives rows without the labels' column.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapterstilts.tasks import Task

Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is read: of which task, which split, which language; `prefix` begins the ids that a source lacks."""

    task: Task
    split: str
    language: str
    prefix: str


def reader(name: str) -> Callable[..., Iterator[Row]]:
    """The function that a declaration names as ``module:function``."""
    module, _, function = name.partition(":")
    read: Callable[..., Iterator[Row]] = getattr(importlib.import_module(module), function)
    return read
