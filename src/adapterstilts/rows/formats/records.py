"""Tables and lists of objects, as a user has them: CSV, TSV, JSON lines, JSON, parquet, dicts, a `datasets.Dataset`.

What the columns mean is not known here; `declared` makes rows of them.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adapterstilts.base.errors import UserError
from adapterstilts.base.texts import read_text
from adapterstilts.rows.formats.lines import read_json, read_json_lines, wrong

if TYPE_CHECKING:
    import datasets

_AT_ONCE = 1000
Entries = Iterator[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True)
class Records:
    """The values of each record by column, with its number from 1, and the `columns` that the first record has.

    A number is that of a line of `place`, or as `unit` says. `names` are those of the numbers in a column, where the
    file says them.
    """

    place: str
    columns: tuple[str, ...]
    entries: Entries
    unit: str = "row"
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def wrong(self, number: int, what: str) -> UserError:
        """The error of one record; `what` says what it has and what it must have."""
        return UserError(f"{self.place}, {self.unit} {number}: {what}")


def read_records(path: Path) -> Records:
    """The records of a file, in the format that its suffix names.

    Raises:
        UserError: the file cannot be read, is empty, or is not what its suffix says; it names the line.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _table(path, "," if suffix == ".csv" else "\t")
    if suffix == ".parquet":
        return _parquet(path)
    if suffix == ".jsonl":
        return _objects(str(path), read_json_lines(path), "line")
    return list_records(read_json(path), str(path))


def list_records(value: Any, place: str) -> Records:
    """The records of a list of objects; UserError if `value` is none."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise UserError(f"{place} must be a list of objects, each with the columns of a row.")
    return _objects(place, iter(enumerate(value, 1)), "row")


def _objects(place: str, entries: Iterable[tuple[int, Mapping[str, Any]]], unit: str) -> Records:
    rest = iter(entries)
    first = next(rest, None)
    if first is None:
        raise UserError(f"{place} has no rows; put some there.")
    return Records(place, tuple(map(str, first[1])), itertools.chain([first], rest), unit)


def dataset_records(dataset: datasets.Dataset, place: str, described: Mapping[str, Any] | None = None) -> Records:
    """The records of a `datasets.Dataset`; the names of its class labels are those of its numbers.

    `described` are the columns' types as the data set's card has them, where the file's own say less.
    """
    import datasets

    def entries() -> Entries:
        number = 0
        try:
            for batch in dataset.with_format(None).iter(_AT_ONCE):
                for values in zip(*batch.values(), strict=True):
                    number += 1
                    yield number, dict(zip(batch, values, strict=True))
        except UnicodeDecodeError as error:
            what = f"after row {number}: there is text that is not UTF-8; convert it to UTF-8."
            raise UserError(f"{place}, {what}") from error

    names: dict[str, tuple[str, ...]] = {}
    for features in (described or {}, dataset.features):
        for name, kind in features.items():
            inner = kind[0] if isinstance(kind, list) else getattr(kind, "feature", kind)
            if isinstance(inner, datasets.ClassLabel) and inner.names:
                names[name] = tuple(inner.names)
    return Records(place, tuple(dataset.column_names), entries(), names=names)


def _parquet(path: Path) -> Records:
    import datasets
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{path} cannot be read as parquet ({str(error).splitlines()[0]}); write it again.") from error
    return dataset_records(datasets.Dataset(table), str(path))


def _table(path: Path, delimiter: str) -> Records:
    """A first line of names, then a record each, which may span lines within quotation marks.

    Where the marks in a table with tabs cannot be such, it was written without, and they belong to the text.
    """
    text = read_text(path)
    if not text.strip():
        raise UserError(f"{path} is empty; put rows there.")
    try:
        lines = list(_csv(text, path, delimiter, csv.QUOTE_MINIMAL))
    except UserError:
        if delimiter != "\t" or '"' not in text:
            raise
        lines = list(_csv(text, path, delimiter, csv.QUOTE_NONE))
    _, header = lines[0]
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise wrong(path, 1, f'the column "{twice[0]}" is there twice: names must differ.')
    if len(lines) == 1:
        raise UserError(f"{path} has no rows below its line of names; put some there.")
    entries = ((number, dict(zip(header, values, strict=True))) for number, values in lines[1:])
    return Records(str(path), tuple(header), entries, "line")


def _csv(text: str, path: Path, delimiter: str, quoting: Literal[0, 3]) -> Iterator[tuple[int, Sequence[str]]]:
    """The number of each record's first line, and its fields; UserError where there are other than in the first."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a long text is no mistake
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=delimiter, quoting=quoting, strict=True)
    width, line = 0, 1
    try:
        for values in reader:
            if values:
                width = width or len(values)
                if len(values) != width:
                    raise wrong(path, line, f"there are {len(values)} columns: it must be the {width} of line 1.")
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise wrong(path, line, f"this is not {path.suffix[1:].upper()} ({error}).") from error
