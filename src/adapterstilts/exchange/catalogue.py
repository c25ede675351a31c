"""Find an adapter: those that earlier runs left in an output folder, those that are shipped, those of the Hub.

Only names and facts are read here, so looking takes no time; `saving.load_adapter` checks what is used.
"""

from __future__ import annotations

import json
import os
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones import DEFAULT, declaration_of
from adapterstilts.base import hub, places
from adapterstilts.base.errors import UserError, did_you_mean, printable
from adapterstilts.base.names import slug
from adapterstilts.exchange import repositories
from adapterstilts.tasks import metrics

FACTS = "adapterstilts.json"
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
    facts: Mapping[str, Any]

    @property
    def method(self) -> str:
        """One of the methods, such as 'lora'."""
        return printable(self.facts.get("method"))

    @property
    def task(self) -> str | None:
        """The task it was trained for; None for a merge without a head."""
        task = self.facts.get("task")
        return None if task is None else printable(task)

    @property
    def backbone(self) -> str:
        """The id of the backbone it was made for."""
        return printable(_mapping(self.facts.get("backbone")).get("id"))

    @property
    def seed(self) -> int:
        """The seed of its training."""
        seed = self.facts.get("seed")
        return seed if isinstance(seed, int) else 0

    @property
    def score(self) -> float | None:
        """The average over languages of its main score on its own task, 0 to 100; None if it says none."""
        task, scores = tasks.all_tasks().get(self.task or ""), _mapping(self.facts.get("scores"))
        try:
            found = [metrics.main_score(task.metric, each) for each in scores.values()] if task else []
            return statistics.fmean(found) if found else None
        except (TypeError, KeyError, ValueError):
            return None

    @property
    def megabytes(self) -> float:
        """What its files take."""
        return sum(path.stat().st_size for path in self.folder.glob("*") if path.is_file()) / 1e6

    @property
    def licence(self) -> str | None:
        """What the header of its card says; None without one."""
        card = self.folder / "README.md"
        text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
        named = re.search(r"^license: *(\S+)$", text.partition("\n---")[0], re.MULTILINE)
        return named[1] if named else None

    @property
    def usual(self) -> bool:
        """Whether the rows that it was trained on come from where one expects them."""
        own = _mapping(self.facts.get("recipe")).get("data")
        return self.task is None or own in (None, declaration_of(self.backbone).usual_rows(tasks.get(self.task)))

    @property
    def plain(self) -> bool:
        """Whether it was trained alone and with the recipe's own settings: what a task's name stands for."""
        recipe = _mapping(self.facts.get("recipe"))
        return self.facts.get("composition") is None and not recipe.get("changed") and not recipe.get("control")


def bundled(backbone: str) -> Path:
    """Return the shipped folder for `backbone`, whether or not there is one."""
    return places.zoo_folder() / slug(backbone.lower())


def entries(output: Path, backbone: str | None = None) -> list[Entry]:
    """Return the adapters at hand: shipped, made here, in the Hub's cache; those of `backbone` alone if it is given."""
    shipped = sorted(path for path in places.zoo_folder().glob("*") if path.is_dir())
    folders = [(path, "bundled") for path in shipped]
    if output.resolve() not in {path.resolve() for path in shipped}:
        folders.append((output, "local"))
    found = [entry for folder, origin in folders for entry in _entries_in(folder, origin)]
    for repository, folder in repositories.cached():
        if facts := facts_of(folder):
            found.append(Entry(repository, folder, "hub", facts))
    return [entry for entry in found if backbone in (None, entry.backbone)]


def find(word: str, backbone: str, method: str, output: Path) -> Path:
    """Return the folder of the adapter that `word` means: a folder, a repository of the Hub, an adapter's name, or a
    task's name.

    A task's name means its plain adapter for this backbone and method; of several that of the lowest seed, on rows from
    where one expects them, the shipped one. What is not at hand is downloaded, if our organisation has published it.
    Raises `UserError`, naming what is near or how to make it.
    """
    at_hand = entries(output, backbone)
    if repositories.is_repository(word):
        return next((entry.folder for entry in at_hand if entry.name == word), None) or _fetched(word)
    if looks_like_a_folder(word):
        return Path(word).expanduser()
    named = [entry for entry in at_hand if entry.name == word]
    if named:
        return named[-1].folder
    if word in tasks.all_tasks():
        entry = plain_adapter(word, backbone, method, output)
        return entry.folder if entry else _published(tasks.get(word), backbone, method)
    known = [*tasks.all_tasks(), *(entry.name for entry in at_hand)]
    hint = did_you_mean(word, known) or " `adapterstilts zoo` lists those at hand."
    raise UserError(f'There is no adapter "{word}" for the backbone {backbone}.{hint}')


