"""How a model computes where it is: its batches follow it, in its own type or in mixed precision.

Which device that is `base.processes.device` says, and `load_backbone` goes there; weights stay in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn


def device_of(model: nn.Module) -> torch.device:
    """Return where `model` computes."""
    return next(model.parameters()).device


def moved(batch: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Return a collated batch, which is made on the CPU, on `device`."""
    return {key: tensor.to(device) for key, tensor in batch.items()}


def precision_on(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Return the context in which 'bf16' computes in mixed precision on `device`, and 'fp32' as the weights are."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()
