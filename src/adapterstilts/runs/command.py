"""A run as a command line, and back: `parse(arguments_of(run))` is the run.

The line names adapters by word. A word is a task's name, or the name of an adapter that `Surroundings.adapter` knows.
"""

from __future__ import annotations

import argparse
import functools
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from adapterstilts import tasks
from adapterstilts.backbones import DEFAULT
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import path_of, zoo_folder
from adapterstilts.methods.compositions import WAYS
from adapterstilts.runs import asked, recipe
from adapterstilts.runs.run import CONTROLS, NO_ADAPTER, Evaluation, Given, Rows, Run
from adapterstilts.runs.settings import written
from adapterstilts.runs.words import (
    TEXT,
    changed_in_evaluation,
    changed_in_making,
    name_of,
    place_of,
    place_of_evaluation,
    unusual,
    word_for,
)

VERBS = ("train", "continue", "stack", "fuse", "merge", "baseline", "evaluate")
"""The verbs whose line is a run."""
OUTPUT = Path("runs")
"""Where adapters and results go unless another folder is given."""
ACCEPT = "--accept-other-weights"
"""Lets a run build on adapters that were made for other weights of its backbone's shape."""
_FOLDER = "FOLDER"


def command_of(run: Run, output: Path = OUTPUT) -> str:
    """Return the line that measures a run, or makes it if it is not measured, where the others in `output` are."""
    return line(*arguments_of(run, output), *_output(output))


def line(*words: str) -> str:
    """Return a line of our command line, to be pasted into a shell."""
    return shlex.join(["adapterstilts", *words])


def where(backbone: str, output: Path, *names: str | None) -> list[str]:
    """Return the options by which another verb sees what this one did: `names` are the tasks that it names."""
    elsewhere = [] if backbone == DEFAULT else ["--backbone", backbone]
    return [*elsewhere, *_declared(names), *_output(output)]


def _output(output: Path) -> list[str]:
    return [] if output == OUTPUT else ["--output", str(output)]


def arguments_of(run: Run, output: Path | None = None) -> list[str]:
    """Return the arguments that :func:`parse` reads back; a folder that is not at hand is called FOLDER.

    With `output` an adapter that is in another folder, where no word means it, is named by that.
    """
    elsewhere = [] if run.backbone.id == DEFAULT else ["--backbone", run.backbone.id]
    data = _data(run)
    elsewhere += ["--data", data] if data else []
    elsewhere += [ACCEPT] if run.of_other_weights else []
    elsewhere += _text([run, *run.graph()])
    return [*_words(run, output), *elsewhere, *_declared([*(each.task for each in run.graph()), run.target])]


def _words(run: Run, output: Path | None) -> list[str]:
    target = run.target or run.task
    chosen = [] if run.method in ("bottleneck", "full", NO_ADAPTER) else ["--method", run.method]
    seed = ["--seed", str(run.seed)] if run.seed else []
    if run.composition == "merge":
        return ["merge", *_sources(run, output), *_target(run.target), *chosen, *_merged_with(run, output)]
    if _is_evaluation(run):
        beside = run if run.of_other_weights else None
        word = NO_ADAPTER if run.method == NO_ADAPTER else _word(run.adapter, beside, output)
        as_named = chosen if tasks.known(word) else []
        full = ["--method", "full"] if run.method == "full" and tasks.known(word) else []
        own = run.adapter.task if run.method != NO_ADAPTER else None
        aim = [] if target == own else _target(target)
        return ["evaluate", word, *aim, *as_named, *full, *_settings(changed_in_evaluation(run))]
    settings = _settings({**changed_in_making(run), **changed_in_evaluation(run)})
    sources = _sources(run, output)
    if run.task is None:
        raise UserError(f"The run {run.id} trains for no task, so no line makes it.")
    if run.method == "full":
        return ["baseline", run.task, *(word for source in sources for word in ("--via", source)), *seed, *settings]
    if run.composition is None:
        return ["train", run.task, *chosen, *seed, *settings]
    control = ["--control", run.control] if run.control else []
    return [run.composition, *sources, *_target(run.task), *control, *chosen, *seed, *settings]


def _sources(run: Run, output: Path | None) -> list[str]:
    return sorted(_word(source, run, output) for source in run.sources)


def _word(adapter: Run | Given, beside: Run | None, output: Path | None) -> str:
    """What one types for an adapter: its folder, if no word means it."""
    if output is not None and is_elsewhere(adapter, output):
        return adapter.place
    # a merge learned from nowhere itself, so its --data says what it is measured on
    merged_here = beside is None or beside.rows is not None or place_of(beside) == place_of_evaluation(beside)
    return word_for(adapter, beside) if merged_here else name_of(adapter)


def is_elsewhere(adapter: Run | Given, output: Path) -> bool:
    """Whether an adapter was named by a folder that is neither in `output` nor shipped."""
    folder = Path(adapter.place).absolute()
    return bool(adapter.place) and folder.parent != output.absolute() and zoo_folder() not in folder.parents


def _declared(names: Iterable[str | None]) -> list[str]:
    """The options that declare the user's own tasks among `names`."""
    named = [tasks.get(name) for name in dict.fromkeys(names) if name]
    own = [part.own for task in named for part in task.parts or (task,) if part.own is not None]
    return [word for each in dict.fromkeys(each.source for each in own if each.file) for word in ("--task-file", each)]


