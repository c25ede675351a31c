"""Find an adapter: those that earlier runs left in an output folder, those that are shipped, those of the Hub.

Only names and facts are read here, so looking takes no time; `saving.load_adapter` checks what is used.
"""

from __future__ import annotations

import functools
import os
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter.facts import FACTS, Facts, read_facts
from adapterstilts.backbones import declaration_of
from adapterstilts.base import hub, places
from adapterstilts.base.errors import UserError, did_you_mean, listed, printable
from adapterstilts.base.names import slug
from adapterstilts.exchange import repositories
from adapterstilts.runs import results
from adapterstilts.runs.asked import NotMade
from adapterstilts.runs.command import line, where
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import changed_in_making, is_plain, name_of, plain, word_of_task
from adapterstilts.tasks import metrics
from adapterstilts.tasks.combined import is_combined

_NAMED = 5
Skip = Callable[[UserError], None]
"""What is told of a folder that is left out."""
ORIGINS = ("bundled", "local", "hub")
"""Where an adapter can be, the first that has it being used."""


@dataclass(frozen=True)
class Entry:
    """An adapter at hand. `origin` is 'bundled', 'local' or 'hub', `facts` what its `adapterstilts.json` says.

    The name of one from the Hub is its repository's.
    """

    name: str
    folder: Path
    origin: str
    facts: Facts

    @property
    def run(self) -> Run | Given:
        """How it was made."""
        return self.facts.run

    @property
    def method(self) -> str:
        """One of the methods, such as 'lora'."""
        return self.run.method

    @property
    def task(self) -> str | None:
        """The task it was trained for; None for a merge without a head."""
        return None if self.run.task is None else printable(self.run.task)

    @property
    def backbone(self) -> str:
        """The id of the backbone it was made for."""
        return printable(self.facts.backbone.id)

    @property
    def seed(self) -> int:
        """The seed of its training."""
        return self.run.seed if isinstance(self.run, Run) else 0

    @property
    def score(self) -> float | None:
        """The average over languages of its main score on its own task, 0 to 100; None if it says none."""
        task = tasks.known(self.task)
        try:
            scores = [metrics.main_score(task.metric, each) for each in self.facts.scores.values()] if task else []
        except (KeyError, ValueError):
            return None
        return statistics.fmean(scores) if scores else None

    @property
    def megabytes(self) -> float:
        """What its files take."""
        return sum(path.stat().st_size for path in self.folder.glob("*") if path.is_file()) / 1e6

    @property
    def licence(self) -> str | None:
        """What the header of its card says; None without one."""
        named = re.search(r"^license: *(\S+)$", card_in(self.folder).partition("\n---")[0], re.MULTILINE)
        return named[1] if named else None

    @property
    def usual(self) -> bool:
        """Whether the rows that it was trained on come from where one expects them."""
        run = self.run
        task = tasks.known(run.task)
        if not isinstance(run, Run) or run.rows is None or task is None:
            return True
        return run.rows.source == declaration_of(self.backbone).usual_rows(task)

    @property
    def plain(self) -> bool:
        """Whether it was trained alone and with the recipe's own settings: what a task's name stands for."""
        return is_plain(self.run)


