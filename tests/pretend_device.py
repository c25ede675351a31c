"""An accelerator without one: torch's `meta` device, which has shapes and no values.

As with a GPU, what is computed on it and on the CPU together is an error, and so is numpy's view of it. What is read
from it is a number that counts what was read, so that no two tensors are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_MOVES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
_LAYERS = (torch.ops.aten.linear, torch.ops.aten.addmm)
_NUMBERS: Mapping[Any, type] = {Tensor.item: float, Tensor.__float__: float, Tensor.__int__: int, Tensor.__bool__: bool}


class PretendDevice(TorchDispatchMode):
    """While it is on, `meta` behaves as an accelerator; `used` says on which devices linear layers were computed."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()
        self.reads = 0

    def __torch_dispatch__(
        self,
        function: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if function in _MOVES:
            return self._moved(function, args, kwargs)
        if function.overloadpacket is torch.ops.aten.to:
            with self:  # in inference mode it is not yet taken apart
                return function.decompose(*args, **kwargs)
        values = [value for part in args for value in (part if isinstance(part, list | tuple) else (part,))]
        # a number may come from anywhere
        devices = {value.device.type for value in values if isinstance(value, Tensor) and value.ndim}
        assert len(devices) < 2, f"{function} computes on {devices} together"
        if function.overloadpacket in _LAYERS:
            self.used |= devices
        return function(*args, **kwargs)

    def _moved(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        self.reads += 1
        if function is torch.ops.aten.copy_.default:
            into, values = args[:2]
            return into.fill_(self.reads / 100) if values.is_meta and not into.is_meta else function(*args, **kwargs)
        to = kwargs.get("device")
        if args[0].is_meta and to is not None and torch.device(to).type == "cpu":
            return torch.full(args[0].shape, self.reads / 100).to(kwargs.get("dtype") or args[0].dtype)
        return function(*args, **kwargs)


class _Numbers(TorchFunctionMode):
    """A single number that is read from `meta` is 0."""

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function in _NUMBERS and args[0].is_meta:
            return _NUMBERS[function](0)
        return function(*args, **(kwargs or {}))


@contextmanager
def pretended() -> Iterator[PretendDevice]:
    """Take `meta` for an accelerator."""
    with _Numbers(), PretendDevice() as device:
        yield device
