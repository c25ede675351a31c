"""The command line: parse, call, print. The only module that prints or exits.

Nothing heavy is imported until a command needs it, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

import click

from adapterstilts import __version__
from adapterstilts.base import processes
from adapterstilts.base.errors import UserError, did_you_mean, shortened
from adapterstilts.cli import drawing, streams
from adapterstilts.cli.backbones import backbones
from adapterstilts.cli.comparing import compare
from adapterstilts.cli.data import data
from adapterstilts.cli.predicting import predict
from adapterstilts.cli.scoring import score
from adapterstilts.cli.sharing import export, import_, publish, pull
from adapterstilts.cli.showing import pocket, settings, tasks, zoo
from adapterstilts.cli.studying import study
from adapterstilts.cli.training import baseline, continue_, evaluate, fuse, merge, stack, train

_NEAR = 20
"""Letters that are told on each side of one that cannot be written."""
_RESUMABLE = ("train", "continue", "stack", "fuse", "baseline")


class _Verbs(click.Group):
    """Verbs in the order of the work, and the nearest one for a verb that does not exist."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            ctx.fail(f'There is no verb "{args[0]}".{did_you_mean(args[0], self.commands)}')
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Examples:
  adapterstilts fuse squad mnli --target pawsx      the main job, on the shipped adapters
  adapterstilts compare pawsx                       everything measured on PAWS-X
  adapterstilts VERB --help                         a verb's options and examples

\b
Tab completion:
  bash:  eval "$(_ADAPTERSTILTS_COMPLETE=bash_source adapterstilts)"
  zsh:   eval "$(_ADAPTERSTILTS_COMPLETE=zsh_source adapterstilts)"
  fish:  _ADAPTERSTILTS_COMPLETE=fish_source adapterstilts | source""",
)
@click.version_option(__version__, prog_name="adapterstilts")
def cli() -> None:
    """Adapters with STILTs: train small adapters on English intermediate tasks, compose them for a target,
    and evaluate zero-shot in every language.

    An ADAPTER is an intermediate task's name (its adapter for this backbone and method), an adapter's own
    name (`adapterstilts zoo` lists them), a folder, or a repository of the Hub.
    """


class _Said(logging.Handler):
    """What the package logs, said on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        drawing.say(record.getMessage(), err=True)


def _listen(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    logger = logging.getLogger(__package__.partition(".")[0])
    logger.setLevel(logging.INFO if wanted else logging.WARNING)
    logger.handlers = [_Said()]


_LOOKING, _COMPUTING = (
    (tasks, settings, backbones, data, pocket, zoo),
    (train, continue_, stack, fuse, merge, baseline, evaluate),
)
for verb in (*_LOOKING, *_COMPUTING, study, compare, score, predict, pull, import_, export, publish):
    cli.add_command(verb)
for verb in _COMPUTING:
    said = "Say also what is computed otherwise than usual."
    verb.params.append(click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=_listen, help=said))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0, 1 for a user's error, 2 for wrong usage, 130 if interrupted, 141 for a
    closed pipe.

    Of several processes (`torchrun -m adapterstilts ...`) only the main one prints; of the others one hears
    what ended them.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if processes.is_main():
        sys.exit(streams.guarding(lambda: _run(words)))
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        sys.exit(streams.guarding(lambda: _run(words)))


def _run(words: list[str]) -> int:
    try:
        _check_said(words)
        code = cli.main(args=words, prog_name="adapterstilts", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        # what was typed may be a file's name that somebody else made up
        shown = io.StringIO()
        error.show(shown)
        drawing.say_lines(shortened(shown.getvalue()), err=True)
        return error.exit_code
    except UserError as error:
        where = "" if processes.is_main() else f" in process {processes.index()}"
        drawing.say_lines(shortened(f"Error{where}: {error}"), err=True)
        return 1
    except UnicodeEncodeError as error:
        # what was typed in another encoding is good as a path, but no name that can be written
        near = error.object[max(0, error.start - _NEAR) : error.end + _NEAR]
        drawing.say(f'Error: "{near}" is not UTF-8, so it cannot be written; give it in UTF-8.', err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        drawing.say(_interrupted(words), err=True)
        return 130


def _check_said(words: list[str]) -> None:
    """Refuse what is empty, such as a variable that was never set: it must not stand for what is meant without it."""
    for before, word in zip(["adapterstilts", *words], words, strict=False):
        option = word.removesuffix("=") if word.startswith("--") and word.endswith("=") else before
        if not word or option != before:
            raise click.UsageError(f'After "{option}" comes an empty word; say what is meant, or leave it out.')


def _interrupted(words: list[str]) -> str:
    if not words or words[0] not in _RESUMABLE:
        return "Interrupted; nothing is left half-written."
    again = words if "--resume" in words else [*words, "--resume"]
    return f"Interrupted; go on from the last checkpoint with: {shlex.join(['adapterstilts', *again])}"
