"""Bottleneck adapters, built and run by the `adapters` library on a headless backbone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import adapters
from adapters import BnConfig
from adapters.composition import AdapterCompositionBlock, Fuse
from adapters.methods.bottleneck import BottleneckLayer
from torch import Tensor, nn
from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError
from adapterstilts.methods.installed import Installed, tensors_of, train
from adapterstilts.methods.settings import PLACEMENTS, bottleneck_size

TARGET = "target"
_SITES = {"mh_adapter": "attention", "output_adapter": "output"}
_PARTS = {"adapter_down.0": "down", "adapter_up": "up"}


def install_plain(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Put one fresh, trainable bottleneck adapter into `backbone`, in place."""
    body = tensors_of(backbone)
    freeze(backbone)
    add(backbone, {TARGET: settings})
    activate(backbone, TARGET)
    tensors = adapter_tensors(backbone, TARGET)
    train(tensors)
    return Installed(settings, tensors, body)


def add(backbone: PreTrainedModel, settings_by_name: Mapping[str, Mapping[str, Any]]) -> None:
    """Add one frozen adapter per name, in the backbone's type and on its device.

    Initial values come from torch's global RNG, in the order of the names.
    """
    unbiased = [path for path, module in backbone.named_modules() if getattr(module, "bias", module) is None]
    with _without_spurious_warning():
        try:
            adapters.init(backbone)
        except ValueError as error:
            model_type = backbone.config.model_type
            raise UserError(
                f'The adapters library does not know encoders of type "{model_type}", so there are no bottleneck '
                "adapters for them; use --method lora, full or head_only."
            ) from error
        for path in unbiased:
            # The library puts a random bias into DeBERTa's attention, which has none.
            backbone.get_submodule(path).register_parameter("bias", None)
        for name, settings in settings_by_name.items():
            backbone.add_adapter(name, config=library_config(settings, backbone.config.hidden_size))
    match_type(backbone)
    freeze(backbone)


def activate(backbone: PreTrainedModel, setup: str | AdapterCompositionBlock) -> None:
    """Let `setup` take part in every forward pass."""
    with _without_spurious_warning():
        backbone.set_active_adapters(setup)


def library_config(settings: Mapping[str, Any], hidden_size: int) -> BnConfig:
    """Return the configuration of the `adapters` library for resolved settings."""
    size = bottleneck_size(hidden_size, settings["reduction_factor"])
    return BnConfig.load(
        PLACEMENTS[settings["placement"]].library_config,
        # Half a unit inside the interval that the library rounds down to `size`.
        reduction_factor=hidden_size / (size + 0.5),
        non_linearity=settings["non_linearity"],
        dropout=float(settings["dropout"]),
        leave_out=list(settings["leave_out"]),
    )


def sites(backbone: PreTrainedModel) -> Iterator[tuple[str, BottleneckLayer]]:
    """Yield the places that can hold an adapter, layer by layer, as ('layers.0.output', module)."""
    for index, layer in backbone.iter_layers():
        for module in layer.modules():
            if isinstance(module, BottleneckLayer) and module.location_key in _SITES:
                yield f"layers.{index}.{_SITES[module.location_key]}", module


def adapter_tensors(backbone: PreTrainedModel, name: str) -> dict[str, Tensor]:
    """Return the live parameters of the adapter `name`: 'layers.0.output.down.weight' and so on."""
    tensors: dict[str, Tensor] = {}
    for site, module in sites(backbone):
        if name in module.adapters:
            for key, tensor in module.adapters[name].named_parameters():
                part, kind = key.rsplit(".", 1)
                tensors[f"{site}.{_PARTS[part]}.{kind}"] = tensor
    return tensors


def add_fusion(backbone: PreTrainedModel, setup: Fuse) -> dict[str, nn.Module]:
    """Add an AdapterFusion of the adapters that `setup` names; return its layers by their places."""
    backbone.add_adapter_fusion(setup, "dynamic")
    layers = {}
    for site, module in sites(backbone):
        if any(name in module.adapters for name in setup.children):
            layers[site] = module.adapter_fusion_layer[setup.name]
        elif setup.name in module.adapter_fusion_layer:
            # the library puts one where all its adapters are left out, too, and never computes it
            del module.adapter_fusion_layer[setup.name]
    return layers


def match_type(backbone: PreTrainedModel) -> None:
    """Move what was added to the backbone's type and device: the library leaves it in float32 on the CPU."""
    like = backbone.get_input_embeddings().weight
    for _, module in sites(backbone):
        module.adapters.to(device=like.device, dtype=like.dtype)
        module.adapter_fusion_layer.to(device=like.device, dtype=like.dtype)


def freeze(backbone: PreTrainedModel) -> None:
    """Stop every gradient into `backbone`."""
    backbone.requires_grad_(False)


@contextmanager
def _without_spurious_warning() -> Iterator[None]:
    # The library warns that no adapter is active while it is only being told which ones there are.
    logger = logging.getLogger("adapters.model_mixin")

    def wanted(record: logging.LogRecord) -> bool:
        return "none are activated" not in record.getMessage()

    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)
