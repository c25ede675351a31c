"""Running text without labels, for masked language modelling: a folder's text files, or else pocket's documents."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

from adapterstilts import pocket
from adapterstilts.base.digests import sha256
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.pocket.documents import documents
from adapterstilts.rows import limits
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read
from adapterstilts.tasks import Task

_SEED = 1_000_000
"""Of pocket's documents: far from the seeds of those that its backbone was pretrained on."""
_DOCUMENTS = 24_000
"""Pocket's documents, as many as MNLI has rows there."""


def languages_of(task: Task, split: str = "test") -> tuple[str, ...]:
    """English, by which training rows are asked for, though the text is in any language; nothing is evaluated."""
    return task.train_languages if split == "train" else ()


def load(task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT) -> list[Row]:
    """At most `limit` (None: all) lines of the text: a sample as `limits` says, and pocket's first documents.

    UserError if there are no files, or one is empty.
    """
    if task.own is None:
        return [
            {"id": f"pocket-{number}", "text": text}
            for number, text in enumerate(islice(documents(_SEED), min(limit or _DOCUMENTS, _DOCUMENTS)))
        ]
    lines = ((path, line, text) for path in _files(task) for line, text in read(path) if text.strip())
    return limits.sample([[{"id": f"{path.stem}-{line}", "text": text} for path, line, text in lines]], limit)


def first(task: Task, split: str, language: str) -> Row:
    """The first line. UserError as `load`."""
    return load(task, split, language, 1)[0]


def revision(task: Task) -> str:
    """Pocket's version, or 'file ' and 16 hexadecimal digits: sha256 over the files and their names."""
    if task.own is None:
        return f"pocket {pocket.POCKET_VERSION}"
    digest = hashlib.sha256()
    for path in _files(task):
        digest.update(f"{path.name}\0{sha256(path)}\0".encode())
    return f"file {digest.hexdigest()[:16]}"


def _files(task: Task) -> list[Path]:
    assert task.own is not None and task.own.file is not None
    folder = task.own.file
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise UserError(f"There are no files {folder}/*.txt; give --text a folder of text files, a paragraph a line.")
    return files
