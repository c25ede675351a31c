"""What is in the files of a submission and of its references: labels, tags, pairs of ids, answers.

UTF-8 with or without a byte order mark, lines ended in any way. What does not fit is a `UserError` that names file and
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from adapterstilts.base import schema
from adapterstilts.base.errors import UserError
from adapterstilts.base.texts import read_text
from adapterstilts.tasks import Task

_NUMBER = re.compile("[0-9]+")


class Sentence(NamedTuple):
    """A sentence's tags, one a token, and the number of the line on which they begin."""

    line: int
    tags: list[str]


class Question(NamedTuple):
    """A question's id and the texts of its right answers."""

    id: str
    answers: list[str]


def path_of(folder: Path, task: Task, language: str) -> Path:
    """Where a submission, or its references, has the file of `task` in `language`."""
    return folder / task.name / f"test-{language}.{'json' if task.type == 'question_answering' else 'tsv'}"


def labels(path: Path, task: Task) -> list[str]:
    """One label a line: its name or, for Tatoeba, the number of a foreign sentence, from 0."""
    lines = _lines(path)
    for number, label in enumerate(lines, 1):
        if task.labels:
            _check_label(path, number, label, task)
        elif not _NUMBER.fullmatch(label):
            raise UserError(
                f'{path}, line {number}: "{_short(label)}" is no number of a sentence; write the number of one foreign '
                "sentence on each line, from 0."
            )
    return lines


def sentences(path: Path, task: Task) -> list[Sentence]:
    """One tag a line, a blank line between sentences; more blank lines than one separate no more than one does."""
    tagged: list[Sentence] = []
    inside = False
    for number, tag in enumerate(_lines(path), 1):
        if tag:
            _check_label(path, number, tag, task)
            if not inside:
                tagged.append(Sentence(number, []))
            tagged[-1].tags.append(tag)
        inside = bool(tag)
    return tagged


def pairs(path: Path) -> list[tuple[str, str]]:
    """A foreign and an English sentence's id on each line, with a tab between."""
    mined = []
    for number, line in enumerate(_lines(path), 1):
        foreign, tab, english = line.partition("\t")
        if not (foreign and tab and english) or "\t" in english:
            raise UserError(
                f'{path}, line {number}: "{_short(line)}" is not the ids of two sentences with a tab between; write '
                "the foreign sentence's id, a tab and the English one's."
            )
        mined.append((foreign, english))
    return mined


def answers(path: Path) -> dict[str, str]:
    """Each predicted answer by its question's id."""
    predicted = _json(path)
    if not isinstance(predicted, dict):
        raise UserError(f"{path} is not one JSON object of question ids and answers; write it as that.")
    for question, answer in predicted.items():
        if not isinstance(answer, str):
            raise UserError(f'{path}: the answer to question "{_short(question)}" is not a text; write it as a string.')
    return predicted


def questions(path: Path) -> list[Question]:
    """The questions of a file in SQuAD's format, with their right answers."""
    content = _json(path)
    articles = content.get("data") if isinstance(content, dict) else content
    try:
        listed = list(_questions(articles))
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(
            f'{path} is not in SQuAD\'s format ("data", "paragraphs", "qas", "id", "answers"): give the file of '
            "right answers as it was released."
        ) from error
    withheld = [question.id for question in listed if not question.answers]
    if withheld or not any(answer for question in listed for answer in question.answers):
        which = f'question "{_short(withheld[0])}"' if withheld else "any question"
        raise UserError(f"{path} has no right answer to {which}: give the file with the test set's answers.")
    return listed


def _questions(articles: Any) -> Iterator[Question]:
    for article in articles:
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                texts = [_string(answer["text"]) for answer in item.get("answers", ())]
                yield Question(_string(item["id"]), texts)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no string")
    return value


def _check_label(path: Path, number: int, label: str, task: Task) -> None:
    if label not in task.labels:
        what = f'"{_short(label)}"' if label else "a blank line"
        raise UserError(
            f"{path}, line {number}: {what} is no label of {task.name}; write one of {', '.join(task.labels)} there "
            "and nothing beside it."
        )


def _lines(path: Path) -> list[str]:
    """The file's lines without the white space around them, as XTREME's script reads them."""
    lines = read_text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.strip() for line in (lines if lines[-1] else lines[:-1])]


def _json(path: Path) -> Any:
    return schema.parse_json(read_text(path).encode(), str(path), once=True)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
