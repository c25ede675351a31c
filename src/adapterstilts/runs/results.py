"""What a run found: the record, and the folder that keeps one for each. No torch, so that comparing is instant."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from adapterstilts import tasks
from adapterstilts.base import files, schema
from adapterstilts.base.errors import UserError
from adapterstilts.runs import words
from adapterstilts.runs.run import Run, differing, of_facts
from adapterstilts.tasks import metrics

FORMAT = 2
_FOLDER = "results"
_CLAIM = "run.json"
"""The file that says which run a folder of predictions is of."""
_NOT_MEASURED = "not_measured"
BYTES = "bytes"
"""The fact of a result that says how large the weights are that one ships of what was measured."""
_LARGEST = 4_000_000
"""Bytes of a result's file that are read."""
Scores = Mapping[str, Mapping[str, schema.Finite]]


@dataclass(frozen=True)
class Result:
    """What a run found on its target.

    `adapter` is the name of what was measured. `scores` maps language to metric to value (0 to 100), `examples`
    language to count; what was predicted without labels has examples and no scores. `layer0` are the scores of a
    retrieval target at the embedding layer. `facts` are what else was seen and is no part of the run's identity: the
    split, what was left out of validation, weights' digests, versions, the machine. `items` are by language what each
    row adds to the main score, as the module `items` packs them; none where they were not kept.
    """

    run: Run
    adapter: str
    scores: Scores
    examples: Mapping[str, Annotated[int, Ge(0)]]
    trainable_parameters: Annotated[int, Ge(0)] = 0
    train_seconds: float = 0.0
    layer0: Scores | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The task that was measured on."""
        assert self.run.evaluation is not None
        return self.run.evaluation.target

    @cached_property
    def data(self) -> str | None:
        """Where the rows come from that were measured on, None where one expects it."""
        assert self.run.evaluation is not None
        return words.unusual(self.run.evaluation.rows, self.target, self.run.backbone.id)

    @property
    def not_measured(self) -> tuple[str, ...]:
        """The languages that its rows have, too: with any the result is partial, and its average is of the others."""
        left_out = self.facts.get(_NOT_MEASURED, ())
        return tuple(map(str, left_out)) if isinstance(left_out, list | tuple) else ()

    @property
    def megabytes(self) -> float | None:
        """How large the weights are that one ships of what was measured; None where it does not say."""
        size = self.facts.get(BYTES)
        return size / 1e6 if isinstance(size, int) else None

    @property
    def other_weights(self) -> tuple[str, ...]:
        """The adapters in it that were made for other weights than its backbone's, each with those it was made for."""
        others = self.facts.get("other_weights", {})
        return tuple(f"{name} ({made_for})" for name, made_for in others.items()) if isinstance(others, dict) else ()

    @property
    def computed_otherwise(self) -> bool:
        """Whether any of it asked for bf16 and was computed in fp32, by a processor that does not multiply bf16."""
        assert self.run.evaluation is not None
        own, measured = self.run.settings, self.run.evaluation.settings
        return fell_back(own, self.facts.get("trained_in")) or fell_back(measured, self.facts.get("evaluated_in"))

    def only(self, languages: Iterable[str]) -> Result:
        """Return the part of it in `languages`, which is partial if that is not all."""
        wanted = set(languages)
        parts: list[Any] = [
            each and {language: each[language] for language in each if language in wanted}
            for each in (self.scores, self.examples, self.layer0, self.items)
        ]
        left_out = [language for language in self.examples if language not in wanted]
        return replace(
            self,
            scores=parts[0],
            examples=parts[1],
            layer0=parts[2],
            items=parts[3],
            facts=_with_left_out(self.facts, [*self.not_measured, *left_out]),
        )

    @cached_property
    def main_scores(self) -> Mapping[str, float]:
        """Each language's main score."""
        metric = tasks.get(self.target).metric
        return {language: metrics.main_score(metric, scores) for language, scores in self.scores.items()}

    @property
    def average(self) -> float | None:
        """The mean of the languages' main scores; None without any."""
        return average_of(tasks.get(self.target), self.scores)

    @property
    def cross_lingual_gap(self) -> float | None:
        """English minus the mean of the others; None for retrieval, and without English or others."""
        others = [score for language, score in self.main_scores.items() if language != "en"]
        if tasks.get(self.target).type == "retrieval" or "en" not in self.main_scores or not others:
            return None
        return self.main_scores["en"] - statistics.fmean(others)

    def as_json(self) -> dict[str, Any]:
        """Return what is stored: plain JSON, from which `read` makes the result again."""
        left_out = {"run"} if self.items else {"run", "items"}
        content = {key: getattr(self, key) for key in self.__dataclass_fields__ if key not in left_out}
        # of tasks that only their user's files declare
        declared = tasks.declarations_of(_tasks_of(self.run))
        content |= {"declarations": declared} if declared else {}
        return {"format": FORMAT, "id": self.run.id, "run": self.run.facts(), **content}

    def told(self) -> dict[str, Any]:
        """Return the same with what follows from it and without its rows, for whoever reads it from standard output."""
        return {
            **{key: value for key, value in self.as_json().items() if key != "items"},
            "target": self.target,
            "system": words.label_of(self.run),
            "average": self.average,
            "cross_lingual_gap": self.cross_lingual_gap,
        }


