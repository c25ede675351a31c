"""Lines and JSON of a text file, and the sentence that says where one is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError, printable
from adapterstilts.base.texts import numbered, parse_json
from adapterstilts.base.texts import wrong as wrong

_SHOWN = 60
"""Characters of a wrong value that a sentence quotes."""


def names_missing(wanted: Iterable[str], columns: Iterable[str], between: str = "tabs") -> str:
    """What to do about a table of which none of the columns has a name that is `wanted`; empty if one has."""
    names = list(wanted)
    if set(names) & set(columns):
        return ""
    return f" If line 1 is a row already, put a line of names before it: {', '.join(names)}, between {between}."


def read(path: Path) -> Iterator[tuple[int, str]]:
    """Each line's number, from 1, and its text without the line's end and without a byte order mark.

    Raises:
        UserError: the file cannot be opened, is not UTF-8 (naming the line), or holds nothing but white space.
    """
    blank = True
    try:
        with path.open("rb") as file:
            for number, text in numbered(file, str(path)):
                blank = blank and not text.strip()
                yield number, text
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); check the path and its rights.") from error
    if blank:
        raise UserError(f"{path} is empty; fetch it again.")


def whole(value: Any) -> int:
    """The whole number that a value is or spells; ValueError for any other."""
    spelt = value.strip() if isinstance(value, str) else value
    if isinstance(spelt, int | str) and not isinstance(spelt, bool):
        with suppress(ValueError):  # its words are Python's
            return int(spelt)
    if isinstance(spelt, list | dict):
        shown = "a list" if isinstance(spelt, list) else "an object"
    else:
        shown = printable(json.dumps(spelt, ensure_ascii=False))[:_SHOWN]
    raise ValueError(f"{shown} is no whole number")


def list_of(entry: Any, name: str) -> list[dict[str, Any]]:
    """The objects that `entry` has under `name`; KeyError if it has nothing there, TypeError for anything else."""
    if not isinstance(entry, dict):
        raise TypeError(f'what should have "{name}" is not an object')
    value = entry[name]
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise TypeError(f'"{name}" is not a list of objects')
    return value


def text_of(entry: Mapping[str, Any], name: str) -> str:
    """The text that `entry` has under `name`; KeyError if it has nothing there, TypeError for anything but a text."""
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError(f'"{name}" is not a text')
    return value


def id_of(entry: Mapping[str, Any]) -> str:
    """The id of `entry`, a text or a number; KeyError if it has none, TypeError for anything else."""
    value = entry["id"]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError('"id" is neither a text nor a number')
    return str(value)


def read_json(path: Path) -> Any:
    """The value that a JSON file holds; UserError naming the line where it is not JSON."""
    return parse_json("\n".join(text for _, text in read(path)), str(path), once=True)


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line's number and its JSON object; blank lines are passed over. UserError naming what is not one."""
    for number, text in read(path):
        if not text.strip():
            continue
        value = parse_json(text, str(path), number, once=True)
        if not isinstance(value, dict):
            raise wrong(path, number, "this is not a JSON object; each line must hold one.")
        yield number, value
