"""From a working folder to a shipped one: adapters by short names, results, and cards that are rendered from these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from adapterstilts.adapter.facts import WEIGHTS
from adapterstilts.adapter.value import ADAPTER_PREFIX
from adapterstilts.base import files
from adapterstilts.exchange import card, catalogue
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.exchange.catalogue import Entry
from adapterstilts.runs import results, words
from adapterstilts.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor


def shipped_in(output: Path) -> list[Entry]:
    """Return the adapters whose weights are in a shipped folder."""
    return [entry for entry in catalogue.entries(output) if entry.folder.parent == output]


def ship_adapters(
    runs: Iterable[Run], work: Path, output: Path, training_sets: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> None:
    """Bring adapters that were made into a shipped folder; their names leave out what that says.

    Weights that were computed with in bf16 are shipped in bf16, half as large. `training_sets`, by task, are what cards
    tell of the rows: 'what' they are, and their 'licence' where it is not the official set's.
    """
    from adapterstilts.adapter import saving

    here = AtHand(work)
    whole = {result.run.id: result for result in results.read_all([output, work]) if not result.not_measured}
    for run in runs:
        folder, name = here.folder_of(run.adapter), words.name_of(run, short=True)
        if folder is not None and folder.parent == work:
            adapter = replace(saving.load_adapter(folder), name=name)
            if run.id in whole:
                # those of one that was measured in one language first are not in its own folder
                adapter = replace(adapter, scores=whole[run.id].scores)
            if told := training_sets.get(run.task or ""):
                adapter = replace(adapter, training={**adapter.training, card.TRAINING_SET: dict(told)})
            if adapter.training.get("trained_in", run.settings.get("precision")) == "bf16":
                adapter = replace(adapter, tensors=_in_bf16(adapter.tensors))
            saving.save_adapter(adapter, output / name)


def _in_bf16(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The adapter's own tensors rounded as the computation rounds them, so that it scores the same; the head stays."""
    import torch

    own = {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items() if name.startswith(ADAPTER_PREFIX)}
    return {**tensors, **own}


def ship_results(work: Path, output: Path, ids: Collection[str] | None = None) -> None:
    """Copy results into a shipped folder, by the names of its adapters, and render their cards from them.

    `ids` are those of the runs whose results are wanted; None: all that there are. What is there already has its name,
    too, by the adapters and the recipe as they are now; of two results of one run that in all languages stays.
    """
    shipped = {entry.run.id: entry for entry in shipped_in(output)}
    before = results.read_all([output])
    new = [each for each in results.read_all([work]) if ids is None or each.run.id in ids]
    by_run: dict[str, results.Result] = {}
    for result in (*before, *new):
        old = by_run.get(result.run.id)
        if old is None or old.not_measured or not result.not_measured:
            by_run[result.run.id] = result
    every = [_as_shipped(result, shipped.get(result.run.adapter.id)) for result in by_run.values()]
    texts = {results.path_of(each.run, each.adapter, output): results.text_of(each) for each in every}
    for path in {results.path_of(each.run, each.adapter, output) for each in before} - {*texts}:
        path.unlink(missing_ok=True)
    for path, text in texts.items():
        files.write_text(path, text)
    for entry in shipped.values():
        files.write_text(entry.folder / "README.md", card.render(entry, every))


def _as_shipped(result: results.Result, entry: Entry | None) -> results.Result:
    """A result under the name that its adapter has where it is shipped, with the size of those weights."""
    if entry is None:
        return replace(result, adapter=_name(result))
    size = (entry.folder / WEIGHTS).stat().st_size
    return replace(result, adapter=entry.name, facts={**result.facts, results.BYTES: size})


def _name(result: results.Result) -> str:
    """What an adapter is called by the recipe as it is now, since the recipe's settings are no part of a name."""
    adapter = result.run.adapter
    return words.name_of(adapter) if isinstance(adapter, Run) and adapter.task else result.adapter
