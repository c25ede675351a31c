"""Where the files that travel with the package are, `zoo/` and `recipes/`, and where this user's cache is.

An editable install reads them beside `src/`; a wheel carries them in the package, as `_zoo` and `_recipes`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def _bundled(name: str) -> Path:
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


def zoo_folder() -> Path:
    """Return the folder of the shipped catalogue: one folder per backbone, such as `pocket/`."""
    return _bundled("zoo")


def recipes_folder() -> Path:
    """Return the folder of the shipped recipes."""
    return _bundled("recipes")


def cache_folder() -> Path:
    """Return the folder for what can be computed again: ADAPTERSTILTS_HOME, else in the system's place for caches.

    RuntimeError if this user has no home.
    """
    if home := os.environ.get("ADAPTERSTILTS_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        # the specification has relative paths ignored
        caches = named if os.path.isabs(named) else Path.home() / ".cache"
    return Path(caches) / "adapterstilts"
