"""`continue`: go on training the source's own weights, the counterpart of STILTs (Phang et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapterstilts.methods import Source


def take_over(own: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Return the settings of a plain adapter with the source's structure, and this run's own dropout."""
    return {**own, **{key: value for key, value in source.settings.items() if key != "dropout"}}
