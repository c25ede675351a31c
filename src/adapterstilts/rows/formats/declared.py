"""From the columns that a user's own task declares to the rows of its type; an error names the column and the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.texts import is_text
from adapterstilts.rows.formats import Row, Wanted
from adapterstilts.rows.formats.lines import names_missing
from adapterstilts.rows.formats.records import Records
from adapterstilts.tasks.own import COLUMNS

_NEEDED = {
    "classification": ("sentence1",),
    "multiple_choice": ("question", "choices"),
    "tagging": ("tokens",),
    "question_answering": ("context", "question"),
    "retrieval": ("sentence1", "sentence2"),
}
_ANSWER = {"classification": "label", "multiple_choice": "label", "tagging": "tags", "question_answering": "answers"}
"""The column that test rows may lack, by type."""


def rows_of(records: Records, wanted: Wanted) -> Iterator[Row]:
    """The rows of `records`, with ids `wanted.prefix`-0, -1, ... where 'columns' names none.

    Labels are names or, where they are numbers and no label looks like one, places among the declared labels, from 0.

    Raises:
        UserError: a column that is declared or needed is not there, or a value is not what its column must hold, or
            only some rows have a label.
    """
    reader = _Reader(records, wanted, _places(records, wanted))
    columns = {ours: wanted.task.columns.get(ours, ours) for ours in COLUMNS[wanted.task.type]}
    absent = [(ours, theirs) for ours, theirs in columns.items() if ours not in reader.places]
    seen: set[str] = set()
    labelled: bool | None = None
    for count, (number, entry) in enumerate(records.entries):
        record = _Record(reader, number, entry)
        for ours, theirs in absent:
            if isinstance(theirs, str) and not _missing(entry.get(theirs)):
                raise record.wrong(
                    ours, "there is a value and the first row lacks the column: all must have it, or none."
                )
        row: Row = {"id": record.identifier(f"{wanted.prefix}-{count}", seen), **_MAKE[wanted.task.type](record)}
        answer = _ANSWER.get(wanted.task.type)
        if answer is not None:
            has = row[answer] is not None
            if labelled is not None and has != labelled:
                ours, theirs = ("a value", "have none") if has else ("no value", "have one")
                raise record.wrong(answer, f"there is {ours} and the rows above {theirs}: all must have one, or none.")
            labelled = has
            if not has:
                del row[answer]
        yield row


def _places(records: Records, wanted: Wanted) -> dict[str, str | tuple[str, ...]]:
    """Our columns to theirs, of those that are there; UserError for one that must be and is not."""
    task = wanted.task
    places: dict[str, str | tuple[str, ...]] = {}
    for ours in ("id", *COLUMNS[task.type]):
        theirs = task.columns.get(ours, ours)
        names = (theirs,) if isinstance(theirs, str) else theirs
        lacking = [name for name in names if name not in records.columns]
        if not lacking and (ours != "id" or ours in task.columns):
            places[ours] = theirs
            continue
        unlabelled = ours == _ANSWER.get(task.type) and wanted.split == "test"
        needed = ours in _NEEDED[task.type] or ours in task.columns or ours == _ANSWER.get(task.type)
        if needed and lacking and not unlabelled:
            meant = "" if lacking[0] == ours else f" ({ours})"
            hint = did_you_mean(lacking[0], records.columns)
            more, suffix = "", records.place[-4:]
            if suffix in (".csv", ".tsv"):
                wanted_names = [task.columns.get(each, each) for each in COLUMNS[task.type]]
                flat = [each for name in wanted_names for each in ([name] if isinstance(name, str) else name)]
                more = names_missing(flat, records.columns, "tabs" if suffix == ".tsv" else "commas")
            raise UserError(
                f'{records.place} has no column "{lacking[0]}"{meant}.{hint} It has {", ".join(records.columns)}; '
                f'name its own under "columns".{more}'
            )
    return places


@dataclass(frozen=True)
class _Reader:
    """What is read of all records: `places` are our columns to theirs."""

    records: Records
    wanted: Wanted
    places: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class _Record:
    """One record, by our columns."""

    reader: _Reader
    number: int
    entry: Mapping[str, Any]

    def wrong(self, ours: str, what: str) -> UserError:
        """The error of this record in one of our columns."""
        theirs = self.reader.places.get(ours, ours)
        name = theirs if isinstance(theirs, str) else ", ".join(theirs)
        return self.reader.records.wrong(self.number, f'column "{name}": {what}')

    def value(self, ours: str) -> Any:
        """What it has there, choices of several columns as a list; None where it has nothing."""
        theirs = self.reader.places.get(ours)
        if theirs is None or isinstance(theirs, str):
            return None if theirs is None else self.entry.get(theirs)
        return [self.entry.get(name) for name in theirs]

    def text(self, ours: str) -> str:
        """The text that must be there."""
        value = self.value(ours)
        if not is_text(value):
            raise self.wrong(ours, f"{_shown(value)} is there: it must be a text.")
        return value

    def texts(self, ours: str) -> list[str]:
        """The list of texts that must be there; in a table, words between spaces."""
        value = self.value(ours)
        value = value.split() if isinstance(value, str) else value
        if not isinstance(value, list | tuple) or not value or not all(map(is_text, value)):
            raise self.wrong(ours, f"{_shown(value)} is there: it must be a list of texts.")
        return list(value)

    def identifier(self, otherwise: str, seen: set[str]) -> str:
        """Its id, which nothing in `seen` may have, and which is then in it."""
        if "id" not in self.reader.places:
            return otherwise
        value = self.value("id")
        if value is None or value == "":
            raise self.wrong("id", "there is none: each row must have one.")
        if str(value) in seen:
            raise self.wrong("id", f'"{value}" is there twice: ids must differ.')
        seen.add(str(value))
        return str(value)

    def label(self, ours: str, value: Any) -> str:
        """The declared label that `value` names, or whose number it is."""
        labels = self.reader.wanted.task.labels
        theirs = self.reader.places[ours]
        names = self.reader.records.names.get(theirs, ()) if isinstance(theirs, str) else ()
        number = _whole(value)
        if names and isinstance(value, int) and 0 <= value < len(names):
            value = names[value]
        elif number is not None and 0 <= number < len(labels) and all(_whole(label) is None for label in labels):
            value = labels[number]
        value = str(value) if number is not None else value
        if value not in labels:
            raise self.wrong(ours, f"the label is {_shown(value)}: it must be one of {', '.join(labels)}.")
        return str(value)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:56]} ..."


def _whole(value: Any) -> int | None:
    """The whole number that a value is or spells."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value if isinstance(value, int) else int(value) if value.isascii() and value.isdecimal() else None


