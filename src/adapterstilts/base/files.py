"""Files and folders that are either whole or not there: written beside their place, flushed, then renamed into it."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapterstilts.base.errors import UserError

_PROBE = 1 << 20
_LEFT = re.compile(r"\..+\.(?P<host>[0-9a-f]{4})-(?P<process>\d+)-[0-9a-f]{8}\.part", re.DOTALL)
_DAY = 86_400
"""Seconds after which no writer is still at it, whichever machine it was on."""


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
    there; after a crash `recover` makes sure of that for a folder. What killed processes left beside it goes, and in a
    folder every file may be read by whom the umask lets. OSError if the disk refuses.
    """
    recover(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    waiting = _waiting(place)
    try:
        yield waiting
        for path in (*waiting.rglob("*"), waiting):
            if waiting.is_dir() and path.is_file():
                # some writers let nobody else read, whatever the umask says; a folder is as it says
                path.chmod(waiting.stat().st_mode & 0o666)
            flush(path)
        move_into_place(waiting, place)
    finally:
        if waiting.is_dir():
            shutil.rmtree(waiting, ignore_errors=True)
        else:
            waiting.unlink(missing_ok=True)


def _waiting(place: Path) -> Path:
    """A new path beside `place` that says which process writes there."""
    return place.parent / f".{place.name}.{_host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.part"


def _sweep(folder: Path) -> None:
    """Remove what killed processes left half-written in `folder`: this machine's that have ended, others' after a day.

    What cannot be removed stays.
    """
    for path in folder.glob(".*.part"):
        named = _LEFT.fullmatch(path.name)
        if named is None:
            continue
        with suppress(OSError):
            ended = named["host"] == _host() and not _is_alive(int(named["process"]))
            if ended or time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_alive(process: int) -> bool:
    if os.name == "nt":
        return True  # where signal 0 would end it
    try:
        os.kill(process, 0)
    except PermissionError:  # somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


@functools.cache
def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]


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
    probe = _waiting(folder / "probe")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
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
