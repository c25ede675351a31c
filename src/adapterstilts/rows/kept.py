"""Rows and their features as they were read and encoded before: kept on disk, and made again if anything changed.

What they are follows from the files' digest (or pocket's version, or the Hub's commit), the task, the split, the
language, the limit, the tokenizer, the length, and the code that reads and encodes: each is in the key.
"""

from __future__ import annotations

import functools
import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from adapterstilts import __version__
from adapterstilts.base import cache
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import reading
from adapterstilts.rows.formats import Row
from adapterstilts.rows.labelled import LABELS
from adapterstilts.tasks import Task
from adapterstilts.tasks.types.features import Features

if TYPE_CHECKING:
    from adapterstilts.tasks.types import Feature, Learnable

_ROOMS = ("base", "tasks", "pocket", "rows")
"""The packages that what is here depends on: none of them imports another."""


class Rows(Sequence[Row]):
    """Rows that `key` tells from all others; those that were kept are parsed when they are looked at."""

    def __init__(self, key: str, rows: Callable[[], list[Row]]) -> None:
        self.key, self._read = key, rows

    @functools.cached_property
    def _rows(self) -> list[Row]:
        return self._read()

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        return self._rows[index]


def load(
    task: Task, split: str, languages: Sequence[str], data: str, limit: int | None = None, progress: Progress = SILENT
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return what `reading.load` does, by language, and note what it notes. UserError as there."""
    source = _Source((task,), data)

    def rows_in(language: str) -> Sequence[Row]:
        def read(progress: Progress) -> tuple[list[Row], list[Any]]:
            return reading.load(task, split, language, data, limit, progress), []

        return source.kept((split, language, limit), read, progress)[0]

    return {language: rows_in(language) for language in languages}


def labelled(task: Task, data: str) -> Task:
    """Return what `reading.labelled` does. UserError as there."""
    if task.type != "tagging" or task.labels:
        return task

    def read(_: Progress) -> tuple[list[Row], list[Any]]:
        return [], list(reading.labelled(task, data).labels)

    return replace(task, labels=tuple(_Source((task,), data).kept(("labels",), read, SILENT)[1]))


def validation_rows(
    train_task: Task, target: Task, data: str, limit: int | None = None, progress: Progress = SILENT
) -> reading.ValidationRows:
    """Return what `reading.validation_rows` does, and note what it notes. UserError as there."""

    def read(progress: Progress) -> tuple[Sequence[Row], list[Any]]:
        checked = reading.validation_rows(train_task, target, data, limit, progress)
        return checked.rows, [checked.left_out, checked.why]

    source = _Source((train_task, *reading.tested_on(train_task, target, data)), data)
    rows, facts = source.kept(("to choose by", limit), read, progress)
    return reading.ValidationRows(rows, *facts)


def features_of(
    task_type: Learnable,
    task: Task,
    rows: Sequence[Mapping[str, Any]],
    tokenizer: Any,
    max_length: int,
    *,
    labelled: bool,
) -> Sequence[Feature]:
    """Return what `task_type.encode` makes of `rows`; of `Rows`, by a tokenizer that has a digest, as it was kept.

    Not `labelled`: without the labels that are to be predicted. What is labelled is kept with its `batching.digest`.
    UserError as `encode`.
    """
    key = None
    if isinstance(rows, Rows) and (digest := getattr(tokenizer, "digest", None)):
        key = _key("features", rows.key, task_type.name, task.labels, labelled, digest, max_length)
    content = cache.read(key) if key else None
    if content is not None:
        return Features.from_bytes(content)
    read = rows if labelled else [{name: row[name] for name in row if name not in LABELS} for row in rows]
    features = task_type.encode(read, tokenizer, task, max_length)
    if not key:
        return features
    columns = Features.of(features)
    if labelled:
        columns.digest()
    cache.keep(key, columns.to_bytes())
    return columns


@dataclass(frozen=True)
class _Source:
    """Where rows are read: of which tasks, by which word."""

    tasks: tuple[Task, ...]
    data: str

    def kept(
        self,
        words: tuple[Any, ...],
        read: Callable[[Progress], tuple[Sequence[Row], list[Any]]],
        progress: Progress,
    ) -> tuple[Sequence[Row], list[Any]]:
        """Return what `read` gives, rows and what else is to say of them; `words` tell which rows of the source."""
        if self._identity is None:
            return read(progress)
        key = _key("rows", *self._identity, *words)
        entry = cache.read(key)
        if entry is not None:
            said, _, content = bytes(entry).partition(b"\n")
            notes, facts = json.loads(said)
            for note in notes:
                progress.note(note)
            return Rows(key, lambda: json.loads(content)), facts
        remembering = _Notes(progress)
        rows, facts = read(remembering)
        written = _written(rows)
        if written is None or self._identity != self._identify():  # somebody wrote while they were read
            return rows, facts
        cache.keep(key, json.dumps([remembering.texts, facts]).encode() + b"\n" + written)
        return Rows(key, lambda: list(rows)), facts

    @functools.cached_property
    def _identity(self) -> list[str] | None:
        return self._identify()

    def _identify(self) -> list[str] | None:
        """What tells these rows from others; None where that cannot be known: reading says why."""
        try:
            return [self.data, *(f"{task!r} {reading.source_revision(task, self.data)}" for task in self.tasks)]
        except UserError:
            return None


def _written(rows: Sequence[Row]) -> bytes | None:
    """The rows as JSON; None where they would not be the same when they are read."""
    try:
        content = json.dumps(rows)
        return content.encode() if json.loads(content) == rows else None
    except (TypeError, ValueError):
        return None


class _Notes:
    """Progress that remembers what is noted."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self.texts = progress, list[str]()

    def note(self, text: str) -> None:
        self.texts.append(text)
        self._progress.note(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._progress, name)


def _key(*words: Any) -> str:
    return cache.key_of(*words, *_code())


@functools.cache
def _code() -> list[str]:
    """The sha256 of all code that rows and features depend on, and the releases of what it calls."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (package / room).rglob("*.py")):
        digest.update(path.read_bytes())
    libraries = [version(name) for name in ("datasets", "tokenizers", "transformers")]
    return [digest.hexdigest(), __version__, unicodedata.unidata_version, *libraries]
