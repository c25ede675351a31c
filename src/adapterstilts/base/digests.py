"""The sha256 of a file, and the digest that was computed from files, remembered while each of them stays as it is."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapterstilts.base import files, schema
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import cache_folder

_LARGEST = 4_000_000
"""Bytes of an entry that are read."""
SETTLED = 2_000_000_000
"""Nanoseconds after which another change of a file is sure to give it another time, on any file system."""
_trusted = True


@contextmanager
def distrusted() -> Iterator[None]:
    """Inside it nothing that was remembered is taken: all is computed, and remembered, again."""
    global _trusted
    before, _trusted = _trusted, False
    try:
        yield
    finally:
        _trusted = before


def are_trusted() -> bool:
    """Whether what was remembered may be taken."""
    return _trusted


def sha256(path: Path) -> str:
    """Return the sha256 of a file, 64 hexadecimal digits; OSError if it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Memory:
    """The digest that is computed from `paths` (64 hexadecimal digits), if it was computed before.

    `what` says how it is computed. The files are looked at once, here, so make a Memory before they are read. A file
    that differs in size, times or inode is another; a cache that cannot be read or written remembers nothing.
    """

    value: str | None
    """The digest, None where it has to be computed."""

    def __init__(self, what: str, paths: Iterable[Path]) -> None:
        self._paths = sorted({os.path.abspath(path) for path in paths})
        self._stamps = _stamps(self._paths)
        named = hashlib.sha256("\0".join([what, *self._paths]).encode(errors="surrogateescape"))
        self._name = f"{named.hexdigest()[:32]}.json"
        self.value = self._read()

    def keep(self, value: str) -> str:
        """Return `value`, which was computed from the files, and remember it if they have stayed as they were."""
        stamps = _stamps(self._paths)
        if stamps and stamps == self._stamps and _settled(stamps):
            try:
                with files.whole(cache_folder() / "digests" / self._name) as waiting:
                    waiting.write_text(json.dumps({"files": stamps, "value": value}), encoding="utf-8")
            except (OSError, RuntimeError):  # a full disk, or a user without a home
                pass
        return value

    def _read(self) -> str | None:
        if not self._stamps or not _trusted:
            return None
        try:
            entry = schema.read_json(cache_folder() / "digests" / self._name, _LARGEST)
            value = entry["value"] if entry["files"] == self._stamps else ""
            return value if re.fullmatch("[0-9a-f]{64}", value) else None
        except (UserError, RuntimeError, TypeError, KeyError):
            return None


def _stamps(paths: Iterable[str]) -> list[list[str | int]] | None:
    """What tells a file from another, or from itself after a change; None if one of them is not there."""
    try:
        stats = [(path, os.stat(path)) for path in paths]
    except OSError:
        return None
    # the time of the change of its inode cannot be set back, as that of its content can
    return [[path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino] for path, stat in stats]


def _settled(stamps: Iterable[list[str | int]]) -> bool:
    newest = max(int(time_ns) for stamp in stamps for time_ns in stamp[2:4])
    return time.time_ns() - newest >= SETTLED
