"""The verb `study`: many runs that one recipe declares."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from adapterstilts import studies
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Column, Table
from adapterstilts.studies import Disk, Pace, Plan, Planned
from adapterstilts.studies.carrying import Engine, Finished
from adapterstilts.studies.remote import Remote, is_url


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a shipped recipe, or a file."""
    names = [CompletionItem(name) for name in studies.shipped() if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]


def _complete_part(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a part of the recipe that stands before it."""
    # before an option that still lacks its value click leaves it unread
    recipe = ctx.params.get("recipe") or next(iter(ctx.args), "")
    try:
        parts = studies.read(studies.recipe_of(recipe)).parts
    except UserError:
        return []
    return [CompletionItem(name, help=part.what) for name, part in parts.items() if name.startswith(incomplete)]


class _Output(options.Place):
    """A folder, or one at a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path, or what copies a URL's folder."""
        return Remote(value) if isinstance(value, str) and is_url(value) else super().convert(value, param, ctx)


@click.command(cls=options.WithSeeds)
@click.argument("recipe", shell_complete=_complete, metavar="NAME|FILE")
@click.option("--plan", "only_plan", is_flag=True, help="Show what is done, what is left and how long it takes; stop.")
@click.option(
    "--only",
    multiple=True,
    metavar="PART",
    shell_complete=_complete_part,
    help="This part only; may be repeated.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    multiple=True,
    help="Random seeds, such as --seeds 0 1 2, instead of the recipe's, where its lines leave them open.",
)
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="Where runs are computed: in processes of this machine, or on a Ray cluster.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Local runs at a time.")
@click.option("--address", metavar="HOST:PORT|auto", help="The Ray cluster; without it one is started on this machine.")
@click.option(
    "--data", metavar="pocket|hub|FOLDER", help="Where examples come from; by default what fits the backbone."
)
@options.text
@options.verify
@click.option(
    "--output",
    type=_Output(file_okay=False),
    default=Path("runs"),
    show_default=True,
    metavar="FOLDER|URL",
    help="The folder for adapters and results, or its URL, such as s3://bucket/runs.",
)
@options.as_json
def study(
    recipe: str,
    only_plan: bool,
    only: tuple[str, ...],
    seeds: tuple[int, ...],
    engine: str,
    workers: int,
    address: str | None,
    data: str | None,
    text: Path | None,
    output: Path | Remote,
    as_json: bool,
) -> None:
    """Carry out the runs of a recipe that are not done yet.

    The recipe is a file of your own, or one of those that are shipped: pocket, e5-small, and the paper's table as it
    was (paper), with adapters (paper-adapters) or on XLM-R Base (paper-base). Stopped, the same command goes on where
    it was. A run that fails leaves the others.

    \b
    Examples:
      adapterstilts study pocket --plan
      adapterstilts study e5-small --data FOLDER --only adapters --workers 2
      adapterstilts study e5-small --data FOLDER --only headline --seeds 0
      adapterstilts study e5-small --data FOLDER --output /shared/runs --engine ray --address auto
      adapterstilts study pocket --output s3://bucket/runs --engine ray --address auto
    """
    from adapterstilts.exchange.catalogue import bundled

    if address and engine != "ray":
        raise UserError("--address is of a Ray cluster: say --engine ray, too.")
    declared = studies.read(studies.recipe_of(recipe), data, str(text) if text else None).with_seeds(seeds)
    remote = output if isinstance(output, Remote) else None
    folder = output.folder if isinstance(output, Remote) else output
    if remote:
        remote.pull()
        if not only_plan:
            remote.check_writable()
    planned = studies.plan(declared, folder, only, [bundled(declared.backbone)])
    if only_plan:
        _show(planned, folder, as_json)
        return
    bars = drawing.Bars()
    for name, why in planned.without_runs.items():
        bars.note(f"{name}: {why}.")
    where = _engine(engine, folder, workers, address, remote) if planned.left else None
    ended = _carry_out(planned.left, where, folder, remote) if where else []
    errors = sum(each.error is not None for each in ended)
    if remote:
        remote.pull()
        remote.push()
        bars.note(f"All is at {remote.url}; its copy here, which the other verbs take: --output {folder}")
    if as_json:
        drawing.print_json({"runs": [_told(each) for each in ended]})
    if errors:
        raise UserError(f"{errors} of {len(planned.left)} runs failed; the same command tries these again.")
    bars.note(f"All {len(planned.runs)} runs are done.")


