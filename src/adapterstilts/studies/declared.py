"""A study as its recipe declares it: parts, each with lines of our command line, in which names in braces are open."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from adapterstilts import tasks
from adapterstilts.backbones import DEFAULT
from adapterstilts.base import schema
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import path_of, recipes_folder
from adapterstilts.base.yaml_files import read_yaml
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.findings.judged import Question
from adapterstilts.methods import METHODS
from adapterstilts.runs import asked, command, words
from adapterstilts.runs.run import Run, with_own_seeds

_OF_PART = ("what", "seed", "languages", "own_seeds", "also", "needs", "shipped", "runs")
_FILLED = ("seed", "best")
"""Names in braces that no list has the values of."""
_BEST = 3
_MOST_QUESTIONS = 6


@dataclass(frozen=True)
class Part:
    """One part of a study.

    `runs` are lines of the command line without "adapterstilts". Each is made with every value of the names that it
    has in braces, `seed` slowest, so that a part that is stopped has whole seeds. `languages` are those that are
    measured (none: all). With `own_seeds` a run builds on sources of its own seed, so that their variance counts, too.
    What is trained is measured on those of the targets `also`, too, that learn from the same rows: XQuAD and MLQA share
    a training so. It is left out where --data or --text is not given, if it `needs` that.
    `shipped` names the methods whose adapters are shipped with their weights.
    """

    name: str
    runs: tuple[str, ...]
    seed: tuple[int, ...] = (0,)
    what: str = ""
    languages: tuple[str, ...] = ()
    own_seeds: bool = False
    also: tuple[str, ...] = ()
    needs: tuple[Literal["data", "text"], ...] = ()
    shipped: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def leaves_seed_open(self) -> bool:
        """Whether a line of it is made with each seed."""
        return any("seed" in _open_in(line) for line in self.runs)


@dataclass(frozen=True)
class TrainingSet:
    """What a task's training rows are where they are not the official set as it is, and their licence if another."""

    what: str
    licence: str | None = None


@dataclass(frozen=True)
class _Declared:
    """What the file of a recipe holds."""

    parts: Mapping[str, Mapping[str, Any]]
    backbone: str = DEFAULT
    open: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    training_sets: Mapping[str, TrainingSet] = field(default_factory=dict)
    comparisons: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Study:
    """A recipe of many runs on one backbone; `data` says where their rows come from (None: the usual place), and `text`
    what masked language modelling reads.

    `training_sets` are told by the cards of what is shipped, by task. `comparisons` are those that are judged: they are
    named before their runs, and at most six.
    """

    path: Path
    backbone: str
    parts: Mapping[str, Part]
    data: str | None = None
    text: str | None = None
    comparisons: tuple[Question, ...] = ()
    training_sets: Mapping[str, TrainingSet] = field(default_factory=dict)

    def with_seeds(self, seeds: Sequence[int]) -> Study:
        """Return it with `seeds` in each part whose lines leave the seed open; none: as it is."""
        parts = {
            name: replace(part, seed=tuple(dict.fromkeys(seeds))) if part.leaves_seed_open else part
            for name, part in self.parts.items()
        }
        return replace(self, parts=parts) if seeds else self

    def runs(self, part: Part, output: Path, here: AtHand | None = None) -> list[Run]:
        """Return the runs of a part, each once, in its order; `output` has what was made so far, and `here` knows it.

        UserError names the line that does not fit.
        """
        here = here or AtHand(output)
        runs: dict[Run, None] = {}
        if self.lacking(part):
            return []
        for line in self._lines(part, here):
            try:
                # what a line says itself comes last, and counts
                verb, *rest = line.split()
                run = command.parse([verb, *self._where(), *rest], here)
            except UserError as error:
                raise UserError(f"{self.path}, part {part.name}: {line}: {error}") from error
            if part.own_seeds:
                run = with_own_seeds(run)
            if not trains_twice(run):
                runs[run] = None
                runs.update(dict.fromkeys(self._also(part, run, here)))
        return list(runs)

    def lacking(self, part: Part) -> list[str]:
        """Return what a part needs that is not given; without it the part has no runs."""
        return [needed for needed in part.needs if getattr(self, needed) is None]

    def _also(self, part: Part, run: Run, here: AtHand) -> Iterator[Run]:
        """The other targets that a run's adapter is measured on."""
        own = tasks.known(run.task)
        if own is None or run.target != own.name:
            return
        for name in part.also:
            if name != own.name and tasks.get(name).learned == own.learned:
                assert run.evaluation is not None
                rows, changed = run.evaluation.rows, words.changed_in_evaluation(run)
                yield asked.measured(here, run, name, rows.place or rows.source, changed)

    def _where(self) -> list[str]:
        data = ["--data", self.data] if self.data else []
        data += ["--text", self.text] if self.text else []
        return [*data, *([] if self.backbone == DEFAULT else ["--backbone", self.backbone])]

    def _lines(self, part: Part, here: AtHand) -> Iterator[str]:
        for seed, line in itertools.product(part.seed, part.runs):
            names = [name for name in _open_in(line) if name not in _FILLED]
            for filled in itertools.product(*(part.values[name] for name in names)):
                known = dict(zip(names, filled, strict=True))
                best = best_sources(here, self.backbone, known) if "{best}" in line else ""
                # which these are is not known before the runs that choose them
                if best or "{best}" not in line:
                    yield line.format(**known, seed=seed, best=best)


def shipped() -> dict[str, Path]:
    """Return the recipes that are shipped, by their names."""
    return {path.stem: path for path in sorted((recipes_folder() / "studies").glob("*.yaml"))}


