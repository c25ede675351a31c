"""What a source holds of a task: counts, labels, and a few rows as they are read and as they are encoded.

No torch at import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.rows import reading
from adapterstilts.rows.labelled import are_labelled
from adapterstilts.runs import recipe
from adapterstilts.tasks import types

EXAMPLES = 3
"""How many rows are shown, of the first language of the first split."""
NOT_LABELLED = "unlabelled"

Row = Mapping[str, Any]
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Example:
    """A row as it was read, and what it is encoded as: for each feature 'tokens' (for each choice, if there are any),
    and where it has them 'label', 'labels' (one a token, None where none is learned), 'side', and 'span', the answer
    that its tokens decode to (None if it is not in this feature).
    """

    split: str
    language: str
    row: Row
    encoded: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Inspection:
    """What `source` holds of `task`.

    `splits` maps split to language to count of rows, `labels` further to label to count, `missing` split to language
    to what a folder lacks there, a phrase for each part.
    """

    task: str
    source: str
    revision: str
    splits: Mapping[str, Counts]
    labels: Mapping[str, Mapping[str, Counts]]
    missing: Mapping[str, Mapping[str, Sequence[str]]]
    examples: Sequence[Example]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**vars(self), "examples": [vars(example) for example in self.examples]}


def inspect(
    name: str,
    data: str,
    backbone: str,
    language: str | None = None,
    split: str | None = None,
    progress: Progress = SILENT,
) -> Inspection:
    """Read all rows of the task called `name`, or those of one language or split, and encode a few for `backbone`.

    UserError if there are none, saying what is missing, or if they cannot be read or encoded.
    """
    task = tasks.get(name)
    splits = _chosen(reading.splits_of(task, data), language, split)
    if not splits:
        raise _nothing(task, data, language, split)
    counts: dict[str, dict[str, int]] = {part: {} for part in splits}
    labels: dict[str, dict[str, Counts]] = {part: {} for part in splits}
    shown: list[tuple[str, str, Row]] = []
    progress.start(f"read {name}", sum(map(len, splits.values())), "set")
    try:
        for part, code in ((part, code) for part, languages in splits.items() for code in languages):
            rows, _ = reading.found(task, part, code, data, progress)
            counts[part][code], labels[part][code] = len(rows), label_counts(task, rows)
            shown = shown or [(part, code, row) for row in rows[:EXAMPLES]]
            progress.advance()
    finally:
        progress.finish()
    lacking = {part: _of_language(by_language, language) for part, by_language in reading.missing(task, data).items()}
    return Inspection(
        task=name,
        source=reading.place_of(task, data),
        revision=reading.source_revision(task, data),
        splits=counts,
        labels=labels,
        missing={part: by_language for part, by_language in lacking.items() if by_language and split in (None, part)},
        examples=_examples(task, shown, backbone),
    )


def label_counts(task: tasks.Task, rows: Iterable[Row]) -> Counts:
    """How many rows, or for tags how many tokens, have each label, the most frequent first.

    Of questions: with and without an answer; of retrieval: pairs, and sentences without a partner on each side.
    """
    counts: Counter[str] = Counter()
    for row in rows:
        if task.type == "retrieval":
            sides = row["sentence1"] is not None, row["sentence2"] is not None
            counts[{(True, True): "pairs", (True, False): "English alone", (False, True): "foreign alone"}[sides]] += 1
        elif not are_labelled(task, [row]):
            counts[NOT_LABELLED] += 1
        elif task.type == "tagging":
            counts.update(row["tags"])
        elif task.type == "question_answering":
            counts["answer" if row["answers"]["text"] else "no answer"] += 1
        else:
            counts[str(row["label"])] += 1
    return dict(counts.most_common())


def _chosen(splits: Mapping[str, Sequence[str]], language: str | None, split: str | None) -> dict[str, tuple[str, ...]]:
    """The languages of each split, of those asked for; no split without any."""
    parts = {part: languages for part, languages in splits.items() if split in (None, part)}
    chosen = {part: tuple(code for code in known if language in (None, code)) for part, known in parts.items()}
    return {part: languages for part, languages in chosen.items() if languages}


def _nothing(task: tasks.Task, data: str, language: str | None, split: str | None) -> UserError:
    """What to say if nothing of what was asked for is there; the source says it where it can."""
    if language is not None and language not in task.languages:
        return UserError(f'{task.name} has no language "{language}". It has {", ".join(task.languages)}.')
    wanted = split or reading.evaluated_split(task, data)
    reading.first(task, wanted, language or task.languages[0], data)
    return UserError(f"{data} has no {wanted} rows of {task.name}; choose another --data.")


def _of_language(by_language: Mapping[str, Sequence[str]], language: str | None) -> dict[str, Sequence[str]]:
    return {code: phrases for code, phrases in by_language.items() if language in (None, code)}


def _examples(task: tasks.Task, shown: Sequence[tuple[str, str, Row]], backbone: str) -> list[Example]:
    from adapterstilts.backbones import loading

    if task.type == "tagging" and not task.labels:
        # CCG's tags come with its training rows, which may not be there; these are enough to show them by name
        task = replace(task, labels=tuple(sorted({tag for *_, row in shown for tag in row.get("tags", ())})))
    tokenizer, task_type = loading.load_tokenizer(backbone), types.get(task.type)
    length = recipe.resolve(backbone, "head_only", None, task.name).run["max_length"]
    examples = []
    for split, language, row in shown:
        features = task_type.encode([row], tokenizer, task, length)
        encoded = [_readable(feature, row, task, tokenizer) for feature in features]
        examples.append(Example(split, language, row, encoded))
    return examples


def _readable(feature: types.Feature, row: Row, task: tasks.Task, tokenizer: Any) -> dict[str, Any]:
    """A feature in words, as `Example` has it."""
    ids = feature["input_ids"]
    nested = bool(ids) and isinstance(ids[0], list)
    tokens = [tokenizer.convert_ids_to_tokens(sequence) for sequence in (ids if nested else [ids])]
    readable: dict[str, Any] = {"tokens": tokens if nested else tokens[0]}
    if "label" in feature:
        readable["label"] = task.labels[feature["label"]] if task.labels else feature["label"]
    if "labels" in feature:
        placed = dict(zip(feature["positions"], feature["labels"], strict=True))
        readable["labels"] = [task.labels[placed[place]] if place in placed else None for place in range(len(ids))]
    if "side" in feature:
        readable["side"] = feature["side"]
    if "start_position" in feature:
        readable["span"] = None
        if feature["start_position"] > 0:
            from adapterstilts.tasks.types.question_answering import text_of_tokens

            first, last = (feature[end] - feature["context_begin"] for end in ("start_position", "end_position"))
            readable["span"] = text_of_tokens(row["context"], feature["offsets"], first, last)
    return readable
