"""The verb that uses a trained adapter: predict."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import click
from click.core import ParameterSource

from adapterstilts.base.errors import printable
from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@click.argument("texts", type=click.File(encoding="utf-8"), default="-", metavar="[FILE]")
@click.option(
    "--batch", type=click.IntRange(1, 2**20), default=32, show_default=True, help="Lines at once; 1 answers each line."
)
@click.option("--language", metavar="L", help="Instead of FILE, rows in L that it is evaluated on, with their labels.")
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
@options.task_file
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
    probability, the tags, the answer, or the number of the choice, from 0. With --language what is read comes before
    that, between tabs, and what is right after it. With --nearest every line is a sentence, and the nearest one is
    printed with their cosine.

    \b
    Examples:
      printf 'What did Ben give to Max?\\tMax received the coat from Ben.\\n' | adapterstilts predict squad
      adapterstilts predict squad questions.tsv --json
      adapterstilts predict mnli --language de | head
      adapterstilts predict csqa german.txt --nearest english.txt
    """
    options.prepare()
    from adapterstilts import execution
    from adapterstilts.exchange import catalogue

    has_file = click.get_current_context().get_parameter_source("texts") is not ParameterSource.DEFAULT
    if language and (among or has_file):
        raise click.UsageError("Give either --language, or lines (FILE, --nearest).")
    if data and not language:
        raise click.UsageError("--data says where the rows of --language come from: give --language, too.")
    chosen = method or catalogue.method_of([adapter], backbone, output)
    adapter = catalogue.meant(adapter, backbone, chosen, output, drawing.Bars().note)
    if among:
        _nearest(
            execution.Nearest(adapter, backbone, chosen, output, _lines(among), drawing.Bars()), texts, batch, as_json
        )
        return
    predictor = execution.Predictor(adapter, backbone, chosen, output)
    rows = predictor.rows_in(language, data) if language else execution.rows_of(texts, predictor.task)
    predictions = predictor.predict(rows, batch)
    if as_json:
        drawing.print_json(
            {"task": predictor.task.name, "predictions": [_facts(prediction) for prediction in predictions]}
        )
        return
    for prediction in predictions:
        line = _shown(prediction.row, prediction.predicted, prediction.probabilities)
        if language:
            right = predictor.labelled(prediction.row)
            read = [_one_line(prediction.row.get(field)) for field in execution.FIELDS[predictor.task.type]]
            line = "\t".join([*read, line, "" if right is None else _shown(prediction.row, right, None)])
        click.echo(line)
        sys.stdout.flush()


def _one_line(value: Any) -> str:
    """A column of a row without tabs, line breaks and what a terminal would obey."""
    text = " | ".join(value) if isinstance(value, list) else str(value or "")
    return printable(" ".join(text.split()))


def _lines(file: TextIO) -> list[str]:
    return [line.strip() for line in file]


def _nearest(among: Any, texts: TextIO, batch: int, as_json: bool) -> None:
    neighbours = among.of((line.strip() for line in texts if line.strip()), batch)
    if as_json:
        drawing.print_json({"nearest": [vars(neighbour) for neighbour in neighbours]})
        return
    for neighbour in neighbours:
        click.echo(f"{neighbour.nearest}\t{neighbour.cosine:.3f}")
        sys.stdout.flush()


def _facts(prediction: Any) -> dict[str, Any]:
    own = {"prediction": prediction.predicted} | (
        {"probabilities": prediction.probabilities} if prediction.probabilities else {}
    )
    return {**prediction.row, **own}


def _shown(row: Mapping[str, Any], value: Any, probabilities: Mapping[str, float] | None) -> str:
    """A prediction, or what is right, on one line; of several right answers the first."""
    if probabilities is not None:
        return f"{value}\t{max(probabilities.values()):.3f}"
    if "tokens" in row:
        return " ".join(f"{token}/{tag}" for token, tag in zip(row["tokens"], value, strict=True))
    answers = value if isinstance(value, list) else [value]
    return str(answers[0]) if answers else ""
