"""Adapters from the Hub, checked against their backbone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter.facts import read_facts
from adapterstilts.adapter.value import check_backbone
from adapterstilts.backbones import identity_of
from adapterstilts.base import hub
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import repositories
from adapterstilts.runs.command import OUTPUT, line, where
from adapterstilts.runs.words import word_of_task


@dataclass(frozen=True)
class Pulled:
    """An adapter that is now in the Hub's cache: its repository, folder there, and size in bytes."""

    repository: str
    folder: Path
    size: int


def pull(
    words: list[str],
    backbone: str,
    method: str,
    organisation: str = repositories.ORGANISATION,
    revision: str | None = None,
    progress: Progress = SILENT,
) -> list[Pulled]:
    """Download the adapters that `words` mean: tasks' or adapters' names of `organisation`, or repositories.

    A cut download is taken up where it stopped. Each adapter is done when its sha256 is right and it fits the backbone.
    UserError names what is not published, damaged, or of another backbone; what came before it stays.
    """
    pulled: list[Pulled] = []
    identity = None
    for word in words:
        task = tasks.known(word)
        name = f"{method}-{word_of_task(task.name)}" if task else word
        repository = (
            word if repositories.is_repository(word) else repositories.repository_of(name, backbone, organisation)
        )
        try:
            folder = repositories.fetch(repository, revision)
        except hub.Missing as error:
            raise _not_published(repository, revision, word, backbone, method) from error
        # a backbone that is new here is loaded for it, which takes longer than the download: only for what is there
        identity = identity or identity_of(backbone)
        check_backbone(read_facts(folder), identity)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        pulled.append(Pulled(repository, folder, size))
        progress.note(f"{repository}: {size / 1e6:.1f} MB, checked")
    return pulled


def _not_published(repository: str, revision: str | None, word: str, backbone: str, method: str) -> UserError:
    at = f" at revision {revision}" if revision else ""
    chosen = [] if method == "bottleneck" else ["--method", method]
    make = "."
    if tasks.known(word):
        make = f"; train it: {line('train', word, *chosen, *where(backbone, OUTPUT, word))}"
    return UserError(f"Nothing is published as https://huggingface.co/{repository}{at}{make}")
