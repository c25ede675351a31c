"""Data of others, checked against a type: JSON, YAML, settings, facts. Thin over pydantic, imported by the first check.

A type is a frozen dataclass, a `typing_extensions.TypedDict`, or anything annotated with limits of `annotated_types`;
`Words` on it says in English what it must be.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeGuard, TypeVar, cast

from annotated_types import Predicate

from adapterstilts.base import texts
from adapterstilts.base.errors import UserError, did_you_mean, printable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def is_finite(number: float) -> bool:
    """Whether a float can hold `number`, and it is neither infinite nor NaN."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def is_number(value: Any) -> TypeGuard[float]:
    """Whether `value`, which others wrote, is a finite number."""
    return type(value) in (int, float) and is_finite(value)


Finite = Annotated[float, Predicate(is_finite)]
"""A number that is neither infinite nor NaN; a whole number becomes a float."""
Number = Annotated[int | float, Predicate(is_finite)]
"""A finite number, whole or not, that stays as it was written."""

_SHOWN = 60
"""Characters of a wrong value that a sentence quotes."""
_STRUCTURE = {"missing", "extra_forbidden", "literal_error", "unexpected_keyword_argument"}
"""Kinds of error that say that a value is of another shape altogether, rather than a little wrong."""
_WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "float_type": "a number",
    "finite_number": "a finite number",
    "predicate_failed": "a finite number",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "bool_type": "true or false",
    "none_required": "null",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object with names and values",
    "mapping_type": "an object with names and values",
    "dataclass_type": "an object with names and values",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "union_tag_invalid": "of a known kind ({expected_tags})",
}


@dataclass(frozen=True)
class Words:
    """In `Annotated`, last: what a value must be, in English, instead of what the type alone says."""

    text: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.custom_error_schema(
            handler(source), "words", custom_error_message="{words}", custom_error_context={"words": self.text}
        )


def checked(type_: type[T], value: Any, where: str, *, unknown: Literal["forbid", "ignore"] = "forbid") -> T:
    """Return `value`, plain data or dataclasses, as a `type_`; nothing is coerced but whole numbers to floats.

    Lists become tuples where the type says so. `unknown` names are refused or passed over.

    Raises:
        UserError: the first thing in `value` that does not fit, after `where` and by its path.
    """
    try:
        data = plain(value)
        text = json.dumps(data)
    except TypeError as error:
        raise UserError(f"{where} cannot be read: {error}.") from error
    except ValueError as error:  # Python writes no number of more than 4,300 digits
        raise UserError(f"{where} cannot be read: a number in it is not finite.") from error
    except RecursionError as error:
        raise UserError(f"{where} cannot be read: it is nested too deeply.") from error
    from pydantic import ValidationError

    try:
        # by way of JSON: there pydantic's strictness takes objects for dataclasses, and lists for tuples
        checked_value: T = _adapter(cast(Any, type_)).validate_json(text, strict=True, extra=unknown)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise UserError(_sentence(errors, data, where)) from error
    return checked_value


def plain(value: Any) -> Any:
    """Return `value` as JSON has it: dataclasses as objects, tuples as lists; the inverse of `checked`.

    Raises:
        TypeError: something in it has a type that JSON lacks, or a name in it is no text.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.init}
    if isinstance(value, Mapping):
        for name in value:
            if type(name) is not str:
                raise TypeError(f"the name {_shown(name)} is not text")
        return {name: plain(item) for name, item in value.items()}
    raise TypeError(f"a value of the type {type(value).__name__} is not plain data")


def read_json(path: Path, limit: int, depth: int = 64) -> Any:
    """Return what the JSON file `path` of at most `limit` bytes holds, nested at most `depth` levels.

    Raises:
        UserError: the file cannot be read, is larger or deeper, is no JSON, or has a number that is not finite.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > limit:
        raise UserError(f"{path} cannot be read: it is larger than {limit:,} bytes.")
    return parse_json(data, str(path), depth)


def read_object(path: Path, limit: int) -> dict[str, Any]:
    """Return the JSON object that the file `path` holds; UserError as `read_json`, or if it holds anything else."""
    content = read_json(path, limit)
    if not isinstance(content, dict):
        raise UserError(f"{path} holds {_shown(content)}, but must hold one JSON object; get or write the file again.")
    return content


