"""What bottleneck adapters add after a sub-layer: one, one on another, or an AdapterFusion of several.

The sums are those of the `adapters` library. A fusion works in the bottlenecks: with z_i = f(D_i x) and u_i = U_i z_i,
the score q . K u_i is (U_i^T K^T q) . z_i, and the mixture of the u_i is one product with all U_i side by side. So no
(tokens, sources, hidden) tensor is ever made, and the products with K and V are as many for nine sources as for two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import dropout, linear
from transformers.activations import get_activation

from adapterstilts.packed.linear import Frozen

PARALLEL_SCALE = 4.0
"""The factor on what an adapter beside its sub-layer adds (He et al. 2021), as the library's configuration has it."""


@dataclass(frozen=True)
class Parts:
    """One bottleneck's live tensors, its activation, the factor on its output and its dropout."""

    down: Tensor
    down_bias: Tensor
    up: Tensor
    up_bias: Tensor
    activation: str
    scale: float
    dropout: float


class Single:
    """u = s (U f(D x + d) + b)."""

    def __init__(self, parts: Parts) -> None:
        self._down, self._down_bias = Frozen(parts.down), Frozen(parts.down_bias)
        self._up, self._up_bias = Frozen(parts.up), Frozen(parts.up_bias)
        self._activation, self._scale, self._dropout = get_activation(parts.activation), parts.scale, parts.dropout

    def __call__(self, values: Tensor, training: bool) -> Tensor:
        low = self._activation(linear(values, self._down.to(values.dtype), self._down_bias.to(values.dtype)))
        change = linear(low, self._up.to(values.dtype), self._up_bias.to(values.dtype))
        change = change if self._scale == 1 else change * self._scale
        return dropout(change, self._dropout, training) if self._dropout else change


class Fusion:
    """V sum_i a_i u_i with a = softmax_i(q . (K u_i)), q = Q x + c (Pfeiffer et al. 2021, equation 2)."""

    def __init__(self, sources: Sequence[Parts], fusion: Mapping[str, Tensor], dropout_probability: float) -> None:
        self._downs = Frozen(*(each.down for each in sources))
        self._down_biases = Frozen(*(each.down_bias for each in sources))
        # (R, H) and (N, H): the factor of parallel adapters is in them
        self._ups = Frozen(*((each.up * each.scale).t() for each in sources))
        self._up_biases = Frozen(*((each.up_bias * each.scale)[None] for each in sources))
        self._activations = [each.activation for each in sources]
        sizes = [each.down.shape[0] for each in sources]
        owner = torch.arange(len(sources)).repeat_interleave(torch.tensor(sizes))
        # (R, N): which source each bottleneck unit is of; a product with it sums over each source's units
        self._owners = Frozen(torch.nn.functional.one_hot(owner).to(sources[0].down))
        self._sizes, self._fusion, self._dropout = sizes, fusion, dropout_probability

    def __call__(self, values: Tensor, training: bool) -> Tensor:
        """Return (T, H) for `values` (T, H), from which both the sources and the query are computed."""
        precision = values.dtype
        learned = {name: tensor.to(precision) for name, tensor in self._fusion.items()}
        ups, up_biases = self._ups.to(precision), self._up_biases.to(precision)
        owners = self._owners.to(precision)
        lows = self._activated(linear(values, self._downs.to(precision), self._down_biases.to(precision)))
        query = linear(values, learned["query.weight"], learned["query.bias"])
        asked = query @ learned["key.weight"]
        scores = (linear(asked, ups) * lows) @ owners + linear(asked, up_biases)
        # the same for every source, but not behind a dropout of scores
        scores = scores + (query @ learned["key.bias"])[:, None]
        weights = dropout(scores, self._dropout, training).softmax(-1)
        mixed = (linear(weights, owners) * lows) @ ups + weights @ up_biases
        return linear(mixed, learned["value.weight"])

    def _activated(self, lows: Tensor) -> Tensor:
        if len(set(self._activations)) == 1:
            return get_activation(self._activations[0])(lows)
        parts = zip(self._activations, lows.split(self._sizes, dim=1), strict=True)
        return torch.cat([get_activation(name)(part) for name, part in parts], dim=1)
