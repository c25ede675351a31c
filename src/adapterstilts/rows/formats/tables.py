"""Tables with tabs and a first line of column names: GLUE's MNLI and QQP, XNLI's and PAWS-X's own releases.

Their sentences are not quoted: a quotation mark is a part of the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from adapterstilts.rows.formats import NO_GOLD, Remark, Row, Rows
from adapterstilts.rows.formats.labels import named
from adapterstilts.rows.formats.lines import names_missing, read, wrong

NO_AGREEMENT = "-"
"""The label of a pair on which the annotators of SNLI and MNLI did not agree."""
_BROKEN = Remark("left out: a line's end within a sentence has broken them")


def read_table(
    path: Path,
    columns: tuple[str, str, str],
    labels: Sequence[str],
    aliases: Mapping[str, str],
    prefix: str,
    language: str | None = None,
    broken: bool = False,
) -> Rows:
    """Rows of classification from `columns`: first sentence, second sentence, label.

    'label' is left out where the table has no such column, and a row where annotators did not agree. Of a
    table of all languages, those whose column 'language' is `language`. `broken`: some sentences hold a line's
    end and so break their row in two; such rows are left out, as in the Hub's copy of GLUE.

    Raises:
        UserError: a column is not there, a line is not as long as the first, or a label is not in `labels`.
    """
    lines = read(path)
    _, first = next(lines)
    header = first.split("\t")
    needed = [*columns[:2], *(["language"] if language else [])]
    for name in needed:
        if name not in header:
            hint = names_missing((*needed, columns[2]), header)
            must = "it must be one of those named here, between tabs"
            raise wrong(path, 1, f'there is no column "{name}": {must}.{hint}')
    for name in (*needed, columns[2]):
        if header.count(name) > 1:
            raise wrong(path, 1, f'the column "{name}" is there twice: names must differ.')
    place = {name: header.index(name) for name in (*needed, columns[2]) if name in header}
    number = 0
    for line, text in lines:
        if not text:
            continue
        fields = text.split("\t")
        if broken and len(fields) < len(header):
            yield _BROKEN
            continue
        if len(fields) != len(header):
            raise wrong(path, line, f"there are {len(fields)} columns: it must be the {len(header)} of line 1.")
        if language and fields[place["language"]] != language:
            continue
        row: Row = {
            "id": f"{prefix}-{number}",
            "sentence1": fields[place[columns[0]]],
            "sentence2": fields[place[columns[1]]],
        }
        number += 1
        if columns[2] in place:
            written = fields[place[columns[2]]]
            if written == NO_AGREEMENT:
                yield NO_GOLD
                continue
            row["label"] = named(written, labels, aliases, path, line)
        yield row
