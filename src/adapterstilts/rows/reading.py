"""Rows of a task, whatever holds them. Only this package knows which source is in use.

Rows are dictionaries in the columns of their task type (``tasks.types``), labels by name. Where they come from is a
word, ``data``: 'pocket', 'hub' (the Hugging Face Hub), or else the path of a folder. A user's own task says itself
where its rows are, whatever ``data`` is.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from adapterstilts import tasks
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import path_of
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import folder, limits, own
from adapterstilts.rows.formats import Row
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.rows.paragraphs import same_text
from adapterstilts.rows.text import Text
from adapterstilts.tasks import SPLITS, Task, tested_on_validation_of
from adapterstilts.tasks.combined import ENGLISH, MASKED, MIXED, parts_in_turn

WORDS = ("pocket", "hub")


class Source(Protocol):
    """What each source has, a module or a folder."""

    def languages_of(self, task: Task, split: str = "test") -> tuple[str, ...]:
        """The languages in which all rows of `split` are there."""

    def load(
        self, task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT
    ) -> list[Row]:
        """At most `limit` rows (None: all): always the same, and a sample of all. How many are left out is noted."""

    def first(self, task: Task, split: str, language: str) -> Row:
        """The first row, without reading the others."""

    def revision(self, task: Task) -> str:
        """What identifies the rows of `task`."""


def word_of(data: str, task: Task | None = None) -> str:
    """What names the source where a path would name a machine: 'pocket', 'hub', 'folder', or 'file', if ``task`` is a
    user's own.
    """
    if task is not None and task.own_rows:
        return task.own_rows
    return data if data in WORDS else "folder"


def place_of(task: Task, data: str) -> str:
    """What a sentence calls the source of the rows of ``task``: the declaration's file where it is a user's own."""
    return data if task.own is None else task.own.source


def languages_of(task: Task, data: str = "pocket") -> tuple[str, ...]:
    """The languages in which ``data`` has rows of ``task`` to evaluate on, in the benchmark's order.

    Raises:
        UserError: there are none; it says what is missing.
    """
    source, split = _source(task, data), evaluated_split(task, data)
    languages = source.languages_of(task, split)
    if not languages:
        source.first(task, split, task.languages[0])
        raise UserError(f'There are no {split} rows of "{task.name}" in the data {data}; choose another --data.')
    return languages


def evaluated_split(task: Task, data: str = "pocket") -> str:
    """The split that ``task`` is evaluated on: 'test', or 'validation' where ``data`` has no test rows.

    The test rows of intermediate tasks are of no use without their labels, since no scorer is at hand for them.
    Retrieval is never evaluated on validation rows: they are what mining is tuned on.
    """
    if task.type == "retrieval":
        return "test"
    source = _source(task, data)
    tested = source.languages_of(task, "test")
    if tested and (task.role == "target" or are_labelled(task, [source.first(task, "test", tested[0])])):
        return "test"
    return "validation" if source.languages_of(task, "validation") or task.role == "intermediate" else "test"


def load(
    task: Task,
    split: str,
    language: str,
    data: str = "pocket",
    limit: int | None = None,
    progress: Progress = SILENT,
) -> list[Row]:
    """At most ``limit`` rows (None: all) of ``task`` in ``split`` ('train', 'validation', 'test') and ``language``.

    Which they are follows from the rows alone: a sample by a hash of their ids (``rows.limits``), and pocket's first
    ones, since their order is random. Test rows may lack their labels (``rows.labelled.are_labelled``). ``progress`` is
    told how many rows the source leaves out and why, as "12 of 9,815 rows left out: no gold label".

    Raises:
        UserError: the source, the task in it, the split or the language is not there, a file is not what its format
            says, or there are no training rows in that language.
    """
    if split == "train" and language == MIXED:
        return _in_turn(task, data, limit, progress)
    return _source(task, data).load(task, split, language, limit, progress)


def _in_turn(task: Task, data: str, limit: int | None, progress: Progress) -> list[Row]:
    """The English rows, each in one of the languages in which `data` has it, in turn; what one lacks stays English."""
    named = [tasks.get(name) for name in parts_in_turn(task)]
    present = [part for part in named if _has_training(part, data)]
    if len(present) < 2:
        _source(named[1], data).first(named[1], "train", named[1].train_languages[0])
    rows = load(present[0], "train", ENGLISH, data, limit, progress)
    for number, part in enumerate(present[1:], 1):
        turns = {row["id"]: place for place, row in enumerate(rows) if place % len(present) == number}
        # pocket's first rows are the same in all languages; of files a sample may be another where they lack rows
        translated = load(part, "train", part.train_languages[0], data, limit if data == "pocket" else None, progress)
        taken = {turns[row["id"]]: row for row in translated if row["id"] in turns}
        if turns and not taken:
            raise UserError(
                f'The rows of "{part.name}" in {data} have none of the ids of the English ones, so they are no '
                "translation of these; fetch both again."
            )
        for place, row in taken.items():
            rows[place] = row
    return rows


def first(task: Task, split: str, language: str, data: str = "pocket") -> Row:
    """The first row, without reading the others; UserError as ``load``."""
    return _source(task, data).first(task, split, language)


@dataclass(frozen=True)
class ValidationRows:
    """What chooses a checkpoint: `rows`; how many others were left out of them, and `why` (None: nothing is to say)."""

    rows: Sequence[Row]
    left_out: int
    why: str | None


def validation_rows(
    train_task: Task, target: Task, data: str = "pocket", limit: int | None = None, progress: Progress = SILENT
) -> ValidationRows:
    """At most ``limit`` (None: all) English validation rows of ``train_task``, to choose a model for ``target`` by.

    Questions about a paragraph that is tested on are left out before the limit is: XQuAD's are a part of SQuAD's
    validation set. Tested on are the English test rows of ``target``, and of every task that declares so, whatever
    the target is: what learns SQuAD is evaluated on XQuAD later. Pocket's paragraphs are each in one set.

    Raises:
        UserError: as ``load``, for the tested rows too, or if nothing is left.
    """
    tested_tasks = tested_on(train_task, target, data)
    if not tested_tasks:
        return ValidationRows(load(train_task, "validation", "en", data, limit, progress), 0, None)
    kept = rows = load(train_task, "validation", "en", data, None, progress)
    said: list[str] = []
    declared = tested_on_validation_of(train_task)
    for tested in tested_tasks:
        paragraphs = _tested_paragraphs(tested, data)
        others = [row for row in kept if same_text(row["context"]) not in paragraphs]
        if len(others) < len(kept):
            said.append(f"{len(kept) - len(others)} are left out: {tested.name} tests on their paragraphs")
        elif not paragraphs and tested in declared:
            said.append(f"{tested.name}'s paragraphs may be among them: its English test rows are not there")
        kept = others
    if not kept:
        raise UserError(
            f'Every validation row of "{train_task.name}" in {data} is about a paragraph that is tested on '
            f"({'; '.join(said)}); give it validation rows of other paragraphs."
        )
    return ValidationRows(limits.sample([kept], limit), len(rows) - len(kept), "; ".join(said) or None)


def tested_on(train_task: Task, target: Task, data: str) -> tuple[Task, ...]:
    """The tasks whose tested paragraphs are left out of the validation rows of `train_task`; none but for questions."""
    of_pocket = data == "pocket" and train_task.own is None and target.own is None
    if train_task.type != "question_answering" or of_pocket:
        return ()
    declared = tested_on_validation_of(train_task)
    return declared if target in declared else (*declared, target)


def _tested_paragraphs(task: Task, data: str) -> set[str]:
    """The paragraphs of the English test rows of `task`, none where these are not there."""
    if "en" not in _source(task, data).languages_of(task, "test"):
        return set()
    try:
        return {same_text(row["context"]) for row in load(task, "test", "en", data)}
    except UserError as error:
        raise UserError(f"{task.name}'s test paragraphs must be left out of the validation rows: {error}") from error


def splits_of(task: Task, data: str = "pocket") -> dict[str, tuple[str, ...]]:
    """The languages in which ``data`` has rows of ``task``, by split; a split without any has none.

    A folder that has a part of a split only (ANLI+ has three) has some rows of it: ``found`` gives them.
    """
    source = _source(task, data)
    if isinstance(source, _Folder):
        return {split: folder.languages_begun(task, source.path, split) for split in SPLITS}
    return {split: source.languages_of(task, split) for split in SPLITS}


def found(
    task: Task, split: str, language: str, data: str = "pocket", progress: Progress = SILENT
) -> tuple[list[Row], tuple[str, ...]]:
    """The rows that are there, and what a folder lacks of them, a phrase for each part; UserError as ``load``."""
    source = _source(task, data)
    if isinstance(source, _Folder):
        return folder.found(task, split, language, source.path, progress)
    return source.load(task, split, language, None, progress), ()


def missing(task: Task, data: str = "pocket") -> dict[str, dict[str, tuple[str, ...]]]:
    """What a folder lacks of ``task``, by split and language, a phrase for each part; nothing for other sources."""
    source = _source(task, data)
    return folder.all_missing(task, source.path) if isinstance(source, _Folder) else {}


def labelled(task: Task, data: str = "pocket") -> Task:
    """``task`` with the labels that a folder lists or its training rows bring where it declares none (CCG's tags).

    UserError if there are no training rows to take them from.
    """
    if task.type != "tagging" or task.labels:
        return task
    source = _source(task, data)
    listed = folder.listed_tags(task, source.path) if isinstance(source, _Folder) else ()
    return replace(
        task, labels=listed or tuple(sorted({tag for row in source.load(task, "train", "en") for tag in row["tags"]}))
    )


def source_revision(task: Task, data: str = "pocket") -> str:
    """What identifies the rows: pocket's version, the Hub's commit, or a digest of files and of what reads them.

    Of several tasks' rows what they have in common, or a digest of theirs.
    """
    # what is masked is a run's own
    parts = tuple(part for part in task.parts if part.type != MASKED)
    if task.train_languages[1:]:
        parts = tuple(part for name in parts_in_turn(task) if _has_training(part := tasks.get(name), data))
    if not parts:
        return _source(task, data).revision(task)
    revisions = {part.name: source_revision(part, data) for part in parts}
    if len(set(revisions.values())) == 1:
        return next(iter(revisions.values()))
    joined = json.dumps(revisions, sort_keys=True).encode()
    return f"{word_of(data)} {hashlib.sha256(joined).hexdigest()[:16]}"


def _has_training(task: Task, data: str) -> bool:
    return task.train_languages[0] in _source(task, data).languages_of(task, "train")


@dataclass(frozen=True)
class _Folder:
    """A user's folder as a source."""

    path: Path

    def languages_of(self, task: Task, split: str = "test") -> tuple[str, ...]:
        return folder.languages_of(task, self.path, split) if folder.has(task, split) else ()

    def load(
        self, task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT
    ) -> list[Row]:
        return folder.load(task, split, language, self.path, limit, progress)

    def first(self, task: Task, split: str, language: str) -> Row:
        return folder.first(task, split, language, self.path)

    def revision(self, task: Task) -> str:
        return folder.revision(task, self.path)


def _source(task: Task, data: str) -> Source:
    if task.type == MASKED:
        return Text(data)
    if task.own is not None:
        return own
    if data in WORDS:
        module: Any = importlib.import_module(f"adapterstilts.rows.{data}")
        return module
    path = path_of(data)
    if not path.is_dir():
        raise UserError(f"There is no folder {path}; --data is pocket, hub, or a folder.{did_you_mean(data, WORDS)}")
    return _Folder(path)
