"""Files in YAML that a user wrote: read, or refused in a sentence that says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError
from adapterstilts.base.texts import read_text, wrong


def read_yaml(path: Path, as_text: bool = False) -> Any:
    """Return what a file holds, each scalar by its type or `as_text`; UserError if it cannot be read or is no YAML."""
    import yaml

    text = read_text(path)
    try:
        return yaml.load(text, yaml.BaseLoader if as_text else yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        what = f"this is not YAML (U+{error.character:04X} may not be in it)."
        raise wrong(path, text.count("\n", 0, error.position) + 1, what) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none is a ValueError
        where = f", line {mark.line + 1}" if (mark := getattr(error, "problem_mark", None)) else ""
        said = str(getattr(error, "problem", None) or error).replace("unhashable key", "a list or names as a key")
        said = "it is nested too deeply" if isinstance(error, RecursionError) else said
        raise UserError(f"{path}{where}: this is not YAML ({said}).") from error
