"""The verbs that make or measure adapters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing, options
from adapterstilts.cli.finishing import finish, payload, payload_of_training, print_means, print_trained
from adapterstilts.methods import METHODS
from adapterstilts.runs.command import line, where

if TYPE_CHECKING:
    from adapterstilts.execution import How
    from adapterstilts.runs.results import Result
    from adapterstilts.runs.run import Run


@click.command(cls=options.WithSeeds)
@click.argument("names", nargs=-1, required=True, metavar="TASK...", shell_complete=options.complete_task)
@options.method(METHODS)
@options.learning
@options.common
def train(names: tuple[str, ...], **chosen: Any) -> None:
    """Train one adapter for each TASK, on its English data.

    Then evaluate it zero-shot in every language. Tasks joined by + are learned by one adapter, with a head for each;
    "multitask" are the nine intermediate tasks, "mlm" beside a task is masked language modelling on --text, and
    TASK:LANGUAGE or TASK:mixed learns from a translation. Evaluate such an adapter by its name and --target.

    \b
    Examples:
      adapterstilts train mnli squad
      adapterstilts train mnli+squad
      adapterstilts train mnli:de
      adapterstilts train pawsx --method lora --seeds 0 1 2
      adapterstilts train mnli -o learning_rate=0.002 -o reduction_factor=4
    """
    options.prepare(*names)
    _carry_out([run for name in dict.fromkeys(names) for run in _trainings(name, chosen)], chosen)


@click.command("continue", cls=options.WithSeeds)
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=True)
@options.method((*options.ADAPTER_METHODS, "full"))
@options.learning
@options.other_weights
@options.common
def continue_(adapter: str, target: str, **chosen: Any) -> None:
    """Go on training an adapter's own weights on TARGET (STILTs).

    With --method full the source is a task that full fine-tuning learns first, as in `baseline TARGET --via TASK`.

    \b
    Example:
      adapterstilts continue mnli --target pawsx
    """
    _learn(target, chosen, "continue", (adapter,))


@click.command(cls=options.WithSeeds)
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=True)
@options.method()
@options.learning
@options.other_weights
@options.common
def stack(adapter: str, target: str, **chosen: Any) -> None:
    """Train a fresh adapter for TARGET on top of a frozen one.

    \b
    Example:
      adapterstilts stack squad --target pawsx
    """
    _learn(target, chosen, "stack", (adapter,))


@click.command(cls=options.WithSeeds)
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
@options.other_weights
@options.common
def fuse(adapters: tuple[str, ...], target: str, no_fresh: bool, control: str | None, **chosen: Any) -> None:
    """Learn to combine frozen adapters for TARGET.

    The result is printed beside recorded results. For bottleneck adapters this is AdapterFusion; for LoRA a learned
    mixing that can be folded into one LoRA. The paper's fusion has an adapter of the target, too: train that first,
    and name it among the ADAPTERs.

    \b
    Examples:
      adapterstilts fuse squad mnli --target pawsx
      adapterstilts fuse squad mnli --target pawsx --method lora --no-fresh
      adapterstilts fuse squad mnli --target pawsx --control untrained
    """
    _learn(target, chosen, "fuse", adapters, fresh=not no_fresh, control=control)


@click.command()
@click.argument("adapters", nargs=-1, required=True, metavar="ADAPTER...", shell_complete=options.complete_adapter)
@options.target(required=False)
@click.option(
    "--how",
    "way",
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
@options.other_weights
@options.common
def merge(adapters: tuple[str, ...], target: str | None, way: str, head: str | None, **chosen: Any) -> None:
    """Make one adapter of several, without training.

    \b
    Examples:
      adapterstilts merge squad mnli --target tatoeba
      adapterstilts merge squad mnli --method lora --how ties --target tatoeba
      adapterstilts merge squad mnli --head mnli
    """
    options.prepare(target)
    from adapterstilts import execution
    from adapterstilts.exchange.at_hand import AtHand
    from adapterstilts.runs import asked

    how, here = _how(chosen), AtHand(chosen["output"])
    method = chosen["method"] or here.method_of(adapters, chosen["backbone"])
    adapters, head = tuple(_meant(each, method, chosen) for each in adapters), head and _meant(head, method, chosen)
    run = asked.merging(here, adapters, method, target, how=way, head=head, **_asked(chosen))
    execution.check_languages(run, how)
    merged = execution.merge(run, how, drawing.Bars())
    lost = {} if merged.residual is None else {"residual": merged.residual}
    if chosen["as_json"] and merged.result is not None:
        drawing.print_json({**payload(how, merged.result), **lost})
    elif chosen["as_json"]:
        drawing.print_json({"adapter": merged.adapter.name, "run": run.facts(), "output": str(how.output), **lost})
    else:
        if merged.residual is not None:
            drawing.say(f"Truncating to one rank lost {merged.residual:.1%} of the merged weight change.")
        if merged.result is not None:
            finish(how, merged.result, False, chosen["every"])
        else:
            elsewhere = where(run.backbone.id, how.output)
            measure = line("evaluate", merged.adapter.name, "--target", "tatoeba", *elsewhere)
            drawing.say(f"Saved in {merged.folder}; it has no head, so evaluate it on retrieval: {measure}")


@click.command(cls=options.WithSeeds)
@click.argument("target", shell_complete=options.complete_target)
@click.option(
    "--via",
    metavar="TASK",
    shell_complete=options.complete_task,
    help="Fine-tune on this task first (STILTs), by its recipe and with seed 0: -o and --seed are the target's.",
)
@options.learning
@options.common
def baseline(target: str, via: str | None, **chosen: Any) -> None:
    """Fine-tune the whole backbone on TARGET, straight or via a task.

    It is the same loop on the same data that trains adapters.

    \b
    Examples:
      adapterstilts baseline pawsx
      adapterstilts baseline pawsx --via mnli
    """
    _learn(target, {**chosen, "method": "full"}, "continue" if via else None, (via,) if via else ())


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@options.target(required=False)
@options.method(METHODS)
@click.option(
    "--submission",
    type=options.Place(file_okay=False),
    metavar="FOLDER",
    help="Also write the predictions there in XTREME's layout, as `adapterstilts score` reads them.",
)
@options.layer
@options.other_weights
@options.common
def evaluate(adapter: str, target: str | None, submission: Path | None, layer: str | int | None, **chosen: Any) -> None:
    """Evaluate ADAPTER zero-shot in every language.

    It is evaluated on its own task, or on TARGET. The word "none" stands for the backbone without any adapter. Test
    rows without labels, as XTREME gives them out, can be predicted but not scored: give --submission.

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
        chosen["settings"] = (*chosen["settings"], f"retrieval_layer={layer}")
    from adapterstilts import execution
    from adapterstilts.exchange.at_hand import AtHand
    from adapterstilts.runs import asked

    how = _how(chosen)
    here = AtHand(how.output)
    method = chosen["method"] or here.method_of([adapter], chosen["backbone"])
    run = asked.evaluating(here, _meant(adapter, method, chosen), target, method, **_asked(chosen))
    execution.check_languages(run, how)
    if layer == options.ALL_LAYERS:
        layers = execution.evaluate_layers(run, how, drawing.Bars())
        drawing.print_json(layers.as_json()) if chosen["as_json"] else drawing.print_layers(layers)
        return
    result = execution.evaluate(run, how, drawing.Bars(), submission)
    if submission is not None and not chosen["as_json"]:
        drawing.say(f"Predictions of {result.target} in {', '.join(result.examples)} for XTREME: {submission}")
    finish(how, result, chosen["as_json"], chosen["every"])


