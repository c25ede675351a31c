"""How a model computes where it is: its batches follow it, in its own type or in mixed precision.

Which device that is `base.processes.device` says, and `load_backbone` goes there; weights stay in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn


def device_of(model: nn.Module) -> torch.device:
    """Return where `model` computes."""
    return next(model.parameters()).device


SHAPING = ("lengths", "choices")
"""What a batch has to say how other tensors are shaped: it stays on the CPU, where reading it waits for nothing."""


def moved(batch: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Return a collated batch, which is made on the CPU, on `device`, but for what is `SHAPING`."""
    return {key: tensor if key in SHAPING else tensor.to(device) for key, tensor in batch.items()}


def without_autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context in which what is computed on `device` has the type of its operands."""
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if known else nullcontext()


def mixed_precision(device: torch.device) -> torch.dtype | None:
    """Return the type of mixed precision on `device`; None where there is none at the moment."""
    known = torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)
    return torch.get_autocast_dtype(device.type) if known else None


@cache
def multiplies_bf16(device: torch.device) -> bool:
    """Return whether products in bf16 pay on `device`: a CPU without AVX-512 emulates them, several times slower than
    it multiplies in float32."""
    if device.type != "cpu":
        return True
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def computed_in(device: torch.device, precision: str) -> Literal["bf16", "fp32"]:
    """Return what a computation on `device` that asks for `precision` is in: 'bf16' only where it pays."""
    return "bf16" if precision == "bf16" and multiplies_bf16(device) else "fp32"


def precision_on(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Return the context in which `device` computes in mixed precision where `computed_in` is 'bf16', else as the
    weights are."""
    mixed = computed_in(device, precision) == "bf16"
    return torch.autocast(device.type, torch.bfloat16) if mixed else nullcontext()
