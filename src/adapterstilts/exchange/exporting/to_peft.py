"""A LoRA, composed or not, as one plain LoRA that `peft` loads."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file
from transformers import PretrainedConfig

from adapterstilts.adapter.value import Adapter
from adapterstilts.base import schema
from adapterstilts.exchange.exporting import heads
from adapterstilts.methods import collapse
from adapterstilts.tasks import Task

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def write(adapter: Adapter, folder: Path, config: PretrainedConfig, task: Task | None) -> None:
    """Write what ``PeftModel.from_pretrained(model, folder)`` loads.

    `model` is ``AutoModelForSequenceClassification`` and the like, made from the backbone with as many labels as the
    adapter has, where the backbone has such a model with our head; otherwise a headless ``AutoModel``.
    """
    place = heads.place_of(adapter, config, task)
    settings, tensors = collapse(adapter.settings, adapter.adapter_tensors())
    body = f"{heads.model_class(config, place).base_model_prefix}." if place else ""
    facts = {
        "peft_type": "LORA",
        "task_type": place.peft_task if place else "FEATURE_EXTRACTION",
        "base_model_name_or_path": adapter.backbone.id,
        "revision": adapter.backbone.revision or None,
        "r": settings["rank"],
        "lora_alpha": settings["alpha"],
        "lora_dropout": settings["dropout"],
        "bias": "none",
        "inference_mode": True,
        "target_modules": sorted(
            f"{body}{name.removesuffix('.lora_A')}" for name in tensors if name.endswith(".lora_A")
        ),
        "modules_to_save": list(place.saved) if place else None,
    }
    weights = {f"base_model.model.{body}{name}.weight": tensor for name, tensor in tensors.items()}
    if place:
        weights |= {f"base_model.model.{name}": tensor for name, tensor in place.tensors(adapter).items()}
    whole = {name: tensor.contiguous() for name, tensor in weights.items()}
    save_file(whole, str(folder / WEIGHTS), metadata={"format": "pt"})
    text = schema.json_of(facts, indent=2, sort_keys=True) + "\n"
    (folder / CONFIG).write_text(text, encoding="utf-8", newline="\n")