def _learn(
    task: str, chosen: dict[str, Any], composition: str | None = None, adapters: Sequence[str] = (), **more: Any
) -> None:
    options.prepare(task)
    _carry_out(_trainings(task, chosen, composition, adapters, **more), chosen)


def _carry_out(runs: Sequence[Run], chosen: dict[str, Any]) -> None:
    """Learn what is asked for, or show the plan. A run that fails leaves the others, and is told of at the end."""
    if chosen["text"] is not None and not any(getattr(each, "text", None) for run in runs for each in run.graph()):
        raise UserError("--text is for masked language modelling: name it beside a task (mnli+mlm), or leave it out.")
    if chosen["dry_run"]:
        _plan(runs, chosen)
        return
    from adapterstilts import execution

    how = _how(chosen)
    errors: list[UserError] = []
    learned: dict[str, Result] = {}
    unmeasured: list[Run] = []
    for run in runs:
        execution.check_languages(run, how)
    for outcome in execution.learn_all(runs, how, drawing.Bars()):
        if outcome.error is not None:
            errors.append(outcome.error)
        elif outcome.result is not None:
            learned[outcome.run.id] = outcome.result
            if not chosen["as_json"]:
                finish(how, outcome.result, False, chosen["every"])
        else:
            unmeasured.append(outcome.run)
    if not chosen["as_json"]:
        print_means([learned[run.id] for run in runs if run.id in learned])
        for run in unmeasured:
            print_trained(how, run)
    elif learned or unmeasured:
        payloads = [payload(how, learned[run.id]) for run in runs if run.id in learned]
        payloads += [payload_of_training(how, run) for run in unmeasured]
        drawing.print_json(payloads[0] if len(runs) == 1 else {"results": payloads})
    for error in errors[:-1]:
        drawing.Bars().note(str(error))
    if errors:
        raise errors[-1]