def _missing(value: Any) -> bool:
    return value is None or value == ""


def _classified(record: _Record) -> Row:
    second = {"sentence2": record.text("sentence2")} if "sentence2" in record.reader.places else {}
    value = record.value("label")
    return {
        "sentence1": record.text("sentence1"),
        **second,
        "label": None if _missing(value) else record.label("label", value),
    }


def _chosen(record: _Record) -> Row:
    context = record.text("context") if "context" in record.reader.places else ""
    choices = record.texts("choices") if not isinstance(record.value("choices"), str) else None
    if choices is None or len(choices) < 2:
        raise record.wrong("choices", "it must be a list of two or more texts, or in a table several columns.")
    value = record.value("label")
    number = None if _missing(value) else _whole(value)
    if not _missing(value) and number not in range(len(choices)):
        raise record.wrong(
            "label", f"it is {_shown(value)}: it must be 0 to {len(choices) - 1}, the number of a choice."
        )
    return {"context": context, "question": record.text("question"), "choices": choices, "label": number}


def _tagged(record: _Record) -> Row:
    tokens, value = record.texts("tokens"), record.value("tags")
    value = value.split() if isinstance(value, str) else value
    if _missing(value) or value == []:
        return {"tokens": tokens, "tags": None}
    if not isinstance(value, list | tuple) or len(value) != len(tokens):
        count = len(value) if isinstance(value, list | tuple) else 1
        raise record.wrong("tags", f"there are {count} for {len(tokens)} tokens: it must be as many.")
    return {"tokens": tokens, "tags": [record.label("tags", tag) for tag in value]}


def _answered(record: _Record) -> Row:
    context, value = record.text("context"), record.value("answers")
    answers = None if value is None else _answers(record, value, context)
    if record.entry.get("is_impossible") is True and answers is not None and answers["text"]:
        raise record.wrong("answers", 'there is one, but "is_impossible" is true: one of them is wrong.')
    if answers is not None and not answers["text"] and record.reader.wanted.task.metric != "squad2":
        answers = None
    return {"context": context, "question": record.text("question"), "answers": answers}


def _answers(record: _Record, value: Any, context: str) -> dict[str, list[Any]]:
    """Texts and where they start, of SQuAD's object, a list of such, or a text with its start in a column, if any."""
    texts: list[str] = []
    starts: list[int] = []
    for text, said in _pairs(record, value):
        if not isinstance(text, str):
            raise record.wrong("answers", f"{_shown(text)} is there: an answer must be a text.")
        if not text:
            continue
        start = context.find(text) if _missing(said) else _whole(said)
        if start is None or start < 0 or context[start : start + len(text)] != text:
            place = "in its context" if _missing(said) else f"at character {said} of its context"
            raise record.wrong("answers", f"{_shown(text)} is not {place}: an answer must be cut out of it.")
        texts.append(text)
        starts.append(start)
    return {"text": texts, "answer_start": starts}


def _pairs(record: _Record, value: Any) -> Sequence[tuple[Any, Any]]:
    """Each answer with where it is said to start, None where that is not said."""
    if isinstance(value, str):
        return [(value, record.value("answer_start"))]
    if isinstance(value, list | tuple):
        return [pair for each in value for pair in _pairs(record, each)]
    if not isinstance(value, Mapping) or "text" not in value:
        raise record.wrong("answers", f'{_shown(value)} is there: it must be a text, or an object with "text".')
    texts, starts = value["text"], value.get("answer_start")
    if isinstance(texts, str):
        return [(texts, starts)]
    starts = [None] * len(texts) if starts is None else starts
    if len(texts) != len(starts):
        raise record.wrong("answers", f"there are {len(texts)} texts and {len(starts)} starts: it must be as many.")
    return list(zip(texts, starts, strict=True))


def _paired(record: _Record) -> Row:
    sides = ("sentence1", "sentence2")
    if record.reader.wanted.task.metric == "mining_f1":
        # what is mined has sentences without a translation
        return {side: None if _missing(record.value(side)) else record.text(side) for side in sides}
    return {side: record.text(side) for side in sides}


_MAKE = {
    "classification": _classified,
    "multiple_choice": _chosen,
    "tagging": _tagged,
    "question_answering": _answered,
    "retrieval": _paired,
}