def _fetched(repository: str) -> Path:
    try:
        return repositories.fetch(repository)
    except hub.Missing as error:
        raise UserError(
            f"There is no https://huggingface.co/{repository}; `adapterstilts zoo --from ORGANISATION` lists what an "
            "organisation has published."
        ) from error


def _published(task: tasks.Task, backbone: str, method: str) -> Path:
    """The folder of a task's adapter from the Hub, which is asked of backbones that are neither shipped nor local."""
    if bundled(backbone).is_dir() or Path(backbone).expanduser().is_dir():
        raise _not_made(task, backbone, method)
    repository = repositories.repository_of(f"{method}-{task.name}", backbone)
    try:
        return repositories.fetch(repository)
    except hub.Missing as error:
        raise _not_made(task, backbone, method, f" (there is no https://huggingface.co/{repository})") from error
    except UserError as error:
        raise _not_made(task, backbone, method, f" ({str(error).rstrip('.')})") from error


def entry(word: str, backbone: str, output: Path) -> Entry:
    """Return the adapter that a name or a folder means, with its facts; UserError as `find`."""
    for found in entries(output, backbone):
        if found.name == word:
            return found
    folder = find(word, backbone, "bottleneck", output)
    facts = facts_of(folder)
    if facts is None:
        raise UserError(f"{folder} is no adapter: it has no readable {FACTS}.")
    return Entry(folder.name, folder, "local", facts)


def method_of(words: Iterable[str], backbone: str, output: Path) -> str:
    """Return the method of the first of these adapters whose name or folder tells it, or 'bottleneck'."""
    return next((found for word in words if (found := _told_method(word, backbone, output))), "bottleneck")


def _told_method(word: str, backbone: str, output: Path) -> str | None:
    """The method of the adapter that `word` names; None for a task's name, which may have several."""
    if repositories.is_repository(word) or looks_like_a_folder(word):
        return (facts_of(find(word, backbone, "", output)) or {}).get("method")
    named = [entry.method for entry in entries(output, backbone) if entry.name == word]
    return named[-1] if named else None


def looks_like_a_folder(word: str) -> bool:
    """Whether `word` is meant as a path: it has a separator, or is an adapter's folder here."""
    return os.sep in word or word.startswith(("~", ".")) or (Path(word) / FACTS).is_file()


def plain_adapter(task: str, backbone: str, method: str, output: Path) -> Entry | None:
    """Return the adapter that the task's name stands for, None if it has not been made."""
    at_hand = entries(output, backbone)
    fitting = [entry for entry in at_hand if (entry.task, entry.method) == (task, method) and entry.plain]
    return min(fitting, key=lambda entry: (entry.seed, not entry.usual, ORIGINS.index(entry.origin)), default=None)


def _not_made(task: tasks.Task, backbone: str, method: str, why: str = "") -> UserError:
    elsewhere = "" if backbone == DEFAULT else f" --backbone {backbone}"
    chosen = "" if method == "bottleneck" else f" --method {method}"
    return UserError(
        f'There is no {method} adapter for "{task.name}" on the backbone {backbone} yet{why}; '
        f"make one: adapterstilts train {task.name}{chosen}{elsewhere}"
    )


def _entries_in(folder: Path, origin: str) -> Iterator[Entry]:
    for path in sorted(folder.glob(f"*/{FACTS}")):
        facts = facts_of(path.parent)
        # a folder that a broken-off saving left behind starts with a dot
        if facts and not path.parent.name.startswith("."):
            yield Entry(path.parent.name, path.parent, origin, facts)


def facts_of(folder: Path) -> dict[str, Any] | None:
    """Return what the adapter in `folder` says of itself, unchecked; None if there is nothing readable."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
