"""Files that are either whole or not there: written beside their place, flushed, then renamed into it."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from adapterstilts.base.errors import UserError

_PROBE = 1 << 20


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
        with suppress(OSError):
            waiting.unlink(missing_ok=True)


def check_writable(folder: Path, option: str = "--output") -> None:
    """Raise `UserError`, which names `option`, unless a file can be written in `folder`; make it if it is not there.

    To be called before hours of work whose fruits go there.
    """
    probe = folder / f".{os.getpid()}.{uuid.uuid4().hex[:8]}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(bytes(_PROBE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        blocking = next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None)
        reason = f"{blocking} is a file" if blocking else error.strerror or error
        raise UserError(
            f"Nothing can be written in {folder} ({reason}); make room there or choose another {option}."
        ) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
