"""SQuAD's JSON: articles, paragraphs, questions; so are XQuAD, MLQA and TyDiQA-GoldP.

XTREME empties the answers of the test files: each question has one, the empty text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import id_of, list_of, read_json, text_of, whole


def read_squad(path: Path, unanswerable: bool = False, numbered: bool = False) -> Iterator[Row]:
    """Rows of question answering; 'answers' where a question has any.

    `unanswerable`: a question with an empty list of answers has none in its context (SQuAD v2.0), and is labelled so.
    `numbered`: the file's ids repeat (XTREME cuts TyDiQA's to their last part), so each is its question's number
    in the file, a hyphen, and what the file has.

    Raises:
        UserError: the file is not SQuAD's JSON, an id repeats, an answer is not where its context is said to have it,
            `is_impossible` says otherwise than the answers, or only some questions have answers.
    """
    seen: set[str] = set()
    answered: bool | None = None
    for number, (context, question) in enumerate(_questions(path)):
        try:
            identifier = id_of(question)
            row: Row = {"id": f"{number}-{identifier}" if numbered else identifier, "context": context}
            row["question"] = text_of(question, "question")
            answers = _answers(question, context, path)
            _check_possible(question, answers["text"], unanswerable)
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(path, f"question {number + 1}", error) from error
        if row["id"] in seen:
            raise UserError(f'{path} has two questions with the id "{identifier}": ids must differ; fetch it again.')
        seen.add(row["id"])
        impossible = question.get("is_impossible") is True or question.get("answers") == []
        labelled = bool(answers["text"]) or (unanswerable and impossible)
        if answered not in (None, labelled):
            ours, theirs = ("an", "have none") if labelled else ("no", "have one")
            raise UserError(
                f'{path}, question "{identifier}": there is {ours} answer and the questions above {theirs}: a file has '
                "all or none."
            )
        answered = labelled
        yield {**row, "answers": answers} if labelled else row


def _check_possible(question: Mapping[str, Any], texts: Sequence[str], unanswerable: bool) -> None:
    """ValueError if SQuAD v2.0's `is_impossible` is no truth value, or not that of the answers."""
    said = question.get("is_impossible")
    if not isinstance(said, bool | None):
        raise ValueError(f'"is_impossible" of question "{question["id"]}" is neither true nor false')
    if said and texts:
        raise ValueError(f'question "{question["id"]}" is marked as impossible, but has the answer "{texts[0]}"')
    if said is False and unanswerable and question.get("answers") == []:
        raise ValueError(f'question "{question["id"]}" is marked as possible, but has no answer')


def _questions(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    place = "the top"
    try:
        for article, entry in enumerate(list_of(read_json(path), "data"), 1):
            for paragraph, part in enumerate(list_of(entry, "paragraphs"), 1):
                place = f"article {article}, paragraph {paragraph}"
                context = text_of(part, "context")
                for question in list_of(part, "qas"):
                    yield context, question
    except (KeyError, TypeError) as error:
        raise _malformed(path, place, error) from error


def _answers(question: dict[str, Any], context: str, path: Path) -> dict[str, list[Any]]:
    texts: list[str] = []
    starts: list[int] = []
    empty = False
    for answer in list_of(question, "answers") if question.get("answers") else ():
        text, start = text_of(answer, "text"), whole(answer["answer_start"])
        if not text:
            empty = True
            continue
        if start < 0 or context[start : start + len(text)] != text:
            raise UserError(
                f'{path}, question "{question["id"]}": the answer "{text}" is not at character {start} of its '
                "context; correct it or fetch the file again."
            )
        texts.append(text)
        starts.append(start)
    if empty and texts:
        raise ValueError(f'question "{question["id"]}" has an empty answer beside "{texts[0]}"')
    return {"text": texts, "answer_start": starts}


def _malformed(path: Path, place: str, error: Exception) -> UserError:
    said = f"there is no {error}" if isinstance(error, KeyError) else str(error)
    return UserError(f"{path}, {place}: this is not in SQuAD's format ({said}); fetch the file again.")
