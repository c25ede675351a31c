"""Words for what one adapter learns besides one English task: several tasks, translations, running text.

`mnli+squad` are learned by one adapter with a head for each, `multitask` are the nine intermediate tasks, `mnli+mlm`
has masked language modelling beside it, `mnli:de` is a translation into one language, and `mnli:mixed` has each row in
one of all its languages: the other rows of Phang et al. (2020, https://arxiv.org/abs/2005.13013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.tasks.declaration import AND, IN, Task

SEVERAL = "multi_task"
MASKED = "masked_language_modelling"
ENGLISH, MIXED = "en", "mixed"
NINE = "multitask"
_PAPER = "https://aclanthology.org/2020.aacl-main.56/"
_MLM = Task(
    name="mlm",
    title="Masked language modelling",
    type=MASKED,
    languages=(ENGLISH,),
    metric="",
    chance=0.0,
    licence="",
    reference="https://aclanthology.org/N19-1423/",
    train_on=None,
    role="intermediate",
    pocket="adapterstilts.pocket.documents:documents",
)


WORDS = (NINE, _MLM.name)
"""Words that no task may have."""


def is_combined(word: str) -> bool:
    """Whether `word` is more than a task's name."""
    return word in WORDS or AND in word or IN in word


def combined(word: str, known: Mapping[str, Task]) -> Task:
    """Return what `word` means, by names of `known` tasks; UserError says what is wrong with it.

    The same tasks in another order are the same.
    """
    parts: dict[str, Task] = {}
    words = word.split(AND)
    if not all(words):
        raise UserError(f'"{word}" has a {AND} with nothing beside it; write tasks joined by it: mnli{AND}squad.')
    for each in words:
        for part in _nine(known) if each == NINE else [_part(each, word, known)]:
            if part.name in parts:
                raise UserError(f'"{word}" has {part.name} twice; name it once.')
            parts[part.name] = part
    if len(parts) == 1:
        (alone,) = parts.values()
        if alone.type == MASKED:
            raise UserError(f"Masked language modelling goes beside a task; name one, such as mnli{AND}{alone.name}.")
        return alone
    ordered = sorted(parts.values(), key=lambda part: (part.type == MASKED, part.name))
    name = _name([part.name for part in ordered], [part.name for part in _nine(known)])
    return Task(
        name=name,
        title=", ".join(part.title for part in ordered),
        type=SEVERAL,
        languages=(ENGLISH,),
        metric="",
        chance=0.0,
        licence="; ".join(dict.fromkeys(part.licence for part in ordered if part.licence)),
        reference=_PAPER,
        train_on=name,
        role="intermediate",
        parts=tuple(ordered),
    )


def _nine(known: Mapping[str, Task]) -> list[Task]:
    return [task for task in known.values() if task.role == "intermediate" and task.own is None]


def _name(names: list[str], nine: list[str]) -> str:
    """The names joined, with one word for the nine where all are among them."""
    if set(nine) <= set(names):
        names = [NINE, *(name for name in names if name not in nine)]
    return AND.join(names)


def _part(word: str, whole: str, known: Mapping[str, Task]) -> Task:
    name, _, language = word.partition(IN)
    if name == _MLM.name and not language:
        return _MLM
    task = known.get(name)
    if task is None:
        hint = did_you_mean(name, [*known, _MLM.name, NINE]) or f" `adapterstilts tasks` lists all {len(known)}."
        raise UserError(f'There is no task "{name}", which "{whole}" names.{hint}')
    if task.train_on != task.name:
        learned_from = f"; name {task.train_on}, whose data it learns from" if task.train_on else ""
        raise UserError(f'{name} has no training data of its own, so it is no part of "{whole}"{learned_from}.')
    return _translated(task, language) if IN in word else task


def _translated(task: Task, language: str) -> Task:
    """The task learned from its translation into `language`, or from all in turn."""
    if not task.translated_into:
        raise UserError(f"There is no translation of {task.name}'s training data that this release reads.")
    if language not in (*task.translated_into, MIXED):
        languages = ", ".join(task.translated_into)
        raise UserError(
            f"{task.name}'s training data are translated into {languages}; name one of these, or \"{task.name}{IN}"
            f'{MIXED}" for each row in one of them or in English.'
        )
    name = f"{task.name}{IN}{language}"
    return replace(
        task,
        name=name,
        title=f"{task.title}, {'each row in one language' if language == MIXED else f'translated ({language})'}",
        train_on=name,
        train_languages=(ENGLISH, *task.translated_into) if language == MIXED else (language,),
        files={**task.files, "train": task.translations},
        licence=task.translated_licence or task.licence,
        hub=(),
        elsewhere=f"Translations of {task.name} are read from files: give --data a folder that holds them",
    )


def untranslated(task: Task) -> str:
    """Return the name of the task that `task` is, or is a translation of."""
    return task.name if task.parts else task.name.partition(IN)[0]


def parts_in_turn(task: Task) -> tuple[str, ...]:
    """Return the names of what a mixed translation draws from, English first."""
    base = untranslated(task)
    return (base, *(f"{base}{IN}{language}" for language in task.train_languages[1:]))
