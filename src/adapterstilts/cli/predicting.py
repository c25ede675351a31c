"""The verb that uses a trained adapter: predict."""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
@options.backbone
@options.method(METHODS)
@options.output
@options.as_json
def predict(
    adapter: str, texts: TextIO, batch: int, backbone: str, method: str | None, output: Path, as_json: bool
) -> None:
    """Predict for the lines of FILE (default: standard input) with ADAPTER, in whatever language they are.

    A line has what the task reads, between tabs, or as a JSON object: a sentence or a pair of them; tokens between
    spaces; question and context; context, question and choices. Printed is a line for each: the label with its
    probability, the tags, the answer, or the number of the choice, from 0.

    \b
    Examples:
      printf 'What did Ben give to Max?\\tMax received the coat from Ben.\\n' | adapterstilts predict squad
      adapterstilts predict squad questions.tsv --json
    """
    options.prepare()
    from adapterstilts import run, zoo

    chosen = method or zoo.method_of([adapter], backbone, output)
    predictor = run.Predictor(adapter, backbone, chosen, output)
    found = predictor.predict(run.rows_of(texts, predictor.task), batch)
    if as_json:
        drawing.print_json({"task": predictor.task.name, "predictions": [_facts(one) for one in found]})
    else:
        _print(found)


def _facts(one: Any) -> dict[str, Any]:
    own = {"prediction": one.predicted} | ({"probabilities": one.probabilities} if one.probabilities else {})
    return {**one.row, **own}


def _print(found: Iterable[Any]) -> None:
    for one in found:
        words = one.predicted if isinstance(one.predicted, str) else None
        if one.probabilities is not None:
            best = max(one.probabilities.values())
            click.echo(f"{words or one.predicted}\t{best:.3f}")
        elif words is not None:
            click.echo(words)
        else:
            tagged = zip(one.row["tokens"], one.predicted, strict=True)
            click.echo(" ".join(f"{token}/{tag}" for token, tag in tagged))
        sys.stdout.flush()
