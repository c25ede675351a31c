"""Predictions as files in XTREME's layout, which `score` and XTREME's `evaluate.py` read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapterstilts.base import files
from adapterstilts.base.errors import UserError
from adapterstilts.rows.labelled import sentence_ids
from adapterstilts.scoring.submission import reading
from adapterstilts.tasks import Task

Row = Mapping[str, Any]


def write(folder: Path, task: Task, language: str, rows: Sequence[Row], predictions: Sequence[Any]) -> Path:
    """Write the `predictions` of `task` in `language`, one for each of the test `rows`; return the file.

    Predictions are as evaluation and mining give them: a label's name, a sentence's tags, an answer's text, or a row's
    id, which for BUCC may be None. UserError if the task or the language is not XTREME's, or the disk refuses;
    ValueError if rows and predictions differ in number.
    """
    if not task.of_xtreme:
        raise UserError(f"{task.name} is no task of XTREME, so a submission cannot hold it; leave --submission out.")
    if language not in task.languages:
        raise UserError(f'XTREME has no "{language}" for {task.name}. It has {", ".join(task.languages)}.')
    if len(rows) != len(predictions):
        raise ValueError(f"{len(predictions)} predictions for {len(rows)} rows")
    path = reading.path_of(folder, task, language)
    if task.type == "question_answering":
        text = _answers(path, rows, predictions)
    elif task.type == "tagging":
        text = "\n".join("".join(f"{tag}\n" for tag in tags) for tags in predictions if tags)
    elif task.metric == "mining_f1":
        text = _pairs(rows, predictions)
    elif task.type == "retrieval":
        text = _numbers(rows, predictions)
    else:
        text = "".join(f"{label}\n" for label in predictions)
    files.write_text(path, text)
    return path


def _answers(path: Path, rows: Sequence[Row], predictions: Sequence[str]) -> str:
    answers: dict[str, str] = {}
    for row, answer in zip(rows, predictions, strict=True):
        if str(row["id"]) in answers:
            raise UserError(f'{path} cannot hold two answers to question "{row["id"]}"; give each question its own id.')
        answers[str(row["id"])] = answer
    return json.dumps(answers, indent=2) + "\n"


def _numbers(rows: Sequence[Row], predictions: Sequence[str]) -> str:
    """For each English sentence, in alphabetical order, the number of the foreign one among the foreign ones.

    XTREME sorts the English side, so that line numbers do not tell what belongs together; sorting what is sorted
    changes nothing.
    """
    foreign = [str(row["id"]) for row in rows if row["sentence2"] is not None]
    numbers = {row: number for number, row in enumerate(foreign)}
    asked = [
        (row["sentence1"].strip(), prediction)
        for row, prediction in zip(rows, predictions, strict=True)
        if row["sentence1"] is not None
    ]
    return "".join(f"{numbers[str(prediction)]}\n" for _, prediction in sorted(asked, key=lambda pair: pair[0]))


def _pairs(rows: Sequence[Row], predictions: Sequence[str | None]) -> str:
    """The ids of the foreign and the English sentence of each pair."""
    foreign = {str(row["id"]): sentence_ids(row)[1] for row in rows}
    lines = [
        f"{foreign[str(prediction)]}\t{sentence_ids(row)[0]}\n"
        for row, prediction in zip(rows, predictions, strict=True)
        if prediction is not None
    ]
    # a sentence in two gold pairs is in two rows
    return "".join(dict.fromkeys(lines))
