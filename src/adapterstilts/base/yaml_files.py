"""Files in YAML that a user wrote: read, or refused in a sentence that says where."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from adapterstilts.base.errors import UserError
from adapterstilts.base.texts import read_text, wrong


def read_yaml(path: Path, as_text: bool = False) -> Any:
    """Return what a file holds, each scalar by its type or `as_text`; UserError if it cannot be read or is no YAML."""
    import yaml

    text = read_text(path)
    try:
        return yaml.load(text, _loader(as_text))
    except _TwiceError as error:
        raise UserError(f'{path}, line {error.line}: "{error.name}" is there twice; keep one of them.') from error
    except yaml.reader.ReaderError as error:
        what = f"this is not YAML (U+{error.character:04X} may not be in it)."
        raise wrong(path, text.count("\n", 0, error.position) + 1, what) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none is a ValueError
        where = f", line {mark.line + 1}" if (mark := getattr(error, "problem_mark", None)) else ""
        said = str(getattr(error, "problem", None) or error).replace("unhashable key", "a list or names as a key")
        said = "it is nested too deeply" if isinstance(error, RecursionError) else said
        raise UserError(f"{path}{where}: this is not YAML ({said}).") from error


class _TwiceError(Exception):
    """A name is in a mapping twice: otherwise the last would count, unseen."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(name)
        self.name, self.line = name, line


@functools.cache
def _loader(as_text: bool) -> Any:
    import yaml

    class Loader(yaml.BaseLoader if as_text else yaml.SafeLoader):  # type: ignore[misc]
        def compose_mapping_node(self, anchor: Any) -> Any:
            node = super().compose_mapping_node(anchor)
            names = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in names:
                    raise _TwiceError(key.value, key.start_mark.line + 1)
                names.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            return node

    return Loader