def parse_json(data: bytes, where: str, depth: int = 64, once: bool = False) -> Any:
    """Return what the JSON text `data` holds, as `read_json` does.

    `once` refuses an object that has a name twice, where otherwise the last counts.
    """
    try:
        parsed = texts.parse_json(
            texts.decoded(data, where),
            where,
            once=once,
            parse_constant=_number,
            parse_int=_number,
            parse_float=_number,
        )
    except OverflowError as error:
        raise UserError(f"{where} cannot be read: {error}.") from error
    level = [parsed]
    for _ in range(depth + 1):
        level = [item for value in level if isinstance(value, list | dict) for item in _items(value)]
        if not level:
            return parsed
    raise UserError(f"{where} cannot be read: it is nested more than {depth} levels deep.")


def json_of(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return `value` as JSON text, letters of every script as they are; all that is written or printed goes through it.

    Raises:
        TypeError: it holds something that JSON lacks.
        UserError: it holds a number that is not finite, which other programs could not read.
    """
    try:
        return json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False, allow_nan=False, default=plain)
    except ValueError as error:
        raise UserError(
            "A number that was to be written is not finite, so nothing was; train or import again."
        ) from error


@functools.cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(type_)


def _items(value: list[Any] | dict[str, Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _number(text: str) -> int | float:
    """Return the number that `text` writes; `OverflowError` if it is not finite, or a float could not hold it."""
    number = float(text)
    if not math.isfinite(number):
        raise OverflowError(f"the number {_shown(text)[1:-1]} is not finite")
    return int(text) if text.lstrip("-").isdigit() else number


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return printable(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 4]} ...")


def _sentence(errors: Sequence[Any], value: Any, where: str) -> str:
    """Say what is wrong with `value`, of which pydantic found `errors`."""
    located = [(*_locate(error, value), error) for error in errors]
    path, _, _, error = located[0]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "json_invalid":
        deep = "recursion" in str(context.get("error"))
        return f"{where} cannot be read: it {'is nested too deeply' if deep else 'has text that is not Unicode'}."
    alternatives = _alternatives(located)
    path, _, shown, error = alternatives[0]
    name = printable(path)
    kind = error["type"]
    if kind == "missing":
        return f'{where}: "{name}" is missing.'
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f'{where}: "{name}" is not known.'
    wanted = " or ".join(dict.fromkeys(_wanted(error) for *_, error in alternatives))
    subject = f'{where}: "{name}"' if path else where
    hint = ""
    if kind == "literal_error" and isinstance(shown, str):
        hint = did_you_mean(shown, re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    return f"{subject} is {_shown(shown)}, but must be {wanted}.{hint}"


def _locate(error: Any, value: Any) -> tuple[str, tuple[Any, ...], Any]:
    """Return the path of an error in `value`, the unions' branches on the way to it, and the wrong part of `value`.

    In pydantic's location the name of a branch looks like a field's, but the value has no such field.
    """
    path, branches, location = "", [], error["loc"]
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if isinstance(step, int) and isinstance(value, list):
            path, value = f"{path}[{step}]", value[step] if step < len(value) else None
        elif isinstance(value, dict) and (step in value or last and error["type"] == "missing"):
            path, value = f"{path}.{step}" if path else str(step), value.get(step)
        else:
            branches.append((path, step))
    return path, tuple(branches), value


def _alternatives(located: list[tuple[str, tuple[Any, ...], Any, Any]]) -> list[tuple[str, tuple[Any, ...], Any, Any]]:
    """Return the error to tell: one, or in a union what each of its branches says of the same value.

    Of a union's branches the one counts whose shape the value fits best.
    """
    first = located[0]
    for depth in range(max(len(branches) for _, branches, *_ in located)):
        here = [item for item in located if item[1][:depth] == first[1][:depth] and len(item[1]) > depth]
        if len(first[1]) <= depth or not here:
            break
        union = [item for item in here if item[1][depth][0] == first[1][depth][0]]
        groups: dict[Any, list[Any]] = {}
        for item in union:
            groups.setdefault(item[1][depth], []).append(item)
        if len({item[0] for item in union}) == 1 and all(len(group) == 1 for group in groups.values()):
            return union
        best = min(groups.values(), key=lambda group: (sum(_is_structure(item) for item in group), len(group)))
        located, first = best, best[0]
    return [first]


def _is_structure(item: tuple[str, tuple[Any, ...], Any, Any]) -> bool:
    return item[3]["type"] in _STRUCTURE or item[3]["type"].endswith("_type") and item[0] == item[1][-1][0]


def _wanted(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "words":
        return str(context["words"])
    if kind == "value_error":
        return str(context["error"])
    return _WANTED[kind].format(**context) if kind in _WANTED else f"otherwise ({error['msg']})"
