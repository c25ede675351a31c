"""The languages of the pocket world, one module each, found by their file names (ISO 639-1 codes)."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.pocket.languages.base import Language


@cache
def codes() -> tuple[str, ...]:
    """Codes of the languages at hand, English first."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__) if len(module.name) == 2)
    return ("en", *(code for code in found if code != "en"))


@cache
def get(code: str) -> Language:
    if code not in codes():
        raise UserError(f'Pocket does not speak "{code}".{did_you_mean(code, codes())} It speaks {", ".join(codes())}.')
    return cast(Language, importlib.import_module(f"{__name__}.{code}"))
