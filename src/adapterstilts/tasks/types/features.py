"""Features as columns: arrays that are written and read at once, of which each feature is made when it is looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, overload

import numpy

from adapterstilts.tasks.types import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAYS = ("flat", "ends", "inner", "absent")
_FACTS = "facts"


@dataclass(frozen=True)
class Column:
    """The values of one key in N features.

    `kind` says what each is: 'number', 'text' (its number in `words`), 'range' (first and last), 'numbers' (a list),
    'pairs' (a list of tuples) or 'lists' (of numbers). `flat` holds all numbers in their order, (T,) or (T, 2) int32,
    and the others where each list ends: `ends` (N,) in `flat` or, of 'lists', in `inner` (L,), which then ends in
    `flat`. `absent` (N,) bool marks the features that lack the key; None: none does.
    """

    kind: str
    flat: NDArray[numpy.int32]
    ends: NDArray[numpy.int64] | None = None
    inner: NDArray[numpy.int64] | None = None
    absent: NDArray[numpy.bool_] | None = None
    words: tuple[str, ...] = ()

    def value(self, index: int) -> Any:
        """Return the value of the feature at `index`."""
        if self.kind == "number":
            return int(self.flat[index])
        if self.kind == "text":
            return self.words[self.flat[index]]
        if self.kind == "range":
            return range(*self.flat[index].tolist())
        assert self.ends is not None
        begin, end = _bounds(self.ends, index)
        if self.inner is not None:
            return [self.flat[slice(*_bounds(self.inner, number))].tolist() for number in range(begin, end)]
        values = self.flat[begin:end]
        return list(zip(*values.T.tolist(), strict=True)) if self.kind == "pairs" else values.tolist()

    def sequences(self) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64] | None]:
        """The length of each list of numbers, (N,) or of 'lists' (L,), and of these how many each feature has, (N,)."""
        assert self.ends is not None
        counts = numpy.diff(self.ends, prepend=0)
        return (counts, None) if self.inner is None else (numpy.diff(self.inner, prepend=0), counts)


def _bounds(ends: NDArray[numpy.int64], index: int) -> tuple[int, int]:
    return int(ends[index - 1]) if index else 0, int(ends[index])


def column_of(values: Sequence[Any]) -> Column:
    """Return the column of some values of one kind, None where a feature lacks the key."""
    absent = numpy.fromiter((value is None for value in values), dtype=bool, count=len(values))
    present = [value for value in values if value is not None]
    kind = _kind_of(present)
    missing = absent if absent.any() else None
    if kind == "text":
        numbers = {word: number for number, word in enumerate(dict.fromkeys(present))}
        return Column(kind, _array([numbers.get(value, 0) for value in values]), absent=missing, words=tuple(numbers))
    if kind == "number":
        return Column(kind, _array([0 if value is None else value for value in values]), absent=missing)
    if kind == "range":
        bounds = [(0, 0) if value is None else (value.start, value.stop) for value in values]
        return Column(kind, _array(chain.from_iterable(bounds)).reshape(-1, 2), absent=missing)
    lists = [() if value is None else value for value in values]
    ends = _ends(lists)
    if kind == "lists":
        parts = list(chain.from_iterable(lists))
        return Column(kind, _array(chain.from_iterable(parts)), ends, _ends(parts), missing)
    flat = chain.from_iterable(lists)
    if kind == "pairs":
        return Column(kind, _array(chain.from_iterable(flat)).reshape(-1, 2), ends, absent=missing)
    return Column(kind, _array(flat), ends, absent=missing)


def _kind_of(values: Sequence[Any]) -> str:
    first = values[0] if values else []
    if isinstance(first, list):
        member = next((value[0] for value in values if value), 0)
        return "lists" if isinstance(member, list) else "pairs" if isinstance(member, tuple) else "numbers"
    return "range" if isinstance(first, range) else "text" if isinstance(first, str) else "number"


def _array(numbers: Iterable[int]) -> NDArray[numpy.int32]:
    return numpy.fromiter(numbers, dtype=numpy.int32)


def _ends(lists: Sequence[Sequence[Any]]) -> NDArray[numpy.int64]:
    return numpy.cumsum(numpy.fromiter(map(len, lists), dtype=numpy.int64, count=len(lists)), dtype=numpy.int64)


class Features(Sequence[Feature]):
    """N features that are columns; each is a dict, equal to the one that was encoded, when it is looked at."""

    def __init__(self, columns: dict[str, Column], count: int, digest: str | None = None) -> None:
        self.columns, self._count, self._digest = columns, count, digest

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Features:
        """Return what `encode` gave as columns."""
        if isinstance(features, cls):
            return features
        keys = dict.fromkeys(chain.from_iterable(features))
        return cls({key: column_of([feature.get(key) for feature in features]) for key in keys}, len(features))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Feature: ...
    @overload
    def __getitem__(self, index: slice) -> list[Feature]: ...
    def __getitem__(self, index: int | slice) -> Feature | list[Feature]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._feature(self.columns, index % self._count)

    def _feature(self, columns: dict[str, Column], index: int) -> Feature:
        return {
            key: column.value(index)
            for key, column in columns.items()
            if column.absent is None or not column.absent[index]
        }

    def digest(self) -> str:
        """Return 64 hexadecimal digits, equal if and only if all that training reads is, in the same order."""
        if self._digest is None:
            sha256 = hashlib.sha256()
            if self._count:
                ids = self.columns["input_ids"]
                sha256.update(ids.sequences()[0].astype("<i4").tobytes())
                sha256.update(ids.flat.astype("<i4").tobytes())
            rest = {key: column for key, column in self.columns.items() if key not in ("input_ids", "offsets")}
            for index in range(self._count):
                sha256.update(json.dumps(self._feature(rest, index), sort_keys=True, default=_bounds_of).encode())
            self._digest = sha256.hexdigest()
        return self._digest

    def to_bytes(self) -> bytes:
        """Return all of it, and its digest where that is known, for `from_bytes`."""
        from safetensors.numpy import save

        facts = {key: [column.kind, column.words] for key, column in self.columns.items()}
        said = json.dumps({"count": self._count, "digest": self._digest, "columns": facts}).encode()
        arrays = {
            f"{key}.{name}": array
            for key, column in self.columns.items()
            for name in _ARRAYS
            if (array := getattr(column, name)) is not None
        }
        return save({_FACTS: numpy.frombuffer(said, dtype=numpy.uint8), **arrays})

    @classmethod
    def from_bytes(cls, content: bytes | memoryview) -> Features:
        """Return what `to_bytes` wrote; what others wrote may be an error of any kind."""
        from safetensors.numpy import load

        arrays = load(bytes(content))
        said = json.loads(arrays[_FACTS].tobytes())
        columns: dict[str, Column] = {}
        for key, (kind, words) in said["columns"].items():
            ends, inner, absent = (arrays.get(f"{key}.{name}") for name in _ARRAYS[1:])
            columns[key] = Column(kind, arrays[f"{key}.flat"], ends, inner, absent, tuple(words))
        return cls(columns, said["count"], said["digest"])


def ids_of(features: Sequence[Mapping[str, Any]]) -> Column:
    """Return the token ids of some features, 'numbers' or, of choices, 'lists'."""
    if isinstance(features, Features) and len(features):
        return features.columns["input_ids"]
    return column_of([feature["input_ids"] for feature in features])


def _bounds_of(value: range) -> list[int]:
    return [value.start, value.stop]