def _text(graph: Iterable[Run | Given]) -> list[str]:
    """The option that names the text which an adapter read beside tasks, if that is the user's."""
    for each in graph:
        if isinstance(each, Run) and each.text is not None and each.text.source != "pocket":
            return ["--text", each.text.place or _FOLDER]
    return []


def _is_evaluation(run: Run) -> bool:
    """Whether a run is measured otherwise than its training would: the adapter is there, or is made first."""
    if run.method == NO_ADAPTER or (run.composition is None and run.sources):
        return True
    own = run.evaluation
    if own is None:
        return False
    shared = all(own.settings.get(key) == run.settings.get(key) for key in ("max_length", "precision"))
    return own.target != run.task or not shared or (run.rows is not None and not _same_rows(run.rows, own))


def _same_rows(trained: Rows, own: Evaluation) -> bool:
    """Whether one --data says both; the rows of a task that learns from another's have a revision of their own."""
    task, measured = tasks.get(own.target), own.rows
    if task.own:
        return True
    moved = bool(trained.place and measured.place and trained.place != measured.place)
    other = task.train_on == task.name and trained.revision != measured.revision
    return trained.source == measured.source and not moved and not other


def _target(target: str | None) -> list[str]:
    return ["--target", target] if target else []


def _merged_with(run: Run, output: Path | None) -> list[str]:
    head = ["--head", _word(run.head, run, output)] if run.head else []
    how = run.settings.get("how", "mean")
    own = {key: value for key, value in run.settings.items() if key != "how"}
    return [*([] if how == "mean" else ["--how", how]), *head, *_settings({**own, **changed_in_evaluation(run)})]


def _settings(settings: Mapping[str, Any]) -> list[str]:
    words = []
    for key, value in sorted(settings.items()):
        if key != TEXT:
            words += ["--no-fresh"] if (key, value) == ("fresh", False) else ["-o", f"{key}={written(key, value)}"]
    return words


def _data(run: Run) -> str | None:
    """What --data has to say: a folder always, since there is none that one would expect."""
    rows, task = (run.evaluation.rows, run.evaluation.target) if run.evaluation else (run.rows, run.task)
    if task and tasks.get(task).own and run.rows and run.task:
        # a user's own task has its own rows, but may learn from those of one of ours
        rows, task = run.rows, tasks.get(run.task).train_on
    if rows is None or task is None:
        return None
    return (rows.place or _FOLDER) if rows.source == "folder" else unusual(rows, task, run.backbone.id)


def parse(arguments: Sequence[str], here: asked.Surroundings) -> Run:
    """Return the run that a line of the command line asks for, `arguments` beginning with the verb.

    Options that say where and how a run is computed (`--output`, `--resume`, ...) are no part of it and not taken; the
    one that accepts other weights is passed over. UserError for a verb, a word or an option that does not fit.
    """
    verb, *rest = arguments or [""]
    if verb not in VERBS:
        raise UserError(f'"{verb}" makes no run; these do: {", ".join(VERBS)}.{did_you_mean(verb, VERBS)}')
    parsed = vars(_parser(verb).parse_intermixed_args(rest))
    words, target, backbone = parsed["words"], parsed.get("target"), parsed["backbone"]
    settings = recipe.parse_overrides(parsed["settings"])
    where: dict[str, Any] = {
        "backbone": backbone,
        "data": parsed["data"],
        "text": parsed["text"],
        "settings": settings,
    }
    if len(words) > 1 and verb in ("train", "continue", "stack", "baseline", "evaluate"):
        raise UserError(f"adapterstilts {verb} makes one run of one word here, but there are {', '.join(words)}.")
    if verb == "evaluate":
        return asked.evaluating(here, words[0], target, parsed["method"], **where)
    method = parsed.get("method") or here.method_of([] if verb in ("train", "baseline") else words, backbone)
    if verb == "merge":
        return asked.merging(here, words, method, target, how=parsed["how"], head=parsed["head"], **where)
    where["seed"] = parsed["seed"]
    if verb == "train":
        return asked.training(here, words[0], method, **where)
    if verb == "baseline":
        via = [parsed["via"]] if parsed["via"] else []
        return asked.training(here, words[0], "full", "continue" if via else None, via, **where)
    more = {"control": parsed["control"], "fresh": not parsed["no_fresh"]} if verb == "fuse" else {}
    return asked.training(here, target or "", method, verb, words, **where, **more)


def _register(file: str) -> str:
    return tasks.register_file(path_of(file)).name


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"adapterstilts {self.prog}: {message}.")


@functools.cache
def _parser(verb: str) -> argparse.ArgumentParser:
    # else each line would have its usage written out
    parser = _Parser(prog=verb, usage=verb, add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="+")
    parser.add_argument("--backbone", default=DEFAULT)
    parser.add_argument("--data")
    parser.add_argument("--task-file", type=_register, action="append")
    parser.add_argument("--text")
    parser.add_argument("-o", dest="settings", action="append", default=[])
    parser.add_argument(ACCEPT, action="store_true")
    if verb in ("continue", "stack", "fuse", "merge", "evaluate"):
        parser.add_argument("--target", required=verb not in ("merge", "evaluate"))
    if verb != "baseline":
        parser.add_argument("--method")
    if verb not in ("merge", "evaluate"):
        parser.add_argument("--seed", type=int, default=0)
    if verb == "baseline":
        parser.add_argument("--via")
    if verb == "fuse":
        parser.add_argument("--control", choices=CONTROLS)
        parser.add_argument("--no-fresh", action="store_true")
    if verb == "merge":
        parser.add_argument("--how", choices=WAYS, default="mean")
        parser.add_argument("--head")
    return parser
