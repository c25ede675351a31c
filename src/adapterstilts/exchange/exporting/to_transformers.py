"""Full fine-tuning as a model of `transformers` itself."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import PretrainedConfig

from adapterstilts.adapter.value import Adapter
from adapterstilts.exchange.exporting import heads
from adapterstilts.tasks import Task


def write(adapter: Adapter, folder: Path, config: PretrainedConfig, task: Task | None) -> None:
    """Write what ``AutoModelForSequenceClassification.from_pretrained(folder)`` and the like load; a headless
    ``AutoModel`` where the backbone has no such model with our head.
    """
    place = heads.place_of(adapter, config, task)
    chosen = heads.model_class(config, place)
    with torch.device("meta"):
        model = chosen(heads.labelled(config, adapter))
    body = f"{model.base_model_prefix}." if place else ""
    tensors = {f"{body}{name}": tensor for name, tensor in adapter.adapter_tensors().items()}
    model.load_state_dict(tensors | (place.tensors(adapter) if place else {}), strict=False, assign=True)
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.device.type != "meta"}
    model.save_pretrained(folder, state_dict=state)
