"""Linear maps of a frozen encoder: in the precision of the computation, cast once, with any number of LoRAs on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor
from torch.nn.functional import linear

from adapterstilts.backbones.device import multiplies_bf16


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
            # others may have the tensors' ids from now on
            if _frozen.get(key := tuple(map(id, self._tensors))) is self:
                del _frozen[key]
            self._tensors = ()


_frozen: WeakValueDictionary[tuple[int, ...], Frozen] = WeakValueDictionary()


def shared(*tensors: Tensor) -> Frozen:
    """Return the one `Frozen` of these very tensors, so that all encoders of one backbone have one cast of it."""
    # it keeps the tensors, so that no others get their ids while it is here
    return _frozen.setdefault(tuple(map(id, tensors)), Frozen(*tensors))


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


_Changes = tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None, Tensor | None]
"""What of a map's LoRAs is computed with: A and s B of the trained one; all A', all B'^T and weights of a mixture."""


class Linear:
    """``x W^T + b`` and the sum of the changes of `loras`, of which at most the first is trained.

    All LoRAs together are one product down and one up. A frozen one outside a mixture is added to the frozen weight.
    """

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor], loras: Sequence[LowRank]) -> None:
        self._trained = [each for each in loras if each.down.requires_grad]
        self._mixed = [each for each in loras if each.mixing is not None]
        folded = [each for each in loras if not each.down.requires_grad and each.mixing is None]
        self._weight = _Folded(weights[0], folded) if folded else shared(*weights)
        self._bias = shared(*biases)
        self._downs = Frozen(*(each.down for each in self._mixed))
        self._ups = Frozen(*(each.up.t() for each in self._mixed))

    @property
    def frozen(self) -> bool:
        """Whether nothing in it is trained or belongs to a mixture."""
        return not (self._trained or self._mixed or self._weight.trained)

    def __call__(self, values: Tensor) -> Tensor:
        """Return (T, out) for `values` (T, in)."""
        return self.of_several([self], [len(values)], values)

    @staticmethod
    def of_several(maps: Sequence[Linear], sizes: Sequence[int], values: Tensor) -> Tensor:
        """Return (T, out), of which each of `maps` made the next of `sizes` rows, from `values` (T, in).

        All have the same frozen map, which alone is applied to the rows that are left.
        """
        precision = values.dtype
        weight, bias = maps[0]._weight.to(precision), maps[0]._bias.to(precision)
        changes = [each._changes(precision) for each in maps]
        if all(tensor is None for of_map in changes for tensor in of_map):
            return linear(values, weight, bias) if weight.requires_grad else _Fixed.apply(values, weight, bias)
        return _WithLoras.apply(values, weight, bias, [*sizes], *(tensor for of_map in changes for tensor in of_map))

    def same_map(self, other: Linear) -> bool:
        """Return whether both change the same frozen map."""
        return self._weight is other._weight and self._bias is other._bias

    def _changes(self, precision: torch.dtype) -> _Changes:
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
        return down, up, downs, ups, mixing

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
    if values.dtype == torch.bfloat16 and values.device.type == "cpu" and multiplies_bf16(values.device):
        return torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")
    return linear(values, weight, bias)


class _WithLoras(torch.autograd.Function):
    """W x + b + B A x (trained, B holds its scale) + sum_i m_i B_i A_i x (frozen but for the m_i).

    Shapes: x (T, in), A (r, in), B (out, r); the frozen ones together A' (R, in), B'^T (R, out) and m (R,).
    There may be several such changes, each with the next of `sizes` rows of x as its own.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, sizes: list[int], *changes: Tensor | None
    ) -> Tensor:
        result = _product(values, weight, bias)
        saved: list[Tensor | None] = []
        for of_map, rows, changed in _by_map(changes, sizes, values, result):
            down, up, downs, ups, mixing = of_map
            own = lows = None
            if down is not None and up is not None:
                own = rows @ down.t()
                changed.addmm_(own, up.t())
            if downs is not None and ups is not None and mixing is not None:
                lows = rows @ downs.t()
                changed.addmm_((lows * mixing).to(lows.dtype), ups)
            saved += [own, lows]
        reads = any(down is not None for down in changes[::5])
        ctx.save_for_backward(values if reads else None, weight, *changes, *saved)
        ctx.sizes = sizes
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        values, weight, *rest = ctx.saved_tensors
        count = 5 * len(rest) // 7
        changes, saved = rest[:count], rest[count:]
        of_values = gradient @ weight if ctx.needs_input_grad[0] else None
        of_changes: list[Tensor | None] = []
        several = _by_map(changes, ctx.sizes, gradient, gradient if values is None else values, of_values)
        for number, (of_map, of_made, rows, of_rows) in enumerate(several):
            down, up, downs, ups, mixing = of_map
            own, lows = saved[2 * number : 2 * number + 2]
            of_down = of_up = of_mixing = None
            if down is not None:
                of_own = of_made @ up
                of_down, of_up = of_own.t() @ rows, of_made.t() @ own
                if of_rows is not None:
                    of_rows.addmm_(of_own, down)
            if downs is not None:
                of_lows = of_made @ ups.t()
                of_mixing = (of_lows * lows).sum(0, dtype=mixing.dtype)
                if of_rows is not None:
                    of_rows.addmm_((of_lows * mixing).to(lows.dtype), downs)
            of_changes += [of_down, of_up, None, None, of_mixing]
        return of_values, None, None, None, *of_changes


def _by_map(changes: Sequence[Tensor | None], sizes: Sequence[int], *tables: Tensor | None) -> Iterator[Any]:
    """For each map: the five tensors of its changes, and its rows of each table."""
    first = 0
    for number, size in enumerate(sizes):
        rows = [None if table is None else table[first : first + size] for table in tables]
        yield changes[5 * number : 5 * number + 5], *rows
        first += size
