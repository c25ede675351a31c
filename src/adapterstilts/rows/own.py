"""Rows of a user's own task: from the files that its declaration names, from Python's lists, or from the Hub.

They are what they are, whatever --data says. Where there are no validation rows, a tenth of the training rows
validates, by paragraph where rows have one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adapterstilts.base.digests import Memory, sha256
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import path_of
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import hub, limits
from adapterstilts.rows.formats import Row, Rows, Wanted, conllu, squad, tagging
from adapterstilts.rows.formats.declared import rows_of
from adapterstilts.rows.formats.labels import with_labels
from adapterstilts.rows.formats.lines import read_json
from adapterstilts.rows.formats.records import dataset_records, list_records, read_records
from adapterstilts.rows.paragraphs import held_out
from adapterstilts.tasks import OwnRows, Task, declaration_json
from adapterstilts.tasks.own import OF_TAGGING

_SAID_OF_ROWS = ("type", "labels", "metric", "languages", "columns")
"""What of a declaration makes rows other rows."""


def languages_of(task: Task, split: str = "test") -> tuple[str, ...]:
    """The languages in which there are rows of `split`, in the declaration's order."""
    if split == "validation" and _holds_out(task):
        return languages_of(task, "train")
    if task.hub:
        return hub.languages_of(task, split)
    with_rows = _by_split(task).get(split, {})
    return tuple(language for language in task.languages if language in with_rows)


def load(task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT) -> list[Row]:
    """At most `limit` rows (None: all) of `task` in `split` ('train', 'validation', 'test') and `language`.

    `limits` says which they are. `progress` is told how many rows were left out.

    Raises:
        UserError: there are no such rows, a file cannot be read, or a row is not what the declaration says; it names
            the file, the line or the row, and the column.
    """
    return limits.sample([list(_read(task, split, language, progress))], limit)


def first(task: Task, split: str, language: str) -> Row:
    """The first of these rows. UserError as `load`."""
    return next(_read(task, split, language))


def revision(task: Task) -> str:
    """'file ' and 16 hexadecimal digits: sha256 over what the declaration says of rows, and over all of them.

    For the Hub the repository and the commit. UserError if a file cannot be read.
    """
    if task.hub:
        return hub.revision(task)
    own = _own(task)
    if not own.files and not own.rows:
        raise _not_at_hand(task)
    said = {key: value for key, value in declaration_json(task).items() if key in _SAID_OF_ROWS}
    digest = hashlib.sha256(_canonical(said))
    for split, by_language in sorted(own.files.items()):
        for language, written in sorted(by_language.items()):
            digest.update(f"{split}\0{language}\0{_digest_of(_path(own, written))}\0".encode())
    for split, rows_by_language in sorted(own.rows.items()):
        for language, rows in sorted(rows_by_language.items()):
            digest.update(f"{split}\0{language}\0".encode())
            for row in rows:
                digest.update(_canonical(row))
    return f"file {digest.hexdigest()[:16]}"


def _own(task: Task) -> OwnRows:
    assert task.own is not None
    return task.own


def _by_split(task: Task) -> Mapping[str, Mapping[str, Any]]:
    own = _own(task)
    return own.files or own.rows


def _holds_out(task: Task) -> bool:
    """Whether a tenth of the training rows validates."""
    splits = task.hub[0].splits if task.hub else _by_split(task)
    return "train" in splits and "validation" not in splits


def _read(task: Task, split: str, language: str, progress: Progress = SILENT) -> Iterator[Row]:
    """The rows in their order, read as they are asked for where the format allows it."""
    if _holds_out(task) and split in ("train", "validation"):
        return _kept(_all(task, "train", language, progress), task, split)
    return _all(task, split, language, progress)


def _kept(rows: Iterator[Row], task: Task, split: str) -> Iterator[Row]:
    """The training rows of `split`; UserError if none is held out."""
    empty = True
    for row in rows:
        # questions about one paragraph stay together
        if held_out(str(row.get("context") or row["id"])) == (split == "validation"):
            empty = False
            yield row
    if empty:
        raise UserError(
            f"{_own(task).source}: of the training rows too few are there to hold out a tenth as {split} rows; give "
            "more, or validation rows."
        )


def _all(task: Task, split: str, language: str, progress: Progress) -> Iterator[Row]:
    if task.hub:
        return iter(hub.load(task, split, language, None, progress))
    _check(task, split, language)
    own, wanted = _own(task), Wanted(task, split, language, split, progress)
    if own.files:
        path = _path(own, own.files[split][language])
        return with_labels(_of_file(path, wanted), wanted, path, "put some there")
    rows, place = own.rows[split][language], f'{own.source}, rows["{split}"]["{language}"]'
    records = dataset_records(rows, place) if hasattr(rows, "features") else list_records(rows, place)
    return with_labels(rows_of(records, wanted), wanted, place, "give some")


def _check(task: Task, split: str, language: str) -> None:
    own, splits = _own(task), _by_split(task)
    if not splits:
        raise _not_at_hand(task)
    if split not in splits:
        raise UserError(f'"{task.name}" has no {split} rows; {own.source} has {", ".join(splits)}.')
    if language not in splits[split]:
        raise UserError(f'"{task.name}" has no {split} rows in "{language}". It has {", ".join(splits[split])}.')


def _not_at_hand(task: Task) -> UserError:
    return UserError(
        f'The rows of "{task.name}" are not at hand: they are where its declaration says, so give it by --task-file '
        "FILE."
    )


def _path(own: OwnRows, written: str) -> Path:
    return own.folder / path_of(written)


def _of_file(path: Path, wanted: Wanted) -> Rows:
    task, suffix = wanted.task, path.suffix.lower()
    if task.type == "tagging" and suffix in OF_TAGGING:
        if suffix == ".conllu":
            return conllu.read_conllu([path], task.labels, wanted.language, wanted.prefix)
        return tagging.read_tagged(path, task.labels, wanted.prefix)
    if task.type == "question_answering" and suffix == ".json" and isinstance(read_json(path), dict):
        return squad.read_squad(path, unanswerable=task.metric == "squad2")
    return rows_of(read_records(path), wanted)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, default=str).encode()


def _digest_of(path: Path) -> str:
    """sha256 of a file's bytes, remembered while the file stays as it is."""
    memory = Memory("bytes", [path])
    try:
        return memory.value or memory.keep(sha256(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); check the path and its rights.") from error
