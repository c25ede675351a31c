"""Sentence pairs as JSON lines: the releases of ANLI, SNLI and MNLI, and their columns on the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapterstilts.rows.formats import NO_GOLD, Row, Rows
from adapterstilts.rows.formats.labels import NLI, all_or_none, named
from adapterstilts.rows.formats.lines import read_json_lines, wrong

_FIRST = ("premise", "sentence1", "context")
_SECOND = ("hypothesis", "sentence2")
_LABEL = ("label", "gold_label")
_NO_AGREEMENT = ("-", -1)


def read_nli(paths: Sequence[Path], labels: Sequence[str], prefix: str) -> Rows:
    """Rows of classification, with ids `prefix`-0, -1, ... over all `paths`; 'label' where the files have it.

    Pairs on which the annotators did not agree ("-", -1) are left out.

    Raises:
        UserError: a line is not such an object, a label is not one of `labels` by name, or only some have one.
    """
    number = 0
    for path in paths:
        labelled: bool | None = None
        for line, entry in read_json_lines(path):
            sides = [next((entry[name] for name in names if name in entry), None) for names in (_FIRST, _SECOND)]
            if not all(isinstance(side, str) for side in sides):
                raise wrong(path, line, 'there must be texts "premise" and "hypothesis", or as the release calls them.')
            written = next((entry[name] for name in _LABEL if name in entry), None)
            labelled = all_or_none(written is not None, labelled, path, line)
            if written in _NO_AGREEMENT:
                yield NO_GOLD
                continue
            row: Row = {"id": f"{prefix}-{number}", "sentence1": sides[0], "sentence2": sides[1]}
            if labelled:
                row["label"] = named(written, labels, NLI, path, line)
            yield row
            number += 1
