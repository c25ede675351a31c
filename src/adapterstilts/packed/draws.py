"""Random numbers of several trainings that take turns in one process."""

from __future__ import annotations

from types import TracebackType

import torch


class Draws:
    """torch's generators as one training has them: inside this context it goes on where it left them.

    So each draws what it would draw alone. Before the first use they are what they happen to be.
    """

    def __init__(self) -> None:
        self._states: list[torch.Tensor] = []

    def __enter__(self) -> None:
        for generator, state in zip(_generators(), self._states, strict=False):
            generator.set_state(state)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._states = [generator.get_state() for generator in _generators()]


def _generators() -> list[torch.Generator]:
    """The CPU's, and the accelerator's in use where there is one."""
    if not torch.cuda.is_initialized():
        return [torch.default_generator]
    return [torch.default_generator, torch.cuda.default_generators[torch.cuda.current_device()]]
