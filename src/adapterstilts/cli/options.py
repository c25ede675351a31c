"""The options that verbs share, and the completion of what can be typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from adapterstilts.backbones.declared import DECLARED, DEFAULT
from adapterstilts.base import digests, places
from adapterstilts.base.errors import UserError, did_you_mean, printable
from adapterstilts.cli import drawing
from adapterstilts.methods import METHODS
from adapterstilts.runs.command import ACCEPT
from adapterstilts.training.logs import TRACKERS

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

Command = Callable[..., Any]
ADAPTER_METHODS = ("bottleneck", "lora")
ALL_LAYERS = "all"
_MOST_DIGITS = 9
_SEEDS = "--seeds"


class _Lines(click.File):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Open the file, for bytes."""
        try:
            return super().convert(value, param, ctx)
        except RuntimeError:
            self.fail("standard input is closed.", param, ctx)


LINES = _Lines("rb")
"""A file of text, "-" for standard input: undecoded, so that what cannot be decoded is an error with its line."""


def _matching(words: list[str], incomplete: str) -> list[CompletionItem]:
    # a name with a letter that a shell would obey is none to complete
    return [CompletionItem(word) for word in words if word.startswith(incomplete) and word == printable(word)]


def _known_tasks() -> Mapping[str, Task]:
    """Every task by name; while a word is completed nothing is said of a wrong file, so then it is ours alone."""
    from adapterstilts import tasks

    try:
        return tasks.all_tasks()
    except UserError:
        return tasks.shipped()


