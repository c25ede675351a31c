"""Linear maps of a frozen encoder: in the precision of the computation, cast once, with any number of LoRAs on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear


class Frozen:
    """Tensors that never change, in the precision that is asked for; each is cast once.

    Trained tensors (full fine-tuning) are cast at every call, so that gradients reach them.
    """

    def __init__(self, *tensors: Tensor) -> None:
        self._tensors = tensors
        self._cast: dict[torch.dtype, Tensor] = {}

    @property
    def trained(self) -> bool:
        """Whether training changes them after all."""
        return any(tensor.requires_grad for tensor in self._tensors)

    def to(self, precision: torch.dtype) -> Tensor:
        """Return the tensors, one below the other."""
        if self.trained:
            return _joined(self._tensors, precision)
        if precision not in self._cast:
            with torch.inference_mode(False), torch.no_grad():
                self._cast[precision] = _joined(self._tensors, precision)
        return self._cast[precision]

    def keep_only(self, precision: torch.dtype) -> None:
        """Forget what is frozen in any other precision."""
        if not self.trained:
            self._cast = {precision: self.to(precision)}
            self._tensors = ()


def _joined(tensors: Sequence[Tensor], precision: torch.dtype) -> Tensor:
    cast = [tensor.to(precision) for tensor in tensors]
    return cast[0] if len(cast) == 1 else torch.cat(cast)


@dataclass(frozen=True)
class LowRank:
    """One LoRA on a map: `down` (rank, in), `up` (out, rank), s of W + s B A, and its weight in a mixture or None."""

    down: Tensor
    up: Tensor
    scale: float
    mixing: Tensor | None = None


class Linear:
    """``x W^T + b`` and the sum of the changes of `loras`, of which at most the first is trained.

    All LoRAs together are one product down and one up. A frozen one outside a mixture is added to the frozen weight.
    """

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor], loras: Sequence[LowRank]) -> None:
        self._trained = [each for each in loras if each.down.requires_grad]
        self._mixed = [each for each in loras if each.mixing is not None]
        folded = [each for each in loras if not each.down.requires_grad and each.mixing is None]
        self._weight = _Folded(weights[0], folded) if folded else Frozen(*weights)
        self._bias = Frozen(*biases)
        self._downs = Frozen(*(each.down for each in self._mixed))
        self._ups = Frozen(*(each.up.t() for each in self._mixed))

    @property
    def frozen(self) -> bool:
        """Whether nothing in it is trained or belongs to a mixture."""
        return not (self._trained or self._mixed or self._weight.trained)

    def __call__(self, values: Tensor) -> Tensor:
        precision = values.dtype
        weight, bias = self._weight.to(precision), self._bias.to(precision)
        if not self._trained and not self._mixed:
            return linear(values, weight, bias) if weight.requires_grad else _Fixed.apply(values, weight, bias)
        down = up = downs = ups = mixing = None
        if self._trained:
            (own,) = self._trained
            down, up = own.down.to(precision), (own.up * own.scale).to(precision)
        if self._mixed:
            downs, ups = self._downs.to(precision), self._ups.to(precision)
            weights = [each.mixing * each.scale for each in self._mixed if each.mixing is not None]
            mixing = torch.cat(
                [each.expand(lora.down.shape[0]) for each, lora in zip(weights, self._mixed, strict=True)]
            )
        return _WithLoras.apply(values, weight, bias, down, up, downs, ups, mixing)

    def keep_only(self, precision: torch.dtype) -> None:
        """Keep the map's own weights in `precision` alone."""
        self._weight.keep_only(precision)
        self._bias.keep_only(precision)


class _Folded(Frozen):
    """A frozen weight with frozen LoRAs in it, W + s B A, summed in its own precision before it is cast."""

    def __init__(self, weight: Tensor, loras: Sequence[LowRank]) -> None:
        changes = [lora.scale * lora.up.detach() @ lora.down.detach() for lora in loras]
        super().__init__(weight.detach() + torch.stack(changes).sum(0))


class _Fixed(torch.autograd.Function):
    """``x W^T + b`` with a frozen map."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return _product(values, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        return gradients[0] @ weight, None, None


def _product(values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``x W^T + b``; in bf16 on a CPU by oneDNN's own kernel, which adds the bias on the way."""
    if values.dtype == torch.bfloat16 and values.device.type == "cpu" and torch.backends.mkldnn.is_available():
        return torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")
    return linear(values, weight, bias)


class _WithLoras(torch.autograd.Function):
    """W x + b + B A x (trained, B holds its scale) + sum_i m_i B_i A_i x (frozen but for the m_i).

    Shapes: x (T, in), A (r, in), B (out, r); the frozen ones together A' (R, in), B'^T (R, out) and m (R,).
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, down: Tensor | None, up: Tensor | None,
                downs: Tensor | None, ups: Tensor | None, mixing: Tensor | None) -> Tensor:  # fmt: skip
        result = _product(values, weight, bias)
        own = lows = None
        if down is not None and up is not None:
            own = values @ down.t()
            result.addmm_(own, up.t())
        if downs is not None and ups is not None and mixing is not None:
            lows = values @ downs.t()
            result.addmm_((lows * mixing).to(lows.dtype), ups)
        ctx.save_for_backward(values if down is not None else None, weight, down, up, own, downs, ups, lows, mixing)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        values, weight, down, up, own, downs, ups, lows, mixing = ctx.saved_tensors
        of_values = gradient @ weight if ctx.needs_input_grad[0] else None
        of_down = of_up = of_mixing = None
        if down is not None:
            of_own = gradient @ up
            of_down, of_up = of_own.t() @ values, gradient.t() @ own
            if of_values is not None:
                of_values.addmm_(of_own, down)
        if downs is not None:
            of_lows = gradient @ ups.t()
            of_mixing = (of_lows * lows).sum(0, dtype=mixing.dtype)
            if of_values is not None:
                of_values.addmm_((of_lows * mixing).to(lows.dtype), downs)
        return of_values, None, None, of_down, of_up, None, None, of_mixing
