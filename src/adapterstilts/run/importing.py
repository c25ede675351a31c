"""An adapter that another library saved, brought among one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts import hub, importing, model, recipe, remote, results, task_types, tasks, zoo
from adapterstilts.adapter import Adapter
from adapterstilts.checkpoint import save_adapter
from adapterstilts.errors import UserError
from adapterstilts.importing.folders import PICKLED, SAFE


@dataclass(frozen=True)
class Imported:
    """What was imported: the adapter, its folder, its library, and why it has no head (None if it has one)."""

    adapter: Adapter
    folder: Path
    library: str
    without_head: str | None


def import_adapter(
    word: str,
    output: Path,
    *,
    backbone: str | None = None,
    task: str | None = None,
    name: str | None = None,
    labels: Sequence[str] = (),
    convert: bool = False,
    revision: str | None = None,
) -> Imported:
    """Read the folder or the Hub's repository `word`, check it against its backbone, and save it in `output`.

    `backbone` None is the one that it names; `task` None the task that it is called after, if there is one: without a
    task there is no head. `name` None is that of the folder or the repository. `labels` name the head's outputs in
    their order. Pickles are read only if `convert` says so. UserError says what does not fit.
    """
    folder, origin = _place(word, convert, revision)
    saved = importing.look(folder)
    chosen = name or re.sub(r"[^A-Za-z0-9_.-]+", "-", word.rstrip("/").rsplit("/", 1)[-1]).strip("-.")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", chosen):
        raise UserError(f'"{chosen}" cannot be the name of an adapter; give one of letters and digits with --name.')
    its_task = _task(saved, task)
    its_backbone = backbone or saved.backbone
    if its_backbone is None:
        raise UserError(f"{word} does not say which backbone it is for; name it with --backbone.")
    loaded = model.load_backbone(its_backbone)
    found = importing.read(saved, loaded.module, its_task, labels, convert)
    facts: dict[str, Any] = {"from": origin, "library": saved.library, "name": zoo.printable(saved.name or "")}
    adapter = Adapter(
        name=chosen,
        method=found.method,
        composition=None,
        task=its_task.name if its_task else None,
        sources=(),
        settings=found.settings,
        backbone=loaded.identity,
        labels=found.labels,
        seed=0,
        tensors=found.tensors,
        recipe={
            "imported": facts,
            "run": recipe.identity({**facts, "backbone": loaded.identity.fingerprint}),
            "changed": {results.IMPORTED: chosen},
            "trainable_parameters": sum(tensor.numel() for tensor in found.tensors.values()),
        },
        data_revision="unknown",
    )
    _check(adapter, its_backbone, its_task)
    save_adapter(adapter, output / chosen)
    return Imported(adapter, output / chosen, saved.library, found.without_head)


def _place(word: str, convert: bool, revision: str | None) -> tuple[Path, str]:
    """The folder that `word` means, and how to name where it comes from, which is nobody's folder."""
    folder = Path(word).expanduser()
    if folder.is_dir() or not remote.is_repository(word):
        if not folder.is_dir():
            raise UserError(f"There is no folder {word}; give a folder, or a repository of the Hub as OWNER/NAME.")
        return folder, folder.name
    try:
        folder = remote.download(word, (*SAFE, *PICKLED) if convert else SAFE, revision)
    except hub.Missing as error:
        at = f" at revision {revision}" if revision else ""
        raise UserError(f"There is no https://huggingface.co/{word}{at}.") from error
    return folder, f"{word}@{folder.name}"


def _task(saved: importing.Saved, named: str | None) -> tasks.Task | None:
    if named is not None:
        return tasks.get(named)
    return tasks.all_tasks().get(saved.name or "")


def _check(adapter: Adapter, backbone: str, task: tasks.Task | None) -> None:
    """Rebuild it as every verb will; UserError if its tensors do not fit."""
    with_head = task if adapter.head_tensors() else None
    # for its function alone; a module that one adapter was in takes no second
    model.from_adapter(
        model.load_backbone(backbone), adapter, task_types.get(task.type if task else "retrieval"), with_head
    )
