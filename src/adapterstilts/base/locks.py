"""One run at a time in one place: whoever comes second waits, and is told for whom, or goes on to something else."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from adapterstilts.base import files, processes, schema
from adapterstilts.base.errors import UserError

_FOLDER = ".locks"
_POLL = 0.2


class HeldElsewhere(Exception):
    """Another process or thread holds a lock."""


@contextmanager
def holding(output: Path, name: str, note: Callable[[str], None], wait: bool = True) -> Iterator[None]:
    """Hold the lock of the run `name` in the folder `output`, across processes and threads.

    While another holds it this waits, after a `note` that says who does: process, host, and since when; or without
    `wait` it is `HeldElsewhere`. It is free again when its holder ends, however that happens. Of several processes of
    one run the main one holds it for all. UserError if nothing can be locked there.
    """
    lock = FileLock(output / _FOLDER / f"{name}.lock")
    holder = output / _FOLDER / f"{name}.holder.json"
    processes.shared(partial(_acquire, lock, holder, name, note, wait))
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):
                holder.unlink(missing_ok=True)
            lock.release()


def _acquire(lock: BaseFileLock, holder: Path, name: str, note: Callable[[str], None], wait: bool) -> None:
    try:
        holder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise HeldElsewhere(name) from None
            note(f"{name} is being made by {_who(holder)}: this waits until that is done.")
            lock.acquire(poll_interval=_POLL)
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"Nothing can be locked in {holder.parent} ({reason}); choose another --output.") from error
    own = {"process": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}
    files.write_text(holder, json.dumps(own) + "\n")


def _who(holder: Path) -> str:
    try:
        told = schema.read_json(holder, 10_000)
        return f"process {told['process']} on {told['host']} since {told['since']}"
    except (UserError, KeyError, TypeError):
        return "another process"  # which has not told of itself yet
