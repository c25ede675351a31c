"""What an exported folder says that its library has no place for, so that `import` needs no option. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import BackboneIdentity
from adapterstilts.base import schema

FILE = "adapterstilts_export.json"
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Note:
    """What was exported: its task, its head's labels in their order, its backbone.

    `declarations` are those of the user's own tasks, as an adapter remembers them.
    """

    task: str | None
    labels: tuple[str, ...]
    backbone: BackboneIdentity
    declarations: tuple[Mapping[str, Any], ...] = ()


def text_of(adapter: Adapter) -> str:
    """Return what is written into the file."""
    declarations = tasks.declarations_of([adapter.task] if adapter.task else [])
    said = Note(adapter.task, adapter.labels, adapter.backbone, tuple(declarations))
    return json.dumps(asdict(said), indent=2, ensure_ascii=False) + "\n"


def read(folder: Path) -> Note | None:
    """Return what an exported folder says, and let its tasks be known; None if others wrote the folder.

    UserError if the file is not what `text_of` gave.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    said = schema.checked(Note, schema.read_object(path, _LARGEST), str(path), unknown="ignore")
    tasks.remember(said.declarations, f'{path}: a task in "declarations"')
    return said
