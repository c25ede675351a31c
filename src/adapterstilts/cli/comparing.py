"""The verb `compare`: what was measured, side by side. No torch."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from adapterstilts.backbones import DEFAULT
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.runs.command import line, where


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=options.complete_task)
@options.backbone_option("The backbone whose results are compared.")
@click.option("--summary", is_flag=True, help="One table for all, systems down, targets across.")
@click.option(
    "--grid",
    type=click.Choice(("bottleneck", "lora", "full")),
    help="One table of gains by this method, intermediate tasks down, targets across.",
)
@click.option(
    "--format", "form", type=click.Choice(drawing.FORMS), default=drawing.TERMINAL, show_default=True, help="Of tables."
)
@options.task_file
@options.output
@options.as_json
def compare(
    targets: tuple[str, ...],
    backbone: str,
    summary: bool,
    grid: str | None,
    form: str,
    output: Path,
    as_json: bool,
) -> None:
    """Put everything measured on a target side by side.

    Shipped results are included. Without TARGET: every task that something was measured on. Rows from another source
    make a table of their own.

    \b
    Examples:
      adapterstilts compare pawsx
      adapterstilts compare pawsx tydiqa --summary
      adapterstilts compare pawsx tydiqa --grid lora
      adapterstilts compare pawsx --format latex > pawsx.tex
    """
    if summary and grid:
        raise click.UsageError("Give either --summary or --grid.")
    from adapterstilts import tasks as declarations
    from adapterstilts.exchange import catalogue
    from adapterstilts.findings import compare
    from adapterstilts.runs import results

    all_results = results.read_all([catalogue.bundled(backbone), output], drawing.note_skipped)
    measured = {(result.target, result.data) for result in all_results if result.run.backbone.id == backbone}
    names = [declarations.get(name).name for name in targets]
    for name in names:
        if declarations.get(name).parts:
            raise UserError(f"{name} is learned at once and measured on nothing by itself; name a target.")
    names = names or [name for name in declarations.all_tasks() if name in {target for target, _ in measured}]
    comparisons = [
        compare.compare(declarations.get(name), backbone, all_results, data=data, output=output)
        for name in dict.fromkeys(names)
        for data in sorted({data for target, data in measured if target == name} or {None}, key=str)
    ]
    if as_json:
        drawing.print_json({"comparisons": [_comparison(comparison) for comparison in comparisons]})
        return
    if not any(comparison.rows for comparison in comparisons):
        drawing.say(_nothing(names, backbone, output), err=form != drawing.TERMINAL)
        return
    shown = [comparison for comparison in comparisons if comparison.rows]
    if grid:
        drawing.print_grid(shown, grid, form)
    elif summary:
        drawing.print_summary(shown, form)
    else:
        drawing.print_comparisons(shown, form)
    for comparison in comparisons:
        if not comparison.rows:
            said = f"Nothing has been measured on {comparison.target} with the backbone {backbone} yet."
            drawing.say(said, err=form != drawing.TERMINAL)


def _nothing(names: list[str], backbone: str, output: Path) -> str:
    """That none of these tasks was measured, and the line to start with."""
    from adapterstilts import tasks as declarations

    on = f" on {', '.join(names)}" if names else ""
    first = next((name for name in names if declarations.get(name).train_on), "pawsx")
    # what a fusion takes is shipped for the one backbone alone
    fused = backbone == DEFAULT and declarations.get(first).role == "target"
    words = ["fuse", "squad", "mnli", "--target", first] if fused else ["train", first]
    start = line(*words, *where(backbone, output))
    return f"Nothing has been measured{on} with the backbone {backbone} yet; start with: {start}"


def _comparison(comparison: Any) -> dict[str, Any]:
    from adapterstilts.findings import report

    return {
        "target": comparison.target,
        "backbone": comparison.backbone,
        "data": comparison.data,
        "languages": list(comparison.languages),
        "left_out": comparison.left_out,
        "not_measured": list(comparison.not_measured),
        "published": [asdict(each) for each in report.published_beside(comparison)],
        "rows": [
            {
                "system": row.label,
                "command": row.command,
                "gain": asdict(row.gain) if row.gain else None,
                "results": [result.told() for result in row.results],
            }
            for row in comparison.rows
        ],
    }
