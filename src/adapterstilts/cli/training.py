"""The verbs that make or measure adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS

if TYPE_CHECKING:
    from adapterstilts.execution import Request
    from adapterstilts.findings.compare import Comparison
    from adapterstilts.runs.results import Result
    from adapterstilts.runs.systems import System


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="TASK...", shell_complete=options.complete_task)
@options.method(METHODS)
@options.learning
@options.common
def train(names: tuple[str, ...], **given: Any) -> None:
    """Train one adapter for each TASK, on its English data, and evaluate it in every language.

    \b
    Examples:
      adapterstilts train mnli squad
      adapterstilts train pawsx --method lora --seed 1
      adapterstilts train mnli -o learning_rate=0.002 -o reduction_factor=4
    """
    options.prepare(*names)
    from adapterstilts import execution

    made = []
    for name in dict.fromkeys(names):
        request = _request(name, given)
        made.append((request, execution.learn(request, drawing.Bars())))
        if not given["as_json"]:
            _print_one(*made[-1])
    if given["as_json"]:
        payloads = [_payload(result, _around(request, result)) for request, result in made]
        drawing.print_json(payloads[0] if len(payloads) == 1 else {"results": payloads})


@click.command("continue")
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=True)
@options.method((*options.ADAPTER_METHODS, "full"))
@options.learning
@options.common
def continue_(adapter: str, target: str, **given: Any) -> None:
    """Go on training the source's own weights on TARGET: STILTs with adapters.

    \b
    Example:
      adapterstilts continue mnli --target pawsx
    """
    _compose("continue", (adapter,), target, given)


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=True)
@options.method()
@options.learning
@options.common
def stack(adapter: str, target: str, **given: Any) -> None:
    """Train a fresh adapter for TARGET on top of a frozen one.

    \b
    Example:
      adapterstilts stack squad --target pawsx
    """
    _compose("stack", (adapter,), target, given)


@click.command()
@click.argument("adapters", nargs=-1, required=True, metavar="ADAPTER...", shell_complete=options.complete_adapter)
@options.target(required=True)
@click.option("--no-fresh", is_flag=True, help="LoRA only: learn the mixing alone, without a fresh LoRA.")
@click.option(
    "--control",
    type=click.Choice(("parameters", "untrained")),
    help="Run a control of this fusion: TARGET alone with as many parameters, or sources never trained.",
)
@options.method()
@options.learning
@options.common
def fuse(adapters: tuple[str, ...], target: str, no_fresh: bool, control: str | None, **given: Any) -> None:
    """Learn for TARGET how to combine frozen adapters, and compare with the other ways to get there.

    For bottleneck adapters this is AdapterFusion; for LoRA a learned mixing that collapses to one LoRA.

    \b
    Examples:
      adapterstilts fuse squad mnli --target pawsx
      adapterstilts fuse squad mnli --target pawsx --method lora --no-fresh
      adapterstilts fuse squad mnli --target pawsx --control untrained
    """
    _compose("fuse", adapters, target, given, fresh=not no_fresh, control=control)


@click.command()
@click.argument("adapters", nargs=-1, required=True, metavar="ADAPTER...", shell_complete=options.complete_adapter)
@options.target(required=False)
@click.option(
    "--how",
    type=click.Choice(("mean", "ties")),
    default="mean",
    show_default=True,
    help="The mean of what the adapters do, or (LoRA) TIES.",
)
@click.option(
    "--head",
    metavar="ADAPTER",
    shell_complete=options.complete_adapter,
    help="The adapter whose head the merge gets; without one only retrieval can be evaluated.",
)
@options.method()
@options.common
def merge(adapters: tuple[str, ...], target: str | None, how: str, head: str | None, **given: Any) -> None:
    """Make one adapter of several, without training.

    \b
    Examples:
      adapterstilts merge squad mnli --target tatoeba
      adapterstilts merge squad mnli --method lora --how ties --target tatoeba
      adapterstilts merge squad mnli --head mnli
    """
    options.prepare(target)
    from adapterstilts import execution

    request = _request(target or "", given, "merge", adapters)
    made = execution.merge(request, how, head, drawing.Bars())
    lost = {} if made.residual is None else {"residual": made.residual}
    if given["as_json"] and made.result is not None:
        drawing.print_json({**_payload(made.result, _around(request, made.result)), **lost})
    elif given["as_json"]:
        facts = {"adapter": made.adapter.name, "target": None, "output": str(request.output)}
        sources = [source.name for source in made.adapter.sources]
        drawing.print_json({**facts, "method": request.method, "composition": "merge", "sources": sources, **lost})
    else:
        if made.residual is not None:
            click.echo(f"Truncating to one rank lost {made.residual:.1%} of the merged weight change.")
        if made.result is not None:
            _print_one(request, made.result)
        else:
            click.echo(
                f"Saved in {made.folder}; it has no head, so evaluate it on retrieval: adapterstilts "
                f"evaluate {made.folder} --target tatoeba"
            )


@click.command()
@click.argument("target", shell_complete=options.complete_target)
@click.option(
    "--via",
    metavar="TASK",
    shell_complete=options.complete_task,
    help="Fine-tune on this task first (STILTs), by its recipe and with seed 0: -o and --seed are the target's.",
)
@options.learning
@options.common
def baseline(target: str, via: str | None, **given: Any) -> None:
    """Fine-tune the whole backbone on TARGET, straight or through an intermediate task, by the same loop.

    \b
    Examples:
      adapterstilts baseline pawsx
      adapterstilts baseline pawsx --via mnli
    """
    options.prepare(target)
    from adapterstilts import execution

    sources = (via,) if via else ()
    request = _request(target, {**given, "method": "full"}, "continue" if via else None, sources)
    _finish(request, execution.baseline(request, drawing.Bars()), given["as_json"])


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=False)
@options.method(METHODS)
@click.option(
    "--submission",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Also write the predictions there in XTREME's layout, as `adapterstilts score` reads them.",
)
@options.layer
@options.common
def evaluate(adapter: str, target: str | None, submission: Path | None, layer: str | int | None, **given: Any) -> None:
    """Evaluate ADAPTER zero-shot in every language, on its own task or on TARGET.

    The word "none" stands for the backbone without any adapter. Test rows without labels, as XTREME gives them out, can
    be predicted but not scored: give --submission.

    \b
    Examples:
      adapterstilts evaluate mnli --target tatoeba
      adapterstilts evaluate none --target tatoeba --layer all
      adapterstilts evaluate runs/pocket-lora-pawsx-s0 --language ja
      adapterstilts evaluate squad --target xquad --data xtreme/download --submission my-submission
    """
    options.prepare(target)
    if layer == options.ALL_LAYERS and submission is not None:
        raise UserError("A submission is of one layer: leave out --submission, or --layer all.")
    if isinstance(layer, int):
        given["settings"] = (*given["settings"], f"retrieval_layer={layer}")
    from adapterstilts import execution

    request = _request(target or "", given, None, (adapter,))
    if layer == options.ALL_LAYERS:
        found = execution.evaluate_layers(adapter, target, request, drawing.Bars())
        drawing.print_json(found.as_json()) if given["as_json"] else drawing.print_layers(found)
        return
    result = execution.evaluate(adapter, target, request, drawing.Bars(), submission)
    if submission is not None and not given["as_json"]:
        click.echo(f"Predictions of {result.target} in {', '.join(result.examples)} for XTREME: {submission}")
    _finish(request, result, given["as_json"])


def _compose(verb: str, adapters: Sequence[str], target: str, given: dict[str, Any], **more: Any) -> None:
    options.prepare(target)
    from adapterstilts import execution

    request = _request(target, given, verb, tuple(adapters), **more)
    _finish(request, execution.learn(request, drawing.Bars()), given["as_json"])


def _request(
    task: str,
    given: dict[str, Any],
    composition: str | None = None,
    sources: tuple[str, ...] = (),
    **more: Any,
) -> Request:
    from adapterstilts.exchange import catalogue
    from adapterstilts.execution import Request
    from adapterstilts.runs import recipe

    output: Path = given["output"]
    method = given["method"] or catalogue.method_of(sources, given["backbone"], output)
    return Request(
        task=task,
        method=method,
        composition=composition,
        sources=sources,
        backbone=given["backbone"],
        data=given["data"],
        seed=given.get("seed", 0),
        overrides=recipe.parse_overrides(given["settings"]),
        output=output,
        languages=given["languages"],
        resume=given.get("resume", False),
        **more,
    )


def _finish(request: Request, result: Result, as_json: bool) -> None:
    if as_json:
        drawing.print_json(_payload(result, _around(request, result)))
    elif result.scores and (result.composition == "fuse" or result.control):
        drawing.print_comparison(_around(request, result))
        _print_where(request, result)
    else:
        _print_one(request, result)


def _around(request: Request, result: Result) -> Comparison:
    """What a result is compared with: for a fusion or its control the rows of its table, else all on its target."""
    from adapterstilts import tasks
    from adapterstilts.exchange import catalogue
    from adapterstilts.findings import compare
    from adapterstilts.runs import systems

    target = tasks.get(result.target)
    at_hand = systems.read_all([catalogue.bundled(result.backbone), request.output])
    this = (result.target, result.data, systems.system_of(result), result.seed)
    found = [one for one in at_hand if (one.target, one.data, systems.system_of(one), one.seed) != this]
    expected: list[System] = []
    if result.composition == "fuse" or result.control:
        own = systems.system_of(result)
        fusion = replace(own, composition="fuse", control=None, changed=()) if result.control else own
        expected = compare.systems_around(target, fusion, result.source_tasks)
    return compare.compare(target, result.backbone, [*found, result], expected, result.data, result)


def _payload(result: Result, comparison: Comparison) -> dict[str, Any]:
    others = [one.as_json() for row in comparison.rows for one in row.results if one is not result]
    waiting = [{"system": row.label, "command": row.command} for row in comparison.rows if not row.results]
    return {**result.as_json(), "others": others, "not_run": waiting}


def _print_one(request: Request, result: Result) -> None:
    from adapterstilts import tasks
    from adapterstilts.findings import compare

    if not result.scores:
        click.echo(f"Predictions of {result.target}, without scores: {request.output / 'predictions' / result.adapter}")
        return
    drawing.print_comparison(compare.compare(tasks.get(result.target), result.backbone, [result], data=result.data))
    _print_where(request, result)


def _print_where(request: Request, result: Result) -> None:
    where = request.output / result.adapter
    click.echo(
        f"Saved in {where if where.is_dir() else request.output}; "
        f"side by side with the rest: adapterstilts compare {result.target}"
    )
