"""Rows of a task from a user's own folder: which files hold a split, and what is missing.

The folder is what XTREME's download_data.sh leaves, the data sets' own releases unpacked, or one data set's
folder alone: the tasks' declarations have the names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.base.digests import Memory
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import limits
from adapterstilts.rows.formats import Row, Wanted, ccg, reader
from adapterstilts.rows.formats.labels import with_labels
from adapterstilts.tasks import Files, Part, Task, tested_on_validation_of


def has(task: Task, split: str) -> bool:
    """Whether the data set of `task` has files of `split` at all."""
    return split in task.files


def languages_of(task: Task, folder: Path, split: str = "test") -> tuple[str, ...]:
    """The languages in which `folder` has all files of `split` of `task`, in the benchmark's order."""
    return tuple(language for language in _languages(task, split) if not missing(task, split, language, folder))


def languages_begun(task: Task, folder: Path, split: str) -> tuple[str, ...]:
    """The languages in which `folder` has a part of `split` of `task`, in the benchmark's order."""
    parts = task.files.get(split, ())
    known = _languages(task, split) if parts else ()
    return tuple(language for language in known if len(missing(task, split, language, folder)) < len(parts))


def load(
    task: Task, split: str, language: str, folder: Path, limit: int | None = None, progress: Progress = SILENT
) -> list[Row]:
    """At most `limit` rows (None: all) of `task` in `split` ('train', 'validation', 'test') and `language`.

    `limits` says which they are. `progress` is told how many rows of the files were left out. A test file without
    labels gives rows without the column of the labels, or for retrieval with one side each.

    Raises:
        UserError: `folder`, the split, the language or a file is not there, a file is not what its format says,
            or training or validation rows lack their labels.
    """
    return limits.sample([list(part) for part in _complete(task, split, language, folder, progress)], limit)


def first(task: Task, split: str, language: str, folder: Path) -> Row:
    """The first of these rows: no other is read. UserError as `load`."""
    return next(_complete(task, split, language, folder)[0])


