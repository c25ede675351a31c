"""An adapter at hand, written for the library that reads it without us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapterstilts import export, model, tasks, zoo
from adapterstilts.checkpoint import load_adapter


@dataclass(frozen=True)
class Exported:
    """What was written: the adapter's name, its task, composition, the library that reads it, and the folder."""

    adapter: str
    task: str | None
    composition: str | None
    library: str
    folder: Path


def export_adapter(word: str, folder: Path, backbone: str, method: str, output: Path) -> Exported:
    """Write the adapter that `word` means to `folder`; UserError as `export.write` and `zoo.find`."""
    adapter = load_adapter(zoo.find(word, backbone, method, output))
    task = tasks.get(adapter.task) if adapter.task else None
    tokenizer = model.load_tokenizer(backbone) if adapter.method == "full" else None
    export.write(adapter, folder, model.load_config(backbone), task, tokenizer)
    return Exported(adapter.name, adapter.task, adapter.composition, export.LIBRARIES[adapter.method], folder)
