"""A trained adapter on a user's own text: lines in, predictions out. No torch until something is predicted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts import tasks
from adapterstilts.adapter.facts import read_facts, task_of
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.backbones import declaration_of
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.base.texts import is_text, parse_json
from adapterstilts.exchange import catalogue
from adapterstilts.rows import reading
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.runs import recipe
from adapterstilts.runs.run import Run
from adapterstilts.tasks import Task, types
from adapterstilts.tasks.types import Row, TaskType

if TYPE_CHECKING:
    from adapterstilts.adapter.model import Model

FIELDS = {
    "classification": ("sentence1", "sentence2"),
    "multiple_choice": ("context", "question", "choices"),
    "tagging": ("tokens",),
    "question_answering": ("question", "context"),
}
"""The columns of a row, in the order in which a line of plain text has them between tabs."""


@dataclass(frozen=True)
class Prediction:
    """What was predicted for a row: a label, the number of a choice, tags, or an answer.

    `score` is its probability, 0 to 1: of tags a list, one for each; of an answer that of its first token times that of
    its last. `probabilities` are those of all labels by name, or of all choices by number, None of tags and answers.
    `start` and `end` are the characters of the context that an answer is, 0 and 0 where there is none.
    """

    row: Row
    predicted: Any
    score: float | list[float]
    probabilities: dict[str, float] | None = None
    start: int | None = None
    end: int | None = None


class Predictor:
    """An adapter with its head: its `task`, and its `model` and `tokenizer`, which are loaded when first used.

    `target` says which of several heads. UserError if there is no such adapter, or it has no head; when it is loaded,
    if it does not fit the backbone, where other weights of its shape may be accepted.
    """

    def __init__(
        self,
        word: str,
        backbone: str,
        method: str,
        output: Path,
        max_length: int | None = None,
        accept_other_weights: bool = False,
        target: str | None = None,
    ) -> None:
        self._folder, self._backbone = catalogue.find(word, backbone, method, output), backbone
        self._accept = accept_other_weights
        facts = read_facts(self._folder)
        declared = task_of(facts, self._folder, target)
        if declared is None:
            raise UserError(f'The adapter "{facts.name}" has no head, so it predicts nothing by itself.')
        self.task: Task = declared if declared.labels else replace(declared, labels=facts.labels)
        trained_with = facts.run.settings if isinstance(facts.run, Run) else {}
        self._max_length = max_length or recipe.of_evaluation(backbone, self.task.name, trained_with)["max_length"]

    @property
    def _type(self) -> TaskType:
        return types.get(self.task.type)

    @cached_property
    def _loaded(self) -> tuple[Model, Any]:
        from adapterstilts.adapter import model
        from adapterstilts.backbones import loading

        adapter = load_adapter(self._folder)
        loaded = loading.load_backbone(self._backbone)
        return model.from_adapter(loaded, adapter, self._type, self.task, self._accept), loaded.tokenizer.loaded

    def load(self) -> None:
        """Load it now."""
        self._loaded  # noqa: B018 - it is kept

    @property
    def model(self) -> Model:
        """The module with the adapter in it, in evaluation mode, where this process computes."""
        return self._loaded[0]

    @property
    def tokenizer(self) -> Any:
        """The backbone's tokenizer."""
        return self._loaded[1]

    def predict(self, rows: Iterable[Row], batch_size: int = 32, progress: Progress = SILENT) -> Iterator[Prediction]:
        """Yield a prediction for each row as soon as its batch of `batch_size` rows is full.

        `progress` is told, once, of a batch in what the backbone cannot read.
        """
        from adapterstilts.scoring import evaluator
        from adapterstilts.tasks.types.sequences import not_read

        (model, tokenizer), task_type = self._loaded, self._type  # before a line is waited for
        waiting = iter(rows)
        while batch := list(islice(waiting, batch_size)):
            features = task_type.encode(batch, tokenizer, self.task, self._max_length)
            if said := not_read(features, tokenizer):
                progress.note(said)
                progress = SILENT
            outputs = evaluator.outputs_of(model, task_type, features, tokenizer.pad_token_id)
            predicted = task_type.decode(outputs, features, batch, self.task)
            told = task_type.confidence(outputs, features, batch, self.task)
            for row, guess, beside in zip(batch, predicted, told, strict=True):
                yield Prediction(row, guess, **beside)

    def rows_in(self, language: str, data: str | None = None, progress: Progress = SILENT) -> Sequence[Row]:
        """Rows in a language, as `evaluate` reads them: of the adapter's task, or of a target that shares its training
        data and has the language. `progress` is told how many are left out. UserError if there are none.
        """
        own, place = self.task, declaration_of(self._backbone).rows if data is None else data
        alike = [task for task in tasks.all_tasks().values() if task.learned == own.learned and task.type == own.type]
        for task in [own, *alike]:
            if language in reading.languages_of(task, place):
                split = reading.evaluated_split(task, place)
                return reading.load(task, split, language, place, None, progress)
        known = sorted({code for task in [own, *alike] for code in reading.languages_of(task, place)})
        raise UserError(
            f'There are no rows for {own.name} in "{language}" in the data {place}, but in {", ".join(known)}.'
        )

    def labelled(self, row: Row) -> Any:
        """What the task's own row says is right, of the kind that is predicted; None where it says nothing."""
        return self._type.reference(row, self.task) if are_labelled(self.task, [row]) else None


