"""The 18 tasks, as data: one small file each.

The folder is the role (`intermediate/`, `target/`) and the file name is the task, so adding a file adds a
task. A declaration knows no model: what joins a task and a model is its type (`adapterstilts.tasks.types`).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapterstilts.base.errors import UserError, did_you_mean

TYPES = ("classification", "multiple_choice", "tagging", "question_answering", "retrieval")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class HubData:
    """Where one data set is on the Hugging Face Hub.

    `config` may hold ``{language}``, which `language_names` maps where the data set spells languages its own
    way. `splits` maps our split names to the data set's; a split that is not there has no entry.
    `revisions` are tried in order, since scripts on `main` are no longer run by `datasets`, after the commit that
    `rows.hub.commits` pins. `lacking` has, for a split that is not there in every language, those without it.
    """

    id: str
    config: str | None
    splits: Mapping[str, str]
    revisions: tuple[str, ...] = ("main", "refs/convert/parquet")
    language_names: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """What a task's file says; `Task` adds the name and the role, which the file's place says.

    `languages` are the benchmark's own, English first where it is among them. `labels` are names, in the
    order of the head's outputs, and empty where a task has none (or brings them with the user's licensed
    copy: ccg). `metric` names a function of `adapterstilts.tasks.metrics`. `train_on` is the English task
    whose training data is used, None where there is none, and `train_examples` how many there are where it is the
    task's own (Phang et al. 2020, table 1; Chung et al. 2020, table 11). `chance` is the score of guessing, 0 to
    100. `paragraphs_of` names the tasks whose validation rows hold the paragraphs of the test rows. `hub` lists the
    data sets whose rows are joined, none where the data is not on the Hub. `pocket` names the generator, as
    ``module:function``.
    """

    title: str
    type: str
    languages: tuple[str, ...]
    metric: str
    chance: float
    licence: str
    reference: str
    train_on: str | None
    train_examples: int | None = None
    labels: tuple[str, ...] = ()
    paragraphs_of: tuple[str, ...] = ()
    hub: tuple[HubData, ...] = ()
    pocket: str | None = None


@dataclass(frozen=True)
class Task(Declaration):
    """One task: its declaration, its name and its role ('intermediate' or 'target')."""

    name: str = ""
    role: str = ""


@functools.cache
def all_tasks() -> dict[str, Task]:
    """Return every task by name: the intermediate ones first, each role in alphabetical order."""
    found: dict[str, Task] = {}
    for role in ("intermediate", "target"):
        folder = importlib.import_module(f"{__name__}.{role}")
        for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda module: module.name):
            declared = importlib.import_module(f"{folder.__name__}.{module.name}").TASK
            found[module.name] = Task(**vars(declared), name=module.name, role=role)
    return found


def tested_on_validation_of(task: Task) -> tuple[Task, ...]:
    """The tasks whose test rows are about paragraphs of the validation rows of `task`."""
    return tuple(other for other in all_tasks().values() if task.name in other.paragraphs_of)


def get(name: str) -> Task:
    """Return the task called `name`; raise `UserError`, naming the nearest one, if there is none."""
    tasks = all_tasks()
    if name not in tasks:
        hint = did_you_mean(name, tasks) or " `adapterstilts tasks` lists all 18."
        raise UserError(f'There is no task "{name}".{hint}')
    return tasks[name]
