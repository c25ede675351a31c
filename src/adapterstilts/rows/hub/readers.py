"""From the columns of each data set on the Hub to the rows of its task: what the tasks' declarations name.

A reader takes the table, what is wanted, and the columns that the declaration maps ours to.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapterstilts.rows.formats import NO_GOLD, Remark, Row, Rows, Wanted, choices
from adapterstilts.rows.formats.declared import rows_of
from adapterstilts.rows.formats.records import dataset_records
from adapterstilts.rows.hub.tables import Table
from adapterstilts.rows.paragraphs import held_out

Columns = Mapping[str, str]
_NO_AGREEMENT = -1
_EMPTY = Remark("left out: no tokens")
_ELSEWHERE = Remark("with an answer that is not where it is said to start, and was looked for")


def declared(table: Table, wanted: Wanted, columns: Columns) -> Iterator[Row]:
    """Rows of a user's own task, whose columns its declaration maps; UserError names the column and the row."""
    return rows_of(dataset_records(table.rows, table.place, table.described), wanted)


def pairs(table: Table, wanted: Wanted, columns: Columns) -> Rows:
    """Pairs of sentences with a label; those on which the annotators did not agree are left out."""
    first, second = columns["sentence1"], columns["sentence2"]
    names = table.names("label", wanted.task.labels)
    number = 0
    for line, entry in table.entries((first, second, "label")):
        if entry["label"] == _NO_AGREEMENT:
            yield NO_GOLD
            continue
        row: Row = {"id": f"{wanted.prefix}-{number}", "sentence1": entry[first], "sentence2": entry[second]}
        _check_texts(table, line, row["sentence1"], row["sentence2"])
        yield {**row, "label": _named(table, line, entry["label"], names, wanted.task.labels)}
        number += 1


def tagged(table: Table, wanted: Wanted, columns: Columns) -> Rows:
    """Sentences with a tag for each token; one without tokens is left out."""
    column = columns["tags"]
    names = table.names(column, wanted.task.labels)
    number = 0
    for line, entry in table.entries(("tokens", column)):
        tokens, values = entry["tokens"] or (), entry[column] or ()
        _check_texts(table, line, *tokens)
        if len(tokens) != len(values):
            raise table.wrong(line, f"there are {len(tokens)} tokens and {len(values)} tags: it must be as many.")
        if tokens:
            tags = [_named(table, line, value, names, wanted.task.labels) for value in values]
            yield {"id": f"{wanted.prefix}-{number}", "tokens": list(tokens), "tags": tags}
            number += 1
        else:
            yield _EMPTY


def answered(table: Table, wanted: Wanted, columns: Columns) -> Rows:
    """Questions with the places of their answers; those of SQuAD v2.0 may have none."""
    return _answered(table, unanswerable=wanted.task.metric == "squad2")


def _answered(table: Table, unanswerable: bool = False, keep: Callable[[Row], bool] | None = None) -> Rows:
    seen: set[str] = set()
    answered: bool | None = None
    for line, entry in table.entries(("id", "context", "question", "answers")):
        row: Row = {name: entry[name] for name in ("id", "context", "question")}
        _check_texts(table, line, *row.values())
        if keep is not None and not keep(row):
            continue
        if row["id"] in seen:
            raise table.wrong(line, f'the id "{row["id"]}" is there twice: ids must differ.')
        seen.add(row["id"])
        answers, moved = _answers(table, line, row["context"], entry["answers"])
        labelled = bool(answers["text"]) or unanswerable
        if answered not in (None, labelled):
            ours, theirs = ("an", "have none") if labelled else ("no", "have one")
            raise table.wrong(line, f"there is {ours} answer and the rows above {theirs}: all must have one, or none.")
        answered = labelled
        row = {**row, "answers": answers} if labelled else row
        yield replace(_ELSEWHERE, row=row) if moved else row


