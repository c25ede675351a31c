"""Scores of a submission, as XTREME's `evaluate.py` gives them (google-research/xtreme).

A task's score is the mean over all its languages, and for answers the mean of F1 and exact match; a group's the mean
of its tasks', and the overall average that of all nine. A group or a whole that lacks a task has none.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.scoring.submission import reading
from adapterstilts.tasks import Task, all_tasks, metrics

GROUPS = ("classification", "tagging", "qa", "retrieval")
Scores = dict[str, float]


@dataclass(frozen=True)
class TaskScore:
    """One task: its `score`, the `averages` of each metric over the languages, and each language's metrics (0 to 100).

    Tagging has 'token_accuracy' beside what XTREME reports.
    """

    task: str
    group: str
    score: float
    averages: Mapping[str, float]
    languages: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Score:
    """A submission's scores: tasks and groups by name, in XTREME's order of groups; `overall` None unless all nine are
    there. `notes` are sentences on what was left out or unanswered.
    """

    tasks: Mapping[str, TaskScore]
    groups: Mapping[str, float]
    overall: float | None
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values: 'tasks' (averages, 'score', 'languages'), 'groups', 'overall', 'notes'."""
        return {
            "tasks": {
                name: {**task.averages, "score": task.score, "languages": dict(task.languages)}
                for name, task in self.tasks.items()
            },
            "groups": dict(self.groups),
            "overall": self.overall,
            "notes": list(self.notes),
        }


def xtreme_tasks() -> dict[str, Task]:
    """The nine tasks of XTREME by name, group by group."""
    targets = [task for task in all_tasks().values() if task.of_xtreme]
    return {task.name: task for task in sorted(targets, key=lambda task: GROUPS.index(group_of(task)))}


def group_of(task: Task) -> str:
    """XTREME's name of the group that a target is in."""
    return "qa" if task.type == "question_answering" else task.type


def score(predictions: Path, references: Path) -> Score:
    """Score every task that has a folder in both; its files have to be there in all its languages.

    UserError, naming file and line, for what is missing, cannot be read, or does not fit its reference.
    """
    for folder in (predictions, references):
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder}; give the one that holds a folder for each task.")
    known = xtreme_tasks()
    chosen = [
        task for task in known.values() if all((folder / task.name).is_dir() for folder in (predictions, references))
    ]
    if not chosen:
        raise UserError(
            f"{predictions} and {references} have no task in common: both have to hold folders named as the tasks "
            f"are ({', '.join(known)})."
        )
    _check_files(predictions, references, chosen)
    notes = _left_out(predictions, references, known)
    scored: dict[str, TaskScore] = {}
    for task in chosen:
        languages: dict[str, Scores] = {}
        for language in task.languages:
            languages[language], unanswered = score_language(predictions, references, task, language)
            if unanswered:
                path = reading.path_of(predictions, task, language)
                notes.append(f"Questions that {path} does not answer, each with a score of 0: {unanswered}.")
        names = languages[task.languages[0]]
        averages = {name: statistics.fmean(scores[name] for scores in languages.values()) for name in names}
        main = metrics.main_score(task.metric, averages)
        scored[task.name] = TaskScore(task.name, group_of(task), main, averages, languages)
    members = {group: [task.name for task in known.values() if group_of(task) == group] for group in GROUPS}
    groups = {
        group: statistics.fmean(scored[name].score for name in names)
        for group, names in members.items()
        if all(name in scored for name in names)
    }
    missing = [name for name in known if name not in scored]
    if missing:
        notes.append(
            f"There is no overall average, which takes all nine tasks; these are missing: {', '.join(missing)}."
        )
    overall = None if missing else statistics.fmean(task.score for task in scored.values())
    return Score(scored, groups, overall, tuple(notes))


def score_language(predictions: Path, references: Path, task: Task, language: str) -> tuple[Scores, int]:
    """Scores of one file of the folders, by metric (0 to 100), and how many questions it leaves unanswered.

    UserError if a file cannot be read or the two do not fit.
    """
    ours, theirs = (reading.path_of(folder, task, language) for folder in (predictions, references))
    predicted: Sequence[Any]
    expected: Sequence[Any]
    unanswered = 0
    if task.type == "question_answering":
        predicted, expected, unanswered = _answers(ours, theirs)
    elif task.metric == "mining_f1":
        predicted, expected = reading.pairs(ours), reading.pairs(theirs)
    elif task.type == "tagging":
        predicted, expected = _tags(ours, theirs, task)
    else:
        predicted, expected = reading.labels(ours, task), reading.labels(theirs, task)
    if not expected:
        raise UserError(f"{theirs} is empty; put the references of {task.name} there.")
    if task.metric == "accuracy" and len(predicted) != len(expected):
        raise UserError(
            f"Lines in {ours}: {len(predicted)}, but in {theirs}: {len(expected)}; write one prediction for each "
            "reference."
        )
    scores = metrics.compute(task.metric, predicted, expected, language)
    if task.type == "tagging":
        scores["token_accuracy"] = metrics.token_accuracy(predicted, expected)["accuracy"]
    return scores, unanswered


def _answers(ours: Path, theirs: Path) -> tuple[list[str], list[list[str]], int]:
    answers, questions = reading.answers(ours), reading.questions(theirs)
    predicted = [answers.get(question.id, "") for question in questions]
    # no right answer leaves an unanswered question at 0, where an empty prediction could be right
    expected = [question.answers if question.id in answers else [] for question in questions]
    return predicted, expected, sum(question.id not in answers for question in questions)


def _tags(ours: Path, theirs: Path, task: Task) -> tuple[list[list[str]], list[list[str]]]:
    predicted, expected = reading.sentences(ours, task), reading.sentences(theirs, task)
    for sentence, reference in zip(predicted, expected, strict=False):
        if len(sentence.tags) != len(reference.tags):
            raise UserError(
                f"Tags of the sentence at {ours}, line {sentence.line}: {len(sentence.tags)}, but of that at {theirs}, "
                f"line {reference.line}: {len(reference.tags)}; write one tag for each token and a blank line between "
                "sentences."
            )
    if len(predicted) != len(expected):
        raise UserError(
            f"Sentences in {ours}: {len(predicted)}, but in {theirs}: {len(expected)}; write the tags of every "
            "sentence."
        )
    return [sentence.tags for sentence in predicted], [reference.tags for reference in expected]


def _check_files(predictions: Path, references: Path, chosen: Sequence[Task]) -> None:
    """Name what is missing before an hour of scoring finds the first of it."""
    wanted = [
        reading.path_of(folder, task, language)
        for folder in (predictions, references)
        for task in chosen
        for language in task.languages
    ]
    missing = [str(path) for path in wanted if not path.is_file()]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise UserError(
            f"Missing: {', '.join(missing[:5])}{more}; a task takes a file for each of its languages, or no folder."
        )


def _left_out(predictions: Path, references: Path, known: Mapping[str, Task]) -> list[str]:
    notes = []
    for folder in sorted(path for path in predictions.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if folder.name not in known:
            notes.append(f"{folder} was left out: it is no task of XTREME.{did_you_mean(folder.name, known)}")
        elif not (references / folder.name).is_dir():
            notes.append(f"{folder} was left out: there is no {references / folder.name}.")
    return notes
