"""The optimiser and its schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from adapterstilts.training.settings import TrainingSettings


def adamw(parameters: Mapping[str, nn.Parameter], settings: TrainingSettings) -> torch.optim.AdamW:
    """Return AdamW (Loshchilov & Hutter 2019), in one fused kernel; no decay on what has one dimension."""
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters.values() if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters.values() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=settings.learning_rate, fused=True)


def rate(settings: TrainingSettings, total_steps: int, step: int) -> float:
    """Return the learning rate of update number `step` (from 0): up over the warm-up, then down, never 0."""
    warmup = math.ceil(settings.warmup_ratio * total_steps)
    share = (step + 1) / warmup if step < warmup else (total_steps - step) / (total_steps - warmup)
    return settings.learning_rate * share


def decay(settings: TrainingSettings, total_steps: int, steps: int) -> float:
    """Return the factor by which `steps` updates shrink a weight of two dimensions that never has a gradient."""
    return math.prod(1 - rate(settings, total_steps, step) * settings.weight_decay for step in range(steps))
