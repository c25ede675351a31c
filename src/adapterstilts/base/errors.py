"""The errors that a user may see, and the nearest word to one that was mistyped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

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


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``' Did you mean "squad"?'`` for the choice nearest to `word`, or ``''`` if none is near."""
    by_lower_case = {choice.lower(): choice for choice in choices}
    nearest = difflib.get_close_matches(word.lower(), list(by_lower_case), n=1, cutoff=0.5)
    return f' Did you mean "{by_lower_case[nearest[0]]}"?' if nearest else ""
