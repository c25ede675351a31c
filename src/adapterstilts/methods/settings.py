"""The settings of each method: what they are, their defaults and ranges. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.schema import Number, Words, plain
from adapterstilts.base.settings import check, declared

if TYPE_CHECKING:
    from torch import Tensor

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


Dropout = Annotated[Number, Ge(0), Lt(1), Words("a number from 0 up to, but not including, 1")]
LeftOut = Annotated[
    tuple[Annotated[int, Ge(0), Lt(10_000)], ...], Words("a list of layers, numbered from 0, such as 0,1,2")
]
"""The layers that get no adapter, as in AdapterDrop (Rücklé et al. 2021, 2010.11918); `adapters` calls it so, too."""


@dataclass(frozen=True)
class BottleneckSettings:
    """Those of a bottleneck adapter; `non_linearity` None means the placement's own."""

    placement: Literal["pfeiffer", "houlsby", "parallel"] = "pfeiffer"
    reduction_factor: Annotated[Number, Ge(0.01), Words("a number of at least 0.01")] = 16
    non_linearity: Literal["relu", "gelu", "gelu_new", "swish", "tanh"] | None = None
    dropout: Dropout = 0.0
    leave_out: LeftOut = ()


@dataclass(frozen=True)
class LoraSettings:
    """Those of a LoRA adapter."""

    rank: Annotated[int, Ge(1), Le(10_000), Words("a whole number from 1 to 10,000")] = 8
    alpha: Annotated[Number, Gt(0), Words("a number above 0")] = 16
    dropout: Dropout = 0.0
    # Every linear map of a layer: at rank 8 about the size of a bottleneck with reduction factor 16.
    target_modules: Annotated[
        tuple[Annotated[str, MinLen(1)], ...], MinLen(1), Words("a list of module names such as query")
    ] = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")
    leave_out: LeftOut = ()


@dataclass(frozen=True)
class NoSettings:
    """Those of a method that has none."""


OF_METHOD: Mapping[str, type] = {
    "bottleneck": BottleneckSettings,
    "lora": LoraSettings,
    "full": NoSettings,
    "head_only": NoSettings,
}
"""What declares the settings of each method."""


# The setting that is a size, and the tensors that have it.
_SIZED = {"lora": ("rank", ".lora_A"), "bottleneck": ("reduction_factor", ".down.weight")}
_OF_COMPOSED = ("sources", "fresh")


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
    return {name: plain(setting.default) for name, setting in declared(OF_METHOD[method]).items()}


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
    check(declared(OF_METHOD[method]), resolved)
    if method == "bottleneck" and resolved["non_linearity"] is None:
        resolved["non_linearity"] = PLACEMENTS[resolved["placement"]].non_linearity
    if method == "lora":
        resolved["target_modules"] = list(dict.fromkeys(resolved["target_modules"]))
    if "leave_out" in resolved:
        resolved["leave_out"] = sorted({*resolved["leave_out"]})
    return resolved


def resolve_adapter(method: str, composition: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an adapter as it was built, `Installed.settings`, checked: those of sources included.

    UserError if they are not those of `composition`, or as `resolve_settings`.
    """
    composed = composition in ("stack", "fuse")
    if "sources" not in settings:
        if composed:
            raise UserError(f"The settings of this {composition} do not say what its sources are.")
        return resolve_settings(method, settings)
    inner = settings["sources"]
    if not composed or not isinstance(inner, list):
        raise UserError(f"The settings of this {method} adapter hold sources that it cannot have.")
    if not inner or not all(isinstance(each, Mapping) for each in inner):
        raise UserError("The settings of the sources must be objects, one per source.")
    sources = [resolve_settings(method, each) for each in inner]
    if composition == "fuse" and method == "bottleneck":
        return {"sources": sources}
    fresh = settings.get("fresh", True)
    if not isinstance(fresh, bool):
        raise UserError(f"The setting fresh is {fresh!r}, but must be true or false.")
    own = {key: value for key, value in settings.items() if key not in _OF_COMPOSED}
    resolved = resolve_settings(method, own) if fresh else {}
    return {**resolved, **({"fresh": fresh} if composition == "fuse" else {}), "sources": sources}


def check_sizes(method: str, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Raise UserError if `settings`, those of sources included, speak of sizes that no tensor has.

    To be called before anything of such a size is built.
    """
    if method not in _SIZED:
        return
    key, place = _SIZED[method]
    shapes = [tensor.shape for name, tensor in tensors.items() if name.endswith(place) and tensor.ndim == 2]
    inner = settings.get("sources")
    for part in (settings, *(inner if isinstance(inner, list) else ())):
        if not isinstance(part, Mapping) or key not in part:
            continue
        value = resolve_settings(method, {name: each for name, each in part.items() if name not in _OF_COMPOSED})[key]
        if not any(shape[0] == (value if method == "lora" else bottleneck_size(shape[1], value)) for shape in shapes):
            sizes = ", ".join(map(str, sorted({shape[0] for shape in shapes}))) or "of something else"
            raise UserError(f"The weights do not fit: {key} is {value}, but they have the sizes {sizes}.")


def bottleneck_size(hidden_size: int, reduction_factor: float) -> int:
    """Return the width of a bottleneck, at least 1: the library's floor(hidden_size / reduction_factor).

    The tiny tolerance makes the size survive the round trip size -> hidden_size / size -> size in floating
    point.
    """
    return max(1, math.floor(hidden_size / reduction_factor + 1e-9))
