"""Bottleneck adapters, stacks and fusions as the `adapters` library itself writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from adapters import AutoAdapterModel
from adapters.composition import Fuse, Stack
from adapters.models.auto.adapter_model import ADAPTER_MODEL_MAPPING
from torch import nn
from transformers import PretrainedConfig

from adapterstilts.adapter.value import Adapter
from adapterstilts.base.errors import UserError
from adapterstilts.methods import bottleneck
from adapterstilts.methods.installed import copy_into, without_prefix
from adapterstilts.methods.settings import PLACEMENTS
from adapterstilts.tasks import Task

_TWO_LAYERS: Mapping[str, Any] = {"layers": 2, "activation_function": "tanh"}


def write(adapter: Adapter, folder: Path, config: PretrainedConfig, task: Task | None) -> None:
    """Write what ``AutoAdapterModel.from_pretrained(backbone)`` loads: a plain adapter by ``load_adapter(folder)``, a
    stack or a fusion by ``load_adapter_setup(folder)``, both with ``use_safetensors=True``.

    The adapter and its head are called after its task, sources after theirs. The library writes the files from a model
    whose backbone has shapes and no weights. UserError for stacks and fusions of parallel adapters, which the library
    computes otherwise, and for encoders that it loads otherwise or not at all.
    """
    composed = adapter.composition if adapter.composition in ("stack", "fuse") else None
    inner = list(adapter.settings["sources"]) if composed else []
    if composed and PLACEMENTS[inner[0]["placement"]].parallel:
        raise UserError(
            f'The adapter "{adapter.name}" is a {composed} of parallel adapters, which the adapters library computes '
            "otherwise; export its sources one by one."
        )
    if type(config) not in ADAPTER_MODEL_MAPPING or config.model_type == "deberta":
        # it loads DeBERTa with a random bias in the attention, which has none
        raise UserError(
            f'The adapters library cannot load the backbone of "{adapter.name}" ({config.model_type}) with a head and '
            "as it is, so its adapters cannot be exported; adapterstilts itself can use them."
        )
    own = {key: value for key, value in adapter.settings.items() if key != "sources"}
    name = adapter.task or "merged"
    sources = _source_names(adapter, name)
    with torch.device("meta"):
        # the library writes into the configuration that it is given
        own_config = type(config).from_dict({**config.to_dict(), "_name_or_path": adapter.backbone.id})
        model: Any = AutoAdapterModel.from_config(own_config)
    parts = dict(zip(sources, inner, strict=True)) | ({} if composed == "fuse" else {name: own})
    for part, settings in parts.items():
        model.add_adapter(part, config=bottleneck.library_config(settings, config.hidden_size))
    setup = Fuse(*sources) if composed == "fuse" else Stack(*sources, name)
    fusions = bottleneck.add_fusion(model, setup) if composed == "fuse" else {}
    _fill(model, adapter, composed, name, sources, fusions)
    head = _add_head(model, adapter, task, name)
    if composed:
        model.save_adapter_setup(str(folder), setup, head_setup=head, use_safetensors=True)
    else:
        model.save_adapter(str(folder), name, with_head=head is not None, use_safetensors=True)


def _source_names(adapter: Adapter, own: str) -> list[str]:
    """The sources' names: their tasks', or numbers where these are not different."""
    tasks = adapter.source_tasks if adapter.composition in ("stack", "fuse") else ()
    if None in tasks or len({*tasks, own}) != len(tasks) + 1:
        return [f"source{number}" for number in range(len(tasks))]
    return [str(task) for task in tasks]


def _fill(
    model: Any,
    adapter: Adapter,
    composed: str | None,
    name: str,
    sources: list[str],
    fusions: Mapping[str, nn.Module],
) -> None:
    tensors = adapter.adapter_tensors()
    for number, source in enumerate(sources):
        copy_into(bottleneck.adapter_tensors(model, source), without_prefix(f"source{number}", tensors))
    if composed == "fuse":
        own = {f"{site}.{part}": each for site, layer in fusions.items() for part, each in layer.named_parameters()}
        copy_into(own, without_prefix("fusion", tensors))
    else:
        copy_into(bottleneck.adapter_tensors(model, name), without_prefix("target", tensors) if composed else tensors)


def _add_head(model: Any, adapter: Adapter, task: Task | None, name: str) -> str | None:
    """Add the adapter's head under its task's name; None if it has none."""
    tensors = adapter.head_tensors()
    if task is None or not tensors:
        return None
    classes: dict[str, Any] = {"num_labels": len(adapter.labels), "id2label": dict(enumerate(adapter.labels))}
    if task.type == "classification":
        model.add_classification_head(name, **classes, **_TWO_LAYERS)
    elif task.type == "multiple_choice":
        model.add_multiple_choice_head(name, num_choices=round(100 / task.chance), **_TWO_LAYERS)
    elif task.type == "tagging":
        model.add_tagging_head(name, **classes)
    else:
        model.add_qa_head(name)
    linear = [module for module in model.heads[name].modules() if isinstance(module, nn.Linear)]
    for part, module in zip(("dense", "out")[-len(linear) :], linear, strict=True):
        copy_into(dict(module.named_parameters()), without_prefix(part, tensors))
    return name
