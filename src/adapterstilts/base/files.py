"""Files and folders that are either whole or not there: written beside their place, flushed, then renamed into it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapterstilts.base.errors import UserError

_PROBE = 1 << 20


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, making its folder; raise `UserError` if the disk refuses."""
    try:
        with whole(path) as waiting:
            waiting.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(
            f"Could not write {path}: {error.strerror or error}; make room there or choose another --output."
        ) from error


@contextmanager
def whole(place: Path) -> Iterator[Path]:
    """Give a path beside `place`, whose folder is made: the file or the folder written there becomes `place`.

    Whatever happens meanwhile (an error, a full disk, Ctrl-C, a crash), `place` is the older one, the new one, or not
    there; after a crash `recover` makes sure of that for a folder. OSError if the disk refuses.
    """
    recover(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    waiting = place.parent / f".{place.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        yield waiting
        for path in (*waiting.rglob("*"), waiting):
            flush(path)
        move_into_place(waiting, place)
    finally:
        if waiting.is_dir():
            shutil.rmtree(waiting, ignore_errors=True)
        else:
            waiting.unlink(missing_ok=True)


def recover(folder: Path) -> None:
    """Bring back the folder that had stepped aside when a process died; OSError if the disk refuses."""
    aside = _aside(folder)
    if aside.is_dir():
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            os.rename(aside, folder)


def move_into_place(waiting: Path, place: Path) -> None:
    """Rename a file or a folder to `place`, in the stead of the one that is there; OSError if the disk refuses."""
    if waiting.is_dir() and place.is_dir():
        # A folder cannot be renamed over one that is not empty: the old one steps aside, and `recover` brings it
        # back if the process dies between the two renames.
        os.rename(place, _aside(place))
        try:
            os.rename(waiting, place)
        except BaseException:
            recover(place)
            raise
        flush(place.parent)
        shutil.rmtree(_aside(place), ignore_errors=True)
    else:
        os.replace(waiting, place)
        flush(place.parent)


def flush(path: Path) -> None:
    """Force a file or a folder onto the disk; a system that cannot open folders has no need of it."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.replaced"


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
