"""`merge`: one plain adapter from several, without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from adapterstilts.base import tensors
from adapterstilts.base.errors import UserError
from adapterstilts.methods import Merged, Source, compositions
from adapterstilts.methods import sources as checks
from adapterstilts.methods.collapsing import Term, all_paths, concatenate, lora_settings, paths, scale
from adapterstilts.methods.settings import resolve_settings


def merge(sources: Sequence[Source], how: str = "mean", **settings: Any) -> Merged:
    """Make one plain adapter from `sources`; see `adapterstilts.methods.merge`."""
    method = sources[0].method if sources else "lora"
    compositions.check_merge(method, how, settings)
    own = sources[0].settings if method == "bottleneck" else {}
    checks.check(method, "merge", sources, {key: own[key] for key in ("placement",) if key in own})
    plain = [checks.plain(source) for source in sources]
    if how == "ties":
        merged = _ties(plain, **settings)
    else:
        merged = _mean_of_bottlenecks(plain) if method == "bottleneck" else _mean_of_loras(plain)
    tensors.check(merged.tensors, "the merge")
    return merged


def _mean_of_loras(sources: Sequence[Source]) -> Merged:
    share = 1 / len(sources)
    terms = [(s.settings, s.tensors, dict.fromkeys(paths(s.tensors), share)) for s in sources]
    return Merged(*concatenate(terms), residual=None)


def _mean_of_bottlenecks(sources: Sequence[Source]) -> Merged:
    """Concatenate: mean_i (U_i f(D_i x + d_i) + u_i) is one bottleneck, as wide as all together."""
    first, *rest = sources
    for source in rest:
        if source.settings["non_linearity"] != first.settings["non_linearity"]:
            raise UserError(
                f'The source "{first.name}" uses {first.settings["non_linearity"]} and "{source.name}" uses '
                f"{source.settings['non_linearity']}; one bottleneck cannot hold both."
            )
        if source.tensors.keys() != first.tensors.keys():
            raise UserError(f'The sources "{first.name}" and "{source.name}" do not sit in the same layers.')
    merged: dict[str, Tensor] = {}
    for name in first.tensors:
        parts = [source.tensors[name] for source in sources]
        if name.endswith(".up.bias"):
            merged[name] = torch.stack(parts).mean(dim=0)
        elif name.endswith(".up.weight"):
            merged[name] = torch.cat(parts, dim=1) / len(sources)
        else:
            merged[name] = torch.cat(parts)
    hidden_size, width = next(tensor.shape for name, tensor in merged.items() if name.endswith(".up.weight"))
    settings = {**first.settings, "reduction_factor": hidden_size / width}
    return Merged(resolve_settings("bottleneck", settings), merged, residual=None)


def _ties(sources: Sequence[Source], density: float = compositions.DENSITY, rank: int | None = None) -> Merged:
    """Trim, elect signs, average what agrees (Yadav et al. 2023); then take the nearest LoRA of `rank`."""
    rank = max(source.settings["rank"] for source in sources) if rank is None else rank
    terms: list[Term] = [(source.settings, source.tensors, {}) for source in sources]
    settings = lora_settings(terms, rank)
    thresholds = [_threshold(term, density) for term in terms]
    merged: dict[str, Tensor] = {}
    lost, total = 0.0, 0.0
    for path in all_paths(terms):
        present = [(term, t) for term, t in zip(terms, thresholds, strict=True) if f"{path}.lora_A" in term[1]]
        changes = torch.stack([_trim(_change(term, path), threshold) for term, threshold in present])
        agrees = (changes.sign() == changes.sum(dim=0).sign()) & (changes != 0)
        elected = (changes * agrees).sum(dim=0) / agrees.sum(dim=0).clamp(min=1)
        tensors.check({path: elected}, "the merge")
        left, values, right = torch.linalg.svd(elected, full_matrices=False)
        kept = min(rank, len(values))
        root = values[:kept].sqrt()
        down, up = changes.new_zeros(rank, right.shape[1]), changes.new_zeros(left.shape[0], rank)
        down[:kept], up[:, :kept] = root[:, None] * right[:kept], left[:, :kept] * root
        lost += float(values[kept:].square().sum())
        total += float(values.square().sum())
        merged[f"{path}.lora_A"], merged[f"{path}.lora_B"] = down, up
    return Merged(settings, merged, residual=(lost / total) ** 0.5 if total else 0.0)


def _change(term: Term, path: str) -> Tensor:
    settings, tensors, _ = term
    return tensors[f"{path}.lora_B"].float() @ tensors[f"{path}.lora_A"].float() * scale(settings)


def _trim(change: Tensor, threshold: float) -> Tensor:
    return torch.where(change.abs() >= threshold, change, 0.0)


def _threshold(term: Term, density: float) -> float:
    """Return the magnitude of the smallest change to keep, over all matrices of a source, as published."""
    magnitudes = torch.cat([_change(term, path).abs().flatten() for path in paths(term[1])])
    kept = max(1, round(density * magnitudes.numel()))
    return float(magnitudes.kthvalue(magnitudes.numel() - kept + 1).values)
