"""The settings of each method: defaults, allowed values, and their checks. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean

METHODS = ("bottleneck", "lora", "full", "head_only")
COMPOSITIONS = ("continue", "stack", "fuse", "merge")


@dataclass(frozen=True)
class Placement:
    """Where bottleneck adapters sit, by the name that the `adapters` library gives the arrangement."""

    library_config: str
    sites: tuple[str, ...]
    non_linearity: str
    parallel: bool = False


# Pfeiffer et al. 2020 (2005.00247), Houlsby et al. 2019 (1902.00751), He et al. 2021 (2110.04366).
PLACEMENTS: Mapping[str, Placement] = {
    "pfeiffer": Placement("seq_bn", ("output",), "relu"),
    "houlsby": Placement("double_seq_bn", ("attention", "output"), "swish"),
    "parallel": Placement("par_bn", ("output",), "relu", parallel=True),
}
_LEAST_FACTOR = 0.01
NON_LINEARITIES = ("relu", "gelu", "gelu_new", "swish", "tanh")

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "bottleneck": {"placement": "pfeiffer", "reduction_factor": 16, "non_linearity": None, "dropout": 0.0},
    "lora": {
        "rank": 8,
        "alpha": 16,
        "dropout": 0.0,
        # Every linear map of a layer: at rank 8 about the size of a bottleneck with reduction factor 16.
        "target_modules": [
            "query",
            "key",
            "value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense",
        ],
    },
    "full": {},
    "head_only": {},
}


def check_method(method: str) -> None:
    """Raise UserError unless `method` is one of METHODS."""
    if method not in METHODS:
        raise UserError(
            f'There is no method "{method}"; use one of {", ".join(METHODS)}.{did_you_mean(method, METHODS)}'
        )


def check_composition(composition: str) -> None:
    """Raise UserError unless `composition` is one of COMPOSITIONS."""
    if composition not in COMPOSITIONS:
        raise UserError(
            f'There is no composition "{composition}"; use one of {", ".join(COMPOSITIONS)}.'
            f"{did_you_mean(composition, COMPOSITIONS)}"
        )


def default_settings(method: str) -> dict[str, Any]:
    """Return a fresh copy of the method's settings; `non_linearity` None means the placement's own."""
    check_method(method)
    return {key: list(value) if isinstance(value, list) else value for key, value in _DEFAULTS[method].items()}


def resolve_settings(method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the defaults and check every value.

    Returns settings in which nothing is left implicit, of plain JSON types. UserError names the setting that
    does not exist or whose value is out of range.
    """
    resolved = default_settings(method)
    for key, value in settings.items():
        if key not in resolved:
            known = ", ".join(resolved) or "none"
            raise UserError(
                f'The method "{method}" has no setting "{key}"; its settings are: {known}.{did_you_mean(key, resolved)}'
            )
        resolved[key] = value
    if method == "bottleneck":
        _check_bottleneck(resolved)
    elif method == "lora":
        _check_lora(resolved)
    return resolved


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_dropout(value: Any) -> None:
    if not _number(value) or not 0 <= value < 1:
        raise UserError(f"The setting dropout is {value!r}; it must be a number from 0 up to, but not including, 1.")


def _check_choice(key: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(
            f"The setting {key} is {value!r}; use one of {', '.join(choices)}.{did_you_mean(str(value), choices)}"
        )


def _check_bottleneck(resolved: dict[str, Any]) -> None:
    _check_choice("placement", resolved["placement"], tuple(PLACEMENTS))
    if resolved["non_linearity"] is None:
        resolved["non_linearity"] = PLACEMENTS[resolved["placement"]].non_linearity
    _check_choice("non_linearity", resolved["non_linearity"], NON_LINEARITIES)
    factor = resolved["reduction_factor"]
    if not _number(factor) or factor < _LEAST_FACTOR:
        raise UserError(f"The setting reduction_factor is {factor!r}; it must be a number of at least {_LEAST_FACTOR}.")
    _check_dropout(resolved["dropout"])


def _check_lora(resolved: dict[str, Any]) -> None:
    rank, alpha, names = resolved["rank"], resolved["alpha"], resolved["target_modules"]
    if not isinstance(rank, int) or isinstance(rank, bool) or rank < 1:
        raise UserError(f"The setting rank is {rank!r}; it must be a whole number of at least 1.")
    if not _number(alpha) or alpha <= 0:
        raise UserError(f"The setting alpha is {alpha!r}; it must be a number above 0.")
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) and name for name in names):
        raise UserError(f"The setting target_modules is {names!r}; it must be a list of module names such as query.")
    resolved["target_modules"] = list(dict.fromkeys(names))
    _check_dropout(resolved["dropout"])


def bottleneck_size(hidden_size: int, reduction_factor: float) -> int:
    """Return the width of a bottleneck, at least 1: the library's floor(hidden_size / reduction_factor).

    The tiny tolerance makes the size survive the round trip size -> hidden_size / size -> size in floating
    point.
    """
    return max(1, math.floor(hidden_size / reduction_factor + 1e-9))
