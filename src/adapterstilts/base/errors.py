"""The errors that a user may see, and the nearest word to one that was mistyped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""A letter that a terminal would obey or cannot show: controls, ends of lines, marks that turn the direction of text
over what follows, halves of surrogate pairs. What joins letters of a script is none."""


class AdapterstiltsError(Exception):
    """Any error that this package raises on purpose."""


class UserError(AdapterstiltsError):
    """Something the user can put right. The message is one sentence: what is wrong, where, what to do."""


def printable(text: object) -> str:
    """Return `text`, which others may have written, in one line and without what a terminal would obey."""
    return OBEYED.sub(lambda letter: " " if letter[0].isspace() else "\N{REPLACEMENT CHARACTER}", str(text))


# no part of a path can be so long, so what is to be pasted stays whole
_TOO_LONG = re.compile(r"[^\s/\\]{256,}|\S{4096,}")
_LEFT = 60


def shortened(text: str) -> str:
    """Return `text` with each word that nobody would read, such as a name of 5,000 letters, cut to its beginning."""
    return _TOO_LONG.sub(lambda word: f"{word[0][:_LEFT]}...{_closing(word[0])}", text)


def _closing(word: str) -> str:
    """The marks after a word, such as the quotation mark that is open."""
    return word[len(word.rstrip("\"'.,:;)")) :]


_LISTED = 20


def listed(names: Sequence[str]) -> str:
    """Return "a, b, c", or of many names the first twenty and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"


def did_you_mean(word: str, choices: Iterable[str], cutoff: float = 0.5) -> str:
    """Return ``' Did you mean "squad"?'`` for the choice nearest to `word`, or ``''`` if none is near.

    `cutoff` is how near it has to be, from 0 to 1.
    """
    by_lower_case = {choice.lower(): choice for choice in choices}
    nearest = difflib.get_close_matches(word.lower(), list(by_lower_case), n=1, cutoff=cutoff)
    return f' Did you mean "{by_lower_case[nearest[0]]}"?' if nearest else ""
