"""What a training learns from and is chosen by: the rows of its task, or of each of several, and their features."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from adapterstilts import tasks
from adapterstilts.adapter.frozen_states import FrozenStates
from adapterstilts.adapter.model import Model, OneHead
from adapterstilts.base.progress import Progress
from adapterstilts.execution.how import place_of
from adapterstilts.rows import kept, reading
from adapterstilts.runs.recipe import PARTS
from adapterstilts.runs.run import Run
from adapterstilts.scoring.evaluator import Validator
from adapterstilts.tasks import types
from adapterstilts.tasks.combined import MASKED, MIXED
from adapterstilts.tasks.types import Feature, Learnable, Row, TaskType, batching
from adapterstilts.tasks.types.masked_language_modelling import MaskedLanguageModelling
from adapterstilts.training import Objective


@dataclass(frozen=True)
class Lesson:
    """The training rows of a task with its labels, its validation rows, and the settings that are its own.

    `head` is the name of its head, None where it is all that is learned. `validation` is None for running text.
    """

    task: tasks.Task
    rows: Sequence[Row]
    validation: reading.ValidationRows | None
    settings: Mapping[str, Any]
    head: str | None = None


@dataclass(frozen=True)
class Taught:
    """A lesson as the loop takes it."""

    lesson: Lesson
    task_type: Learnable
    features: Sequence[Feature]
    validator: Validator | None

    def on(self, states: FrozenStates, pad_token_id: int, progress: Progress) -> Taught:
        """Return it with the states of frozen layers in its features."""
        assert self.validator is not None
        self.validator.features = states.kept(self.validator.features, pad_token_id, progress)
        return replace(self, features=states.kept(self.features, pad_token_id, progress))


def read(task: tasks.Task, run: Run, progress: Progress) -> list[Lesson]:
    """Read what a run learns from: one lesson, or one for each of the tasks that it learns at once."""
    if not task.parts:
        return [_lesson(task, run, run.settings, None, progress)]
    return [_lesson(part, run, run.settings[PARTS][part.name], part.name, progress) for part in task.parts]


def _lesson(task: tasks.Task, run: Run, settings: Mapping[str, Any], head: str | None, progress: Progress) -> Lesson:
    rows_of = run.text if task.type == MASKED else run.rows
    assert rows_of is not None
    place = place_of(rows_of)
    learned_from = tasks.get(task.train_on) if task.train_on not in (None, task.name) else task
    language = MIXED if len(learned_from.train_languages) > 1 else learned_from.train_languages[0]
    rows = kept.load(learned_from, "train", (language,), place, settings["train_examples"], progress)[language]
    if task.type == MASKED:
        return Lesson(task, rows, None, settings, head)
    validation = kept.validation_rows(learned_from, task, place, settings["validation_examples"], progress)
    if validation.why:
        progress.note(f"{learned_from.name}'s validation rows: {validation.why}.")
    return Lesson(task, rows, validation, settings, head)


def encode(
    lesson: Lesson, built: Model, tokenizer: Any, run: Run, batch_size: int, states: FrozenStates | None
) -> Taught:
    """Encode a lesson for a model; `batch_size` is that of its validation."""
    task, length = lesson.task, lesson.settings["max_length"]
    if task.type == MASKED:
        masking = MaskedLanguageModelling(tokenizer, built.backbone.config.vocab_size)
        features = kept.features_of(masking, task, lesson.rows, tokenizer, length, labelled=True)
        return Taught(lesson, masking, features, None)
    task_type: TaskType = states or types.get(task.type)
    features = kept.features_of(task_type, task, lesson.rows, tokenizer, length, labelled=True)
    assert lesson.validation is not None
    by_head = built if lesson.head is None else OneHead(built, lesson.head)
    precision = run.settings["precision"]
    validator = Validator(by_head, task_type, task, lesson.validation.rows, tokenizer, length, batch_size, precision)
    return Taught(lesson, task_type, features, validator)


def pieces_of(taught: Sequence[Taught]) -> Tensor | None:
    """Return the token ids (P,) that occur in anything that is learned or validated; None where all are compared."""
    if any(each.validator is None for each in taught):
        return None
    groups = [group for each in taught if each.validator for group in (each.features, each.validator.features)]
    return torch.from_numpy(batching.pieces_of(*groups))


def objectives_of(taught: Sequence[Taught], run: Run) -> list[Objective]:
    """Return what the loop learns: of several tasks each counts with its rows, but not with more than a limit."""
    if len(taught) == 1:
        return [Objective(taught[0].task_type, taught[0].features)]
    counted = [float(min(len(each.lesson.rows), run.settings["examples_cap"])) for each in taught]
    if (share := run.settings["mlm_share"]) is not None:
        supervised = sum(size for size, each in zip(counted, taught, strict=True) if each.validator)
        beside = supervised * share / (1 - share)
        counted = [size if each.validator else beside for size, each in zip(counted, taught, strict=True)]
    return [
        Objective(each.task_type, each.features, each.lesson.head, size, each.lesson.settings["batch_size"])
        for size, each in zip(counted, taught, strict=True)
    ]


def validation_of(taught: Sequence[Taught]) -> Callable[[], float]:
    """Return what scores a model, 0 to 100: of several tasks the mean of their main scores."""
    validators = [each.validator for each in taught if each.validator]
    if len(validators) == 1:
        return validators[0]
    return lambda: statistics.fmean(validate() for validate in validators)


def record(taught: Sequence[Taught]) -> dict[str, Any]:
    """Return what an adapter tells of the rows that it was made of."""
    lessons = [each.lesson for each in taught]
    checked_on = [lesson.validation for lesson in lessons if lesson.validation]
    why = "; ".join(dict.fromkeys(each.why for each in checked_on if each.why))
    left_out = {"validation": {"left_out": sum(each.left_out for each in checked_on), "why": why}} if why else {}
    return {
        **left_out,
        "train_rows": sum(len(lesson.rows) for lesson in lessons),
        "validation_rows": sum(len(each.rows) for each in checked_on),
    }