def card_in(folder: Path) -> str:
    """Return the text of the card in an adapter's folder; '' without one that can be read."""
    try:
        return (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def bundled(backbone: str) -> Path:
    """Return the shipped folder for `backbone`, whether or not there is one."""
    return places.zoo_folder() / slug(backbone.lower())


def entries(output: Path, backbone: str | None = None, skip: Skip = lambda _: None) -> list[Entry]:
    """Return the adapters at hand: shipped, made here, in the Hub's cache; those of `backbone` alone if it is given.

    A folder whose facts cannot be read is left out: `skip` is told why.
    """
    shipped = sorted(path for path in places.zoo_folder().glob("*") if path.is_dir())
    folders = [(path, "bundled") for path in shipped]
    if output.resolve() not in {path.resolve() for path in shipped}:
        folders.append((output, "local"))
    at_hand = [entry for folder, origin in folders for entry in _entries_in(folder, origin, skip)]
    for repository, folder in repositories.cached():
        if facts := _facts_of(folder, skip):
            at_hand.append(Entry(repository, folder, "hub", facts))
    return [entry for entry in at_hand if backbone in (None, entry.backbone)]


def find(
    word: str,
    backbone: str,
    method: str,
    output: Path,
    data: str | None = None,
    listing: Callable[[], Sequence[Entry]] | None = None,
) -> Path:
    """Return the folder of the adapter that `word` means: a folder, a repository of the Hub, an adapter's name, or a
    task's name.

    A task's name means its plain adapter for this backbone and method; of several that of the lowest seed, on rows from
    where one expects them, the shipped one. What is not at hand is downloaded, if our organisation has published it. A
    whole name, with its backbone, may be of another one: whether it fits is checked when it is loaded. Raises
    `UserError`, naming what is near or how to make it, from rows of `data` (None: the usual ones). `listing` returns
    what `entries` does, where that is kept.
    """
    every = listing() if listing else entries(output)
    at_hand = [entry for entry in every if entry.backbone == backbone]
    if repositories.is_repository(word):
        return next((entry.folder for entry in at_hand if entry.name == word), None) or _fetched(word)
    if looks_like_a_folder(word):
        return places.path_of(word)
    if named := _named(word, backbone, every):
        return named.folder
    if task := tasks.known(word):
        entry = _plain_adapter(task.name, method, at_hand)
        return entry.folder if entry else _published(task, _Wanted(backbone, method, output, data), every)
    if is_combined(word):
        tasks.get(word)  # says what is wrong with it
    known = [*tasks.all_tasks(), *(entry.name for entry in at_hand)]
    hint = did_you_mean(word, known) or " `adapterstilts zoo` lists those at hand."
    raise UserError(f'There is no adapter "{word}" for the backbone {backbone}.{hint}')


def _named(word: str, backbone: str, at_hand: Sequence[Entry]) -> Entry | None:
    """The adapter of this name for a backbone, or the one of any whose whole name it is."""
    own = [entry for entry in at_hand if entry.name == word and entry.backbone == backbone]
    whole = [entry for entry in at_hand if word.startswith(slug(entry.backbone).lower()) and word == _whole(entry)]
    return [*whole, *own][-1] if whole or own else None


def _whole(entry: Entry) -> str:
    """An adapter's name with its backbone, which the folders of shipped ones leave out."""
    return name_of(entry.run) if entry.origin == "bundled" else entry.name


def _fetched(repository: str) -> Path:
    try:
        return repositories.fetch(repository)
    except hub.Missing as error:
        raise UserError(
            f"There is no https://huggingface.co/{repository}; `adapterstilts zoo --from ORGANISATION` lists what an "
            "organisation has published."
        ) from error


@dataclass(frozen=True)
class _Wanted:
    """For which backbone and of which method an adapter is looked for, where, and what rows it is to be made of."""

    backbone: str
    method: str
    output: Path
    data: str | None


def _published(task: tasks.Task, wanted: _Wanted, every: Sequence[Entry]) -> Path:
    """The folder of a task's adapter from the Hub, which is asked of backbones that are neither ours nor local."""
    if declaration_of(wanted.backbone).is_ours or places.path_of(wanted.backbone).is_dir():
        raise _not_made(task, wanted, every)
    repository = repositories.repository_of(f"{wanted.method}-{word_of_task(task.name)}", wanted.backbone)
    try:
        return repositories.fetch(repository)
    except hub.Missing as error:
        raise _not_made(task, wanted, every, f" (there is no https://huggingface.co/{repository})") from error
    except UserError as error:
        raise _not_made(task, wanted, every, f" ({str(error).rstrip('.')})") from error


def entry(word: str, backbone: str, output: Path) -> Entry:
    """Return the adapter that a name or a folder means, with its facts; UserError as `find`."""
    for candidate in entries(output, backbone):
        if candidate.name == word:
            return candidate
    folder = find(word, backbone, "bottleneck", output)
    return Entry(folder.name, folder, "local", read_facts(folder))


def method_of(words: Iterable[str], backbone: str, output: Path) -> str:
    """Return the method of the first of these adapters whose name or folder tells it, or 'bottleneck'."""
    return next((method for word in words if (method := _told_method(word, backbone, output))), "bottleneck")


def _told_method(word: str, backbone: str, output: Path) -> str | None:
    """The method of the adapter that `word` names; None for a task's name, which may have several."""
    if repositories.is_repository(word) or looks_like_a_folder(word):
        return read_facts(find(word, backbone, "", output)).run.method
    named = _named(word, backbone, entries(output))
    return named.method if named else None


def looks_like_a_folder(word: str) -> bool:
    """Whether `word` is meant as a path: it has a separator, or is an adapter's folder here."""
    return os.sep in word or word.startswith(("~", ".")) or (places.path_of(word) / FACTS).is_file()


def _plain_adapter(task: str, method: str, at_hand: Sequence[Entry]) -> Entry | None:
    """The adapter of one backbone that the task's name stands for, None if it has not been made."""
    fitting = [entry for entry in at_hand if (entry.task, entry.method) == (task, method) and entry.plain]
    return min(fitting, key=lambda entry: (entry.seed, not entry.usual, ORIGINS.index(entry.origin)), default=None)


def _not_made(task: tasks.Task, wanted: _Wanted, every: Sequence[Entry], why: str = "") -> NotMade:
    at_hand = [entry for entry in every if entry.backbone == wanted.backbone]
    said = f'There is no {wanted.method} adapter for "{task.name}" on the backbone {wanted.backbone} yet{why}'
    others = sorted({each.name for each in _trained_alone(task.name, at_hand)})
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        said += f"; there are others, to be named in its stead: {', '.join(others[:_NAMED])}{more}"
    if task.train_on not in (None, task.name) and _plain_adapter(str(task.train_on), wanted.method, at_hand):
        said += f"; it learns from the rows of {task.train_on}, whose adapter is here, so that may be named"
    backbones = {
        each.backbone for each in every if (each.task, each.method) == (task.name, wanted.method) and each.plain
    }
    if elsewhere := sorted(backbones - {wanted.backbone}):
        said += f"; there is one for --backbone {listed(elsewhere)}"
    chosen = [] if wanted.method == "bottleneck" else ["--method", wanted.method]
    rows = ["--data", wanted.data] if wanted.data else []
    make = line("train", task.name, *chosen, *rows, *where(wanted.backbone, wanted.output, task.name))
    return NotMade(f"{said}; make one: {make}")


def _trained_alone(task: str, at_hand: Iterable[Entry]) -> list[Entry]:
    """The adapters of a task that build on no other one, by whatever settings."""
    own = (each for each in at_hand if each.task == task)
    return [each for each in own if isinstance(each.run, Given) or each.run.composition is None]


def meant(word: str, backbone: str, method: str, output: Path, note: Callable[[str], None]) -> str:
    """Return the word for the adapter that `word` means: the only other one of a task that has none by its recipe.

    `note` is told so.
    """
    task = tasks.known(word)
    word = task.name if task else word
    alone = [each for each in _trained_alone(word, entries(output, backbone)) if each.method == method]
    if len(alone) != 1 or alone[0].plain or alone[0].name == word:
        return word
    try:
        find(word, backbone, method, output)
    except NotMade:
        changes = ", ".join(f"{key}={plain(value)}" for key, value in changed_in_making(alone[0].run).items())
        note(f"{word} is not there by its recipe; taken is the only other one, {alone[0].name} ({changes}).")
        return alone[0].name
    return word


def _entries_in(folder: Path, origin: str, skip: Skip) -> Iterator[Entry]:
    for path in sorted(folder.glob("*")):
        # a folder that a broken-off saving left behind starts with a dot; a link that leads nowhere is told of
        own = not path.name.startswith(".") and os.path.lexists(path / FACTS)
        if own and (facts := _facts_of(path, skip)):
            yield Entry(path.name, path, origin, facts)


def _facts_of(folder: Path, skip: Skip) -> Facts | None:
    try:
        written = os.stat(folder / FACTS) if (folder / FACTS).is_file() else None
        return _facts_as_written(folder, written.st_mtime_ns, written.st_size) if written else read_facts(folder)
    except UserError as error:
        skip(error)
        return None


@functools.lru_cache(4096)
def _facts_as_written(folder: Path, *_: int) -> Facts:
    """The facts in a folder, read again when their file has another time or size: a study looks a thousand times."""
    return read_facts(folder)


def check_free(run: Run, output: Path) -> None:
    """Raise UserError if what `run` would make or find has its places in `output` taken by another run's."""
    name = name_of(run)
    olds = results.in_place(run, name, output) if run.evaluation else []
    folder = output / name
    if (folder / FACTS).is_file():
        old = read_facts(folder).run
        if isinstance(old, Given):
            raise UserError(f"{folder} is an adapter that others made; give another --output, or remove it.")
        olds = [(folder, replace(old, evaluation=run.evaluation)), *olds]
    results.check_same(olds, run)
