"""Rows of a task, whatever holds them. Only this module knows which source is in use.

Rows are dictionaries in the columns of their task type (``task_types``), labels by name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from adapterstilts import pocket
from adapterstilts.errors import UserError, did_you_mean
from adapterstilts.pocket import languages as pocket_languages
from adapterstilts.pocket import tasks as pocket_tasks
from adapterstilts.tasks import Task, all_tasks

Row = dict[str, Any]
SOURCES = ("pocket",)


def _generator(task: Task, data: str) -> Callable[[str, str, int | None], Iterator[Row]]:
    if data not in SOURCES:
        raise UserError(f'This version reads rows from pocket only, not from "{data}"; use --data pocket.')
    if task.pocket is None:
        there = ", ".join(name for name, other in all_tasks().items() if other.pocket)
        raise UserError(f'Pocket has no rows of "{task.name}"; it has {there}.')
    module, _, name = task.pocket.partition(":")
    generate: Callable[[str, str, int | None], Iterator[Row]] = getattr(importlib.import_module(module), name)
    return generate


def languages_of(task: Task, data: str = "pocket") -> tuple[str, ...]:
    """Those of the benchmark's own languages in which ``data`` has test rows of ``task``, in the benchmark's order."""
    _generator(task, data)
    return tuple(code for code in task.languages if code in pocket_languages.codes())


def load(task: Task, split: str, language: str, data: str = "pocket", limit: int | None = None) -> list[Row]:
    """The first ``limit`` rows (None: all) of ``task`` in ``split`` ('train', 'validation', 'test') and ``language``.

    Raises:
        UserError: the source, the task in it, or the language is not there, or training rows are asked for in a
            language other than English.
    """
    generate = _generator(task, data)
    known = languages_of(task, data)
    if language not in known:
        raise UserError(
            f'"{task.name}" is not there in "{language}".{did_you_mean(language, known)} It is in {", ".join(known)}.'
        )
    if split not in pocket_tasks.SIZES[task.name]:
        raise UserError(f'"{task.name}" has no {split} rows.')
    if split != "test" and task.train_on is not None and language != "en":
        raise UserError(f'"{task.name}" has no {split} rows in "{language}"; training and validation are English.')
    return list(generate(split, language, limit))


def labelled(task: Task, data: str = "pocket") -> Task:
    """``task`` with the labels that its training rows bring, where it declares none (CCG's supertags)."""
    if task.type != "tagging" or task.labels:
        return task
    return replace(task, labels=tuple(sorted({tag for row in load(task, "train", "en", data) for tag in row["tags"]})))


def source_revision(task: Task, data: str = "pocket") -> str:
    """What identifies the rows: for pocket, its version."""
    _generator(task, data)
    return f"pocket {pocket.POCKET_VERSION}"
