"""Adapters in the layouts that other programs read without this one.

A bottleneck adapter becomes what `adapters` loads, a LoRA what `peft` loads, full fine-tuning what `transformers`
loads, each with its head where that library has the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from adapterstilts.adapter.value import Adapter
from adapterstilts.base import files
from adapterstilts.base.errors import UserError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from adapterstilts.tasks import Task

LIBRARIES = {"bottleneck": "adapters", "lora": "peft", "full": "transformers"}
"""Which library reads what a method makes."""


def library_of(adapter: Adapter) -> str:
    """Return which library reads what is written of `adapter`; UserError if none can."""
    library = LIBRARIES.get(adapter.method)
    if library is None:
        raise UserError(
            f'The adapter "{adapter.name}" was made by the method {adapter.method}, which no other library has; those '
            f"made by {', '.join(LIBRARIES)} can be exported."
        )
    return library


def write(
    adapter: Adapter,
    folder: Path,
    config: PretrainedConfig,
    task: Task | None,
    tokenizer: Any = None,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write `adapter` to `folder`, new or empty, for the library that `LIBRARIES` names.

    `config` is the backbone's own configuration. `task` is what the head is for; None leaves it out.
    `tokenizer` goes beside a fully fine-tuned model, and the texts of `beside`, by
    file, beside anything. UserError if no library can express the adapter, if the folder
    is in use, and if the disk refuses.
    """
    library = library_of(adapter)
    if library == "adapters":
        from adapterstilts.exchange.exporting.to_adapters import write as write_it
    elif library == "peft":
        from adapterstilts.exchange.exporting.to_peft import write as write_it
    else:
        from adapterstilts.exchange.exporting.to_transformers import write as write_it

    def fill(waiting: Path) -> None:
        write_it(adapter, waiting, config, task)
        if library == "transformers" and tokenizer is not None:
            tokenizer.save_pretrained(waiting)
        for name, text in (beside or {}).items():
            (waiting / name).write_text(text, encoding="utf-8", newline="\n")

    _all_or_nothing(folder, fill)


def _all_or_nothing(folder: Path, write_into: Callable[[Path], None]) -> None:
    """Let `write_into` fill a folder that becomes `folder` when it is whole."""
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists already and is not empty; choose another folder.")
    try:
        with files.whole(folder) as waiting:
            waiting.mkdir()
            write_into(waiting)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"The adapter could not be exported to {folder}: {reason}; choose another folder.") from error
