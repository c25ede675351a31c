"""The processes of one run, as `torchrun` and `accelerate launch` start them, and the device of each.

The first one, the main process, alone prints, writes and evaluates; all of them train. A run of one process is the same
run without any of this. accelerate is imported on the first use.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from adapterstilts.base.errors import UserError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
P = ParamSpec("P")

# what accelerate itself reads
_RANKS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
_SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
# others wait while the main process evaluates, which may take hours; that one has died a launcher sees at once
_PATIENCE = timedelta(days=7)
_alone: ContextVar[bool] = ContextVar("_alone", default=False)


def index() -> int:
    """Return this process's number among those of the run, from 0; it costs no torch."""
    return _number(_RANKS, 0)


def _number(names: Sequence[str], otherwise: int) -> int:
    return next((int(os.environ[name]) for name in names if os.environ.get(name, "").isdecimal()), otherwise)


def is_main() -> bool:
    """Return whether this is the process that prints, writes and evaluates; it costs no torch."""
    return index() == 0


def several() -> bool:
    """Return whether this process is one of several of a run; it costs no torch."""
    return _number(_SIZES, 1) > 1


def _group() -> Any:
    """accelerate's state of this process, which meets the others on the first call."""
    import torch
    from accelerate.state import PartialState
    from accelerate.utils import parse_flag_from_env

    # without being told so accelerate leaves several processes of a CPU strangers to each other
    no_other = hasattr(torch, "accelerator") and not torch.accelerator.is_available()
    met = PartialState._shared_state != {}
    state = PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU") or no_other, timeout=_PATIENCE)
    if not met and state.num_processes > 1:
        # threads that still wait for the others when the interpreter ends abort it
        atexit.register(state.destroy_process_group)
    return state


def device() -> torch.device:
    """Return where this process computes: its own accelerator if there is one, else the CPU.

    It is what accelerate finds, so that `ACCELERATE_USE_CPU=true` keeps a run on the CPU.
    """
    return _group().device


def shared(compute: Callable[[], T]) -> T:
    """Let the main process `compute` something, and return it in every process; so is a `UserError` raised in each.

    Every process of the run has to come here, but for a `shared` in what is computed: that is the main one's own. What
    is computed must be fit for pickling if there are several.
    """
    if _alone.get() or not several() or _group().num_processes == 1:
        return compute()
    from accelerate.utils import broadcast_object_list

    outcome: list[Any] = [None, None]
    if is_main():
        token = _alone.set(True)
        try:
            outcome[0] = compute()
        except UserError as error:
            outcome[1] = error
        finally:
            _alone.reset(token)
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]


def by_main(function: Callable[P, T]) -> Callable[P, T]:
    """Make of `function` one that the main process carries out for all, as :func:`shared` does."""

    @wraps(function)
    def carried_out(*args: P.args, **kwargs: P.kwargs) -> T:
        return shared(lambda: function(*args, **kwargs))

    return carried_out
