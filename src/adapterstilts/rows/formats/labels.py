"""Labels by name, and the rules that a file has all of them or none, and that only test rows may lack them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import Remark, Row, Wanted
from adapterstilts.rows.formats.lines import wrong
from adapterstilts.rows.labelled import are_labelled

NLI = {"contradictory": "contradiction", "c": "contradiction", "e": "entailment", "n": "neutral"}
"""What XNLI and ANLI call the labels in their own files."""


def named(written: object, labels: Sequence[str], aliases: Mapping[str, str], path: Path, line: int) -> str:
    """The label that a file writes as `written`; UserError if it is none of `labels`, numbers included.

    A number says nothing: the data sets count their labels in different orders.
    """
    label = aliases.get(written.strip(), written.strip()) if isinstance(written, str) else None
    if label is None or label not in labels:
        raise wrong(path, line, f'the label is "{written}": it must be {_either(labels)}.')
    return label


def tag_of(tag: str, tags: Sequence[str], path: Path, line: int) -> str:
    """`tag`, where it is one of `tags` or where any is allowed (there are none); UserError if it is not."""
    if tags and tag not in tags:
        raise wrong(path, line, f'the tag is "{tag}": it must be {_either(tags)}.')
    return tag


def all_or_none(labelled: bool, before: bool | None, path: Path | str, line: int) -> bool:
    """`labelled`, after `before` of the lines above (None: this is the first); UserError where they differ."""
    if before is not None and labelled != before:
        ours, theirs = ("a", "have none") if labelled else ("no", "have one")
        raise wrong(path, line, f"there is {ours} label and the lines above {theirs}: a file has all or none.")
    return labelled


def with_labels(rows: Iterable[Row | Remark], wanted: Wanted, place: object, remedy: str) -> Iterator[Row]:
    """`rows` of `place`; UserError for the first without its label, unless they are for testing, or if there are none.

    Of the rows of retrieval only a part may be pairs. After the last the progress is told of what was remarked.
    """
    empty, total, remarks = True, 0, Counter[str]()
    for each in rows:
        total += 1
        row = each.row if isinstance(each, Remark) else each
        if isinstance(each, Remark):
            remarks[each.what] += 1
        if row is None:
            continue
        empty = False
        if wanted.split != "test" and wanted.task.type != "retrieval" and not are_labelled(wanted.task, [row]):
            raise UserError(f'{place} has no labels (row "{row["id"]}"): {wanted.split} rows need them; {remedy}.')
        yield row
    if empty:
        raise UserError(f'{place} has no {wanted.split} rows of "{wanted.task.name}" in "{wanted.language}"; {remedy}.')
    for what, times in remarks.items():
        wanted.progress.note(f"{place}: {times:,} of {total:,} rows {what}.")


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
