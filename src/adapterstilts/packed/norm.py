"""Layer norm whose result is wanted twice: as it is, for the next sum, and rounded, for the next products."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm


class _Normed(torch.autograd.Function):
    """The layer norm of a frozen encoder; the gradients of both results are added before they go through it once."""

    @staticmethod
    def forward(
        ctx: Any, total: Tensor, weight: Tensor, bias: Tensor, epsilon: float, precision: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        exact, mean, deviation = torch.native_layer_norm(total, weight.shape, weight, bias, epsilon)
        ctx.save_for_backward(total, mean, deviation, weight, bias)
        ctx.set_materialize_grads(False)
        return exact, exact.to(precision)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        exact, rounded = gradients
        total, mean, deviation, weight, bias = ctx.saved_tensors
        if exact is None:
            assert rounded is not None
            gradient = rounded.to(total.dtype)
        else:
            gradient = exact if rounded is None else exact + rounded
        of_total, of_weight, of_bias = torch.ops.aten.native_layer_norm_backward(
            gradient, total, weight.shape, mean, deviation, weight, bias, ctx.needs_input_grad[:3]
        )
        return of_total, of_weight, of_bias, None, None


def normed(
    total: Tensor, weight: Tensor, bias: Tensor, epsilon: float, precision: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return the layer norm of `total` (T, H), in its own precision and in another."""
    if precision == total.dtype:
        exact = layer_norm(total, weight.shape, weight, bias, epsilon)
        return exact, exact
    return _Normed.apply(total, weight, bias, epsilon, precision)
