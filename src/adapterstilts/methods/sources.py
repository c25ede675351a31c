"""Whether a composition can use its sources: every reason why not, as one sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from adapterstilts.base.errors import UserError
from adapterstilts.methods import Source, compositions
from adapterstilts.methods.collapsing import collapse
from adapterstilts.methods.settings import resolve_settings

# What peft's LoraConfig calls the variants that change more than B·A adds, or scale it otherwise.
_LORA_VARIANTS = {
    "use_rslora": "rsLoRA",
    "use_dora": "DoRA",
    "lora_bias": "a LoRA bias",
    "bias": "trained biases",
}


def check(method: str, composition: str | None, sources: Sequence[Source], settings: Mapping[str, Any]) -> None:
    """Raise UserError if `composition` cannot use `sources`."""
    compositions.check_sources(method, composition, [(source.name, source.method) for source in sources])
    if composition is None:
        resolve_settings(method, settings)
        return
    for source in sources:
        if source.method == "lora":
            _check_lora(source)
        if source.method == "bottleneck" and "sources" in source.settings:
            raise UserError(
                f'The source "{source.name}" is itself a composition of bottleneck adapters; '
                f"{composition} needs one that was trained alone, continued or merged."
            )
    _check_twice(composition, sources)
    if method == "bottleneck":
        _check_placements(composition, sources, settings)
        _check_layers(composition, sources, settings)
    resolve_settings(method, settings)


def plain(source: Source) -> Source:
    """Return `source` as one plain adapter with nothing implicit; a composed LoRA is collapsed."""
    settings, tensors = source.settings, source.tensors
    if source.method == "lora":
        settings = {key: value for key, value in settings.items() if key not in _LORA_VARIANTS}
        settings, tensors = collapse(settings, tensors)
    settings = resolve_settings(source.method, settings)
    if "dropout" in settings:
        # A source is a fixed function; dropout in it would only blur what the target builds on.
        settings["dropout"] = 0.0
    return Source(source.name, source.method, settings, tensors)


def _check_lora(source: Source) -> None:
    for key, name in _LORA_VARIANTS.items():
        if source.settings.get(key) not in (None, False, "none"):
            raise UserError(
                f'The source "{source.name}" uses {name}, which B·A alone does not hold; give a plain LoRA.'
            )
    for name in source.tensors:
        if not name.endswith((".lora_A", ".lora_B", ".mixing")):
            raise UserError(
                f'The source "{source.name}" holds {name}, which a plain LoRA does not have '
                "(DoRA and LoRA biases cannot be sources)."
            )


def _check_twice(composition: str, sources: Sequence[Source]) -> None:
    for index, source in enumerate(sources):
        for earlier in sources[:index]:
            if earlier.name == source.name:
                raise UserError(f'The source "{source.name}" was given twice; {composition} needs different ones.')
            if _same_tensors(earlier, source):
                raise UserError(
                    f'The sources "{earlier.name}" and "{source.name}" are the same adapter; '
                    f"{composition} needs different ones."
                )


def _same_tensors(source: Source, other: Source) -> bool:
    if source.tensors.keys() != other.tensors.keys() or dict(source.settings) != dict(other.settings):
        return False
    pairs = [(tensor, other.tensors[name]) for name, tensor in source.tensors.items()]
    return all(a.dtype == b.dtype and torch.equal(a, b) for a, b in pairs)


def _check_placements(composition: str, sources: Sequence[Source], settings: Mapping[str, Any]) -> None:
    first, *rest = sources
    placement = resolve_settings("bottleneck", first.settings)["placement"]
    for source in rest:
        other = resolve_settings("bottleneck", source.settings)["placement"]
        if other != placement:
            raise UserError(
                f'The source "{first.name}" has the placement {placement} and "{source.name}" has {other}; '
                f"{composition} needs sources of one placement."
            )
    own = resolve_settings("bottleneck", settings)["placement"]
    if composition == "stack" and own != placement:
        raise UserError(
            f'The source "{first.name}" has the placement {placement}, but the new adapter would have {own}; '
            f"set placement={placement}."
        )


def _check_layers(composition: str, sources: Sequence[Source], settings: Mapping[str, Any]) -> None:
    """Bottlenecks that a layer holds together must be there in all the same layers."""
    parts = [(f'the source "{source.name}"', source.settings) for source in sources]
    parts += [("the new adapter", settings)] if composition == "stack" else []
    (first, layers), *rest = [(name, resolve_settings("bottleneck", own)["leave_out"]) for name, own in parts]
    for name, others in rest:
        if others != layers:
            raise UserError(
                f"{name[0].upper()}{name[1:]} leaves out the layers {others}, but {first} {layers}; "
                f"{composition} needs bottleneck adapters in the same layers (leave_out)."
            )
