"""From settings to structure: the one way in which an adapter is built, new or from its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError
from adapterstilts.methods import Source
from adapterstilts.methods.continue_training import take_over
from adapterstilts.methods.installed import Installed
from adapterstilts.methods.settings import bottleneck_size, check_composition, check_method, resolve_settings

_Builder = Callable[[PreTrainedModel, Mapping[str, Any]], Installed]

_COMPOSED = (("bottleneck", "stack"), ("lora", "stack"), ("bottleneck", "fuse"), ("lora", "fuse"))
# The setting that is a size, and the tensors that have it.
_SIZED = {"lora": ("rank", ".lora_A"), "bottleneck": ("reduction_factor", ".down.weight")}
_OF_COMPOSED = ("sources", "fresh")
# Set on a backbone once something is in it: a second install would silently train or measure both.
_MARK = "_adapterstilts_installed"


def resolve(
    method: str, composition: str | None, settings: Mapping[str, Any], sources: Sequence[Source], fresh: bool
) -> dict[str, Any]:
    """Return a new adapter's settings: its own, and under 'sources' those of the sources inside it."""
    own = resolve_settings(method, settings)
    if composition is None:
        return own
    if composition == "continue":
        return take_over(own, sources[0])
    inner = [dict(source.settings) for source in sources]
    if composition == "fuse" and method == "bottleneck":
        return {"sources": inner}
    if composition == "fuse":
        return {**(own if fresh else {}), "fresh": fresh, "sources": inner}
    return {**own, "sources": inner}


def build(backbone: PreTrainedModel, method: str, composition: str | None, settings: Mapping[str, Any]) -> Installed:
    """Put the structure that `settings` describe into `backbone`; UserError if they make no sense."""
    check_method(method)
    if composition is not None:
        check_composition(composition)
    if getattr(backbone, _MARK, False):
        raise ValueError("this backbone already holds an adapter; load it afresh")
    if composition in ("stack", "fuse") and (method, composition) not in _COMPOSED:
        raise UserError(f"There is no {composition} for the method {method}.")
    if "sources" in settings:
        checked = _check_composed(method, composition, settings)
    else:
        checked = resolve_settings(method, settings)
    if composition in ("stack", "fuse") and not checked.get("sources"):
        raise UserError(f"The settings of this {composition} do not say what its sources are.")
    if method == "lora" and "target_modules" in checked:
        from adapterstilts.methods import lora

        checked = lora.named_as_here(backbone, checked)
    installed = _builder(method, composition)(backbone, checked)
    setattr(backbone, _MARK, True)
    return installed


def _builder(method: str, composition: str | None) -> _Builder:
    """The one that this takes; only its library is loaded."""
    composed = composition in ("stack", "fuse")
    module = import_module(f"adapterstilts.methods.{composition if composed else method}")
    builder: _Builder = getattr(module, f"{composition}_{method}" if composed else "install_plain")
    return builder


def check_sizes(method: str, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Raise UserError if `settings`, those of sources included, speak of sizes that no tensor has."""
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


def _check_composed(method: str, composition: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    inner = settings["sources"]
    if composition not in ("stack", "fuse") or not isinstance(inner, list):
        raise UserError(f"The settings of this {method} adapter hold sources that it cannot have.")
    if not all(isinstance(each, Mapping) for each in inner):
        raise UserError("The settings of the sources must be objects, one per source.")
    sources = [resolve_settings(method, each) for each in inner]
    own = {key: value for key, value in settings.items() if key not in _OF_COMPOSED}
    if composition == "fuse" and method == "bottleneck":
        return {"sources": sources}
    fresh = bool(settings.get("fresh", True))
    resolved = resolve_settings(method, own) if fresh else {}
    return {**resolved, **({"fresh": fresh} if composition == "fuse" else {}), "sources": sources}


def load_sources(installed: Installed, composition: str | None, sources: Sequence[Source]) -> None:
    """Fill in the sources' weights; UserError names the source whose tensors do not fit this backbone."""
    if composition == "continue":
        _load(installed, sources[0].name, "", sources[0])
    elif composition in ("stack", "fuse"):
        for index, source in enumerate(sources):
            _load(installed, source.name, f"source{index}", source)


def _load(installed: Installed, name: str, prefix: str, source: Source) -> None:
    try:
        installed.load_part(prefix, source.tensors)
    except UserError as error:
        raise UserError(f'The source "{name}" does not fit this backbone. {error}') from error
