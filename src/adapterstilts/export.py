"""Adapters in the layouts that other programs read without this one."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file

from adapterstilts.adapter import Adapter
from adapterstilts.errors import UserError
from adapterstilts.methods import collapse


def to_peft(adapter: Adapter, folder: Path, backbone_id: str | None = None) -> None:
    """Write a LoRA, composed or not, as one plain LoRA that `peft` loads onto a headless `AutoModel`.

    ``PeftModel.from_pretrained(AutoModel.from_pretrained(backbone), folder)`` then gives the same hidden
    states. The head, which peft has no place for here, is left out. `backbone_id` is what the configuration
    calls the backbone (default: the adapter's own). UserError for other methods, for a folder that exists and
    is not empty, and if the disk refuses.
    """
    if adapter.method != "lora":
        raise UserError(
            f'The adapter "{adapter.name}" was made by the method {adapter.method}; peft reads LoRA adapters only.'
        )
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists already and is not empty; choose another --output.")
    settings, tensors = collapse(adapter.settings, adapter.adapter_tensors())
    modules = sorted(name.removesuffix(".lora_A") for name in tensors if name.endswith(".lora_A"))
    config = {
        "peft_type": "LORA",
        "task_type": "FEATURE_EXTRACTION",
        "base_model_name_or_path": backbone_id or adapter.backbone.id,
        "revision": adapter.backbone.revision or None,
        "r": settings["rank"],
        "lora_alpha": settings["alpha"],
        "lora_dropout": settings["dropout"],
        "bias": "none",
        "inference_mode": True,
        "target_modules": modules,
    }
    weights = {f"base_model.model.{name}.weight": tensor.contiguous() for name, tensor in tensors.items()}
    waiting = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        waiting.mkdir(parents=True)
        save_file(weights, str(waiting / "adapter_model.safetensors"), metadata={"format": "pt"})
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        (waiting / "adapter_config.json").write_text(text, encoding="utf-8", newline="\n")
        os.replace(waiting, folder)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"The adapter could not be exported to {folder}: {reason}; choose another --output.") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
