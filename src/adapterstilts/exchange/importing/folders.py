"""The files of an adapter that another library saved, read so that nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.base import schema, tensors
from adapterstilts.base.errors import UserError
from adapterstilts.methods.settings import resolve_settings

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, HEAD_CONFIG = "adapter_config.json", "head_config.json"
WEIGHTS = {
    "adapters": ("adapter.safetensors", "pytorch_adapter.bin"),
    "head": ("model_head.safetensors", "pytorch_model_head.bin"),
    "peft": ("adapter_model.safetensors", "adapter_model.bin"),
}
"""Weights as safetensors, and as a pickle: of an adapter of `adapters`, of its head, of an adapter of `peft`."""
SAFE = (CONFIG, HEAD_CONFIG, *(safe for safe, _ in WEIGHTS.values()))
PICKLED = tuple(pickled for _, pickled in WEIGHTS.values())
_LARGEST = 16_000_000
"""Bytes of a configuration that are read."""


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; UserError if there is none."""
    if not path.exists():
        raise UserError(
            f"{path.parent} has no {path.name}, so neither adapters nor peft has saved an adapter there; a setup of "
            "several adapters is imported one by one, from its sub-folders."
        )
    return schema.read_object(path, _LARGEST)


def checked(settings: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Return what a configuration says, as settings of `method`; UserError names the first that is out of range."""
    try:
        return resolve_settings(method, settings)
    except UserError as error:
        raise UserError(f"{CONFIG}: {error}") from error


def check_weights(folder: Path, part: str, convert: bool) -> None:
    """Raise UserError, before anything large is loaded, if `part` has no weights, or a pickle that may not be read."""
    safe, pickled = (folder / name for name in WEIGHTS[part])
    if safe.is_file() or pickled.is_file() and convert:
        return
    if convert:
        raise UserError(f"{folder} has neither {safe.name} nor {pickled.name}, so there are no weights to import.")
    raise UserError(
        f"{folder} has no {safe.name}. Where there is a {pickled.name} instead, that is a pickle, which can run code "
        "when it is read: --convert reads it as plain tensors, and refuses anything else in it."
    )


def read_weights(folder: Path, part: str, convert: bool) -> dict[str, Tensor]:
    """Return the tensors of a `part` (a key of `WEIGHTS`), on the CPU; empty if there are none.

    A pickle is read only if `convert` says so, and then by torch's reader of plain tensors. UserError if the file is
    damaged or holds anything else.
    """
    import torch

    safe, pickled = (folder / name for name in WEIGHTS[part])
    if safe.is_file():
        return _copied(tensors.read(safe))
    if not convert or not pickled.is_file():
        return {}
    try:
        content = torch.load(pickled, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may be an error of any kind
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{pickled} holds more than plain tensors, or is damaged, and was not read ({reason})."
        ) from error
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in content.items()
    ):
        raise UserError(f"{pickled} does not hold tensors by name.")
    for name, tensor in content.items():
        # a few bytes may claim to be billions of numbers
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise UserError(f"{name} in {pickled} says that it is larger than what is saved of it.")
    tensors.check(content, str(pickled))
    return _copied(content)


def _copied(content: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies in float32, none of which shares its numbers with another."""
    import torch

    return {name: tensor.to(torch.float32, copy=True).contiguous() for name, tensor in content.items()}
