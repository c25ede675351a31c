"""What is known of a backbone by what people call it, before anything of it is loaded. No torch.

A backbone that needs more than what holds for any of the Hub is one entry of `DECLARED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.base import places
from adapterstilts.base.errors import UserError

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

DEFAULT = "pocket"
"""The backbone where none is named."""


@dataclass(frozen=True)
class Declaration:
    """One backbone. The defaults are those of any id of the Hub and any folder.

    `name` is what people call it. `weights` is where the zoo has it; None where `name` says it, as an id or a folder.
    `rows` is where rows come from unless --data says otherwise, 'pocket' or 'hub'; `recipe` a file of `recipes/`;
    `licence` one of the Hub's words, None where its own card tells; `retrieval_layer` whose embeddings are compared,
    from 0 on, None for 14/24 of the depth; `fingerprint` that of the only weights that it can have.
    """

    name: str
    weights: str | None = None
    rows: str = "hub"
    recipe: str = "xlmr.yaml"
    licence: str | None = None
    retrieval_layer: int | None = None
    fingerprint: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder here with its files, None if they are the Hub's; UserError if what is shipped is gone."""
        folder = places.zoo_folder() / self.weights if self.weights else places.path_of(self.name)
        if folder.is_dir():
            return folder
        if self.weights:
            raise UserError(f'The backbone "{self.name}" is not at {folder}; install the package again.')
        return None

    def usual_rows(self, task: Task) -> str:
        """Where one expects rows of `task` from: 'pocket', 'hub', or 'folder' where the Hub does not have them.

        Those of a user's own task come from the Hub or from its own files: 'file'.
        """
        if task.own_rows:
            return task.own_rows
        return "folder" if self.rows == "hub" and not task.hub else self.rows


DECLARED = {
    "pocket": Declaration(
        "pocket",
        weights="pocket/backbone",
        rows="pocket",
        recipe="pocket.yaml",
        licence="apache-2.0",
        fingerprint="868e7d652b7d1b0ad5b3260f38ffb0019ab2a7e34f9b89b9a933eb22798e0db1",
    )
}


def declaration_of(name: str) -> Declaration:
    """Return what is declared of the backbone `name`, or what holds for any id of the Hub and any folder."""
    return DECLARED.get(name) or Declaration(name)
