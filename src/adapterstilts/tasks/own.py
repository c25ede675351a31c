"""A user's own task: declared in a YAML file, from Python, or by an adapter that remembers what it was trained for.

The words are those of our own declarations. Every mistake is a `UserError` of one sentence, which names the file, the
key, and what it must be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean, printable
from adapterstilts.base.places import path_of
from adapterstilts.base.texts import is_text
from adapterstilts.base.yaml_files import read_yaml
from adapterstilts.tasks.combined import WORDS
from adapterstilts.tasks.declaration import SPLITS, TYPES, HubData, OwnRows, Task

METRICS = {
    "classification": ("accuracy",),
    "multiple_choice": ("accuracy",),
    "tagging": ("span_f1", "token_accuracy"),
    "question_answering": ("squad", "squad2", "mlqa"),
    "retrieval": ("accuracy", "mining_f1"),
}
"""The metrics of each type, the usual one first."""
COLUMNS = {
    "classification": ("sentence1", "sentence2", "label"),
    "multiple_choice": ("context", "question", "choices", "label"),
    "tagging": ("tokens", "tags"),
    "question_answering": ("context", "question", "answers", "answer_start"),
    "retrieval": ("sentence1", "sentence2"),
}
"""The columns of each type's rows; each may have an id, too."""
SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")
"""Files that hold a table or a list of objects."""
OF_TAGGING = (".tsv", ".txt", ".conll", ".conllu")
"""Files that hold a token a line: token TAB tag, or CoNLL-U."""
ENGLISH = "en"

_ROLES = ("intermediate", "target")
_REMEMBERED = "title type labels metric languages licence reference role train_on chance columns recipe".split()
_KEYS = ("name", *_REMEMBERED, "files", "hub")
_OF_HUB = ("id", "revision", "config", "splits", "language_names", "lacking")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]+)*")
_RESERVED = ("none", *WORDS)
"""The word for a backbone without an adapter, and those for what is joined."""
_DECLARED = "adapterstilts.rows.hub.readers:declared"


def read(path: Path) -> Task:
    """Return the task that the YAML file at `path` declares; UserError says what is wrong with it.

    Every scalar but those of 'recipe' is read as text, so that a label "no" is one.
    """
    values, plain = read_yaml(path, as_text=True), read_yaml(path)
    if not isinstance(values, dict):
        raise UserError(f"{path} must hold names and values, such as type: classification.")
    if "recipe" in values:
        values["recipe"] = plain["recipe"]
    named = {"name": path.stem, **values}
    return _task(named, OwnRows(str(path), path.expanduser().resolve()), read_from_file=True)


