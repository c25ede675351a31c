"""What can be said of a task: its declaration as a value, without a model and without the code that reads rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TYPES = ("classification", "multiple_choice", "tagging", "question_answering", "retrieval")
SPLITS = ("train", "validation", "test")
AND, IN = "+", ":"
"""In the names of what is joined (`tasks.combined`): between tasks, and before a translation's language."""


@dataclass(frozen=True)
class HubData:
    """Where one data set is on the Hugging Face Hub.

    `config`, and a split's name, may hold ``{language}``, which `language_names` maps where the data set spells
    languages its own way. `splits` maps our split names to the data set's; a split that is not there has no entry.
    `read` names what makes rows of it, as ``module:function``, and `columns` our columns to theirs where that asks.
    `commit` is what everybody reads; where the Hub no longer has it, `revisions` are tried in their order, since
    scripts on `main` are no longer run by `datasets`. `lacking` has, for a split that is not there in every language,
    those without it.
    """

    id: str
    config: str | None
    splits: Mapping[str, str]
    read: str
    columns: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    revisions: tuple[str, ...] = ("main", "refs/convert/parquet")
    language_names: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Files:
    """Files of a folder that together hold a part of a split, and what reads them, as ``module:function``.

    A name may hold ``{language}`` (XTREME's code), ``{name}`` (what `language_names` maps it to) and ``*``. `beside`
    are the names of files that may lie in the same folder and belong to them.
    """

    names: tuple[str, ...]
    read: str
    language_names: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()


Part = tuple[Files, ...]
"""The layouts in which a part of a split may be there, the preferred one first."""


def any_of(read: str, *names: str, beside: tuple[str, ...] = ()) -> Part:
    """Return a part that is one file, which may have any of these `names`."""
    return tuple(Files((name,), read, beside=beside) for name in names)


@dataclass(frozen=True)
class OwnRows:
    """Where the rows of a user's own task are, whatever --data says.

    `source` is what errors call the declaration, `file` the file that holds it (None: Python declares it). `files` are
    paths by split and language, as they are written, relative to `folder`; `rows` the rows themselves. Neither is
    there where they are on the Hub, or where all that is known of the task is what an adapter remembers.
    """

    source: str
    file: Path | None = None
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def folder(self) -> Path:
        """What the paths of `files` are relative to."""
        return Path() if self.file is None else self.file.parent


@dataclass(frozen=True)
class Declaration:
    """What a task's file says; `Task` adds the name and the role, which the file's place says.

    `languages` are the benchmark's own, English first where it is among them. `labels` are names, in the
    order of the head's outputs, and empty where a task has none (or brings them with the user's licensed
    copy: ccg). `metric` names a function of `adapterstilts.tasks.metrics`. `train_on` is the English task
    whose training data is used, None where there is none, and `train_examples` how many there are where it is the
    task's own (Phang et al. 2020, table 1; Chung et al. 2020, table 11). `chance` is the score of guessing, 0 to
    100. `paragraphs_of` names the tasks whose validation rows hold the paragraphs of the test rows. `parallel`: the
    test rows of one place are translations of each other in all languages.

    `translated_into` are the languages, beside English, in which its training data are there, `translations` the parts
    of their files, and `translated_licence` theirs, where it is another.

    `hub` lists the data sets whose rows are joined, none where the data is not on the Hub: `elsewhere` then says
    why, and what to do. `files` are the parts of each split in a folder, and `files_note` what else to say where they
    are missing; training files are English, unless a task is a translation (`tasks.combined`). `pocket` names the
    generator, as ``module:function``. `recipe` are
    settings that win over the recipe's own for this task, in the form of its sections.
    """

    title: str
    type: str
    languages: tuple[str, ...]
    metric: str
    chance: float
    licence: str
    reference: str
    train_on: str | None
    train_examples: int | None = None
    labels: tuple[str, ...] = ()
    paragraphs_of: tuple[str, ...] = ()
    parallel: bool = False
    hub: tuple[HubData, ...] = ()
    elsewhere: str = ""
    files: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    files_note: str = ""
    translated_into: tuple[str, ...] = ()
    translations: tuple[Part, ...] = ()
    translated_licence: str = ""
    pocket: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task(Declaration):
    """One task: its declaration, its name and its role ('intermediate' or 'target').

    A user's own task says with `own` where its rows are, and with `columns` what they call ours, where they differ.
    `parts` are the tasks that one adapter learns at once (`tasks.combined`), `train_languages` those of its training
    rows.
    """

    name: str = ""
    role: str = ""
    own: OwnRows | None = None
    columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[Task, ...] = ()
    train_languages: tuple[str, ...] = ("en",)

    @property
    def learned(self) -> frozenset[str]:
        """The tasks whose training data it learns from, in whatever language."""
        if self.parts:
            return frozenset().union(*(part.learned for part in self.parts))
        # a translation's name begins with that of its task
        return frozenset({self.train_on.partition(IN)[0]}) if self.train_on else frozenset()

    @property
    def of_xtreme(self) -> bool:
        """Whether it is one of XTREME's nine."""
        return self.role == "target" and self.own is None

    @property
    def own_rows(self) -> str | None:
        """Where the rows of a user's own task come from, whatever is said: 'hub' or 'file'; None if it is ours."""
        return None if self.own is None else "hub" if self.hub else "file"
