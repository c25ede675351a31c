"""Adapters to the Hugging Face Hub: which files and which card go where, and their upload in one commit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter import saving
from adapterstilts.adapter.value import Adapter
from adapterstilts.base.errors import UserError
from adapterstilts.exchange import card, catalogue, repositories
from adapterstilts.exchange.exporting import writing
from adapterstilts.runs import results
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Run


@dataclass(frozen=True)
class Publication:
    """One adapter on its way: the files by their path in the repository, and what is to be done with them."""

    adapter: str
    files: Mapping[str, bytes]
    plan: repositories.Plan

    @property
    def repository(self) -> str:
        """Where it goes."""
        return self.plan.repository

    @property
    def card(self) -> str:
        """The card, as Markdown."""
        return self.files["README.md"].decode("utf-8")


def prepare(
    entry: catalogue.Entry, candidates: Iterable[Result], organisation: str, must_ask: bool = True
) -> Publication:
    """Gather the files of an adapter and compare them with what the Hub has; nothing is uploaded.

    The adapter's own results are chosen from `candidates`. UserError if the adapter is damaged, if its repository holds
    other weights, or if the Hub cannot be asked and `must_ask`: otherwise the plan says why.
    """
    adapter = saving.load_adapter(entry.folder)
    if not isinstance(adapter.run, Run) or adapter.run.origins:
        raise UserError(
            f'The adapter "{entry.name}" was imported, or holds weights that were, so under which licence it may be '
            "published is not known here; `adapterstilts export` writes it to a folder that you can publish yourself."
        )
    _check_licences(adapter)
    repository = repositories.repository_of(entry.name, entry.backbone, organisation)
    measured = list(candidates)
    own = [result for result in measured if result.run.adapter.id == adapter.run.id]
    files = {name: (entry.folder / name).read_bytes() for name in (saving.WEIGHTS, saving.FACTS)}
    for result in own:
        files[results.path_of(result.run, result.adapter, Path()).as_posix()] = results.text_of(result).encode()
    files |= _plain(adapter, entry)
    files["README.md"] = card.render(entry, measured, repository).encode()
    return Publication(entry.name, files, repositories.plan(repository, files, must_ask))


def _check_licences(adapter: Adapter) -> None:
    """UserError if a user's own task that `adapter` was trained on says nothing of its licence: a card must."""
    names = adapter.run.trained_on if isinstance(adapter.run, Run) else ()
    for task in (tasks.get(name) for name in sorted(names)):
        if task.own is not None and not task.licence:
            raise UserError(
                f'{task.own.source} says no licence of "{task.name}", which the card must name; add one to its file, '
                "such as licence: CC BY 4.0, and give that by --task-file FILE."
            )


def _plain(adapter: Adapter, entry: catalogue.Entry) -> dict[str, bytes]:
    """The same adapter for plain `adapters` or `peft`, in a folder of the library's name; none where neither has it."""
    library = writing.LIBRARIES.get(adapter.method)
    if library not in ("adapters", "peft"):
        return {}
    from adapterstilts.backbones import loading

    task = tasks.get(adapter.task) if adapter.task else None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / library
        try:
            writing.write(adapter, folder, loading.load_config(entry.backbone), task)
        except UserError:
            return {}
        written = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in written}


def publish(publication: Publication, private: bool) -> str | None:
    """Upload what the Hub does not have yet, in one commit: its address, None if there is nothing to upload."""
    if not publication.plan.waiting:
        return None
    return repositories.upload(publication.plan, publication.files, private, f"{publication.adapter}, by adapterstilts")
