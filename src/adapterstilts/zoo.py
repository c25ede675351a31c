"""Find an adapter: those that earlier runs left in an output folder, and those that are shipped.

Only names and facts are read here, so looking takes no time; `checkpoint.load_adapter` checks what is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts import places, tasks
from adapterstilts.errors import UserError, did_you_mean
from adapterstilts.tasks.rows import usual_source

FACTS = "adapterstilts.json"


@dataclass(frozen=True)
class Entry:
    """An adapter at hand. `origin` is 'bundled' or 'local', `facts` what its `adapterstilts.json` says."""

    name: str
    folder: Path
    origin: str
    facts: Mapping[str, Any]

    @property
    def method(self) -> str:
        """One of the methods, such as 'lora'."""
        return str(self.facts.get("method"))

    @property
    def task(self) -> str | None:
        """The task it was trained for; None for a merge without a head."""
        return self.facts.get("task")

    @property
    def backbone(self) -> str:
        """The id of the backbone it was made for."""
        return str(_mapping(self.facts.get("backbone")).get("id"))

    @property
    def seed(self) -> int:
        """The seed of its training."""
        return int(self.facts.get("seed") or 0)

    @property
    def usual(self) -> bool:
        """Whether the rows that it was trained on come from where one expects them."""
        own = _mapping(self.facts.get("recipe")).get("data")
        return self.task is None or own in (None, usual_source(tasks.get(self.task), self.backbone))

    @property
    def plain(self) -> bool:
        """Whether it was trained alone and with the recipe's own settings: what a task's name stands for."""
        recipe = _mapping(self.facts.get("recipe"))
        return self.facts.get("composition") is None and not recipe.get("changed") and not recipe.get("control")


def bundled(backbone: str) -> Path:
    """Return the shipped folder for `backbone`, whether or not there is one."""
    return places.zoo_folder() / backbone.rstrip("/").rsplit("/", 1)[-1].lower()


def entries(output: Path, backbone: str | None = None) -> list[Entry]:
    """Return the adapters at hand, the shipped ones first; those of `backbone` alone if it is given."""
    shipped = sorted(path for path in places.zoo_folder().glob("*") if path.is_dir())
    folders = [(path, "bundled") for path in shipped]
    if output.resolve() not in {path.resolve() for path in shipped}:
        folders.append((output, "local"))
    found = [entry for folder, origin in folders for entry in _entries_in(folder, origin)]
    return [entry for entry in found if backbone in (None, entry.backbone)]


def find(word: str, backbone: str, method: str, output: Path) -> Path:
    """Return the folder of the adapter that `word` means: a folder, an adapter's name, or a task's name.

    A task's name means its plain adapter for this backbone and method; of several that of the lowest seed, on rows from
    where one expects them, the shipped one. Raises `UserError`, naming what is near or how to make it.
    """
    if looks_like_a_folder(word):
        return Path(word).expanduser()
    at_hand = entries(output, backbone)
    named = [entry for entry in at_hand if entry.name == word]
    if named:
        return named[-1].folder
    if word in tasks.all_tasks():
        entry = plain_adapter(word, backbone, method, output)
        if entry is None:
            raise _not_made(tasks.get(word), backbone, method)
        return entry.folder
    known = [*tasks.all_tasks(), *(entry.name for entry in at_hand)]
    hint = did_you_mean(word, known) or " `adapterstilts zoo` lists those at hand."
    raise UserError(f'There is no adapter "{word}" for the backbone {backbone}.{hint}')


def method_of(word: str, backbone: str, output: Path) -> str | None:
    """Return the method of the adapter that `word` names; None for a task's name, which may have several."""
    if looks_like_a_folder(word):
        return (facts_of(Path(word).expanduser()) or {}).get("method")
    named = [entry.method for entry in entries(output, backbone) if entry.name == word]
    return named[-1] if named else None


def looks_like_a_folder(word: str) -> bool:
    """Whether `word` is meant as a path: it has a separator, or is an adapter's folder here."""
    return os.sep in word or word.startswith(("~", ".")) or (Path(word) / FACTS).is_file()


def plain_adapter(task: str, backbone: str, method: str, output: Path) -> Entry | None:
    """Return the adapter that the task's name stands for, None if it has not been made."""
    at_hand = entries(output, backbone)
    fitting = [entry for entry in at_hand if (entry.task, entry.method) == (task, method) and entry.plain]
    return min(fitting, key=lambda entry: (entry.seed, not entry.usual, entry.origin != "bundled"), default=None)


def _not_made(task: tasks.Task, backbone: str, method: str) -> UserError:
    elsewhere = "" if backbone == "pocket" else f" --backbone {backbone}"
    chosen = "" if method == "bottleneck" else f" --method {method}"
    return UserError(
        f'There is no {method} adapter for "{task.name}" on the backbone {backbone} yet; '
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
