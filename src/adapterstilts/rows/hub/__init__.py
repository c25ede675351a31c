"""Rows of a task from the Hugging Face Hub: which data sets hold a split, and at which commits.

Only the files of the split that is asked for are downloaded, once, into the Hub's own cache (HF_HOME); without
a network, what is there is read. `datasets` and `huggingface_hub` are imported on the first use.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import limits
from adapterstilts.rows.formats import Row, Wanted, reader
from adapterstilts.rows.formats.labels import with_labels
from adapterstilts.tasks import SPLITS, HubData, Task


def languages_of(task: Task, split: str = "test") -> tuple[str, ...]:
    """The languages in which the Hub has rows of `split` of `task`, in the benchmark's order: no network is asked.

    None where it has no such split; UserError if the task is not on the Hub.
    """
    parts = _parts(task, split)
    # what is trained on, or held out of it, is English
    only_english = split == "train" or any(data.splits[split] == data.splits.get("train") for data in parts)
    known = task.languages if parts else ()
    lacking = {language for data in parts for language in data.lacking.get(split, ())}
    return tuple(language for language in known if language not in lacking and (language == "en" or not only_english))


def load(task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT) -> list[Row]:
    """At most `limit` rows (None: all) of `task` in `split` ('train', 'validation', 'test') and `language`.

    `limits` says which they are. `progress` is told how many rows were left out, or were not as they are said to be.

    Raises:
        UserError: the task, the split or the language is not on the Hub; the Hub cannot be reached or does not let
            this user in; no revision of a data set has the configuration; or its columns, its labels' names or a row
            are not what the task's are.
    """
    return limits.sample([list(part) for part in _read(task, split, language, progress)], limit)


def first(task: Task, split: str, language: str) -> Row:
    """The first of these rows: no other is read. UserError as `load`."""
    return next(next(_read(task, split, language)))


def revision(task: Task) -> str:
    """The repositories that hold the rows and the commits that are read, as ``id@commit``, between commas.

    What is not known yet is asked of the Hub. UserError as `load` says.
    """
    _check_there(task)
    revisions: dict[str, None] = {}
    for data in task.hub:
        revisions[f"{data.id}@{_commit(task, data)}"] = None
    return ", ".join(revisions)


def _commit(task: Task, data: HubData) -> str:
    from adapterstilts.rows.hub.repositories import Unreachable, locate

    failure: UserError | None = None
    for split in (split for split in SPLITS if split in data.splits):
        try:
            return locate(data, split, languages_of(task, split)[0]).commit
        except Unreachable as error:  # the cache may hold another split
            failure = failure or error
    assert failure is not None
    raise failure


def _parts(task: Task, split: str) -> tuple[HubData, ...]:
    _check_there(task)
    return tuple(data for data in task.hub if split in data.splits)


def _check_there(task: Task) -> None:
    if not task.hub:
        raise UserError(f'"{task.name}" is not on the Hub: {task.elsewhere}.')


def _check(task: Task, split: str, language: str) -> None:
    if not _parts(task, split):
        splits = ", ".join(name for name in SPLITS if _parts(task, name))
        raise UserError(f'"{task.name}" has no {split} rows on the Hub; it has {splits}.')
    known = languages_of(task, split)
    if language not in known:
        raise UserError(f'"{task.name}" has no {split} rows in "{language}" on the Hub. It has {", ".join(known)}.')


def _read(task: Task, split: str, language: str, progress: Progress = SILENT) -> Iterator[Iterator[Row]]:
    """The rows of each data set that holds some of them, read as they are asked for."""
    _check(task, split, language)
    parts = _parts(task, split)
    for number, data in enumerate(parts):
        prefix = split if len(parts) == 1 else f"{split}-{number}"
        yield _part(data, Wanted(task, split, language, prefix, progress))


def _part(data: HubData, wanted: Wanted) -> Iterator[Row]:
    """The rows of one data set, with labels unless they are for testing; UserError if there are none."""
    from adapterstilts.rows.hub.repositories import locate
    from adapterstilts.rows.hub.tables import read_table

    located = locate(data, wanted.split, wanted.language)
    rows = reader(data.read)(read_table(located), wanted, data.columns)
    return with_labels(rows, wanted, located.place, "read them from a folder (--data FOLDER)")
