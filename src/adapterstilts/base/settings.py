"""How settings are declared: each a field of a frozen dataclass, with its default, its range and words in its type."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

from annotated_types import Ge, Lt

from adapterstilts.base.schema import Words, checked

# beyond 2^31 the libraries below cannot count
Count = Annotated[int, Ge(1), Lt(2**31), Words("a whole number from 1 to 2147483647")]
CountOrNull = Annotated[Count | None, Words("a whole number from 1 to 2147483647, or null")]

ONLY_HOW = "changes only how a result is computed"
"""In `Annotated`: whatever the setting's value, the same comes out."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A declared setting: its annotated type, its default, and whether it changes only how a result is computed.

    There is one of each, so that it is found by itself: the hash of an annotated type takes longer than its check.
    """

    type: Any
    default: Any
    only_how: bool


@functools.cache
def declared(owner: type) -> Mapping[str, Setting]:
    """Return the settings that the dataclass `owner` declares, by name."""
    types = get_type_hints(owner, include_extras=True)
    return {
        field.name: Setting(
            types[field.name], field.default, ONLY_HOW in getattr(types[field.name], "__metadata__", ())
        )
        for field in fields(owner)
    }


def check(settings: Mapping[str, Setting], values: Mapping[str, Any]) -> None:
    """Raise `UserError`, naming the setting, unless each of the `values` is in the range of the one of its name."""
    for name, value in values.items():
        if isinstance(value, list | tuple | Mapping):
            checked(settings[name].type, value, f"The setting {name}")
        else:
            _check_scalar(settings[name], name, value, type(value).__name__)


@functools.lru_cache(maxsize=4096)
def _check_scalar(setting: Setting, name: str, value: Any, _: str) -> None:
    # a study resolves the same recipe thousands of times; 1, 1.0 and true are one key but for their types
    checked(setting.type, value, f"The setting {name}")
