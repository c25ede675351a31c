"""From settings to structure: the one way in which an adapter is built, new or from its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError
from adapterstilts.methods import Source
from adapterstilts.methods.continue_training import take_over
from adapterstilts.methods.installed import Installed
from adapterstilts.methods.settings import check_composition, check_method, resolve_adapter, resolve_settings

_Builder = Callable[[PreTrainedModel, Mapping[str, Any]], Installed]

_COMPOSED = (("bottleneck", "stack"), ("lora", "stack"), ("bottleneck", "fuse"), ("lora", "fuse"))
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
    checked = resolve_adapter(method, composition, settings)
    for part in (checked, *checked.get("sources", ())):
        _check_left_out(part.get("leave_out", ()), backbone.config.num_hidden_layers)
    if method == "lora" and "target_modules" in checked:
        from adapterstilts.methods import lora

        checked = lora.named_as_here(backbone, checked)
    installed = _builder(method, composition)(backbone, checked)
    setattr(backbone, _MARK, True)
    return installed


def _check_left_out(layers: Sequence[int], count: int) -> None:
    if layers and layers[-1] >= count:
        raise UserError(f"There is no layer {layers[-1]} to leave out: the backbone has the layers 0 to {count - 1}.")
    if len(layers) == count:
        raise UserError("Every layer is left out (leave_out), so there is no adapter; leave one in, or use head_only.")


def _builder(method: str, composition: str | None) -> _Builder:
    """The one that this takes; only its library is loaded."""
    composed = composition in ("stack", "fuse")
    module = import_module(f"adapterstilts.methods.{composition if composed else method}")
    builder: _Builder = getattr(module, f"{composition}_{method}" if composed else "install_plain")
    return builder


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