def _engine(name: str, output: Path, workers: int, address: str | None, remote: Remote | None) -> Engine:
    from adapterstilts.studies.cluster import Cluster
    from adapterstilts.studies.workers import Local

    return Cluster(output, address, remote) if name == "ray" else Local(output, workers)


def _carry_out(left: list[Planned], where: Engine, output: Path, remote: Remote | None) -> list[Finished]:
    """Carry out what is left, telling of each run as it ends; return what became of all."""
    from adapterstilts.runs import command
    from adapterstilts.studies.carrying import carry_out

    bars, pace, every, start = drawing.Bars(), Pace(output), list[Finished](), time.monotonic()
    for count, ended in enumerate(carry_out(left, where), 1):
        every.append(ended)
        words = " ".join(command.arguments_of(ended.planned.run))
        if ended.computed and ended.error is None:
            pace.note(ended.planned, ended.seconds, pace.seconds(ended.planned))
        said = f"failed: {ended.error}" if ended.error else "done" if ended.average is None else f"{ended.average:.1f}"
        to_go = timedelta(seconds=round((time.monotonic() - start) / count * (len(left) - count)))
        bars.note(f"{count}/{len(left)}  {ended.seconds:.0f} s  {words}: {said}  ({to_go} left)")
        if remote and ended.error is None:
            try:
                remote.push()
            except UserError as error:  # the next one gives it, too
                bars.note(f"{error} What was made so far is in {output}.")
    return every


def _told(ended: Finished) -> dict[str, Any]:
    from adapterstilts.runs import command

    run = ended.planned.run
    own = {"part": ended.planned.part, "id": run.id, "line": " ".join(command.arguments_of(run))}
    return {**own, "average": ended.average, "error": ended.error, "seconds": ended.seconds, "computed": ended.computed}


def _show(plan: Plan, output: Path, as_json: bool) -> None:
    """Print each part with its runs, those that are done, and the hours that the others take."""
    from adapterstilts.runs import command

    pace = Pace(output, plan.runs)
    if as_json:
        runs = [
            {
                "part": each.part,
                "id": each.run.id,
                "line": " ".join(command.arguments_of(each.run)),
                "languages": list(each.languages),
                "done": each.done,
                "seconds": pace.seconds(each),
            }
            for each in plan.runs
        ]
        drawing.print_json({"runs": runs})
        return
    disk = studies.Disk(output, plan.study.backbone)
    names = [name for name in plan.study.parts if plan.of(name)]
    lines = [(name, *_counts(plan.of(name), pace, disk), plan.study.parts[name].what) for name in names]
    lines.append(("all", *_counts(list(plan.runs), pace, disk), ""))
    columns = (
        Column("part"),
        Column("runs", "count"),
        Column("done", "count"),
        Column("hours taken", "number", 1),
        Column("hours left"),
        Column("megabytes left"),
        Column("what", drop=1, least=40),
    )
    notes = [
        "Hours are those of one worker, by what runs of the same kind, or else of other systems on the same work, took "
        f"{'to train elsewhere, since none was carried out here yet' if pace.is_of_elsewhere else 'here'}; megabytes "
        "those of adapters, by what there is of the same method here."
    ]
    notes += [f"{name}: {why}." for name, why in plan.without_runs.items()]
    if told := pace.told():
        low, high = told.quartiles
        notes.append(
            f"{told.runs} runs that were predicted here took {told.median:.2f} of that (median; half of them "
            f"{low:.2f} to {high:.2f})."
        )
    drawing.print_table(Table(columns, lines, notes=notes))


def _counts(runs: list[Planned], pace: Pace, disk: Disk) -> tuple[int, int, float, str, str]:
    left = [each for each in runs if not each.done]
    hours = _sum([pace.seconds(each) for each in left], 3600, ".1f")
    to_be_made = {each.run.adapter.id: disk.bytes(each) for each in left if disk.is_made_by(each)}
    taken = sum(pace.taken(each.run) for each in runs) / 3600
    return len(runs), len(runs) - len(left), taken, hours, _sum(list(to_be_made.values()), 1e6, ",.0f")


def _sum(parts: Sequence[float | None], unit: float, form: str) -> str:
    """The sum in a unit, and whether there is more of which it is not known."""
    known = [part for part in parts if part is not None]
    if parts and not known:
        return "not known yet"
    return f"{sum(known) / unit:{form}}{'' if len(known) == len(parts) else ' and more'}"
