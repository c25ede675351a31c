"""Adapters to the Hugging Face Hub: which files and which card go where, and their upload in one commit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter import facts, saving
from adapterstilts.adapter.value import Adapter
from adapterstilts.base.errors import UserError
from adapterstilts.exchange import base_model as names
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
    entry: catalogue.Entry,
    candidates: Iterable[Result],
    organisation: str,
    must_ask: bool = True,
    base_model: str | None = None,
) -> Publication:
    """Gather the files of an adapter and compare them with what the Hub has; nothing is uploaded.

    The adapter's own results are chosen from `candidates`. `base_model` is the id by which others find the backbone,
    which must be given if that is a folder here. UserError if the adapter is damaged, if its repository holds
    other weights, or if the Hub cannot be asked and `must_ask`: otherwise the plan says why.
    """
    adapter = saving.load_adapter(entry.folder)
    facts.task_of(entry.facts, entry.folder)
    if not isinstance(adapter.run, Run) or adapter.run.origins:
        raise UserError(
            f'The adapter "{entry.name}" was imported, or holds weights that were, so under which licence it may be '
            "published is not known here; `adapterstilts export` writes it to a folder that you can publish yourself."
        )
    _check_licences(adapter)
    here, base = adapter.backbone.id, names.id_for_others(adapter.backbone, base_model)
    files = {name: (entry.folder / name).read_bytes() for name in (saving.WEIGHTS, saving.FACTS)}
    measured = [result for result in candidates if not result.not_measured]
    if base != here:
        adapter, told = names.renamed(adapter, base), names.renamed(entry.facts, base)
        entry = replace(entry, name=names.renamed_name(entry.name, here, base), facts=told)
        files[saving.FACTS] = facts.text_of(told).encode()
        same = adapter.backbone.fingerprint
        measured = [
            names.renamed_result(each, base) if each.run.backbone.fingerprint == same else each for each in measured
        ]
    repository = repositories.repository_of(entry.name, base, organisation)
    own = [result for result in measured if result.run.adapter.id == adapter.run.id]
    for result in own:
        files[results.path_of(result.run, result.adapter, Path()).as_posix()] = results.text_of(result).encode()
    plain, lines = _plain(adapter, here, repository)
    files |= plain
    files["README.md"] = card.render(entry, measured, repository, lines).encode()
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


def _plain(adapter: Adapter, backbone: str, repository: str) -> tuple[dict[str, bytes], tuple[str, str] | None]:
    """The same adapter for plain `adapters` or `peft`, in a folder of the library's name, and that name with the lines
    that load it from `repository`; nothing where neither has it. `backbone` is what it is called here.
    """
    from adapterstilts.adapter import model
    from adapterstilts.backbones import loading
    from adapterstilts.exchange.exporting import usage

    task, config = tasks.get(adapter.task) if adapter.task else None, loading.load_config(backbone)
    model.check_fits(adapter, config, task)
    library = writing.LIBRARIES.get(adapter.method)
    if library not in ("adapters", "peft"):
        return {}, None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / library
        try:
            writing.write(adapter, folder, config, task)
        except UserError:
            return {}, None
        written = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(place).as_posix(): path.read_bytes() for path in written}
    return files, (library, usage.lines(adapter, config, task, usage.on_hub(repository, library)))


def publish(publication: Publication, private: bool) -> str | None:
    """Upload what the Hub does not have yet, in one commit: its address, None if there is nothing to upload."""
    if not publication.plan.waiting:
        return None
    return repositories.upload(publication.plan, publication.files, private, f"{publication.adapter}, by adapterstilts")