def rows_of(lines: Iterable[str], task: Task, where: str = "standard input") -> Iterator[Row]:
    """The rows of `task` that lines of text are: JSON objects with its columns, or its columns between tabs.

    A tagging task's tokens are between spaces; a multiple choice's line ends with its choices. Empty lines are passed
    over. UserError names the line, of `where`, that does not fit.
    """
    for number, line in enumerate(lines, 1):
        if row := _of_text(line, f"{where}, line {number}", task):
            yield {"id": str(number), **row}


def checked_rows(texts: Iterable[str | Row], task: Task) -> Iterator[Row]:
    """The rows of `task` that texts, as `rows_of` reads lines, or mappings with its columns are, one for each.

    What a mapping has beside them is kept. UserError names the row, from 1, that is empty or does not fit.
    """
    for number, text in enumerate(texts, 1):
        where = f"Row {number}"
        if isinstance(text, Mapping):
            yield {"id": str(number), **text, **_of_columns(text, where, task)}
        elif not isinstance(text, str):
            raise UserError(f"{where} is neither a text nor a mapping, but a {type(text).__name__}.")
        elif row := _of_text(text, where, task):
            yield {"id": str(number), **row}
        else:
            raise UserError(f"{where} is empty; {_wanted(task)}.")


def _of_text(line: str, where: str, task: Task) -> dict[str, Any]:
    """The row that a line of text is; nothing of an empty one."""
    _check_unicode([line], where)
    text = line.rstrip("\r\n").removeprefix("\ufeff")
    if not text.strip():
        return {}
    if not text.lstrip().startswith("{"):
        return _of_tabs(text, where, task)
    return _of_columns(parse_json(text, where, line=None, once=True), where, task)


def _check_unicode(texts: Iterable[str], where: str) -> None:
    if not all(map(is_text, texts)):
        raise UserError(f"{where} has half of a surrogate pair, so it is not Unicode; correct it.")


def _of_columns(columns: Row, where: str, task: Task) -> dict[str, Any]:
    """What the task reads of a row with its columns, or with those that the user's own task calls otherwise."""
    fields = FIELDS[task.type]
    called = {name: name if name in columns else task.columns.get(name, name) for name in fields}
    row = {name: columns[theirs] for name, theirs in called.items() if isinstance(theirs, str) and theirs in columns}
    for name, value in row.items():
        several = name in ("tokens", "choices")
        texts = value if several and isinstance(value, list | tuple) else [value]
        kind = list | tuple if several else str
        if not isinstance(value, kind) or not value or not all(isinstance(each, str) for each in texts):
            raise UserError(f'{where}: "{name}" must be {"a list of texts" if several else "a text"}.')
        _check_unicode(texts, f'{where}: "{name}"')
    return _whole(row, where, task)


def _of_tabs(text: str, where: str, task: Task) -> dict[str, Any]:
    parts = text.split("\t")
    if task.type == "tagging":
        return {"tokens": text.split()}
    if task.type == "multiple_choice":
        row: dict[str, Any] = dict(zip(("context", "question"), parts, strict=False))
        return _whole({**row, "choices": parts[2:]} if len(parts) > 3 else row, where, task)
    if len(parts) > len(FIELDS[task.type]):
        raise UserError(f"{where} has {len(parts)} parts between tabs; {_wanted(task)}.")
    return _whole(dict(zip(FIELDS[task.type], parts, strict=False)), where, task)


def _whole(row: dict[str, Any], where: str, task: Task) -> dict[str, Any]:
    # a user's own classification may be of one sentence
    may_lack = ("sentence2",) if task.own else ()
    missing = [name for name in FIELDS[task.type] if name not in row and name not in may_lack]
    if missing:
        raise UserError(f"{where} has no {' and no '.join(missing)}; {_wanted(task)}.")
    return row


def _wanted(task: Task) -> str:
    more = ", each choice a part of its own" if task.type == "multiple_choice" else ""
    return f"{task.name} takes {', '.join(FIELDS[task.type])} between tabs{more}, or as JSON"