@dataclass(frozen=True)
class _Declared:
    """What a result's file has beside the result: the user's own tasks that its run names."""

    declarations: tuple[Mapping[str, Any], ...] = ()


def _with_left_out(facts: Mapping[str, Any], languages: Iterable[str]) -> dict[str, Any]:
    """The facts of a result that lacks these languages."""
    own = {key: value for key, value in facts.items() if key != _NOT_MEASURED}
    left_out = sorted(set(languages))
    return {**own, _NOT_MEASURED: left_out} if left_out else own


def with_left_out(result: Result, languages: Iterable[str]) -> Result:
    """Return a result that says that it lacks these languages."""
    return replace(result, facts=_with_left_out(result.facts, languages))


def _tasks_of(run: Run) -> set[str]:
    """Every task that a run names: those of all that it builds on, and what it is measured on."""
    return {task for task in (run.target, *(each.task for each in run.graph())) if task}


def average_of(task: tasks.Task, scores: Scores) -> float | None:
    """Return the mean of the languages' main scores; None without any."""
    main = [metrics.main_score(task.metric, each) for each in scores.values()]
    return statistics.fmean(main) if main else None


def path_of(run: Run, adapter: str, folder: Path) -> Path:
    """Return the file in ``folder/results`` of what the adapter of this name scored in `run`."""
    return folder / _FOLDER / f"{adapter}--{words.measured_on(run)}.json"


def text_of(result: Result) -> str:
    """Return what is stored of a result."""
    return schema.json_of(result.as_json(), indent=1, sort_keys=True) + "\n"


def save(result: Result, folder: Path) -> Path:
    """Write `result` into ``folder/results`` and return the file.

    Of a partial one the languages are added to those that are there of the same run; if these are all, it is not
    written. UserError if the file of that name is of another run: it says in what they differ, and nothing is replaced.
    """
    check_same(in_place(result.run, result.adapter, folder), result.run)
    path = path_of(result.run, result.adapter, folder)
    if result.not_measured and path.is_file():
        old = read(path)
        if not old.not_measured:
            return path
        result = _with(result, old)
    files.write_text(path, text_of(result))
    return path


def _with(new: Result, old: Result) -> Result:
    """What both have of one run, the new one first in what both have."""
    layer0 = None if new.layer0 is None else {**(old.layer0 or {}), **new.layer0}
    examples = {**old.examples, **new.examples}
    items = {**old.items, **new.items}
    both = replace(new, scores={**old.scores, **new.scores}, examples=examples, layer0=layer0, items=items)
    return with_left_out(both, (language for language in new.not_measured if language not in examples))


def predictions_of(run: Run, adapter: str, folder: Path) -> Path:
    """Return the folder of what the adapter of this name predicted in `run`."""
    return folder / "predictions" / adapter / words.measured_on(run)


def known(run: Run, adapter: str, folder: Path) -> Result | None:
    """Return what `folder` has of this very run, in whatever languages; None if it has nothing."""
    path = path_of(run, adapter, folder)
    result = read(path) if path.is_file() else None
    return result if result and result.run.id == run.id else None


