"""An adapter at hand, written for the library that reads it without us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapterstilts.adapter.facts import read_facts, task_of
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.backbones import identity_of
from adapterstilts.exchange import base_model as names
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.exporting import note, writing


@dataclass(frozen=True)
class Exported:
    """What was written: the adapter's name, its task, composition, the library that reads it, and the folder.

    `lines` of Python load it from there.
    """

    adapter: str
    task: str | None
    composition: str | None
    library: str
    folder: Path
    lines: str


def export_adapter(
    word: str, folder: Path, backbone: str, method: str, output: Path, base_model: str | None = None
) -> Exported:
    """Write the adapter that `word` means to `folder`, with a card and what `import` needs to read it back.

    `base_model` is the id by which others find the backbone, if that is a folder here. UserError as `writing.write`,
    `catalogue.find` and `base_model.id_for_others`, and if the adapter is of another backbone.
    """
    place = catalogue.find(word, backbone, method, output)
    facts = read_facts(place)
    base = names.id_for_others(facts.backbone, base_model)
    adapter = load_adapter(place, identity_of(backbone))
    library = writing.library_of(adapter)
    from adapterstilts.adapter import model
    from adapterstilts.backbones import loading
    from adapterstilts.exchange.exporting import readme, usage

    task = task_of(facts, place)
    config = loading.load_config(backbone)
    tokenizer = loading.load_tokenizer(backbone) if adapter.method == "full" else None
    model.check_fits(adapter, config, task)
    adapter = names.renamed(adapter, base)
    entry = catalogue.Entry(adapter.name, place, "local", names.renamed(facts, base))
    beside = {"README.md": readme.text_of(entry, adapter, config, task), note.FILE: note.text_of(adapter)}
    writing.write(adapter, folder, config, task, tokenizer, beside)
    lines = usage.lines(adapter, config, task, usage.at(folder))
    return Exported(adapter.name, adapter.task, adapter.composition, library, folder, lines)
