"""LoRA, injected by `peft` into a headless backbone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.methods.installed import Installed, tensors_of, train
from adapterstilts.methods.settings import default_settings

TARGET = "target"


def install_plain(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Put one fresh, trainable LoRA into `backbone`, in place."""
    body = tensors_of(backbone)
    add(backbone, {TARGET: settings})
    tensors = adapter_tensors(backbone, TARGET)
    train(tensors)
    return Installed(settings, tensors, body)


def add(backbone: PreTrainedModel, settings_by_name: Mapping[str, Mapping[str, Any]]) -> None:
    """Add one frozen LoRA per name, all active, so that their weight changes add up.

    A comes from torch's global RNG, B is zero.
    """
    modules = {name: matrices(backbone, settings) for name, settings in settings_by_name.items()}
    for name, settings in settings_by_name.items():
        config = LoraConfig(
            r=settings["rank"],
            lora_alpha=settings["alpha"],
            lora_dropout=settings["dropout"],
            # A pattern, which peft matches against whole paths; of a list it matches the ends, the pooler too.
            target_modules="|".join(re.escape(path) for path in modules[name]),
        )
        with warnings.catch_warnings():
            # Several LoRAs in one model are what is wanted here.
            warnings.filterwarnings("ignore", message="Already found a `peft_config` attribute")
            inject_adapter_in_model(config, backbone, adapter_name=name)
    for _, layer in layers(backbone):
        layer.set_adapter([name for name in settings_by_name if name in layer.lora_A])
        # peft moves most of them, but not what it takes for loaded later
        like = layer.get_base_layer().weight
        layer.lora_A.to(device=like.device, dtype=like.dtype)
        layer.lora_B.to(device=like.device, dtype=like.dtype)
    backbone.requires_grad_(False)


def named_as_here(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` with `target_modules` by names of this backbone.

    The default names every linear map of a layer as XLM-R and BERT do; where an encoder calls one of them otherwise, it
    means every linear map of its layers.
    """
    names = settings["target_modules"]
    linear = _linear_maps(backbone)
    if names != default_settings("lora")["target_modules"]:
        return dict(settings)
    if all(any(_ends_with(path, name) for path in linear) for name in names):
        return dict(settings)
    in_layers = (re.fullmatch(r".*\.\d+\.(.+)", path) for path in linear)
    return {**settings, "target_modules": list(dict.fromkeys(match[1] for match in in_layers if match))}


def matrices(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> list[str]:
    """Return the full paths of the linear maps that a LoRA of these settings changes.

    They end with one of the target modules, in a layer that is not left out. The pooler never is one, since nothing
    here reads it. UserError names the first target module that matches nothing.
    """
    names, left_out = settings["target_modules"], {str(layer) for layer in settings["leave_out"]}
    linear = _linear_maps(backbone)
    for name in names:
        if not any(_ends_with(path, name) for path in linear):
            known = sorted({path.rsplit(".", 1)[-1] for path in linear})
            raise UserError(
                f'No linear map of the backbone is called "{name}" (setting target_modules); '
                f"some are called {', '.join(known)}.{did_you_mean(name, known)}"
            )
    kept = [path for path in linear if left_out.isdisjoint(path.split("."))]
    return [path for path in kept if any(_ends_with(path, name) for name in names)]


def _linear_maps(backbone: PreTrainedModel) -> list[str]:
    linear = [path for path, module in backbone.named_modules() if isinstance(module, nn.Linear)]
    return [path for path in linear if not path.startswith("pooler.")]


def _ends_with(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")


def layers(backbone: PreTrainedModel) -> list[tuple[str, LoraLayer]]:
    """Return the linear maps that carry a LoRA, as (path, layer)."""
    return [(path, module) for path, module in backbone.named_modules() if isinstance(module, LoraLayer)]


def adapter_tensors(backbone: PreTrainedModel, name: str) -> dict[str, Tensor]:
    """Return the live '<path>.lora_A' (rank, in) and '<path>.lora_B' (out, rank) of the LoRA `name`."""
    tensors: dict[str, Tensor] = {}
    for path, layer in layers(backbone):
        if name in layer.lora_A:
            tensors[f"{path}.lora_A"] = layer.lora_A[name].weight
            tensors[f"{path}.lora_B"] = layer.lora_B[name].weight
    return tensors
