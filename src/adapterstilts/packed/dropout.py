"""Dropout from few random bits: sixteen a number, drawn for a whole layer at once.

PyTorch draws a CPU's dropout masks number by number, which takes a fifth of a training step on a small encoder. Here a
fast generator, seeded from torch's own, gives 64 bits at a time, and a mask is three operations on 16-bit integers. The
probability is right to 2^-16.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy
import torch
from torch import Tensor

_AS_INTEGER = {
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


class Masks:
    """Draws masks; what it draws is a function of torch's generator at the time of its making."""

    def __init__(self) -> None:
        seed = int(torch.randint(2**62, ()))
        self._bits = numpy.random.SFC64(seed)

    def draw(self, shapes: Sequence[tuple[Sequence[int], float]], device: torch.device) -> list[Tensor | None]:
        """Return for each shape and probability of a drop an int16 tensor, -1 = kept and 0 = dropped; None for 0."""
        if device.type != "cpu":
            return [
                _drawn_there(shape, probability, device) if probability > 0 else None for shape, probability in shapes
            ]
        drawn = [(shape, probability) for shape, probability in shapes if probability > 0]
        counts = [-(-prod(shape) // 4) * 4 for shape, _ in drawn]
        raw = torch.from_numpy(self._bits.random_raw(sum(counts) // 4).view(numpy.int16))
        masks: list[Tensor | None] = []
        parts = iter(zip(raw.split(counts), drawn, strict=True))
        for _, probability in shapes:
            if probability <= 0:
                masks.append(None)
                continue
            bits, (shape, probability) = next(parts)
            masks.append(_kept(bits[: prod(shape)], probability).view(*shape))
        return masks


def _drawn_there(shape: Sequence[int], probability: float, device: torch.device) -> Tensor:
    """A mask by an accelerator's own generator, which is fast."""
    return torch.empty(*shape, device=device).bernoulli_(1 - probability).to(torch.int16).neg_()


def _kept(bits: Tensor, probability: float) -> Tensor:
    """Turn uniform 16-bit numbers into -1 with `1 - probability` and 0 else, in place."""
    threshold = round(probability * 2**15) - 2**14
    # threshold - 1 - v, for v of fifteen bits, is negative if and only if v >= threshold
    return bits.bitwise_right_shift_(1).bitwise_not_().add_(threshold).bitwise_right_shift_(15)


def masked(values: Tensor, kept: Tensor) -> Tensor:
    """Return `values` with 0 where `kept` is 0; the bits of a number and -1 are that number."""
    integer = _AS_INTEGER[values.dtype]
    return (values.view(integer) & kept.to(integer)).view(values.dtype)


class _Added(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, residual: Tensor, values: Tensor, kept: Tensor, scale: float) -> Tensor:
        ctx.save_for_backward(kept)
        ctx.scale = scale
        return torch.add(residual, masked(values, kept), alpha=scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        (kept,) = ctx.saved_tensors
        own = masked(gradient, kept).mul_(ctx.scale) if ctx.needs_input_grad[1] else None
        return gradient, own, None, None


def added(residual: Tensor, values: Tensor, kept: Tensor | None, probability: float) -> Tensor:
    """Return ``residual + dropout(values)``; `kept` None: nothing is dropped."""
    if kept is None:
        return residual + values
    return _Added.apply(residual, values, kept, 1 / (1 - probability))


class _Dropped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, kept: Tensor, scale: float) -> Tensor:
        ctx.save_for_backward(kept)
        ctx.scale = scale
        return masked(values, kept).mul_(scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        (kept,) = ctx.saved_tensors
        return masked(gradient.contiguous(), kept).mul_(ctx.scale), None, None


def dropped(values: Tensor, kept: Tensor | None, probability: float) -> Tensor:
    """Return ``dropout(values)``; `kept` None: nothing is dropped."""
    return values if kept is None else _Dropped.apply(values, kept, 1 / (1 - probability))
