"""Where the files that travel with the package are: `zoo/` and `recipes/`.

An editable install reads them beside `src/`; a wheel carries them in the package, as `_zoo` and `_recipes`.
"""

from __future__ import annotations

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
