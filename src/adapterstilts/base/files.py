"""Files that are either whole or not there: written beside their place, flushed, then renamed into it."""

from __future__ import annotations

import os
from pathlib import Path

from adapterstilts.base.errors import UserError


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, making its folder; raise `UserError` if the disk refuses."""
    waiting = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(waiting, path)
    except OSError as error:
        raise UserError(
            f"Could not write {path}: {error.strerror or error}; make room there or choose another --output."
        ) from error
    finally:
        waiting.unlink(missing_ok=True)