def tydiqa(table: Table, wanted: Wanted, columns: Columns) -> Rows:
    """The questions of one language: all are in one split, and an id begins with its language's name."""
    begin = f"{wanted.task.hub[0].language_names[wanted.language]}-"

    def keep(row: Row) -> bool:
        kept = wanted.split == "test" or held_out(row["context"]) == (wanted.split == "validation")
        return kept and row["id"].startswith(begin)

    return _answered(table, keep=keep)


def tatoeba(table: Table, wanted: Wanted, columns: Columns) -> Iterator[Row]:
    """Sentences and their English translations."""
    for line, entry in table.entries(("source_sentence", "target_sentence")):
        foreign, english = entry["source_sentence"], entry["target_sentence"]
        _check_texts(table, line, foreign, english)
        yield {"id": str(line - 1), "sentence1": english.strip(), "sentence2": foreign.strip()}


def hellaswag(table: Table, wanted: Wanted, columns: Columns) -> Iterator[Row]:
    """HellaSwag's four endings; the second sentence's beginning opens each."""
    numbers = itertools.count()
    entries = table.entries(("ctx_a", "ctx_b", "endings", "label"))
    return choices.rows(
        table.place, entries, lambda entry: choices.of_hellaswag(entry, f"{wanted.prefix}-{next(numbers)}")
    )


def cosmosqa(table: Table, wanted: Wanted, columns: Columns) -> Iterator[Row]:
    """CosmosQA's four answers."""
    needed = ("id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label")
    return choices.rows(table.place, table.entries(needed), choices.of_cosmosqa)


def csqa(table: Table, wanted: Wanted, columns: Columns) -> Iterator[Row]:
    """CommonsenseQA's five answers."""

    def as_released(entry: Mapping[str, Any]) -> dict[str, Any]:
        listed = zip(entry["choices"]["label"], entry["choices"]["text"], strict=True)
        offered = [{"label": label, "text": text} for label, text in listed]
        return {**entry, "question": {"stem": entry["question"], "choices": offered}}

    entries = table.entries(("id", "question", "choices", "answerKey"))
    return choices.rows(table.place, entries, lambda entry: choices.of_csqa(as_released(entry)))


def _check_texts(table: Table, line: int, *texts: Any) -> None:
    if not all(isinstance(text, str) for text in texts):
        raise table.wrong(line, "a text is missing: each must be one.")


def _named(table: Table, line: int, value: Any, names: Sequence[str], labels: Sequence[str]) -> str:
    """The label that `value` stands for: a number where there are `names` for them, else itself."""
    label = names[value] if names and isinstance(value, int) and 0 <= value < len(names) else value
    if label not in labels:
        raise table.wrong(line, f'the label is "{value}": it must be one of {", ".join(labels)}.')
    return str(label)


def _answers(table: Table, line: int, context: str, answers: Any) -> tuple[dict[str, list[Any]], bool]:
    """The answers, and whether one is not where it is said to start."""
    texts: list[str] = []
    starts: list[int] = []
    if not isinstance(answers, Mapping) or not {"text", "answer_start"} <= set(answers):
        raise table.wrong(line, 'the answers must be lists "text" and "answer_start"; read the files from a folder.')
    listed, said_starts = answers["text"] or [], answers["answer_start"] or []
    if len(listed) != len(said_starts):
        raise table.wrong(line, f"there are {len(listed)} answers and {len(said_starts)} starts: it must be as many.")
    moved = False
    for text, said in zip(listed, said_starts, strict=True):
        if not isinstance(text, str) or not isinstance(said, int):
            raise table.wrong(line, "an answer must be a text, and its start a number.")
        if not text:
            continue
        if said >= 0 and context[said : said + len(text)] == text:
            start = said
        else:
            moved = True
            # some copies have lost the white space before a context, and left the numbers as they were
            places = [match.start() for match in re.finditer(f"(?={re.escape(text)})", context)]
            if not places:
                raise table.wrong(line, f'the answer "{text}" is not in its context; report it to the data set.')
            start = min(places, key=lambda place: abs(place - said))
        texts.append(text)
        starts.append(start)
    return {"text": texts, "answer_start": starts}, moved
