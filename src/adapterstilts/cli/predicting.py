"""The verb that uses a trained adapter: predict."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from adapterstilts.base.errors import UserError
from adapterstilts.base.texts import numbered
from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@click.argument("texts", type=options.LINES, required=False, metavar="[FILE]")
@click.option(
    "--batch", type=click.IntRange(1, 2**20), default=32, show_default=True, help="Lines at once; 1 answers each line."
)
@click.option("--language", metavar="L", help="Instead of FILE, rows in L that it is evaluated on, with their labels.")
@click.option("--data", metavar="pocket|hub|FOLDER", help="Where the rows of --language come from.")
@click.option(
    "--nearest",
    "among",
    type=options.LINES,
    metavar="SENTENCES",
    help="Print the nearest line of this file to each line, by ADAPTER's embeddings.",
)
@click.option(
    "--target",
    metavar="TASK",
    shell_complete=options.complete_task,
    help="Of an adapter that learned several tasks at once: what it predicts.",
)
@options.backbone
@options.other_weights
@options.method(METHODS)
@options.task_file
@options.output
@options.as_json
def predict(
    adapter: str,
    texts: BinaryIO | None,
    batch: int,
    language: str | None,
    data: str | None,
    among: BinaryIO | None,
    target: str | None,
    backbone: str,
    accept_other_weights: bool,
    method: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Predict with ADAPTER for the lines of FILE, in any language.

    FILE is standard input if not given. A line has what the task reads, between tabs, or as a JSON object: a sentence
    or a pair of them; tokens between spaces; question and context; context, question and choices. Printed is a line for
    each that is not blank: the label with its probability, the tags, the answer, or the number of the choice, from 0.
    With --json tags and answers have their probability, too, and answers the characters of the context that they are.
    With --language what is read comes before that, between tabs, and what is right after it. With --nearest every line
    is a sentence, and the nearest one is printed with their cosine.

    The adapters of pocket, the default backbone, know its invented sentences alone. For real ones give a backbone that
    has read the language, with adapters of its own: --backbone e5-small.

    \b
    Examples:
      printf 'What did Ben give to Max?\\tMax received the coat from Ben.\\n' | adapterstilts predict squad
      adapterstilts predict squad questions.tsv --json
      adapterstilts predict mnli --language de | head
      printf 'Die Katze schläft.\\tEin Tier ruht.\\n' | adapterstilts predict mnli --backbone e5-small
      adapterstilts predict csqa german.txt --nearest english.txt
    """
    options.prepare()
    from adapterstilts import execution
    from adapterstilts.exchange import catalogue

    if language and (among or texts):
        raise click.UsageError("Give either --language, or lines (FILE, --nearest).")
    if data and not language:
        raise click.UsageError("--data says where the rows of --language come from: give --language, too.")
    chosen = method or catalogue.method_of([adapter], backbone, output)
    adapter = catalogue.meant(adapter, backbone, chosen, output, drawing.Bars().note)
    if among:
        sentences = [line.strip() for line in _lines(among)]
        where = (adapter, backbone, chosen, output)
        nearest = execution.Nearest(*where, sentences, drawing.Bars(), accept_other_weights)
        _nearest(nearest, texts, batch, as_json)
        return
    predictor = execution.Predictor(
        adapter, backbone, chosen, output, accept_other_weights=accept_other_weights, target=target
    )
    if language:
        rows = iter(predictor.rows_in(language, data, drawing.Bars()))
    else:
        rows = execution.rows_of(_lines(texts), predictor.task, _name(texts))
    predictions = predictor.predict(rows, batch, drawing.Bars())
    _print(predictor, predictions, as_json, with_rows=bool(language))


def _print(predictor: Any, predictions: Iterator[Any], as_json: bool, with_rows: bool) -> None:
    """Print a line for each prediction; `with_rows` what was read comes before it and what is right after it."""
    from adapterstilts import execution

    if as_json:
        drawing.print_json(
            {"task": predictor.task.name, "predictions": [_facts(prediction) for prediction in predictions]}
        )
        return
    for prediction in predictions:
        columns = _shown(prediction.row, prediction.predicted, prediction.probabilities)
        if with_rows:
            right = predictor.labelled(prediction.row)
            read = [_one_line(prediction.row.get(field)) for field in execution.FIELDS[predictor.task.type]]
            columns = [*read, *columns, *([""] if right is None else _shown(prediction.row, right, None))]
        drawing.say(*columns)


def _one_line(value: Any) -> str:
    """A column of a row without tabs and line breaks."""
    text = " | ".join(value) if isinstance(value, list) else str(value or "")
    return " ".join(text.split())


def _lines(file: BinaryIO | None) -> Iterator[str]:
    """The lines of a file, or of standard input, as they come."""
    if file is None:
        file = getattr(sys.stdin, "buffer", None)
        if file is None:
            raise UserError("Standard input is closed; give a FILE.")
    return (line for _, line in numbered(file, _name(file)))


def _name(file: BinaryIO | None) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) and name != "<stdin>" else "standard input"


def _nearest(among: Any, texts: BinaryIO | None, batch: int, as_json: bool) -> None:
    neighbours = among.of((line.strip() for line in _lines(texts) if line.strip()), batch)
    if as_json:
        drawing.print_json({"nearest": [vars(neighbour) for neighbour in neighbours]})
        return
    for neighbour in neighbours:
        drawing.say(neighbour.nearest, f"{neighbour.cosine:.3f}")


def _facts(prediction: Any) -> dict[str, Any]:
    names = ("score", "probabilities", "start", "end")
    own = {name: value for name in names if (value := getattr(prediction, name)) is not None}
    return {**prediction.row, "prediction": prediction.predicted, **own}


def _shown(row: Mapping[str, Any], value: Any, probabilities: Mapping[str, float] | None) -> list[str]:
    """The columns that show a prediction, or what is right; of several right answers the first."""
    if probabilities is not None:
        return [str(value), f"{max(probabilities.values()):.3f}"]
    if "tokens" in row:
        return [" ".join(f"{token}/{tag}" for token, tag in zip(row["tokens"], value, strict=True))]
    answers = value if isinstance(value, list) else [value]
    return [str(answers[0]) if answers else ""]
