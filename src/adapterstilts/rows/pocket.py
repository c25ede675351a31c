"""Rows of a task from pocket, the miniature XTREME that this package generates."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from adapterstilts import pocket
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.pocket import languages
from adapterstilts.pocket import tasks as pocket_tasks
from adapterstilts.rows.formats import Row
from adapterstilts.tasks import Task, all_tasks
from adapterstilts.tasks.combined import untranslated


def languages_of(task: Task, split: str = "test") -> tuple[str, ...]:
    """The languages in which pocket has rows of `split` of `task`, in the benchmark's order."""
    if task.pocket is None or split not in pocket_tasks.SIZES[untranslated(task)]:
        return ()
    if split == "validation" and task.train_on is not None:
        return ("en",)
    wanted = task.train_languages if split == "train" else task.languages
    return tuple(code for code in wanted if code in languages.codes())


def load(task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT) -> list[Row]:
    """The first `limit` rows (None: all), which are as good as any: their order is random. None are left out.

    UserError if pocket has no such rows.
    """
    generate = _generator(task)
    known = dict.fromkeys((*languages_of(task), *languages_of(task, "train")))
    if language not in known:
        raise UserError(f'"{task.name}" is not there in "{language}". It is in {", ".join(known)}.')
    of_split = languages_of(task, split)
    if not of_split:
        raise UserError(f'"{task.name}" has no {split} rows.')
    if language not in of_split:
        raise UserError(f'"{task.name}" has no {split} rows in "{language}"; they are in {", ".join(of_split)}.')
    return list(generate(split, language, limit))


def first(task: Task, split: str, language: str) -> Row:
    """The first of these rows. UserError as `load`."""
    return load(task, split, language, limit=1)[0]


def revision(task: Task) -> str:
    """Pocket's version; UserError if it does not have `task`, or not the translation that `task` is."""
    _generator(task)
    base = untranslated(task)
    if task.name != base and not languages_of(task, "train"):
        known = ", ".join(code for code in task.translated_into if code in languages.codes())
        raise UserError(f"Pocket has {base}'s training rows translated into {known}, but not into {task.name}.")
    return f"pocket {pocket.POCKET_VERSION}"


def _generator(task: Task) -> Callable[[str, str, int | None], Iterator[Row]]:
    if task.pocket is None:
        names = ", ".join(name for name, other in all_tasks().items() if other.pocket)
        raise UserError(f'Pocket has no rows of "{task.name}"; it has {names}.')
    module, _, name = task.pocket.partition(":")
    generate: Callable[[str, str, int | None], Iterator[Row]] = getattr(importlib.import_module(module), name)
    return generate