def found(
    task: Task, split: str, language: str, folder: Path, progress: Progress = SILENT
) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of those parts of the split that are there, and for each other part what is missing.

    Only ANLI+ has several parts. UserError as `load` says, but for the files that are not there.
    """
    read, absent = _read(task, split, language, folder, progress)
    return [row for part in read for row in part], absent


def _complete(task: Task, split: str, language: str, folder: Path, progress: Progress = SILENT) -> list[Iterator[Row]]:
    """The rows of each part, read as they are asked for; UserError if a part is missing."""
    read, absent = _read(task, split, language, folder, progress)
    if absent:
        note = f"; {task.files_note}" if task.files_note else ""
        rows = sum(1 for part in read for _ in part)
        present = f"{rows} rows were found; " if rows else ""
        others = {each: languages_begun(task, folder, each) for each in task.files if each != split}
        listed = ", ".join(f"{each} in {', '.join(codes)}" for each, codes in others.items() if codes)
        note += f"; other rows are there: {listed}" if listed else ""
        raise UserError(
            f'{folder} has not all {split} rows of "{task.name}" in "{language}": {present}'
            f"{'; '.join(absent)}; put what is missing there or choose another --data{note}."
        )
    return read


def _read(
    task: Task, split: str, language: str, folder: Path, progress: Progress
) -> tuple[list[Iterator[Row]], tuple[str, ...]]:
    """The rows of each part that is there, read as they are asked for, and for each other part what is missing."""
    _check(task, split, language, folder)
    read: list[Iterator[Row]] = []
    absent: list[str] = []
    parts = task.files[split]
    for number, part in enumerate(parts):
        prefix = split if len(parts) == 1 else f"{split}-{number}"
        located = _locate(part, language, folder)
        if isinstance(located, str):
            absent.append(located)
            continue
        layout, paths = located
        wanted = Wanted(task, split, language, prefix, progress)
        read.append(with_labels(reader(layout.read)(paths, wanted), wanted, paths[0], "fetch it again"))
    return read, tuple(absent)


def missing(task: Task, split: str, language: str, folder: Path) -> tuple[str, ...]:
    """What `folder` lacks of the files of `split` of `task` in `language`: a phrase with their names for each part.

    UserError if the folder, the split or the language is not there.
    """
    _check(task, split, language, folder)
    located = (_locate(part, language, folder) for part in task.files[split])
    return tuple(phrase for phrase in located if isinstance(phrase, str))


def all_missing(task: Task, folder: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """What `missing` says, by split and by language; without those that lack nothing."""
    lacking: dict[str, dict[str, tuple[str, ...]]] = {}
    for split in task.files:
        named = {language: missing(task, split, language, folder) for language in _languages(task, split)}
        lacking[split] = {language: phrases for language, phrases in named.items() if phrases}
    return {split: languages for split, languages in lacking.items() if languages}


def listed_tags(task: Task, folder: Path) -> tuple[str, ...]:
    """The tags that a file beside the training rows of `task` lists, none without one."""
    located = _locate(task.files["train"][0], "en", folder)
    return () if isinstance(located, str) else ccg.listed_tags(located[1][0].with_name(ccg.TAGS))


def revision(task: Task, folder: Path) -> str:
    """'folder ' and 16 hexadecimal digits: sha256 over the names and bytes of all files that say which rows it has.

    It is remembered while the files stay as they are. UserError if one cannot be read.
    """
    files = _files(task, folder)
    memory = Memory(f"rows below {os.path.abspath(folder)}", files)
    return f"folder {(memory.value or memory.keep(_digest(files, folder)))[:16]}"


def _digest(files: list[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        try:
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise UserError(
                f"{path} cannot be read ({error.strerror or error}); check the path and its rights."
            ) from error
    return digest.hexdigest()


def _files(task: Task, folder: Path) -> list[Path]:
    """The files that say which rows `task` has, each once and sorted.

    They hold its rows, or their labels, or test rows whose paragraphs are left out of its validation rows.
    """
    wanted = [
        (part, language)
        for split, parts in task.files.items()
        for language in _languages(task, split)
        for part in parts
    ]
    wanted += [(part, "en") for other in tested_on_validation_of(task) for part in other.files["test"]]
    row_files: set[Path] = set()
    for part, language in wanted:
        located = _locate(part, language, folder)
        if not isinstance(located, str):
            layout, paths = located
            beside = (paths[0].with_name(name) for name in _named(layout.beside, layout, language))
            row_files.update(paths, (path for path in beside if path.is_file()))
    return sorted(row_files)


def _languages(task: Task, split: str) -> tuple[str, ...]:
    """The languages of a split: what is held out of training rows to validate is English, as they are themselves."""
    if split == "train":
        return task.train_languages
    return ("en",) if task.files.get("train") == task.files.get(split) else task.languages


def _check(task: Task, split: str, language: str, folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; give --data a folder that is there.")
    splits = task.files
    if split not in splits:
        raise UserError(f'"{task.name}" has no {split} files; it has {", ".join(splits)}.')
    known = _languages(task, split)
    if language not in known:
        raise UserError(f'"{task.name}" has no {split} rows in "{language}". It has {", ".join(known)}.')


def _locate(part: Part, language: str, folder: Path) -> tuple[Files, list[Path]] | str:
    """The first layout of which all files are there, and them; or what is missing."""
    tried: list[str] = []
    begun: list[str] = []
    for layout in part:
        named = _named(layout.names, layout, language)
        paths = {name: _matches(folder, name) for name in named}
        lacking = [name for name in named if not paths[name]]
        if not lacking:
            return layout, [path for name in named for path in paths[name]]
        if len(lacking) < len(named):
            begun.append(f"{' and '.join(lacking)} beside {' and '.join(name for name in named if paths[name])}")
        tried.append(" with ".join(named))
    return f"there is no {', nor '.join(begun or tried)}"


def _named(names: Sequence[str], layout: Files, language: str) -> list[str]:
    """`names` of `layout` in `language`."""
    theirs = layout.language_names.get(language, language)
    return [name.format(language=language, name=theirs) for name in names]


def _matches(folder: Path, name: str) -> list[Path]:
    """The files called `name` in `folder`, whose own name may be the first part of theirs."""
    first, _, rest = name.partition("/")
    names = [name, rest] if rest and folder.resolve().name == first else [name]
    for candidate in names:
        paths = [path for path in sorted(folder.glob(candidate)) if path.is_file()]
        if paths:
            return paths
    return []
