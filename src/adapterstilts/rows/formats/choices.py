"""Multiple choice: CosmosQA's CSV, and the JSON lines of HellaSwag, CommonsenseQA and CosmosQA's test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.labels import all_or_none
from adapterstilts.rows.formats.lines import id_of, list_of, names_missing, read_json_lines, text_of, whole, wrong
from adapterstilts.rows.formats.records import Entries, read_records

_OF_COSMOSQA = ("id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label")


def read_cosmosqa(path: Path) -> Iterator[Row]:
    """Rows of multiple choice, with the file's ids; UserError naming file and line where a row is not one."""
    records = read_records(path)
    if path.suffix == ".csv" and (hint := names_missing(_OF_COSMOSQA, records.columns, "commas")):
        raise wrong(path, 1, f'there is no column "{_OF_COSMOSQA[0]}".{hint}')
    return rows(path, records.entries, of_cosmosqa)


def read_hellaswag(path: Path, prefix: str) -> Iterator[Row]:
    """Rows of multiple choice, with ids `prefix`-0, -1, ...: the second sentence's beginning opens each choice.

    So does jiant (Phang et al. 2020). UserError naming file and line where a row is not one.
    """
    numbers = itertools.count()
    return rows(path, read_json_lines(path), lambda entry: of_hellaswag(entry, f"{prefix}-{next(numbers)}"))


def read_csqa(path: Path) -> Iterator[Row]:
    """Rows of multiple choice, with the file's ids; UserError naming file and line where a row is not one."""
    return rows(path, read_json_lines(path), of_csqa)


def rows(path: Path | str, entries: Entries, make: Callable[[Mapping[str, Any]], Row]) -> Iterator[Row]:
    """What `make` makes of each entry of `path`, checked; its 'label' None means that there is none.

    UserError naming the place and the line where a row is not a question with its choices.
    """
    seen: set[str] = set()
    labelled: bool | None = None
    for line, entry in entries:
        try:
            row = make(entry)
        except KeyError as error:
            raise wrong(path, line, f"there is no {error}; fetch the file again.") from error
        except (TypeError, ValueError) as error:
            raise wrong(
                path, line, f"this is not a question with its choices ({error}); fetch the file again."
            ) from error
        if not all(isinstance(text, str) for text in (row["context"], row["question"], *row["choices"])):
            raise wrong(path, line, "a text is missing: context, question and each choice must be one.")
        if row["id"] in seen:
            raise wrong(path, line, f'the id "{row["id"]}" is there twice: ids must differ; fetch the file again.')
        seen.add(row["id"])
        label = row.pop("label")
        labelled = all_or_none(label is not None, labelled, path, line)
        if labelled and label not in range(len(row["choices"])):
            last = len(row["choices"]) - 1
            raise wrong(path, line, f"the label is {label}: it must be 0 to {last}, the number of a choice.")
        yield {**row, "label": label} if labelled else row


def _number(written: Any) -> int | None:
    return None if written in (None, "") else whole(written)


def of_cosmosqa(entry: Mapping[str, Any]) -> Row:
    """The row of an entry of CosmosQA; its 'label' is None where it has none."""
    choices = [entry[f"answer{number}"] for number in range(4)]
    label = _number(entry.get("label"))
    return {
        "id": id_of(entry),
        "context": entry["context"],
        "question": entry["question"],
        "choices": choices,
        "label": label,
    }


def of_hellaswag(entry: Mapping[str, Any], identifier: str) -> Row:
    """The row of an entry of HellaSwag, with the id `identifier`; its 'label' is None where it has none."""
    endings = entry["endings"]
    if not isinstance(endings, list) or not all(isinstance(ending, str) for ending in endings):
        raise TypeError('"endings" is not a list of texts')
    choices = [f"{text_of(entry, 'ctx_b')} {ending}".strip() for ending in endings]
    label = _number(entry.get("label"))
    return {"id": identifier, "context": entry["ctx_a"], "question": "", "choices": choices, "label": label}


def of_csqa(entry: Mapping[str, Any]) -> Row:
    """The row of an entry of CommonsenseQA, as it is released; its 'label' is None where it has none."""
    asked = entry["question"]
    offered = list_of(asked, "choices")
    choices = {text_of(choice, "label"): text_of(choice, "text") for choice in offered}
    if len(choices) < len(offered):
        letters = ", ".join(choice["label"] for choice in offered)
        raise ValueError(f"two choices have one letter: {letters}")
    key = entry.get("answerKey") or None
    if key is not None and key not in list(choices):
        raise ValueError(f'the answer "{key}" is none of the choices')
    label = None if key is None else list(choices).index(key)
    return {
        "id": id_of(entry),
        "context": "",
        "question": asked["stem"],
        "choices": list(choices.values()),
        "label": label,
    }
