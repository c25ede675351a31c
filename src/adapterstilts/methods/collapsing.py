"""`collapse`: a composed LoRA as one plain one, and the sum of several weight changes as one LoRA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from adapterstilts.methods.installed import without_prefix
from adapterstilts.methods.settings import resolve_settings

# One term w · s · B · A of a weight change, for all matrices of one LoRA: (settings, tensors, weight per
# path).
Term = tuple[Mapping[str, Any], Mapping[str, Tensor], Mapping[str, float]]


def collapse(settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Turn a LoRA's settings and state into those of one plain LoRA; see `adapterstilts.methods.collapse`."""
    if "sources" not in settings:
        return resolve_settings("lora", settings), dict(tensors)
    terms: list[Term] = []
    for index, inner in enumerate(settings["sources"]):
        part = without_prefix(f"source{index}", tensors)
        weights = {name.removesuffix(".mixing"): float(t) for name, t in part.items() if name.endswith(".mixing")}
        terms.append((inner, part, weights))
    if settings.get("fresh", True):
        own = {key: value for key, value in settings.items() if key not in ("sources", "fresh")}
        terms.append((own, without_prefix("target", tensors), {}))
    return concatenate(terms)


def paths(tensors: Mapping[str, Tensor]) -> list[str]:
    """Return the matrices that a plain LoRA changes."""
    return [name.removesuffix(".lora_A") for name in tensors if name.endswith(".lora_A")]


def all_paths(terms: Sequence[Term]) -> list[str]:
    """Return the matrices that any of `terms` changes."""
    return list(dict.fromkeys(path for _, tensors, _ in terms for path in paths(tensors)))


def scale(settings: Mapping[str, Any]) -> float:
    """Return s in W + s B A."""
    return settings["alpha"] / settings["rank"]


def concatenate(terms: Sequence[Term]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the LoRA whose weight change is the sum of the terms' (weight 1 where none is given).

    [B1 B2] [A1; A2] = B1 A1 + B2 A2 holds for any ranks. A matrix that a term leaves alone gets zeros, since
    plain peft expects one rank everywhere.
    """
    rank = sum(settings["rank"] for settings, _, _ in terms)
    merged: dict[str, Tensor] = {}
    for path in all_paths(terms):
        downs, ups = [], []
        for settings, tensors, weights in terms:
            if f"{path}.lora_A" in tensors:
                downs.append(tensors[f"{path}.lora_A"])
                ups.append(tensors[f"{path}.lora_B"] * (scale(settings) * weights.get(path, 1.0)))
        missing = rank - sum(down.shape[0] for down in downs)
        downs.append(downs[0].new_zeros(missing, downs[0].shape[1]))
        ups.append(ups[0].new_zeros(ups[0].shape[0], missing))
        merged[f"{path}.lora_A"] = torch.cat(downs)
        merged[f"{path}.lora_B"] = torch.cat(ups, dim=1)
    return lora_settings(terms, rank), merged


def lora_settings(terms: Sequence[Term], rank: int) -> dict[str, Any]:
    """Return the settings of a LoRA with s = 1 for all matrices that any of `terms` changes."""
    names = [name for settings, _, _ in terms for name in settings["target_modules"]]
    if any(settings.get("leave_out") for settings, _, _ in terms):
        names = all_paths(terms)  # one may change query in a layer, another key in the next
    return resolve_settings("lora", {"rank": rank, "alpha": rank, "target_modules": names})
