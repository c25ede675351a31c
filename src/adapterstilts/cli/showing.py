"""The verbs that only look: tasks, settings, pocket, zoo. None of them loads torch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from adapterstilts.backbones import DEFAULT
from adapterstilts.base import schema
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Column, Table
from adapterstilts.methods import METHODS
from adapterstilts.runs.command import line, where

_ZOO = (
    Column("name"),
    Column("task"),
    Column("method"),
    Column("composition", drop=5),
    Column("backbone", drop=4),
    Column("seed", drop=6),
    Column("score", "number"),
    Column("megabytes", "number", drop=2),
    Column("licence", drop=1),
    Column("origin", drop=3),
)
_LONG = ("run", "backbone")
"""Facts of an adapter that --json has alone: the line that makes it says them."""
_WIDE = 40
"""Letters of a setting and its value behind which a word of where it comes from still stands in line."""
_SCORE = (
    "score is the main metric of the adapter's own task (of questions the mean of F1 and exact match), averaged over "
    "languages."
)


@click.command()
@options.task_file
@options.as_json
def tasks(as_json: bool) -> None:
    """List the 18 tasks and your own: languages, metric, licence.

    \b
    Example:
      adapterstilts tasks
    """
    from adapterstilts import tasks as declarations
    from adapterstilts.rows.pocket import languages_of

    listed = list(declarations.all_tasks().values())
    if as_json:
        keys = (
            "name",
            "title",
            "role",
            "type",
            "languages",
            "labels",
            "metric",
            "train_on",
            "chance",
            "licence",
        )
        facts = [
            {**{key: getattr(task, key) for key in keys}, "pocket_languages": languages_of(task)} for task in listed
        ]
        drawing.print_json({"tasks": facts})
        return
    rows = [
        (
            task.name,
            task.role,
            task.type,
            " ".join(task.languages) if len(task.languages) <= 4 else f"{len(task.languages)} languages",
            task.metric,
            task.train_on or "none",
            " ".join(languages_of(task)),
            task.licence,
        )
        for task in listed
    ]
    headings = {"task": 0, "role": 5, "type": 7, "languages": 6, "metric": 4, "trained on": 3, "in pocket in": 1}
    columns = [Column(heading, drop=drop) for heading, drop in {**headings, "licence": 2}.items()]
    drawing.print_table(Table(columns, rows))


@click.command()
@click.argument("task", shell_complete=options.complete_task)
@click.option("--method", type=click.Choice(METHODS), default="bottleneck", show_default=True, help="What is trained.")
@click.option("--composition", type=click.Choice(("continue", "stack", "fuse")), help="How it builds on others.")
@options.backbone
@options.task_file
@options.as_json
def settings(task: str, method: str, composition: str | None, backbone: str, as_json: bool) -> None:
    """Show the settings of a training on TASK, and their origin.

    What is printed is YAML, which --config takes.

    \b
    Examples:
      adapterstilts settings pawsx --method lora
      adapterstilts settings pawsx --composition fuse > my.yaml
      adapterstilts fuse squad mnli --target pawsx --config my.yaml
    """
    from adapterstilts import tasks as declarations
    from adapterstilts.methods.compositions import check_possible
    from adapterstilts.runs import recipe
    from adapterstilts.runs.identity import OF_EVALUATION

    name, is_trained = declarations.get(task).name, declarations.get(task).train_on is not None
    if composition:
        check_possible(method, composition)
    resolved = recipe.resolve(backbone, method, composition, name)
    values = {key: value for key, value in recipe.shown(resolved).items() if is_trained or key in OF_EVALUATION}
    if as_json:
        facts: dict[str, Any] = {"task": name, "method": method, "composition": composition, "backbone": backbone}
        facts |= {"parts": dict(resolved.parts)} if resolved.parts else {}
        shown = {key: {"value": value, "from": resolved.origins[key]} for key, value in values.items()}
        drawing.print_json({**facts, "settings": shown})
        return
    lines = [f"{key}: {schema.json_of(value)}" for key, value in values.items()]
    width = min(_WIDE, max(map(len, lines)))
    composed = f" for {composition}" if composition else ""
    what = f"{method} on {name}{composed}" if is_trained else f"evaluation on {name}, which has no training data"
    drawing.say(f"# {what}, backbone {backbone}")
    for written, origin in zip(lines, (resolved.origins[key] for key in values), strict=True):
        drawing.say(f"{written:<{width}}  # {origin}")
    for part, own in resolved.parts.items():
        drawing.say(f"# {part}: {', '.join(f'{key} {schema.json_of(value)}' for key, value in own.items())}")


@click.group()
def pocket() -> None:
    """Look into pocket, the miniature XTREME that is shipped."""


@pocket.command()
@click.option("--language", default="en", show_default=True, metavar="L", help="The language of the sentences.")
@click.option("--count", type=click.IntRange(min=1), default=5, show_default=True, help="How many meanings.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which meanings are drawn.")
@options.as_json
def show(language: str, count: int, seed: int, as_json: bool) -> None:
    """Print sentences with their meaning, the other ways to say it, and its translations.

    \b
    Example:
      adapterstilts pocket show --language ja
    """
    from random import Random

    from adapterstilts.pocket import languages
    from adapterstilts.pocket.scenes import draw_of_split

    shown = languages.get(language)
    rng = Random(f"show/{seed}")
    items: list[dict[str, Any]] = []
    for _ in range(count):
        event = draw_of_split(rng, "train")
        others = [languages.get(code) for code in languages.codes() if code != language]
        items.append(
            {
                "meaning": str(event),
                "sentences": _ways(shown, event),
                "translations": {other.CODE: _ways(other, event)[0] for other in others},
            }
        )
    if as_json:
        drawing.print_json({"language": language, "items": items})
        return
    for item in items:
        drawing.say(item["sentences"][0], bold=True)
        for sentence in item["sentences"][1:]:
            drawing.say(f"  or  {sentence}")
        for code, sentence in item["translations"].items():
            drawing.say(f"  {code}  {sentence}")
        drawing.say(f"  {item['meaning']}")
        drawing.say()


def _ways(language: Any, event: Any) -> list[str]:
    from adapterstilts.pocket.languages.base import text_of

    clauses = (language.clause(event, variant) for variant in language.variants(event))
    return list(dict.fromkeys(text_of(language.finish(clause, ".")) for clause in clauses))


@click.group(invoke_without_command=True)
@options.backbone_option("Only adapters for this backbone.", None)
@click.option("--method", type=click.Choice(METHODS), help="Only adapters of this method.")
@click.option("--task", metavar="TASK", shell_complete=options.complete_task, help="Only adapters of this task.")
@click.option("--from", "organisation", metavar="ORG", help="List also what ORG has published on the Hub.")
@options.output
@options.as_json
@click.pass_context
def zoo(
    ctx: click.Context,
    backbone: str | None,
    method: str | None,
    task: str | None,
    organisation: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """List the adapters at hand: shipped, made here, or pulled.

    \b
    Examples:
      adapterstilts zoo
      adapterstilts zoo --task squad --from somebody
      adapterstilts zoo show bottleneck-mnli
    """
    from adapterstilts import tasks as declarations
    from adapterstilts.exchange import catalogue, repositories

    ctx.obj = output
    if ctx.invoked_subcommand is not None:
        return
    rows = [_entry(entry) for entry in catalogue.entries(output, skip=drawing.note_skipped)]
    if organisation:
        rows += [_published(listed) for listed in repositories.listed(organisation)]
    named = declarations.known(task)
    wanted = {"backbone": backbone, "method": method, "task": named.name if named else task}
    rows = [row for row in rows if all(value in (None, row[key]) for key, value in wanted.items())]
    if as_json:
        drawing.print_json({"adapters": rows})
        return
    if not rows:
        chosen = ["--method", method] if method else []
        known = declarations.known(task)
        name = known.name if known and known.train_on else "mnli"
        make = line("train", name, *chosen, *where(backbone or DEFAULT, output, name))
        drawing.say(f"There are no such adapters at hand; make one: {make}")
        return
    drawing.print_table(Table(_ZOO, [[row.get(column.heading) for column in _ZOO] for row in rows], notes=[_SCORE]))


@zoo.command("show")
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.backbone_option("The backbone, where a task's name is given.")
@options.method(("bottleneck", "lora", "full", "head_only"))
@options.as_json
@click.pass_obj
def zoo_show(output: Path, adapter: str, backbone: str, method: str | None, as_json: bool) -> None:
    """Show an adapter: what it says of itself, what was measured with it here, and its card if it has one.

    \b
    Examples:
      adapterstilts zoo show mnli --method lora
      adapterstilts zoo show pocket-lora-squad-s1 --json
    """
    import json
    import re

    from adapterstilts.adapter.facts import read_facts, text_of
    from adapterstilts.exchange import catalogue
    from adapterstilts.runs import results
    from adapterstilts.runs.command import arguments_of
    from adapterstilts.runs.run import Run
    from adapterstilts.runs.words import changed_in_evaluation, name_of

    chosen = method or catalogue.method_of([adapter], backbone, output)
    adapter = catalogue.meant(adapter, backbone, chosen, output, drawing.Bars().note)
    folder = catalogue.find(adapter, backbone, chosen, output)
    entry = read_facts(folder)
    facts = json.loads(text_of(entry))
    measured = results.read_all(dict.fromkeys([folder.parent, output]), drawing.note_skipped)
    own = [result for result in measured if result.run.adapter.id == entry.run.id]
    if as_json:
        drawing.print_json({"folder": str(folder), **facts, "results": [result.told() for result in own]})
        return
    drawing.say(f"folder: {folder}")
    if isinstance(entry.run, Run):
        with suppress(UserError):  # of a task that nobody declares here neither can be told
            drawing.say(f"whole name: {name_of(entry.run)}")
            drawing.say(f"made by: {line(*arguments_of(entry.run))}")
    for key, value in facts.items():
        if key not in _LONG:
            drawing.say(f"{key}: {value if isinstance(value, str) else schema.json_of(_brief(value))}")
    if own:
        drawing.say()
        drawing.say("results:")
    for result in sorted(own, key=lambda result: result.target):
        each = ", ".join(f"{language} {score:.1f}" for language, score in result.main_scores.items())
        revision = result.run.evaluation and result.run.evaluation.rows.revision
        alone = "; partial" if result.not_measured else ""
        how = "".join(f", {key}={value}" for key, value in changed_in_evaluation(result.run).items())
        drawing.say(f"  {result.target} ({revision}{how}): {result.average:.1f}  ({each}{alone})")
    if card := catalogue.card_in(folder):
        body = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL)
        drawing.say()
        drawing.say("card:")
        drawing.say_lines(body.strip(), "  ")


def _brief(value: Any) -> Any:
    """A fact without the lists and the mappings in it, which --json has."""
    if not isinstance(value, Mapping):
        return value
    plain = {key: each for key, each in value.items() if not isinstance(each, Mapping | list)}
    return plain or value


def _entry(entry: Any) -> dict[str, Any]:
    """What is listed of an adapter at hand; `score` is its average on its own task."""
    names = ("name", "task", "method", "backbone", "seed", "origin", "score", "megabytes", "licence")
    facts = {name: getattr(entry, name) for name in names}
    return {**facts, "composition": getattr(entry.run, "composition", None), "folder": str(entry.folder)}


def _published(listed: Any) -> dict[str, Any]:
    """The same of one that an organisation has published."""
    names = ("task", "method", "backbone", "licence", "score")
    return {"name": listed.repository, **{name: getattr(listed, name) for name in names}, "origin": "published"}
