"""Lines and JSON of a text file, and the sentence that says where one is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError

_MARK = "\ufeff"


def wrong(path: Path | str, line: int, what: str) -> UserError:
    """The error of `line` (from 1) of `path`; `what` says what it has and what it must have."""
    return UserError(f"{path}, line {line}: {what}")


def read(path: Path) -> Iterator[tuple[int, str]]:
    """Each line's number, from 1, and its text without the line's end and without a byte order mark.

    Only LF and CRLF end a line: what Unicode calls a line separator is part of a sentence.

    Raises:
        UserError: the file cannot be opened, is not UTF-8 (naming the line), or holds nothing but white space.
    """
    blank = True
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                text = _decoded(raw, path, number).removesuffix("\n").removesuffix("\r")
                text = text.removeprefix(_MARK) if number == 1 else text
                blank = blank and not text.strip()
                yield number, text
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); check the path and its rights.") from error
    if blank:
        raise UserError(f"{path} is empty; fetch it again.")


def _decoded(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong(path, number, "this is not UTF-8; convert the file to UTF-8 or fetch it again.") from error


def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The JSON object of `members`; ValueError if two have one name, where `json` would keep the last."""
    value = dict(members)
    if len(value) < len(members):
        (twice, _), *_ = Counter(name for name, _ in members).most_common(1)
        raise ValueError(f'"{twice}" is there twice in one JSON object; keep one of them')
    return value


def whole(value: Any) -> int:
    """The whole number that a value is or spells; ValueError for any other."""
    spelt = value.strip() if isinstance(value, str) else value
    if isinstance(spelt, bool) or not isinstance(spelt, int | str):
        raise ValueError(f"{spelt!r} is no whole number")
    return int(spelt)


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
    text = "\n".join(text for _, text in read(path))
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise wrong(path, error.lineno, f"this is not JSON ({error.msg}); fetch the file again.") from error
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from error


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line's number and its JSON object; blank lines are passed over. UserError naming what is not one."""
    for number, text in read(path):
        if not text.strip():
            continue
        try:
            value = json.loads(text, object_pairs_hook=once)
        except json.JSONDecodeError as error:
            raise wrong(path, number, f"this is not JSON ({error.msg}); fetch the file again.") from error
        except ValueError as error:
            raise wrong(path, number, f"{error}.") from error
        if not isinstance(value, dict):
            raise wrong(path, number, "this is not a JSON object; each line must hold one.")
        yield number, value
