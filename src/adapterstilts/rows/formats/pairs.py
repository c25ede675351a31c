"""Sentence TAB sentence TAB label, as XTREME writes XNLI and PAWS-X; its test files lack the label.

XTREME writes them with Python's `csv`, so a sentence that holds a quotation mark is quoted and its marks
are doubled. A file in which any mark stands otherwise was not written so, and is read as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.labels import NLI, all_or_none, named
from adapterstilts.rows.formats.lines import read, wrong

_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_pairs(path: Path, labels: Sequence[str], prefix: str) -> Iterator[Row]:
    """Rows of classification, with ids `prefix`-0, -1, ...; 'label' where the file has a third column.

    Raises:
        UserError: a line has another number of columns, a label that is not one of `labels`, or a label
            where the others have none.
    """
    lines = [(line, text.split("\t")) for line, text in read(path) if text]
    written_by_csv = all(_QUOTED.fullmatch(field) for _, fields in lines for field in fields if '"' in field)
    labelled: bool | None = None
    for number, (line, fields) in enumerate(lines):
        if len(fields) not in (2, 3):
            raise wrong(
                path, line, f"there are {len(fields)} columns: it must be two sentences and a label, between tabs."
            )
        labelled = all_or_none(len(fields) == 3, labelled, path, line)
        texts = [_unquoted(field) for field in fields] if written_by_csv else fields
        row: Row = {"id": f"{prefix}-{number}", "sentence1": texts[0], "sentence2": texts[1]}
        if labelled:
            row["label"] = named(texts[2], labels, NLI, path, line)
        yield row


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field
