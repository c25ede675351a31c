"""An adapter that another library saved, brought among one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter.facts import read_facts
from adapterstilts.adapter.saving import save_adapter
from adapterstilts.adapter.value import Adapter
from adapterstilts.base import hub
from adapterstilts.base.errors import UserError, printable
from adapterstilts.base.names import slug
from adapterstilts.base.places import path_of
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue, repositories
from adapterstilts.exchange.exporting import note
from adapterstilts.exchange.importing import reading
from adapterstilts.exchange.importing.folders import PICKLED, SAFE
from adapterstilts.runs.run import NO_ADAPTER, Given
from adapterstilts.tasks import types

_FOLDERS = ("checkpoints", "logs", "predictions", "results")
"""What an output folder has beside adapters."""


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
    progress: Progress = SILENT,
) -> Imported:
    """Read the folder or the Hub's repository `word`, check it against its backbone, and save it in `output`.

    `backbone` None is the one that it names; `task` None the task that it is called after, if there is one: without a
    task there is no head. `name` None is that of the folder or the repository, after "imported-" if a task has it.
    `labels` name the head's outputs in their order. Pickles are read only if `convert` says so. UserError says what
    does not fit.
    """
    folder, origin = _place(word, convert, revision)
    saved = reading.look(folder, convert)
    chosen = _name(word, name, output)
    ours = note.read(folder)
    called = ours.task if ours else saved.name
    its_task = tasks.get(task) if task is not None else tasks.known(called)
    its_backbone = backbone or (ours.backbone.id if ours else saved.backbone)
    if its_backbone is None:
        raise UserError(f"{word} does not say which backbone it is for; name it with --backbone.")
    from adapterstilts.backbones import loading

    progress.note(f"The backbone is {printable(its_backbone)}.")
    loaded = loading.load_backbone(its_backbone, device="cpu")
    identity = loaded.identity
    if ours and ours.backbone.fingerprint != identity.fingerprint:
        raise UserError(
            f"{word} was exported for {ours.backbone.id}, and {its_backbone} has other weights; give the backbone that "
            "it was made for with --backbone."
        )
    if not ours and backbone is None and saved.revision not in (None, identity.revision):
        raise UserError(
            f"{word} is for the revision {saved.revision} of {its_backbone}; download that and give its folder with "
            "--backbone."
        )
    names = labels or (ours.labels if ours else ())
    content = reading.read(saved, loaded.module, its_task, names, convert)
    del loaded  # two of the largest may be more than the memory
    # its weights' digest, which is its identity, is that of the file which is written
    own = Given(chosen, "", content.method, its_task.name if its_task else None, origin, saved.library)
    adapter = Adapter(
        name=chosen,
        run=own,
        backbone=identity,
        settings=content.settings,
        labels=content.labels,
        tensors=content.tensors,
        training={"trainable_parameters": sum(tensor.numel() for tensor in content.tensors.values())},
    )
    _check(adapter, its_backbone, its_task)
    save_adapter(adapter, output / chosen)
    adapter = replace(adapter, run=replace(own, sha256=read_facts(output / chosen).sha256))
    return Imported(adapter, output / chosen, saved.library, content.without_head)


def _name(word: str, name: str | None, output: Path) -> str:
    """The adapter's name: `name`, or else that of the folder or repository. UserError if it is taken or is no name."""
    own = slug(word)
    taken = {*tasks.all_tasks(), *_FOLDERS, NO_ADAPTER}
    chosen = name or (f"imported-{own}" if own in taken else own)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", chosen) or chosen in taken:
        raise UserError(
            f'"{chosen}" cannot be the name of an adapter here; give one of letters, digits and hyphens that is no '
            "task's with --name."
        )
    namesake = next((entry for entry in catalogue.entries(output) if entry.name == chosen), None)
    if namesake:
        raise UserError(
            f"There is an adapter {chosen} already ({namesake.folder}); delete that, or give this one another name "
            "with --name."
        )
    return chosen


def _place(word: str, convert: bool, revision: str | None) -> tuple[Path, str]:
    """The folder that `word` means, and how to name where it comes from, which is nobody's folder."""
    folder = path_of(word)
    if folder.is_dir() or not repositories.is_repository(word):
        if not folder.is_dir():
            raise UserError(f"There is no folder {word}; give a folder, or a repository of the Hub as OWNER/NAME.")
        return folder, folder.name
    try:
        folder = repositories.download(word, (*SAFE, *(PICKLED if convert else ()), note.FILE), revision)
    except hub.Missing as error:
        at = f" at revision {revision}" if revision else ""
        raise UserError(f"There is no https://huggingface.co/{word}{at}.") from error
    return folder, f"{word}@{folder.name}"


def _check(adapter: Adapter, backbone: str, task: tasks.Task | None) -> None:
    """Rebuild it as every verb will; UserError if its tensors do not fit."""
    from adapterstilts.adapter import model
    from adapterstilts.backbones import loading

    with_head = task if adapter.head_tensors() else None
    model.from_adapter(
        loading.load_backbone(backbone, device="cpu"), adapter, types.get(task.type if task else "retrieval"), with_head
    )
