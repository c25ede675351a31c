"""`transformers`, loaded without two large packages that it takes a function from each of, for what nobody does here.

Import it from here before anything that builds on it, such as `adapters` and `peft`: it is loaded in half the time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_ONLY_CALLED = {"sklearn.metrics": "roc_curve", "scipy.optimize": "linear_sum_assignment"}
"""For guessing tokens ahead in generation, and for the losses of object detection."""


class _StandIn(ModuleType):
    """A module of which one function is known; asked for anything else it gives way to the module itself."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system, and who looks through all modules
            raise AttributeError(name)
        _give_way(self)
        return getattr(import_module(self.__name__), name)


def _give_way(stand_in: _StandIn) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]


def _later(module: str, name: str) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(module), name)(*args, **kwargs)

    return function


@contextmanager
def _imported_when_called(functions: Mapping[str, str]) -> Iterator[None]:
    """Inside it, of each module that is not loaded yet the function is one that loads it when it is called."""
    stand_ins = [_StandIn(module) for module in functions if module not in sys.modules]
    for stand_in in stand_ins:
        name = functions[stand_in.__name__]
        setattr(stand_in, name, _later(stand_in.__name__, name))
        sys.modules[stand_in.__name__] = stand_in
    try:
        yield
    finally:
        for stand_in in stand_ins:
            _give_way(stand_in)


with _imported_when_called(_ONLY_CALLED):
    from transformers import MODEL_MAPPING, AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

__all__ = [
    "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "MODEL_MAPPING",
    "AutoConfig",
    "AutoModel",
    "AutoTokenizer",
    "PreTrainedModel",
]