def complete_task(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a task's name."""
    return _matching(list(_known_tasks()), incomplete)


def complete_target(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a target's name: any task of the user's own may be one."""
    return _matching([task.name for task in _known_tasks().values() if task.role == "target" or task.own], incomplete)


def complete_backbone(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a backbone that has a name here."""
    return _matching(list(DECLARED), incomplete)


def complete_adapter(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete an adapter: a task's name, or the name of one at hand."""
    from adapterstilts.exchange import catalogue

    output = Path(ctx.params.get("output") or "runs")
    return _matching([*_known_tasks(), *(entry.name for entry in catalogue.entries(output))], incomplete)


def common(command: Command) -> Command:
    """Add the options that every verb which runs something has."""
    for option in reversed(
        (
            backbone,
            click.option(
                "--data",
                metavar="pocket|hub|FOLDER",
                help="Where examples come from; by default what fits the backbone.",
            ),
            click.option(
                "--language",
                "languages",
                multiple=True,
                metavar="L",
                help="Evaluate in this language only; may be repeated. By default every language.",
            ),
            click.option(
                "-o",
                "settings",
                multiple=True,
                metavar="KEY=VALUE",
                help="A setting of the recipe, such as -o learning_rate=0.001; may be repeated.",
            ),
            click.option(
                "--config",
                type=Place(dir_okay=False),
                metavar="FILE",
                help="Settings in YAML, such as `adapterstilts settings TASK` prints; -o counts more.",
            ),
            task_file,
            text,
            verify,
            output,
            click.option(
                "--all",
                "every",
                is_flag=True,
                help="Show everything measured on the target, not only controls, references and the best.",
            ),
            as_json,
        )
    ):
        command = option(command)
    return command


def task_file(command: Command) -> Command:
    """Add --task-file, which lets the verb know a task of the user's own before anything else is looked at."""

    def register(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> None:
        from adapterstilts import tasks

        for file in files:
            tasks.register_file(file)

    return click.option(
        "--task-file",
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=register,
        type=Place(dir_okay=False),
        metavar="FILE",
        help="A task of your own, in YAML; may be repeated. ADAPTERSTILTS_TASKS names folders of them.",
    )(command)


def text(command: Command) -> Command:
    """Add --text, which says what masked language modelling reads."""
    return click.option(
        "--text",
        type=Place(file_okay=False, exists=True),
        metavar="FOLDER",
        help="Text files, a paragraph a line, for masked language modelling beside a task (mnli+mlm).",
    )(command)


def verify(command: Command) -> Command:
    """Add --verify, which lets nothing be taken that is remembered of files."""

    def distrust(ctx: click.Context, __: click.Parameter, verified: bool) -> None:
        if verified:
            ctx.with_resource(digests.distrusted())

    return click.option(
        "--verify",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=distrust,
        help="Check weights and rows by every byte, and encode again: trust nothing that is remembered of files.",
    )(command)


def other_weights(command: Command) -> Command:
    """Add --accept-other-weights."""
    return click.option(
        ACCEPT,
        is_flag=True,
        help="Take adapters that were made for other weights of the backbone's shape; the result says so.",
    )(command)


class _Backbone(click.ParamType):
    name = "backbone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take any word, and say so of one that is nearly a name here: it may be one of the Hub's old ids."""
        if value in DECLARED or "/" in value or (ctx and ctx.resilient_parsing) or places.path_of(value).is_dir():
            return value
        if near := did_you_mean(value, DECLARED, cutoff=0.8):
            drawing.Bars().note(f'"{value}" is taken for an id of the Hub.{near}')
        return value


def backbone_option(text: str, default: str | None = DEFAULT) -> Callable[[Command], Command]:
    """Return --backbone with its help; without a `default` it may be left out."""
    return click.option(
        "--backbone",
        default=default,
        show_default=default is not None,
        type=_Backbone(),
        metavar="pocket|e5-small|HUB_ID|PATH",
        shell_complete=complete_backbone,
        help=text,
    )


backbone = backbone_option("The encoder; `adapterstilts backbones` lists those that have a name here.")
"""Adds --backbone."""


def learning(command: Command) -> Command:
    """Add the options of verbs that train."""
    command = click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")(command)
    command = click.option(
        "--dry-run", is_flag=True, help="Show what would run, by which settings and for how long, and stop."
    )(command)
    command = click.option(
        "--log",
        type=click.Choice(TRACKERS),
        help="Also log to this tracker; logs/NAME/log.jsonl is always written.",
    )(command)
    return click.option(
        "--seed",
        "--seeds",
        "seeds",
        type=click.IntRange(min=0),
        multiple=True,
        default=(0,),
        show_default=True,
        help="Random seeds, such as --seeds 0 1 2: a run of each, and at the end their mean.",
    )(command)


class WithSeeds(click.Command):
    """A verb with --seeds, behind which stand as many numbers as one likes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--seeds 0 1 2` as `--seeds 0 --seeds 1 --seeds 2`."""
        spelled_out: list[str] = []
        behind_seeds = False
        for word in args:
            behind_seeds = word == _SEEDS or (behind_seeds and word.isdecimal())
            again = behind_seeds and word != _SEEDS and spelled_out[-1] != _SEEDS
            spelled_out += [_SEEDS, word] if again else [word]
        return super().parse_args(ctx, spelled_out)


def output(command: Command) -> Command:
    """Add --output."""
    return click.option(
        "--output",
        type=Place(file_okay=False),
        default=Path("runs"),
        show_default=True,
        help="The folder for adapters, results, predictions, logs and checkpoints.",
    )(command)


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object to standard output and nothing else."
    )(command)


def target(required: bool) -> Callable[[Command], Command]:
    """Make --target: what a verb that requires it learns, or what others evaluate on."""
    return click.option(
        "--target",
        required=required,
        metavar="TARGET",
        shell_complete=complete_target,
        help=f"The task to {'learn' if required else 'evaluate on'}.",
    )


def method(choices: tuple[str, ...] = ADAPTER_METHODS) -> Callable[[Command], Command]:
    """Make --method; without it, the method of the adapters that are named, or else bottleneck."""
    assert set(choices) <= set(METHODS)
    return click.option(
        "--method",
        type=click.Choice(choices),
        help="What is trained. [default: that of the named adapters, or bottleneck]",
    )


class Place(click.Path):
    """A path that a user wrote, "~" being a home even where the shell did not read it."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True, exists: bool = False) -> None:
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; UserError for what can be none."""
        if isinstance(value, str) and "://" in value:
            raise UserError(f"{value} is a URL, which only `adapterstilts study` takes, as its --output; give a path.")
        return super().convert(places.path_of(value), param, ctx)


class _Layer(click.ParamType):
    name = "layer"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """Turn what was typed into a number, or `ALL_LAYERS`."""
        if value == ALL_LAYERS or isinstance(value, int):
            return value
        if not value.isdecimal() or len(value) > _MOST_DIGITS:
            self.fail(f'"{value}" is neither the number of a layer nor "{ALL_LAYERS}".', param, ctx)
        return int(value)


def layer(command: Command) -> Command:
    """Add --layer, which gives the number of a layer or `ALL_LAYERS`."""
    return click.option(
        "--layer",
        type=_Layer(),
        metavar="N|all",
        help="For retrieval: compare the embeddings of layer N (0: before the first); by default that which `settings "
        'tatoeba` says. "all" prints the scores of each, a diagnostic, and saves nothing.',
    )(command)


def prepare(*names: str | None) -> None:
    """Before the seconds that torch takes to load: check task names, and silence the libraries' own bars."""
    import os

    from adapterstilts import tasks

    for name in filter(None, names):
        tasks.get(name)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
