"""Where the files that travel with the package are, `zoo/` and `recipes/`, and where this user's cache is.

An editable install reads them beside `src/`; a wheel carries them in the package, as `_zoo` and `_recipes`.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from adapterstilts.base.errors import UserError

_PACKAGE = Path(__file__).resolve().parents[1]
_LONGEST = 255
"""Bytes of a name on every system's disks."""


def path_of(written: str | Path) -> Path:
    """Return the path that a user wrote, "~" being a home; UserError for what no path can be, or nobody's home."""
    text = str(written)
    if not text or "\0" in text:
        raise UserError(f'"{text}" is no path; give one that has letters.')
    try:
        path = Path(text).expanduser()
        longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    except RuntimeError as error:
        raise UserError(f'There is no user "{Path(text).parts[0][1:]}" whose home "{text}" could be in.') from error
    except UnicodeEncodeError as error:
        raise UserError(f"{text!a} is no path: it holds half a letter.") from error
    if longest > _LONGEST:
        raise UserError(f'"{text}" is no name here: a name has at most {_LONGEST} letters.')
    return path


@functools.cache
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


def backbones_folder() -> Path:
    """Return the folder for the encoders that were fetched, in the cache; UserError if this user has no home."""
    try:
        return cache_folder() / "backbones"
    except RuntimeError as error:
        raise UserError(
            "You have no home folder to keep a backbone in; name a folder in ADAPTERSTILTS_HOME."
        ) from error
