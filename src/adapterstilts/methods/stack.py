"""`stack`: a fresh adapter on a frozen source, of which only the fresh one is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.composition import Stack
from torch import Tensor, nn
from transformers import PreTrainedModel

from adapterstilts.methods import bottleneck, lora
from adapterstilts.methods.installed import Installed, prefixed, tensors_of, train
from adapterstilts.methods.settings import PLACEMENTS

_SOURCE, _TARGET = "source0", "target"


def stack_bottleneck(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Apply the target's adapter to the output of the source's, by the library's Stack."""
    body = tensors_of(backbone)
    own = {key: value for key, value in settings.items() if key != "sources"}
    # The target first, so that it starts from the same values as a plain adapter with the same seed.
    bottleneck.add(backbone, {_TARGET: own, _SOURCE: settings["sources"][0]})
    if PLACEMENTS[own["placement"]].parallel:
        bottleneck.activate(backbone, _TARGET)
        _add_up_parallel(backbone)
    else:
        bottleneck.activate(backbone, Stack(_SOURCE, _TARGET))
    target = bottleneck.adapter_tensors(backbone, _TARGET)
    train(target)
    source = bottleneck.adapter_tensors(backbone, _SOURCE)
    return Installed(settings, prefixed(_SOURCE, source) | prefixed(_TARGET, target), body)


def _add_up_parallel(backbone: PreTrainedModel) -> None:
    # Adapters beside a sub-layer add up. The library's Stack drops every one of them but the last: each reads
    # the sub-layer's input and returns its own change only.
    for _, module in bottleneck.sites(backbone):
        if _TARGET in module.adapters:
            module.adapters[_TARGET].register_forward_hook(_Adder(module.adapters[_SOURCE]))


class _Adder:
    """A forward hook that adds what `source` makes of the same input."""

    def __init__(self, source: nn.Module) -> None:
        self.source = source

    def __call__(self, module: nn.Module, args: tuple[Any, ...], output: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        change, *rest = output
        return (change + self.source(args[0], residual_input=None)[0], *rest)


def stack_lora(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Add the target's weight change to the source's: W + s B A (source, frozen) + s B A (target)."""
    body = tensors_of(backbone)
    own = {key: value for key, value in settings.items() if key != "sources"}
    lora.add(backbone, {_TARGET: own, _SOURCE: settings["sources"][0]})
    target = lora.adapter_tensors(backbone, _TARGET)
    train(target)
    source = lora.adapter_tensors(backbone, _SOURCE)
    return Installed(settings, prefixed(_SOURCE, source) | prefixed(_TARGET, target), body)
