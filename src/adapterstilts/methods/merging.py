"""`merge`: one plain adapter from several, without training; and `collapse`: one plain LoRA from a composed
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from adapterstilts.errors import UserError, did_you_mean
from adapterstilts.methods import Merged, Source
from adapterstilts.methods.installed import without_prefix
from adapterstilts.methods.settings import resolve_settings

_WAYS = ("mean", "ties")
# One term w · s · B · A of a weight change, for all matrices of one LoRA: (settings, tensors, weight per
# path).
_Term = tuple[Mapping[str, Any], Mapping[str, Tensor], Mapping[str, float]]


def merge(sources: Sequence[Source], how: str = "mean", **settings: Any) -> Merged:
    """Make one plain adapter from `sources`; see `adapterstilts.methods.merge`."""
    # Imported here, since the check collapses sources that are compositions by this module.
    from adapterstilts.methods import sources as checks

    if how not in _WAYS:
        raise UserError(f'There is no way to merge called "{how}"; use {" or ".join(_WAYS)}.{did_you_mean(how, _WAYS)}')
    known = ("density", "rank") if how == "ties" else ()
    for key in settings:
        if key not in known:
            raise UserError(f'Merging by {how} has no setting "{key}".{did_you_mean(key, known)}')
    method = sources[0].method if sources else "lora"
    own = sources[0].settings if method == "bottleneck" else {}
    checks.check(method, "merge", sources, {key: own[key] for key in ("placement",) if key in own})
    plain = [checks.plain(source) for source in sources]
    if how == "ties":
        if method != "lora":
            raise UserError("TIES adds up weight changes, and a bottleneck adapter is none; merge bottleneck by mean.")
        return _ties(plain, **settings)
    return _mean_of_bottlenecks(plain) if method == "bottleneck" else _mean_of_loras(plain)


def collapse(settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Turn a LoRA's settings and state into those of one plain LoRA; see `adapterstilts.methods.collapse`."""
    if "sources" not in settings:
        return resolve_settings("lora", settings), dict(tensors)
    terms: list[_Term] = []
    for index, inner in enumerate(settings["sources"]):
        part = without_prefix(f"source{index}", tensors)
        weights = {name.removesuffix(".mixing"): float(t) for name, t in part.items() if name.endswith(".mixing")}
        terms.append((inner, part, weights))
    if settings.get("fresh", True):
        own = {key: value for key, value in settings.items() if key not in ("sources", "fresh")}
        terms.append((own, without_prefix("target", tensors), {}))
    return _concatenate(terms)


def _paths(tensors: Mapping[str, Tensor]) -> list[str]:
    return [name.removesuffix(".lora_A") for name in tensors if name.endswith(".lora_A")]


def _all_paths(terms: Sequence[_Term]) -> list[str]:
    return list(dict.fromkeys(path for _, tensors, _ in terms for path in _paths(tensors)))


def _scale(settings: Mapping[str, Any]) -> float:
    return settings["alpha"] / settings["rank"]


def _concatenate(terms: Sequence[_Term]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the LoRA whose weight change is the sum of the terms' (weight 1 where none is given).

    [B1 B2] [A1; A2] = B1 A1 + B2 A2 holds for any ranks. A matrix that a term leaves alone gets zeros, since
    plain peft expects one rank everywhere.
    """
    rank = sum(settings["rank"] for settings, _, _ in terms)
    merged: dict[str, Tensor] = {}
    for path in _all_paths(terms):
        downs, ups = [], []
        for settings, tensors, weights in terms:
            if f"{path}.lora_A" in tensors:
                downs.append(tensors[f"{path}.lora_A"])
                ups.append(tensors[f"{path}.lora_B"] * (_scale(settings) * weights.get(path, 1.0)))
        missing = rank - sum(down.shape[0] for down in downs)
        downs.append(downs[0].new_zeros(missing, downs[0].shape[1]))
        ups.append(ups[0].new_zeros(ups[0].shape[0], missing))
        merged[f"{path}.lora_A"] = torch.cat(downs)
        merged[f"{path}.lora_B"] = torch.cat(ups, dim=1)
    return _lora_settings([settings for settings, _, _ in terms], rank), merged


def _lora_settings(settings: Sequence[Mapping[str, Any]], rank: int) -> dict[str, Any]:
    names = [name for each in settings for name in each["target_modules"]]
    return resolve_settings("lora", {"rank": rank, "alpha": rank, "target_modules": names})


def _mean_of_loras(sources: Sequence[Source]) -> Merged:
    share = 1 / len(sources)
    terms = [(s.settings, s.tensors, dict.fromkeys(_paths(s.tensors), share)) for s in sources]
    return Merged(*_concatenate(terms), residual=None)


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


def _ties(sources: Sequence[Source], density: float = 0.2, rank: int | None = None) -> Merged:
    """Trim, elect signs, average what agrees (Yadav et al. 2023); then take the nearest LoRA of `rank`."""
    if isinstance(density, bool) or not isinstance(density, int | float) or not 0 < density <= 1:
        raise UserError(f"The setting density is {density!r}; it must be a number above 0, and at most 1.")
    rank = max(source.settings["rank"] for source in sources) if rank is None else rank
    settings = _lora_settings([source.settings for source in sources], rank)
    terms: list[_Term] = [(source.settings, source.tensors, {}) for source in sources]
    thresholds = [_threshold(term, density) for term in terms]
    merged: dict[str, Tensor] = {}
    lost, total = 0.0, 0.0
    for path in _all_paths(terms):
        present = [(term, t) for term, t in zip(terms, thresholds, strict=True) if f"{path}.lora_A" in term[1]]
        changes = torch.stack([_trim(_change(term, path), threshold) for term, threshold in present])
        agrees = (changes.sign() == changes.sum(dim=0).sign()) & (changes != 0)
        elected = (changes * agrees).sum(dim=0) / agrees.sum(dim=0).clamp(min=1)
        left, values, right = torch.linalg.svd(elected, full_matrices=False)
        kept = min(rank, len(values))
        root = values[:kept].sqrt()
        down, up = changes.new_zeros(rank, right.shape[1]), changes.new_zeros(left.shape[0], rank)
        down[:kept], up[:, :kept] = root[:, None] * right[:kept], left[:, :kept] * root
        lost += float(values[kept:].square().sum())
        total += float(values.square().sum())
        merged[f"{path}.lora_A"], merged[f"{path}.lora_B"] = down, up
    return Merged(settings, merged, residual=(lost / total) ** 0.5 if total else 0.0)


def _change(term: _Term, path: str) -> Tensor:
    settings, tensors, _ = term
    return tensors[f"{path}.lora_B"].float() @ tensors[f"{path}.lora_A"].float() * _scale(settings)


def _trim(change: Tensor, threshold: float) -> Tensor:
    return torch.where(change.abs() >= threshold, change, 0.0)


def _threshold(term: _Term, density: float) -> float:
    """Return the magnitude of the smallest change to keep, over all matrices of a source, as published."""
    magnitudes = torch.cat([_change(term, path).abs().flatten() for path in _paths(term[1])])
    kept = max(1, round(density * magnitudes.numel()))
    return float(magnitudes.kthvalue(magnitudes.numel() - kept + 1).values)
