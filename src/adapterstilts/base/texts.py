"""Text that others wrote, in files and pipes: UTF-8, with or without a byte order mark, and JSON in it.

What is not such text is a `UserError` of one sentence that names the place and the line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

from adapterstilts.base.errors import UserError

_SURROGATE = re.compile("[\ud800-\udfff]")
_MAY_BE_LONE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F])|.)", re.DOTALL)


def wrong(where: Path | str, line: int, what: str) -> UserError:
    """Return the error of `line` (from 1) of `where`; `what` says what it has and what it must have."""
    return UserError(f"{where}, line {line}: {what}")


def decoded(raw: bytes, where: str, line: int = 1) -> str:
    """Return the text of `raw`, which begins in `line` of `where`, without a byte order mark at its beginning.

    UserError if it is not UTF-8 or has a NUL, as UTF-16 has where it happens to be UTF-8, too.
    """
    if line == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode("utf-8")
        fault = raw.find(b"\0")
    except UnicodeDecodeError as error:
        text, fault = "", error.start
    if fault < 0:
        return text
    raise wrong(where, line + raw.count(b"\n", 0, fault), "this is not UTF-8; convert it to UTF-8.")


def read_text(path: Path) -> str:
    """Return what the file holds, its line ends as they are; UserError if it cannot be read or is no such text."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    return decoded(raw, str(path))


def numbered(lines: Iterable[bytes], where: str) -> Iterator[tuple[int, str]]:
    """Yield each line's number, from 1, and its text without LF or CRLF, before the next is read.

    Only LF and CRLF end a line: what Unicode calls a line separator is part of a sentence. UserError as `read_text`.
    """
    try:
        for number, line in enumerate(lines, 1):
            yield number, decoded(line, where, number).removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise _unreadable(where, error) from error


def parse_json(text: str, where: str, line: int | None = 1, once: bool = False, **options: Any) -> Any:
    """Return what the JSON `text`, which begins in `line` of `where`, holds; `options` are those of `json.loads`.

    `line` is None where `where` names it. `once` refuses an object that has a name twice, where otherwise the last
    counts. UserError if it is not JSON, is nested deeper than can be read, or has a lone surrogate: half a letter.
    """

    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) < len(members):
            ((twice, _),) = Counter(name for name, _ in members).most_common(1)
            place = where if line is None or "\n" in text else f"{where}, line {line}"
            raise UserError(f'{place}: "{twice}" is there twice in one JSON object; keep one of them.')
        return value

    try:
        value = json.loads(text, object_pairs_hook=unique if once else None, **options)
    except json.JSONDecodeError as error:
        what = f"this is not JSON ({error.msg}, column {error.colno}); correct it."
        raise _wrong_json(where, line, text, error.pos, what) from error
    except RecursionError as error:
        raise UserError(f"{where} cannot be read: it is nested too deeply.") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise UserError(f"{where} cannot be read: a number in it has too many digits.") from error
    # only an escape can write one: it is no UTF-8
    for escape in _ESCAPE.finditer(text) if _MAY_BE_LONE.search(text) else ():
        if escape["lone"]:
            said = text[escape.start() : escape.start() + 6]
            what = f"{said} is half of a surrogate pair, so this is not Unicode; correct it."
            raise _wrong_json(where, line, text, escape.start(), what)
    return value


def is_text(value: object) -> TypeGuard[str]:
    """Return whether `value` is text that can be written: a lone surrogate cannot."""
    return isinstance(value, str) and _SURROGATE.search(value) is None


def _wrong_json(where: str, line: int | None, text: str, at: int, what: str) -> UserError:
    return UserError(f"{where}: {what}") if line is None else wrong(where, line + text.count("\n", 0, at), what)


def _unreadable(where: Path | str, error: OSError) -> UserError:
    return UserError(f"{where} cannot be read ({error.strerror or error}); check the path and its rights.")
