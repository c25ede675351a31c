"""Tensors that others wrote, or that a computation left: finite floating-point numbers, or refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.base.errors import UserError, printable

if TYPE_CHECKING:
    from torch import Tensor


def read(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, on the CPU.

    Raises:
        UserError: the file cannot be read, or holds what `check` refuses.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(str(path))
    # a header may name a type that torch lacks, or a shape that its bytes are not of
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError, AttributeError) as error:
        raise UserError(f"{path} cannot be read ({error}); download or save it again.") from error
    check(tensors, str(path))
    return tensors


def check(tensors: Mapping[str, Tensor], where: str) -> None:
    """Raise UserError, naming the tensor, for one that float32 does not hold as finite floating-point numbers."""
    import torch

    for name, tensor in tensors.items():
        is_float = tensor.dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
        if not is_float or tensor.layout != torch.strided:
            kind = str(tensor.layout if is_float else tensor.dtype).removeprefix("torch.")
            raise UserError(f"{printable(name)} in {where} is no tensor of floating-point numbers, but of {kind}.")
    if wrong := not_finite(tensors):
        raise UserError(
            f"{printable(wrong)} in {where} has numbers that are not finite (NaN or infinite), so nothing can be "
            "computed with it; take weights from before that happened."
        )


def not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first of `tensors` that in float32 is not finite, or None.

    It reads each number once: about 0.2 s for a billion bytes.
    """
    return next((name for name, tensor in tensors.items() if not _is_finite(tensor)), None)


def _is_finite(tensor: Tensor) -> bool:
    import torch

    single = tensor.detach().float()
    # one that is not finite makes the sum so; a sum may be too large, too, and only then each is looked at
    return math.isfinite(float(single.sum())) or not torch.isfinite(single).logical_not().any()
