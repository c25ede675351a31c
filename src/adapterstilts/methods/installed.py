"""What `install` leaves in a backbone: the adapter's tensors by plain names, and what of them is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from adapterstilts.base.errors import UserError


class Installed:
    """An adapter in place in a backbone.

    `adapter` maps plain names to the live parameters (frozen sources included), `backbone` maps the
    backbone's own names to its live tensors, whatever the libraries call them now. `settings` rebuilds the
    same structure.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        adapter: Mapping[str, Tensor],
        backbone: Mapping[str, Tensor],
        regularisation: Callable[[], Tensor] | None = None,
    ) -> None:
        self.settings = dict(settings)
        self._adapter = dict(adapter)
        self._backbone = dict(backbone)
        self._regularisation = regularisation

    def trainable(self) -> dict[str, nn.Parameter]:
        """Return the parameters that training changes, by the names that `state` gives them."""
        return {name: p for name, p in self._adapter.items() if isinstance(p, nn.Parameter) and p.requires_grad}

    def trainable_count(self) -> int:
        """Return how many numbers training changes."""
        return sum(parameter.numel() for parameter in self.trainable().values())

    def state(self) -> dict[str, Tensor]:
        """Return copies, on the CPU, of everything that this adapter is, its sources included."""
        return {name: _copy(tensor) for name, tensor in self._adapter.items()}

    def backbone_state(self) -> dict[str, Tensor]:
        """Return copies of the backbone's own tensors, by the names that they had in the bare backbone."""
        return {name: _copy(tensor) for name, tensor in self._backbone.items()}

    def live_adapter(self) -> Mapping[str, Tensor]:
        """Return the adapter's own tensors by plain names, to compute with."""
        return self._adapter

    def live_backbone(self) -> Mapping[str, Tensor]:
        """Return the backbone's own tensors by the names that they had in the bare backbone, to compute with."""
        return self._backbone

    def exchange(self, old: Tensor, new: Tensor) -> None:
        """Let `new` stand wherever `old` did."""
        for tensors in (self._adapter, self._backbone):
            for name in [name for name, tensor in tensors.items() if tensor is old]:
                tensors[name] = new

    def let_go_of_maps(self, backbone: nn.Module) -> None:
        """Let `backbone` forget the weights of its own frozen linear maps, of which there are copies elsewhere."""
        own = {id(tensor) for tensor in self._backbone.values()}
        for module in backbone.modules():
            if isinstance(module, nn.Linear) and id(module.weight) in own and not module.weight.requires_grad:
                nothing = nn.Parameter(module.weight.new_empty(0), requires_grad=False)
                self.exchange(module.weight, nothing)
                module.weight = nothing

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Overwrite the adapter with `tensors`.

        Names and shapes must match exactly, else UserError; values are cast to the type that the adapter has
        here. Nothing is changed unless everything fits.
        """
        check_same_shapes(self._adapter, tensors)
        copy_into(self._adapter, tensors)

    def load_part(self, prefix: str, tensors: Mapping[str, Tensor]) -> None:
        """Overwrite the tensors under `prefix` ('' for all); names and shapes must match, else UserError.

        A source's weight in a mixture (``.mixing``) belongs to the mixture and is left alone.
        """
        part = without_prefix(prefix, self._adapter) if prefix else self._adapter
        part = {name: tensor for name, tensor in part.items() if not name.endswith(".mixing")}
        check_same_shapes(part, tensors)
        copy_into(part, tensors)

    def regularisation(self) -> Tensor | None:
        """Return what the method adds to the mean loss (a scalar, differentiable), or None."""
        return self._regularisation() if self._regularisation is not None else None


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()


def check_same_shapes(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Raise UserError, naming the first difference, unless both have the same names and shapes."""
    missing = [name for name in expected if name not in tensors]
    unexpected = [name for name in tensors if name not in expected]
    if missing:
        raise UserError(f"The weights do not fit: {len(missing)} tensors are missing, the first is {missing[0]}.")
    if unexpected:
        raise UserError(
            f"The weights do not fit: {len(unexpected)} tensors have no place here, the first is {unexpected[0]}."
        )
    for name, tensor in expected.items():
        if tensor.shape != tensors[name].shape:
            raise UserError(
                f"The weights do not fit: {name} has shape {tuple(tensors[name].shape)}, "
                f"{tuple(tensor.shape)} is needed; was this adapter made for another backbone?"
            )


def copy_into(live: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Copy `values` into the live tensors of the same names."""
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(values[name])


def train(tensors: Mapping[str, Tensor]) -> None:
    """Let training change `tensors`."""
    for tensor in tensors.values():
        tensor.requires_grad_(True)


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """Return the live parameters and persistent buffers of `module` by name."""
    persistent = set(module.state_dict())
    tensors: dict[str, Tensor] = dict(module.named_parameters())
    tensors.update({name: buffer for name, buffer in module.named_buffers() if name in persistent})
    return tensors


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return `tensors` with ``prefix.`` before each name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names start with ``prefix.``, without it."""
    start = f"{prefix}."
    return {name[len(start) :]: tensor for name, tensor in tensors.items() if name.startswith(start)}
