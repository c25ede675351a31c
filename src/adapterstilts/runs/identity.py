"""What decides which run it is: canonical JSON, and the defaults that are left out of it, frozen for each version.

A setting at its default here is no part of an identity, so that a setting that is added later, with a default that does
what was done before, keeps every old id. The defaults are never a recipe's: a recipe that goes from 800 to 2,400 steps
makes other runs. A table is never changed once results have its version: a new version gets a new table, and a
migrator.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from adapterstilts.runs.settings import settings_schema

ID_VERSION = 1
HOW = frozenset(name for name, (_, changes_result) in settings_schema().items() if not changes_result)
"""Settings that only change how a run is computed, so they are no part of it."""
OF_EVALUATION = ("max_length", "precision", "test_examples", "retrieval_layer")
"""Settings that an evaluation has; the first two are the training's, too."""
ADDED_LATER = ("backbone_dropout",)
"""Settings that the first runs of this version did not write down: without one of them a run has its default."""
_ALL_LINEAR_MAPS = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")
_SCALARS = (bool, str, int)
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        # training
        "learning_rate": 1e-4,
        "batch_size": 32,
        "epochs": None,
        "max_steps": None,
        "warmup_ratio": 0.1,
        "weight_decay": 0.01,
        "max_grad_norm": 1.0,
        "evaluate_every": None,
        "patience": None,
        "precision": "fp32",
        "max_length": 128,
        "train_examples": None,
        "validation_examples": None,
        "cache_frozen_layers": False,
        "backbone_dropout": None,
        "examples_cap": 131_072,
        "mlm_share": None,
        # bottleneck and lora
        "placement": "pfeiffer",
        "reduction_factor": 16,
        "non_linearity": "relu",
        "dropout": 0.0,
        "rank": 8,
        "alpha": 16,
        "target_modules": _ALL_LINEAR_MAPS,
        "leave_out": (),
        # compositions
        "fresh": True,
        "how": "mean",
        "density": 0.2,
        # evaluation
        "test_examples": None,
        "retrieval_layer": None,
    }
)


def canonical(value: Any) -> Any:
    """Return `value` as JSON that has one form: no tuples, whole floats as whole numbers, mappings in order.

    Raises:
        TypeError: it holds something that JSON has not, so that nothing enters an identity by its `repr`.
        ValueError: it holds a number that is not finite.
    """
    if value is None or isinstance(value, _SCALARS):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no part of an identity")
        return int(value) if value.is_integer() else value
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: canonical(value[key]) for key in sorted(value)}
    raise TypeError(f"{value!r} is no part of an identity: it is no JSON")


def not_default(settings: Mapping[str, Any], composition: str | None = None) -> dict[str, Any]:
    """Return the settings that are not at this version's default, canonical; of a merge, which has others, all."""
    kept = {key: _canonical_setting(key, value) for key, value in settings.items() if key not in HOW}
    if composition == "merge":
        return kept
    return {
        key: value
        for key, value in kept.items()
        if key not in DEFAULTS or value != _canonical_default(key, DEFAULTS[key])
    }


def _canonical_setting(key: str, value: Any) -> Any:
    # a set of names, in whichever order
    return sorted(value) if key == "target_modules" else canonical(value)


@functools.lru_cache(typed=True)
def _canonical_default(key: str, value: Any) -> Any:
    return _canonical_setting(key, value)


def digest(facts: Mapping[str, Any]) -> str:
    """Return the id of `facts`: 16 hexadecimal digits of the sha256 of their canonical JSON."""
    text = json.dumps(canonical(facts), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two pieces of JSON differ: a dotted path, the old value and the new (None where there is none)."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{number}]")
    elif old != new:
        yield path, old, new
