"""The verb that shows what a source holds of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.backbones.declared import DEFAULT
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Column, Table

if TYPE_CHECKING:
    from adapterstilts.execution import Inspection

_MOST_LABELS = 20
_LONGEST = 300


@click.command()
@click.argument("task", shell_complete=options.complete_task)
@options.backbone_option("The backbone whose tokenizer encodes the examples.")
@click.option(
    "--data",
    "source",
    metavar="pocket|hub|FOLDER",
    help="Where examples come from; by default what fits the backbone.",
)
@click.option("--language", metavar="L", help="Only what is in this language.")
@click.option("--split", type=click.Choice(("train", "validation", "test")), help="Only this split.")
@options.task_file
@options.as_json
def data(task: str, backbone: str, source: str | None, language: str | None, split: str | None, as_json: bool) -> None:
    """Show what is found of TASK: counts, labels and examples.

    Counts are by split and language; of three examples it is shown how they are read and encoded.

    \b
    Examples:
      adapterstilts data mnli
      adapterstilts data udpos --data xtreme/download --language de
      adapterstilts data squad --data hub --split validation --backbone xlm-roberta-base
    """
    options.prepare(task)
    from adapterstilts import execution, tasks

    if tasks.get(task).parts or tasks.get(task).train_languages[1:]:
        raise UserError(f"{task} has the rows of several; show those of each by itself, such as mnli or mnli:de.")
    from adapterstilts.backbones import declaration_of

    inspection = execution.inspect(
        task, source or declaration_of(backbone).rows, backbone, language, split, drawing.Bars()
    )
    if as_json:
        drawing.print_json(inspection.as_json())
        return
    drawing.say(f"{inspection.task} from {inspection.source}, revision {inspection.revision}")
    if backbone == DEFAULT != inspection.source and not tasks.get(task).own:
        drawing.Bars().note(f"{DEFAULT} knows its own sentences alone: name the encoder that is to read these.")
    drawing.print_table(_counts(inspection))
    for line in (*_labels(inspection), *_missing(inspection), *_examples(inspection, backbone)):
        drawing.say(line)


def _counts(inspection: Inspection) -> Table:
    """Languages down, splits across."""
    languages = dict.fromkeys(language for counts in inspection.splits.values() for language in counts)
    rows = [(language, *(counts.get(language) for counts in inspection.splits.values())) for language in languages]
    return Table([Column("language"), *(Column(split, "count") for split in inspection.splits)], rows)


def _labels(inspection: Inspection) -> Iterator[str]:
    """The labels of each split, over its languages."""
    for split, languages in inspection.labels.items():
        counts: Counter[str] = Counter()
        for labels in languages.values():
            counts.update(labels)
        shown = [f"{label} {count:,}" for label, count in counts.most_common(_MOST_LABELS)]
        more = f", and {len(counts) - len(shown)} more" if len(counts) > len(shown) else ""
        yield f"labels of {split}: {', '.join(shown)}{more}"


def _missing(inspection: Inspection) -> Iterator[str]:
    """The languages that lack rows, a line for each split; it says what the first of them lacks."""
    for split, languages in inspection.missing.items():
        first, phrases = next(iter(languages.items()))
        yield f"not there: {split} in {', '.join(languages)}; for {first}, {'; '.join(phrases)}"


def _examples(inspection: Inspection, backbone: str) -> Iterator[str]:
    for example in inspection.examples:
        yield ""
        yield f"example of {example.split} in {example.language}, as read:"
        yield from (f"  {name}: {_short(_plain(value))}" for name, value in example.row.items())
        yield f"as encoded for {backbone}:"
        for feature in example.encoded:
            yield from (f"  {name}: {_short(value)}" for name, value in _in_words(feature))


def _in_words(feature: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A feature's parts by name; a token's label stands behind it."""
    tokens = feature["tokens"]
    if "labels" in feature:
        marked = zip(tokens, feature["labels"], strict=True)
        yield "tokens", " ".join(token if label is None else f"{token}/{label}" for token, label in marked)
    else:
        for sequence in tokens if tokens and isinstance(tokens[0], list) else [tokens]:
            yield "tokens", " ".join(sequence)
    for name in ("side", "label", "span"):
        if name in feature:
            yield name, "none in these tokens" if feature[name] is None else str(feature[name])


def _plain(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " | ".join(map(str, value))
    return "none" if value is None else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
