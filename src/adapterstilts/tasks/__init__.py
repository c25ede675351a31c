"""The 18 tasks, as data: one small file each; and those that a user declares in the same words.

The folder is the role (`intermediate/`, `target/`) and the file name is the task, so adding a file adds a
task: where its rows are, at which commit and in which columns, is in the file too. A declaration knows no model: what
joins a task and a model is its type (`adapterstilts.tasks.types`). A user's own task (`adapterstilts.tasks.own`) is
registered, or found by the environment variable ADAPTERSTILTS_TASKS: files, or folders of them.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import path_of
from adapterstilts.tasks import combined, own
from adapterstilts.tasks.declaration import (
    SPLITS,
    TYPES,
    Declaration,
    Files,
    HubData,
    OwnRows,
    Part,
    Task,
    any_of,
)
from adapterstilts.tasks.own import declaration_json, from_json

__all__ = [
    "ENVIRONMENT",
    "SPLITS",
    "TYPES",
    "Declaration",
    "Files",
    "HubData",
    "OwnRows",
    "Part",
    "Task",
    "all_tasks",
    "any_of",
    "declaration_json",
    "declarations_of",
    "from_json",
    "get",
    "head_for",
    "known",
    "register",
    "register_file",
    "remember",
    "shipped",
    "tested_on_validation_of",
]

ENVIRONMENT = "ADAPTERSTILTS_TASKS"
_registered: dict[str, Task] = {}
_remembered: dict[str, Task] = {}


@functools.cache
def shipped() -> dict[str, Task]:
    """Return the 18 by name: the intermediate ones first, each role in alphabetical order."""
    declarations: dict[str, Task] = {}
    for role in ("intermediate", "target"):
        folder = importlib.import_module(f"{__name__}.{role}")
        for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda module: module.name):
            declared = importlib.import_module(f"{folder.__name__}.{module.name}").TASK
            declarations[module.name] = Task(**vars(declared), name=module.name, role=role)
    return declarations


def all_tasks() -> dict[str, Task]:
    """Return every task by name: the 18, then the user's own. UserError if a file of the environment's is wrong."""
    return {**shipped(), **_remembered, **_of_environment(os.environ.get(ENVIRONMENT, "")), **_registered}


def tested_on_validation_of(task: Task) -> tuple[Task, ...]:
    """The tasks whose test rows are about paragraphs of the validation rows of `task`."""
    return tuple(other for other in all_tasks().values() if combined.untranslated(task) in other.paragraphs_of)


def get(name: str) -> Task:
    """Return the task called `name`, or what it joins (`tasks.combined`); UserError, naming the nearest, if none."""
    every = all_tasks()
    if name in every:
        return every[name]
    if combined.is_combined(name):
        return combined.combined(name, every)
    hint = did_you_mean(name, [*every, combined.NINE]) or f" `adapterstilts tasks` lists all {len(every)}."
    raise UserError(f'There is no task "{name}".{hint} One of your own is declared with --task-file FILE.')


def known(name: str | None) -> Task | None:
    """Return what `get` does; None if there is none."""
    every = all_tasks()
    if not name or not combined.is_combined(name):
        return every.get(name or "")
    try:
        return combined.combined(name, every)
    except UserError:
        return None


def head_for(names: Iterable[str], target: Task) -> Task | None:
    """Return which of several tasks that were learned at once has the head for `target`; None if none has.

    It is the one of that name, or that the target is trained on, else the first that learned the same in any language.
    """
    parts = [task for task in map(known, names) if task is not None and task.type == target.type]
    for name in (target.name, target.train_on):
        if same := [part for part in parts if part.name == name]:
            return same[0]
    return next((part for part in parts if part.learned & target.learned), None)


def register(task: Task) -> None:
    """Let every verb know a user's own task; the same declaration again takes the place of the earlier one.

    UserError if its name is that of another task, or the task that it is trained on is not of its kind.
    """
    _check(task, all_tasks())
    _registered[task.name] = task


def declarations_of(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return what an adapter has to remember of the user's own tasks among those called `names`, as plain JSON."""
    every = all_tasks()
    named = [task for name in sorted(set(names)) if (task := known(name)) is not None]
    behind = [every[name] for task in named for name in sorted(task.learned) if name in every]
    own_ones = {task.name: task for task in (*named, *behind) if task.own is not None}
    return [declaration_json(task) for task in own_ones.values()]


def remember(declarations: Iterable[Mapping[str, Any]], source: str) -> None:
    """Let the tasks that an adapter was trained for be known, so that it can be used without their files.

    `declarations` are what `declarations_of` gave, and `source` is where they stand. A task that is registered, or one
    of the 18, stays what it is. UserError if one is no declaration.
    """
    for declaration in declarations:
        task = from_json(declaration, source)
        if task.name not in shipped():
            _remembered[task.name] = task


def register_file(path: Path) -> Task:
    """Register the task that a YAML file declares, and return it. UserError says what is wrong with the file."""
    task = own.read(path)
    register(task)
    return task


@functools.cache
def _of_environment(written: str) -> dict[str, Task]:
    declared: dict[str, Task] = {}
    for place in (path_of(part) for part in written.split(os.pathsep) if part):
        if not place.exists():
            raise UserError(f"There is no {place}, which the environment variable {ENVIRONMENT} names; correct it.")
        files = sorted(file for suffix in ("yaml", "yml") for file in place.glob(f"*.{suffix}"))
        for task in map(own.read, files if place.is_dir() else [place]):
            _check_name(task, {**shipped(), **declared})
            declared[task.name] = task
    for task in declared.values():
        _check(task, {**shipped(), **declared})
    return declared


def _check(task: Task, known: Mapping[str, Task]) -> None:
    _check_name(task, known)
    if task.train_on in (None, task.name):
        return
    source = task.own.source if task.own else task.name
    if task.train_on not in known:
        hint = did_you_mean(str(task.train_on), known)
        raise UserError(f'{source}: "train_on" is "{task.train_on}", which is no task.{hint}')
    other = known[task.train_on]
    if (other.type, other.labels) != (task.type, task.labels) or other.train_on != other.name:
        raise UserError(
            f'{source}: "train_on" is "{other.name}", which must have training rows, and the type and the labels of '
            f'"{task.name}": it is {other.type}{" of " if other.labels else ""}{", ".join(other.labels)}.'
        )


def _check_name(task: Task, known: Mapping[str, Task]) -> None:
    if task.own is None:
        raise ValueError(f"{task.name} is no task of a user's own")
    other = known.get(task.name)
    if other is None or other is _remembered.get(task.name):
        return
    if other.own is None:
        raise UserError(
            f'{task.own.source}: the name "{task.name}" is that of a task that is there already; choose another name.'
        )
    if other.own.file != task.own.file:
        raise UserError(
            f'{task.own.source}: the name "{task.name}" is declared in {other.own.source}, too; rename one of them.'
        )