def _trainings(
    task: str, chosen: dict[str, Any], composition: str | None = None, adapters: Sequence[str] = (), **more: Any
) -> list[Run]:
    """The run of each seed."""
    from adapterstilts.exchange.at_hand import AtHand
    from adapterstilts.runs import asked

    here = AtHand(chosen["output"])
    method = chosen["method"] or here.method_of(adapters, chosen["backbone"])
    if method != "full":  # whose sources are made first, by their recipes
        adapters = [_meant(adapter, method, chosen) for adapter in adapters]
    about = {**_asked(chosen), **more}
    seeds = dict.fromkeys(chosen["seeds"])
    return [asked.training(here, task, method, composition, adapters, seed=seed, **about) for seed in seeds]


def _meant(adapter: str, method: str, chosen: dict[str, Any]) -> str:
    from adapterstilts.exchange import catalogue

    return catalogue.meant(adapter, chosen["backbone"], method, chosen["output"], drawing.Bars().note)


def _plan(runs: Sequence[Run], chosen: dict[str, Any]) -> None:
    from adapterstilts.cli import planning
    from adapterstilts.runs import recipe

    settings = recipe.overrides(chosen["config"], chosen["settings"])
    steps = [step for run in runs for step in planning.plan(run, chosen["output"], chosen["languages"], settings)]
    planning.show(steps, chosen["as_json"])


def _asked(chosen: dict[str, Any]) -> dict[str, Any]:
    """What every verb asks of a run by the same options."""
    from adapterstilts.runs import recipe

    settings = recipe.overrides(chosen["config"], chosen["settings"])
    text = None if chosen["text"] is None else str(chosen["text"])
    return {"backbone": chosen["backbone"], "data": chosen["data"], "text": text, "settings": settings}


def _how(chosen: dict[str, Any]) -> How:
    from adapterstilts.execution import How
    from adapterstilts.runs import asked, recipe

    settings = asked.only_how(recipe.overrides(chosen["config"], chosen["settings"]))
    return How(
        chosen["output"],
        chosen["languages"],
        chosen.get("resume", False),
        settings,
        chosen.get("log"),
        chosen.get("accept_other_weights", False),
    )
