"""What was computed once and is kept on disk: an entry is whole and its key's own, or it is not there.

Any of it, or the folder, may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from adapterstilts.base import digests, files
from adapterstilts.base.places import cache_folder

LARGEST = 4_000_000_000
"""Bytes of all entries together: those that were not used for longest go first."""
_DIGEST = hashlib.sha256().digest_size


def key_of(*words: object) -> str:
    """Return 64 hexadecimal digits that are others for other words."""
    return hashlib.sha256(repr(words).encode(errors="surrogatepass")).hexdigest()


def read(key: str) -> memoryview | None:
    """Return what `keep` was given under `key`; None if it is not there, is not what was written, or is distrusted."""
    if not digests.are_trusted():
        return None
    try:
        path = _path(key)
        entry = memoryview(path.read_bytes())
    except (OSError, RuntimeError):
        return None
    if entry[:_DIGEST] != _digest(key, entry[_DIGEST:]):
        return None
    with suppress(OSError):  # a folder that only others may write
        os.utime(path)
    return entry[_DIGEST:]


def keep(key: str, content: bytes) -> None:
    """Remember `content` under `key`; a full disk, or a user without a home, remembers nothing."""
    if len(content) > LARGEST:
        return
    try:
        with files.whole(_path(key)) as waiting:
            waiting.touch(0o600)  # the rows may be in files that nobody else may read
            waiting.write_bytes(_digest(key, content) + content)
        _make_room(_path(key).parent)
    except (OSError, RuntimeError):
        pass


def _path(key: str) -> Path:
    return cache_folder() / "features" / key


def _digest(key: str, content: bytes | memoryview) -> bytes:
    # with its key, so that an entry that was renamed is none
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()


def _make_room(folder: Path) -> None:
    stats = {path: path.stat() for path in folder.iterdir() if len(path.name) == 2 * _DIGEST}
    total = 0
    for path in sorted(stats, key=lambda path: -stats[path].st_mtime_ns):
        total += stats[path].st_size
        if total > LARGEST:
            path.unlink(missing_ok=True)
