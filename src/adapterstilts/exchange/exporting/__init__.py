"""An adapter at hand, written for the library that reads it without us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.exporting import writing


@dataclass(frozen=True)
class Exported:
    """What was written: the adapter's name, its task, composition, the library that reads it, and the folder."""

    adapter: str
    task: str | None
    composition: str | None
    library: str
    folder: Path


def export_adapter(word: str, folder: Path, backbone: str, method: str, output: Path) -> Exported:
    """Write the adapter that `word` means to `folder`; UserError as `writing.write` and `catalogue.find`."""
    adapter = load_adapter(catalogue.find(word, backbone, method, output))
    from adapterstilts.backbones import loading

    task = tasks.get(adapter.task) if adapter.task else None
    tokenizer = loading.load_tokenizer(backbone) if adapter.method == "full" else None
    writing.write(adapter, folder, loading.load_config(backbone), task, tokenizer)
    return Exported(adapter.name, adapter.task, adapter.composition, writing.LIBRARIES[adapter.method], folder)