def in_place(run: Run, adapter: str, folder: Path) -> list[tuple[Path, Run]]:
    """Return where `run` would leave result and predictions in `folder`, if something is there, and of which run."""
    result, predictions = path_of(run, adapter, folder), predictions_of(run, adapter, folder)
    # of what is no file, reading it says so
    olds = [(result, read(result).run)] if result.exists() else []
    claimed = predictions / _CLAIM
    if claimed.exists():
        olds.append((predictions, of_facts(schema.read_json(claimed, _LARGEST), str(claimed))))
    return olds


def claim(run: Run, adapter: str, folder: Path) -> Path:
    """Write into the folder of a run's predictions which run it is of, and return it; UserError if it is of another."""
    check_same(in_place(run, adapter, folder), run)
    predictions = predictions_of(run, adapter, folder)
    files.write_text(predictions / _CLAIM, schema.json_of(run.facts(), indent=1) + "\n")
    return predictions


def check_same(olds: Iterable[tuple[Path, Run]], new: Run) -> None:
    """Raise UserError, listing what differs, unless what is in each place is of the run `new`."""
    others = [(path, old) for path, old in olds if old.id != new.id]
    if others:
        differences = "; ".join(
            f"{field}: {_short(before)} there, {_short(after)} asked"
            for field, before, after in differing(others[0][1], new)
        )
        places = " and ".join(str(path) for path, _ in others)
        verb, them = ("is", "it") if len(others) == 1 else ("are", "them")
        raise UserError(
            f"{places} {verb} of another run, and {verb} never replaced ({differences}); give another --output, or "
            f"remove {them}."
        )


def _short(value: Any) -> str:
    text = "none" if value is None else schema.json_of(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def fell_back(settings: Mapping[str, Any], computed_in: Any) -> bool:
    """Whether settings asked for bf16, and the computation was in fp32: the processor does not multiply bf16."""
    return settings.get("precision") == "bf16" and computed_in == "fp32"


def read(path: Path) -> Result:
    """Read one result; the user's own tasks that it declares are known from then on.

    Raises:
        UserError: the file is no result, is of another format, is of a task that nobody declares, or lacks a score.
    """
    content = schema.read_json(path, _LARGEST)
    version = content.get("format", 1) if isinstance(content, Mapping) else None
    if version != FORMAT:
        raise UserError(
            f"The result {path} has the format {version}; this release reads format {FORMAT}: bring it to that with "
            f"scripts/migrate {path.parent.parent}, or remove it and run it again."
        )
    result = schema.checked(Result, content, str(path), unknown="ignore")
    declared: tuple[Mapping[str, Any], ...] = ()
    if "declarations" in content:
        declared = schema.checked(_Declared, content, str(path), unknown="ignore").declarations
    run = of_facts(content["run"], str(path))
    try:
        tasks.remember(declared, 'a task in "declarations"')
        for name in _tasks_of(run):
            tasks.get(name)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    result = replace(result, run=run)
    _check_measured(result, path)
    return result


def _check_measured(result: Result, path: Path) -> None:
    """UserError unless a result says what was measured, by the metric that its task has."""
    if result.run.evaluation is None:
        raise UserError(f"{path} is of a run that measures nothing, so it is no result; remove it.")
    for language in result.scores:
        if language not in result.examples:
            raise UserError(f'{path} does not say how many examples of "{language}" it is of; remove it.')
    try:
        _ = result.main_scores, average_of(tasks.get(result.target), result.layer0 or {})
    except KeyError as error:
        raise UserError(f"{path} lacks the score {error} of {result.target}; remove it and run it again.") from error


def read_all(folders: Iterable[Path], skip: Callable[[UserError], None] | None = None) -> list[Result]:
    """Read every result in the folders' `results/`; a later folder replaces what an earlier one says of a run.

    A file that `read` refuses is an error, or with `skip` left out: `skip` is told why.
    """
    by_run: dict[str, Result] = {}
    for path in (path for folder in folders for path in sorted((folder / _FOLDER).glob("*.json"))):
        try:
            result = read(path)
        except UserError as error:
            if skip is None:
                raise
            skip(error)
        else:
            by_run[result.run.id] = result
    return list(by_run.values())
