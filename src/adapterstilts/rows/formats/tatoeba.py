"""Tatoeba: one sentence a line, the English ones in a file and the foreign ones in another.

LASER's files are aligned by line. XTREME sorts the English side so that nobody scores by accident: which
line is whose translation is then in no file that XTREME leaves, so those rows have one side each, and can be
predicted but not scored. XTREME's answers are numbers of foreign lines from 0, as the ids are here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read


def read_aligned(foreign: Path, english: Path) -> Iterator[Row]:
    """Rows of retrieval with both sides; the id is the line's number from 0. UserError as `_sides` says."""
    for number, (other, sentence) in enumerate(_sides(foreign, english)):
        yield {"id": str(number), "sentence1": sentence, "sentence2": other}


def read_sorted(foreign: Path, english: Path) -> Iterator[Row]:
    """Rows of retrieval with one side each, an English and a foreign one in turn.

    The id is the line's number from 0, for the English ones after "en-". UserError as `_sides` says.
    """
    for number, (other, sentence) in enumerate(_sides(foreign, english)):
        yield {"id": f"en-{number}", "sentence1": sentence, "sentence2": None}
        yield {"id": str(number), "sentence1": None, "sentence2": other}


def _sides(foreign: Path, english: Path) -> list[tuple[str, str]]:
    """Both files' lines without the white space around them; UserError if one file is longer."""
    others, sentences = ([text.strip() for _, text in read(path)] for path in (foreign, english))
    if len(others) != len(sentences):
        raise UserError(
            f"{foreign} has {len(others)} lines and {english} has {len(sentences)}: both must have as many; "
            "fetch them again."
        )
    return list(zip(others, sentences, strict=True))