def declare(
    *,
    name: str,
    type: str,
    rows: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    labels: Sequence[str] = (),
    languages: Sequence[str] | None = None,
    metric: str | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    title: str | None = None,
    licence: str | None = None,
    reference: str | None = None,
    role: str | None = None,
    train_on: str | None = None,
    chance: float | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Task:
    """Declare a task of your own, which every function takes like the name of one of ours.

    `rows` are lists of dicts, or a `datasets.Dataset`, by split ('train', 'validation', 'test') and language: training
    is English ("en"), and without validation rows a tenth of it validates. `columns` are ours to theirs, where they
    differ: `adapterstilts.tasks.own.COLUMNS` lists ours. UserError says what does not fit.
    """
    values = {key: value for key, value in locals().items() if key != "rows" and value is not None}
    where = f'Task "{name}"'
    for split, by_language in _mapping({"rows": rows}, "rows", where).items():
        _one_of(split, SPLITS, "rows", where)
        if not isinstance(by_language, Mapping) or not all(_are_rows(each) for each in by_language.values()):
            raise UserError(
                f'{where}: "rows" must hold for "{split}" a list of dicts, or a datasets.Dataset, by language, such as '
                '{"en": rows}.'
            )
    return _task(values, OwnRows(where, rows=rows))


def declaration_json(task: Task) -> dict[str, Any]:
    """Return what an adapter has to remember of the user's own task that it was trained for: plain JSON, no paths."""
    remembered = {key: getattr(task, key) for key in _REMEMBERED}
    lists = {key: list(value) for key, value in remembered.items() if isinstance(value, tuple)}
    columns = {ours: theirs if isinstance(theirs, str) else list(theirs) for ours, theirs in task.columns.items()}
    return {"name": task.name, **remembered, **lists, "columns": columns, "recipe": dict(task.recipe)}


def from_json(declaration: Mapping[str, Any], source: str = "The declaration of the adapter's task") -> Task:
    """Return the task that `declaration_json` wrote; where its rows are is not known. UserError if it is not one."""
    if not isinstance(declaration, Mapping):
        raise UserError(f"{source} must be an object with names and values.")
    return _task(declaration, OwnRows(source), rowless=True)


def _task(values: Mapping[str, Any], own: OwnRows, read_from_file: bool = False, rowless: bool = False) -> Task:
    """Check `values` and make a task of them; `own` says where they stand."""
    where = own.source
    allowed = [key for key in _KEYS if key not in ("files", "hub") or read_from_file]
    for key in values:
        if key not in allowed:
            hint = did_you_mean(str(key), allowed) or f" There are {', '.join(allowed)}."
            raise UserError(f'{where}: there is no key "{printable(key)}".{hint}')
    kind = _one_of(_text(values, "type", where), TYPES, "type", where)
    hub: tuple[HubData, ...] = ()
    languages = _languages(values, where)
    if read_from_file:
        if ("files" in values) == ("hub" in values):
            raise UserError(f'{where} must say where the rows are: by "files" or by "hub", one of them.')
        if "hub" in values:
            hub = (_hub(_mapping(values, "hub", where), languages, kind, where),)
        else:
            own = replace(own, files=_files(values["files"], languages, kind, own))
    splits = {split: tuple(each) for split, each in (own.files or own.rows).items()}
    with_rows = tuple(dict.fromkeys(language for each in splits.values() for language in each))
    languages = languages or tuple(sorted(with_rows, key=lambda language: language != ENGLISH))
    _check_languages(splits, languages, kind, where)
    trained = "train" in (hub[0].splits if hub else splits)
    tested = splits.get("test", languages if hub else ())
    usual = "target" if kind == "retrieval" or set(tested) - {ENGLISH} else "intermediate"
    labels = _labels(values, kind, where)
    return Task(
        name=_name(values, where),
        title=_text(values, "title", where, values.get("name")),
        type=kind,
        languages=languages,
        labels=labels,
        metric=_one_of(_text(values, "metric", where, METRICS[kind][0]), METRICS[kind], "metric", where),
        chance=_chance(values, 100 / len(labels) if kind == "classification" else 0.0, where),
        licence=_text(values, "licence", where, ""),
        reference=_text(values, "reference", where, ""),
        role=_one_of(_text(values, "role", where, usual), _ROLES, "role", where),
        train_on=_train_on(values, kind, trained, rowless, where),
        hub=hub,
        recipe=_mapping(values, "recipe", where) if "recipe" in values else {},
        own=own,
        columns=_columns(values, kind, where),
    )


def _wrong(where: str, key: str, value: Any, wanted: str) -> UserError:
    shown = f'"{printable(value)}"' if isinstance(value, str) else printable(repr(value))
    return UserError(f'{where}: "{key}" is {shown if len(shown) <= 80 else shown[:76] + " ..."}, but must be {wanted}.')


def _text(values: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if value is None:
        raise UserError(f'{where}: "{key}" is missing.')
    if not is_text(value):
        raise _wrong(where, key, value, "a text")
    return value


def _texts(values: Mapping[str, Any], key: str, where: str, what: str) -> tuple[str, ...]:
    """A list of different texts, none empty."""
    value = values[key]
    if not isinstance(value, list | tuple) or not all(is_text(each) and each for each in value):
        raise _wrong(where, key, value, f"a list of {what}")
    for each in value:
        if list(value).count(each) > 1:
            raise UserError(f'{where}: "{key}" has "{printable(each)}" twice.')
    return tuple(value)


def _mapping(values: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = values[key]
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise _wrong(where, key, value, "names and values")
    return dict(value)


def _one_of(value: str, allowed: Sequence[str], key: str, where: str) -> str:
    if value not in allowed:
        hint = did_you_mean(value, allowed)
        raise UserError(f'{where}: "{key}" has no "{printable(value)}".{hint} It can be {", ".join(allowed)}.')
    return value


def _are_rows(value: Any) -> bool:
    """Whether it is a list of dicts or what `datasets` calls one, whose rows are dicts by construction."""
    if isinstance(value, list | tuple):
        return all(isinstance(row, Mapping) for row in value)
    return hasattr(value, "column_names") and hasattr(value, "features") and hasattr(value, "iter")


def _name(values: Mapping[str, Any], where: str) -> str:
    name = _text(values, "name", where)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        wanted = f"lower-case letters, digits and underscores, a letter first, and not {', '.join(_RESERVED)}"
        raise _wrong(where, "name", name, wanted)
    return name


def _labels(values: Mapping[str, Any], kind: str, where: str) -> tuple[str, ...]:
    needed = kind in ("classification", "tagging")
    if not values.get("labels"):
        if needed:
            raise UserError(f'{where}: "labels" is missing: the names of the labels, in any order that stays.')
        return ()
    if not needed:
        raise UserError(f'{where}: {kind} has no "labels"; leave them out.')
    labels = _texts(values, "labels", where, "names of labels")
    if len(labels) < 2:
        raise _wrong(where, "labels", list(labels), "a list of two or more")
    return labels


def _chance(values: Mapping[str, Any], usual: float, where: str) -> float:
    value = values.get("chance", usual)
    try:
        chance = float(value)
    except (TypeError, ValueError):
        chance = -1.0
    if not 0 <= chance <= 100:
        raise _wrong(where, "chance", value, "a number from 0 to 100")
    return chance


def _languages(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    languages = _texts(values, "languages", where, "languages' codes") if "languages" in values else ()
    for language in languages:
        _check_code(language, where)
    return languages


def _check_code(language: str, where: str) -> None:
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise UserError(f'{where}: "{printable(language)}" is no language\'s code; write one such as de or zh-Hant.')


def _train_on(values: Mapping[str, Any], kind: str, trained: bool, rowless: bool, where: str) -> str | None:
    if values.get("train_on") is None:
        return str(values["name"]) if trained else None
    if trained:
        raise UserError(f'{where}: it has training rows, so "train_on" has no place; leave one of them out.')
    if kind == "retrieval" and not rowless:
        raise UserError(f'{where}: retrieval is not trained, so "train_on" has no place; leave it out.')
    return _text(values, "train_on", where)


def _columns(values: Mapping[str, Any], kind: str, where: str) -> dict[str, str | tuple[str, ...]]:
    columns = _mapping(values, "columns", where) if "columns" in values else {}
    checked: dict[str, str | tuple[str, ...]] = {}
    for ours, theirs in columns.items():
        _one_of(ours, ("id", *COLUMNS[kind]), "columns", where)
        if ours == "choices" and not isinstance(theirs, str):
            checked[ours] = _texts(columns, ours, where, "columns, one for each choice")
        elif isinstance(theirs, str) and theirs:
            checked[ours] = theirs
        else:
            raise _wrong(where, f"columns: {ours}", theirs, "the name of a column")
    return checked


def _check_languages(splits: Mapping[str, Sequence[str]], languages: Sequence[str], kind: str, where: str) -> None:
    for split, split_languages in splits.items():
        for language in split_languages:
            _check_code(language, where)
            if language not in languages:
                raise UserError(f'{where}: there are {split} rows in "{language}", which "languages" lacks; add it.')
    if kind == "retrieval":
        if "train" in splits:
            raise UserError(f"{where}: retrieval is not trained; leave the training rows out.")
        if ENGLISH in languages:
            raise UserError(f"{where}: one side of every pair is English, so the language is the other's; not en.")
        return
    if "train" in splits and tuple(splits["train"]) != (ENGLISH,):
        raise UserError(f"{where}: training rows are English, and only English; there must be {ENGLISH} alone.")
    if "train" in splits and "validation" in splits and ENGLISH not in splits["validation"]:
        raise UserError(f"{where}: validation rows must be there in English, which chooses the weights; add {ENGLISH}.")


def _files(value: Any, languages: Sequence[str], kind: str, own: OwnRows) -> dict[str, dict[str, str]]:
    """Paths by split and language; a path alone is English, or with ``{language}`` every language."""
    where = own.source
    files: dict[str, dict[str, str]] = {}
    for split, written in _mapping({"files": value}, "files", where).items():
        _one_of(split, SPLITS, "files", where)
        if isinstance(written, str) and "{language}" in written:
            if not languages:
                raise UserError(f'{where}: {written} is in every language, so "languages" must list them.')
            written = {language: written.replace("{language}", language) for language in languages}
        elif isinstance(written, str):
            written = {ENGLISH: written}
        paths = _mapping({f"files: {split}": written}, f"files: {split}", where)
        files[split] = {language: _path(path, kind, split, own) for language, path in paths.items()}
    if not any(files.values()):
        raise _wrong(where, "files", value, "files by split and language, such as train: {en: train.csv}")
    return {split: paths for split, paths in files.items() if paths}


def _path(written: Any, kind: str, split: str, own: OwnRows) -> str:
    if not isinstance(written, str) or not written:
        raise _wrong(own.source, f"files: {split}", written, "the path of a file")
    try:
        path = own.folder / path_of(written)
    except UserError as error:
        raise UserError(f"{own.source}, under files: {split}: {error}") from error
    if not path.is_file():
        raise UserError(f"{own.source}: there is no file {written} ({path}); correct the path under files: {split}.")
    allowed = (*SUFFIXES, *OF_TAGGING) if kind == "tagging" else SUFFIXES
    if path.suffix.lower() not in allowed:
        raise UserError(f"{own.source}: {written} is of no format that is read; {kind} takes {' '.join(allowed)}.")
    return written


def _hub(values: Mapping[str, Any], languages: Sequence[str], kind: str, where: str) -> HubData:
    where = f"{where}, hub"
    for key in values:
        _one_of(key, _OF_HUB, "hub", where)
    identifier = _text(values, "id", where)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", identifier):
        raise _wrong(where, "id", identifier, "a data set's id, such as owner/name")
    if not languages:
        raise UserError(f'{where}: "languages" is missing: those of the data set, such as [en, de].')
    if "splits" not in values:
        raise UserError(f'{where}: "splits" is missing: ours to theirs, such as {{train: train, test: test}}.')
    splits = {
        split: _text({split: theirs}, split, where) for split, theirs in _mapping(values, "splits", where).items()
    }
    for split in splits:
        _one_of(split, SPLITS, "splits", where)
    if kind == "retrieval" and "train" in splits:
        raise UserError(f"{where}: retrieval is not trained; leave the training split out.")
    if "train" in splits and ENGLISH not in languages:
        raise UserError(f'{where}: training rows are English, so "languages" must have {ENGLISH}.')
    names = _mapping(values, "language_names", where) if "language_names" in values else {}
    lacking = _mapping(values, "lacking", where) if "lacking" in values else {}
    revision = _text(values, "revision", where, "")
    data = HubData(
        id=identifier,
        config=_text(values, "config", where, "default"),
        splits=splits,
        read=_DECLARED,
        language_names={language: _text(names, language, where) for language in names},
        lacking={split: _texts(lacking, split, where, "languages' codes") for split in lacking},
    )
    return replace(data, revisions=(revision,)) if revision else data
