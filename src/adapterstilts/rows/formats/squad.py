"""SQuAD's JSON: articles, paragraphs, questions; so are XQuAD, MLQA and TyDiQA-GoldP.

XTREME empties the answers of the test files: each question has one, the empty text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read_json


def read_squad(path: Path, unanswerable: bool = False, numbered: bool = False) -> Iterator[Row]:
    """Rows of question answering; 'answers' where a question has any.

    `unanswerable`: a question without answers has none in its context (SQuAD v2.0), and is labelled so.
    `numbered`: the file's ids repeat (XTREME cuts TyDiQA's to their last part), so each is its question's number
    in the file, a hyphen, and what the file has.

    Raises:
        UserError: the file is not SQuAD's JSON, an id repeats, or an answer is not where its context is said to
            have it.
    """
    seen: set[str] = set()
    for number, (context, question) in enumerate(_questions(path)):
        try:
            identifier = str(question["id"])
            row: Row = {"id": f"{number}-{identifier}" if numbered else identifier, "context": context}
            row["question"] = str(question["question"])
            answers = _answers(question, context, path)
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(path, f"question {number + 1}", error) from error
        if row["id"] in seen:
            raise UserError(f'{path} has two questions with the id "{identifier}": ids must differ; fetch it again.')
        seen.add(row["id"])
        yield {**row, "answers": answers} if answers["text"] or unanswerable else row


def _questions(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    place = "the top"
    try:
        for article, entry in enumerate(read_json(path)["data"], 1):
            for paragraph, part in enumerate(entry["paragraphs"], 1):
                place = f"article {article}, paragraph {paragraph}"
                context = part["context"]
                if not isinstance(context, str):
                    raise TypeError("the context is not a text")
                for question in part["qas"]:
                    yield context, question
    except (KeyError, TypeError) as error:
        raise _malformed(path, place, error) from error


def _answers(question: dict[str, Any], context: str, path: Path) -> dict[str, list[Any]]:
    texts: list[str] = []
    starts: list[int] = []
    for answer in question.get("answers") or ():
        text, start = str(answer["text"]), int(answer["answer_start"])
        if not text:
            continue
        if start < 0 or context[start : start + len(text)] != text:
            raise UserError(
                f'{path}, question "{question["id"]}": the answer "{text}" is not at character {start} of its '
                "context; correct it or fetch the file again."
            )
        texts.append(text)
        starts.append(start)
    return {"text": texts, "answer_start": starts}


def _malformed(path: Path, place: str, error: Exception) -> UserError:
    said = f"there is no {error}" if isinstance(error, KeyError) else str(error)
    return UserError(f"{path}, {place}: this is not in SQuAD's format ({said}); fetch the file again.")
