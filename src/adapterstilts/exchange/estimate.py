"""How long a training would take on one GPU: arithmetic for a plan, which no clock has measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.runs import recipe

GPU, FLOPS = "A100", 312e12
"""A GPU and its peak in bf16, operations a second (NVIDIA's data sheet)."""
UTILISATION = 1 / 3
"""How much of the peak a training reaches."""


def words(task: str, method: str, backbone: str) -> str:
    """Return the estimate for training `task` on `backbone`, ' (about ...)', empty where nothing is known to base it
    on.
    """
    from adapterstilts.backbones.loading import load_config

    if backbone == "pocket" or task not in tasks.all_tasks():
        return ""
    try:
        config, run = load_config(backbone), recipe.resolve(backbone, method, None, task).run
    except UserError:
        return ""
    hours = gpu_hours(tasks.get(task), method, config, run)
    if hours is None:
        return ""
    return (
        f" (about {max(hours, 0.1):.1f} hours on one {GPU}: arithmetic for full-length examples at a third of its "
        "peak, not measured)"
    )


def gpu_hours(task: tasks.Task, method: str, config: Any, run: Mapping[str, Any]) -> float | None:
    """Return the hours of a training in which every example fills `max_length`; None where its size is unknown.

    A token takes two operations for each weight of the encoder's matrices in the forward pass, two for the gradients of
    its activations, and two for those of the weights where these are trained (Kaplan et al. 2020, 2001.08361, 2.1).
    """
    names = ("num_hidden_layers", "hidden_size", "intermediate_size")
    layers, hidden, inner = (int(getattr(config, name, 0)) for name in names)
    if task.train_examples is None or run["epochs"] is None or not layers * hidden * inner:
        return None
    weights = layers * (4 * hidden * hidden + 2 * hidden * inner)
    sequences = task.train_examples * (round(100 / task.chance) if task.type == "multiple_choice" else 1)
    tokens = sequences * run["epochs"] * run["max_length"]
    per_token = {"full": 6, "head_only": 2}.get(method, 4) * weights
    return tokens * per_token / (FLOPS * UTILISATION) / 3600
