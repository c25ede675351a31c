"""`fuse`: learn how to combine frozen sources.

Bottleneck: AdapterFusion (Pfeiffer et al. 2021, 2005.00247) by the `adapters` library, with its published
objective. LoRA: at each adapted matrix dW = sum_i w_i s_i B_i A_i, with one free weight w_i per source,
started at 1/N, and a fresh LoRA for the target unless it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from adapters.composition import Fuse
from adapters.methods.modeling import BertFusion
from torch import Tensor, nn
from transformers import PreTrainedModel

from adapterstilts.methods import bottleneck, lora
from adapterstilts.methods.installed import Installed, prefixed, tensors_of, train
from adapterstilts.methods.settings import PLACEMENTS

_REGULARISATION = 0.01
_TARGET = "target"


def fuse_bottleneck(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Put the sources, frozen, and a trainable AdapterFusion over them into `backbone`."""
    body = tensors_of(backbone)
    names = [f"source{index}" for index in range(len(settings["sources"]))]
    bottleneck.add(backbone, dict(zip(names, settings["sources"], strict=True)))
    setup = Fuse(*names)
    # The library's dropout on the attention scores (the backbone's attention_probs_dropout_prob) stays as it
    # is.
    fusions = bottleneck.add_fusion(backbone, setup)
    bottleneck.match_type(backbone)
    bottleneck.freeze(backbone)
    bottleneck.activate(backbone, setup)
    tensors: dict[str, Tensor] = {}
    for name in names:
        tensors |= prefixed(name, bottleneck.adapter_tensors(backbone, name))
    fusion: dict[str, Tensor] = {}
    for site, layer in fusions.items():
        layer.__class__ = _ReorderedFusion
        fusion |= prefixed(f"fusion.{site}", dict(layer.named_parameters()))
        if PLACEMENTS[settings["sources"][0]["placement"]].parallel:
            layer.register_forward_pre_hook(_without_residual)
    train(fusion)
    values = [tensor for name, tensor in fusion.items() if name.endswith(".value.weight")]
    return Installed(settings, tensors | fusion, body, _DistanceFromIdentity(values))


class _ReorderedFusion(BertFusion):
    """The library's fusion, its products in an order whose cost hardly grows with the number N of sources.

    q . (K x_i) is (K^T q) . x_i, and the sum of a_i V x_i is V times the sum of a_i x_i: three products of a vector
    and a matrix at each token instead of 2N + 1.
    """

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, residual: Tensor, output_attentions: bool = False
    ) -> Any:
        if output_attentions:
            return super().forward(query, key, value, residual, output_attentions)
        asked = self.query(query)
        # the key's bias adds the same to every source's score
        scores = ((asked @ self.key.weight).unsqueeze(2) * key).sum(-1) + (asked @ self.key.bias).unsqueeze(2)
        weights = self.dropout(scores).softmax(-1)
        return self.value((weights.unsqueeze(-1) * value).sum(2)) + residual


def _without_residual(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    # Parallel adapters return a change only, and the library adds the sub-layer's input afterwards anyway;
    # its fusion would add that input a second time, so that a fusion of one function with itself were another
    # function.
    query, key, value, residual = args
    return query, key, value, torch.zeros_like(residual)


class _DistanceFromIdentity:
    """0.01 |V - I|^2, summed over the value matrices V (hidden, hidden): the last term of the published
    objective.

    The library's own trainer adds it outside the model, so a loop of one's own loses it silently.
    """

    def __init__(self, values: list[Tensor]) -> None:
        self.values = values

    def __call__(self) -> Tensor:
        identity = torch.eye(self.values[0].shape[0], device=self.values[0].device)
        return _REGULARISATION * torch.stack([(value - identity).pow(2).sum() for value in self.values]).sum()


class WeightedLinear(nn.Linear):
    """A bias-free linear map times one trainable number, started at `start`."""

    def __init__(self, linear: nn.Linear, start: float) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight = linear.weight
        self.register_parameter("bias", None)
        self.mixing = nn.Parameter(torch.full((1,), start, device=self.weight.device, dtype=self.weight.dtype))

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) * self.mixing


def fuse_lora(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Put the sources, frozen but for their weights in the mixture, and the target's LoRA into `backbone`."""
    body = tensors_of(backbone)
    sources = {f"source{index}": each for index, each in enumerate(settings["sources"])}
    own = {key: value for key, value in settings.items() if key not in ("sources", "fresh")}
    # The target first, so that it starts from the same values as a plain adapter with the same seed.
    lora.add(backbone, {**({_TARGET: own} if settings["fresh"] else {}), **sources})
    tensors: dict[str, Tensor] = {}
    for name in sources:
        mixing: dict[str, Tensor] = {}
        for path, layer in lora.layers(backbone):
            if name in layer.lora_B:
                layer.lora_B[name] = WeightedLinear(layer.lora_B[name], 1 / len(sources))
                mixing[f"{path}.mixing"] = layer.lora_B[name].mixing
        tensors |= prefixed(name, lora.adapter_tensors(backbone, name) | mixing)
    if settings["fresh"]:
        target = lora.adapter_tensors(backbone, _TARGET)
        train(target)
        tensors |= prefixed(_TARGET, target)
    return Installed(settings, tensors, body)
