"""From a working folder to a shipped one: adapters by short names, results, and cards that are rendered from these."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from adapterstilts.base import files
from adapterstilts.exchange import card, catalogue
from adapterstilts.exchange.catalogue import AtHand, Entry
from adapterstilts.runs import results, words
from adapterstilts.runs.run import Run


def shipped_in(output: Path) -> list[Entry]:
    """Return the adapters whose weights are in a shipped folder."""
    return [entry for entry in catalogue.entries(output) if entry.folder.parent == output]


def ship_adapters(runs: Iterable[Run], work: Path, output: Path) -> None:
    """Bring adapters that were made into a shipped folder; their names leave out what that says."""
    from adapterstilts.adapter import saving

    here = AtHand(work)
    for run in runs:
        folder, name = here.folder_of(run.adapter), words.name_of(run, short=True)
        if folder is not None and folder.parent == work:
            saving.save_adapter(replace(saving.load_adapter(folder), name=name), output / name)


def ship_results(work: Path, output: Path, ids: Collection[str] | None = None) -> None:
    """Copy results into a shipped folder, by the names of its adapters, and render their cards from them.

    `ids` are those of the runs whose results are wanted; None: all that there are.
    """
    names = {entry.run.id: entry.name for entry in shipped_in(output)}
    for result in results.read_all([work]):
        if ids is None or result.run.id in ids:
            name = names.get(result.run.adapter.id) or _name(result)
            files.write_text(results.path_of(result.run, name, output), results.text_of(replace(result, adapter=name)))
    every = results.read_all([output])
    for entry in shipped_in(output):
        files.write_text(entry.folder / "README.md", card.render(entry, every))


def _name(result: results.Result) -> str:
    """What an adapter is called by the recipe as it is now, since the recipe's settings are no part of a name."""
    adapter = result.run.adapter
    return words.name_of(adapter) if isinstance(adapter, Run) and adapter.task else result.adapter