def recipe_of(word: str) -> Path:
    """Return the file that a word means: its own, or the shipped recipe of that name; UserError if there is neither."""
    path = path_of(word)
    if path.is_file():
        return path
    if path.is_dir() and word not in shipped():
        raise UserError(f"{path} is a folder; give the file of a recipe, or the name of one that is shipped.")
    known = shipped()
    if word not in known:
        hint = did_you_mean(word, known) or f" Those of {', '.join(known)} are shipped."
        raise UserError(f'There is no recipe of a study "{word}".{hint}')
    return known[word]


def read(path: Path, data: str | None = None, text: str | None = None) -> Study:
    """Read the recipe of a study; UserError for what it does not know, before anything runs."""
    content = read_yaml(path)
    if not isinstance(content, Mapping) or not content.get("parts"):
        raise UserError(f"{path} is no recipe of a study: it has no parts, each with its runs.")
    _check_names(content, [each.name for each in fields(_Declared)], f"{path} has no")
    # a heading with nothing below it
    empty = [name for name in ("open", "training_sets", "comparisons") if content.get(name) is None]
    told = {name: each for name, each in content.items() if name not in empty}
    declared = schema.checked(_Declared, told, str(path))
    values = _values(declared.open, f"{path}, open")
    parts = {name: _part(name, part, values, path) for name, part in declared.parts.items()}
    if len(declared.comparisons) > _MOST_QUESTIONS:
        raise UserError(
            f"{path} names {len(declared.comparisons)} comparisons; of more than {_MOST_QUESTIONS} hardly one can be "
            "judged."
        )
    of_tasks = {"comparisons": [each.target for each in declared.comparisons], "training_sets": declared.training_sets}
    for place, names in of_tasks.items():
        _check_names(names, tuple(tasks.all_tasks()), f"{path}, {place}: there is no task")
    return Study(path, declared.backbone, parts, data, text, declared.comparisons, declared.training_sets)


def _part(name: str, content: Mapping[str, Any], names: Mapping[str, tuple[str, ...]], path: Path) -> Part:
    place = f"{path}, part {name}"
    known = {key: content[key] for key in _OF_PART if key in content}
    own = _values({key: value for key, value in content.items() if key not in known}, place)
    values = {**names, **own}
    part = schema.checked(Part, {**known, "name": name, "values": values}, place)
    if not part.runs or not part.seed:
        raise UserError(f"{place}: it needs a list of {'seeds' if part.runs else 'runs'}, one at least.")
    used = {each for line in part.runs for each in _checked_names(line, place)}
    _check_names(used, (*_FILLED, *values), f"{place}: nothing says what is filled in for")
    _check_names(part.shipped, METHODS, f"{place}, shipped: there is no method")
    _check_names(part.also, tuple(tasks.all_tasks()), f"{place}, also: there is no task")
    for each in own.keys() - used:
        hint = did_you_mean(each, _OF_PART) or f" A part has {', '.join(_OF_PART)}."
        raise UserError(f'{place}: no run has "{{{each}}}" to be filled in.{hint}')
    return part


def _values(content: Mapping[str, Any], place: str) -> dict[str, tuple[str, ...]]:
    """The values of open names, each as it stands in a line."""
    for name, several in content.items():
        if name in _FILLED:
            raise UserError(f'{place}: "{name}" is filled in by itself, so it is no open name.')
        if not isinstance(several, list | tuple) or not several:
            raise UserError(f"{place}: every open name needs a list of its values, and {name} has none.")
        if any(isinstance(each, list | tuple | Mapping) for each in several):
            raise UserError(f"{place}: a value of {name} is itself a list or an object; write it as one word.")
    return {name: tuple(map(_word, several)) for name, several in content.items()}


def _word(value: Any) -> str:
    """A value of YAML as `-o` takes it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def _checked_names(line: str, place: str) -> list[str]:
    """The names that a line leaves open; UserError if it is empty, or a brace in it is not around a name alone."""
    try:
        parts = list(Formatter().parse(line))
    except ValueError as error:
        raise UserError(f"{place}: {line}: a brace stands alone; names stand in braces, such as {{seed}}.") from error
    if not line.strip():
        raise UserError(f"{place}: a run is an empty line; write a command, such as train pawsx.")
    for _, name, form, conversion in parts:
        if name is not None and (not name.isidentifier() or form or conversion):
            raise UserError(f"{place}: {line}: between braces stands a name and nothing else, such as {{seed}}.")
    names = _open_in(line)
    if "best" in names and not {"method", "target"} <= set(names):
        raise UserError(f"{place}: {line}: {{best}} are those of a {{method}} and a {{target}}; leave these open, too.")
    return names


def _check_names(content: Iterable[str], known: Sequence[str], what: str) -> None:
    for name in content:
        if name not in known:
            hint = did_you_mean(str(name), known) or f" There are {', '.join(known)}."
            raise UserError(f'{what} "{name}".{hint}')


def _open_in(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]


def trains_twice(run: Run) -> bool:
    """Whether a run would train on a task's own data what was trained on them already: that is no transfer."""
    return run.composition in ("continue", "stack") and run.saw_target_training


def best_sources(here: AtHand, backbone: str, known: Mapping[str, str]) -> str:
    """Return the three sources whose stacks have the best English validation scores; '' if fewer have been run."""
    scored = []
    wanted = (backbone, known["method"], known["target"], "stack", 0)
    for entry in here.entries():
        run = entry.run
        if isinstance(run, Run) and (entry.backbone, run.method, run.task, run.composition, run.seed) == wanted:
            if not words.changed_in_making(run):
                scored.append((entry.facts.training["best_validation_score"], *words.words_of_sources(run)))
    return " ".join(sorted(name for _, name in sorted(scored, reverse=True)[:_BEST])) if len(scored) >= _BEST else ""
