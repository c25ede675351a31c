"""The verb that uses a trained adapter: predict."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@click.argument("texts", type=click.File(encoding="utf-8"), default="-", metavar="[FILE]")
@click.option(
    "--batch", type=click.IntRange(min=1), default=32, show_default=True, help="Lines at once; 1 answers each line."
)
@click.option(
    "--language", metavar="L", help="Instead of FILE, the rows that its task is evaluated on in L, with labels."
)
@click.option("--data", metavar="pocket|hub|FOLDER", help="Where the rows of --language come from.")
@click.option(
    "--nearest",
    "among",
    type=click.File(encoding="utf-8"),
    metavar="SENTENCES",
    help="Print the nearest line of this file to each line, by ADAPTER's embeddings.",
)
@options.backbone
@options.method(METHODS)
@options.output
@options.as_json
def predict(
    adapter: str,
    texts: TextIO,
    batch: int,
    language: str | None,
    data: str | None,
    among: TextIO | None,
    backbone: str,
    method: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Predict for the lines of FILE (default: standard input) with ADAPTER, in whatever language they are.

    A line has what the task reads, between tabs, or as a JSON object: a sentence or a pair of them; tokens between
    spaces; question and context; context, question and choices. Printed is a line for each: the label with its
    probability, the tags, the answer, or the number of the choice, from 0. With --nearest every line is a sentence, and
    the nearest one with their cosine is printed.

    \b
    Examples:
      printf 'What did Ben give to Max?\\tMax received the coat from Ben.\\n' | adapterstilts predict squad
      adapterstilts predict squad questions.tsv --json
      adapterstilts predict mnli --language de | head
      adapterstilts predict csqa german.txt --nearest english.txt
    """
    options.prepare()
    from adapterstilts import run, zoo

    if language and among or data and not language:
        raise click.UsageError(
            "--language is for a task's own rows, --data says where they are; neither has --nearest."
        )
    chosen = method or zoo.method_of([adapter], backbone, output)
    if among:
        _nearest(run.Nearest(adapter, backbone, chosen, output, _lines(among), drawing.Bars()), texts, batch, as_json)
        return
    predictor = run.Predictor(adapter, backbone, chosen, output)
    rows = predictor.rows_in(language, data) if language else run.rows_of(texts, predictor.task)
    found = predictor.predict(rows, batch)
    if as_json:
        drawing.print_json({"task": predictor.task.name, "predictions": [_facts(one) for one in found]})
        return
    for one in found:
        line = _shown(one.row, one.predicted, one.probabilities)
        if language:
            right = predictor.labelled(one.row)
            read = [one.row[field] for field in run.FIELDS[predictor.task.type] if one.row.get(field)]
            label = [] if right is None else [_shown(one.row, right, None)]
            line = "\t".join([*(text if isinstance(text, str) else " | ".join(text) for text in read), line, *label])
        click.echo(line)
        sys.stdout.flush()


def _lines(file: TextIO) -> list[str]:
    return [line.strip() for line in file]


def _nearest(among: Any, texts: TextIO, batch: int, as_json: bool) -> None:
    found = among.of((line.strip() for line in texts if line.strip()), batch)
    if as_json:
        drawing.print_json({"nearest": [vars(one) for one in found]})
        return
    for one in found:
        click.echo(f"{one.nearest}\t{one.cosine:.3f}")
        sys.stdout.flush()


def _facts(one: Any) -> dict[str, Any]:
    own = {"prediction": one.predicted} | ({"probabilities": one.probabilities} if one.probabilities else {})
    return {**one.row, **own}


def _shown(row: Mapping[str, Any], value: Any, probabilities: Mapping[str, float] | None) -> str:
    """A prediction, or what is right, on one line; of several right answers the first."""
    if probabilities is not None:
        return f"{value}\t{max(probabilities.values()):.3f}"
    if "tokens" in row:
        return " ".join(f"{token}/{tag}" for token, tag in zip(row["tokens"], value, strict=True))
    answers = value if isinstance(value, list) else [value]
    return str(answers[0]) if answers else ""
