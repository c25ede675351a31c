"""An output folder at a URL that fsspec opens, such as s3://bucket/runs: copied here, and back what is made here.

What is needed of it here are adapters and results; predictions and logs go there alone. The file that says that an
adapter is whole goes last, so a copy that was cut short is none. Checkpoints stay where they are written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from adapterstilts.adapter.facts import FACTS
from adapterstilts.base import files, locks, places
from adapterstilts.base.errors import UserError
from adapterstilts.studies.pace import JOURNAL, joined

_REMEMBERED = ".remote.json"
_ONLY_THERE = ("predictions", "logs")
_ONLY_HERE = ("checkpoints",)
_OF_ALL = ("results",)


def is_url(output: str) -> bool:
    """Whether an output is a URL and no path."""
    return "://" in output


class Remote:
    """The folder at a `url`, and `folder`, its copy in this user's cache. UserError if it cannot be opened."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        with self._told():
            self._system, root = fsspec.core.url_to_fs(self.url)
        self._root = str(root).rstrip("/")
        digest = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        self.folder = places.cache_folder() / "outputs" / digest

    def check_writable(self) -> None:
        """Raise UserError if nothing can be written there: before anything is trained."""
        with self._told():
            probe = f"{self._root}/.probe"
            self._system.makedirs(self._root, exist_ok=True)
            self._system.pipe_file(probe, b"")
            self._system.rm_file(probe)

    def pull(self, adapters: Collection[str] | None = None) -> None:
        """Copy here what is there and not here, or another there, of adapters those of these names (None: all).

        UserError if that fails.
        """
        with self._told(), locks.holding(self.folder, "remote", lambda _: None):
            known = self._remembered()
            self._system.invalidate_cache()
            listed = self._system.find(self._root) if self._system.exists(self._root) else []
            for path in sorted(listed, key=_facts_last):
                name = str(path).removeprefix(f"{self._root}/")
                here, state = self.folder / name, str(self._system.checksum(path))
                place, *inside = name.split("/")
                is_another = adapters is not None and bool(inside) and place not in (*adapters, *_OF_ALL)
                if place in _ONLY_THERE or is_another or (here.is_file() and known.get(name, [None])[0] == state):
                    continue
                if name == JOURNAL and here.is_file():
                    self._add_lines(str(path), here)
                    known[name] = [state, None]
                    continue
                with files.whole(here) as waiting:
                    self._system.get_file(path, str(waiting))
                known[name] = [state, _state_of(here)]
            self._remember(known)

    def push(self) -> None:
        """Copy there what was made here since; UserError if that fails."""
        with self._told(), locks.holding(self.folder, "remote", lambda _: None):
            known = self._remembered()
            for here in sorted(self.folder.rglob("*"), key=_facts_last):
                name = here.relative_to(self.folder).as_posix()
                # what is being written has a dot before its name, or before its folder's
                hidden = any(part.startswith(".") for part in name.split("/"))
                if hidden or name.split("/")[0] in _ONLY_HERE or not here.is_file():
                    continue
                if known.get(name, [0, 0])[1] == _state_of(here):
                    continue
                goal = f"{self._root}/{name}"
                self._system.makedirs(goal.rpartition("/")[0], exist_ok=True)
                if name == JOURNAL and self._system.exists(goal):
                    self._add_lines(goal, here)
                self._system.put_file(str(here), goal)
                self._system.invalidate_cache()
                known[name] = [str(self._system.checksum(goal)), _state_of(here)]
            self._remember(known)

    def _add_lines(self, path: str, here: Path) -> None:
        """Add the lines that are there, at a path, to a journal here: others write to it, too."""
        texts = [self._system.cat_file(path).decode("utf-8", "replace"), here.read_text(encoding="utf-8")]
        files.write_text(here, joined(texts))

    def _remembered(self) -> dict[str, list[Any]]:
        """By name, what was last seen there and here."""
        path = self.folder / _REMEMBERED
        try:
            content: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content

    def _remember(self, known: dict[str, list[Any]]) -> None:
        files.write_text(self.folder / _REMEMBERED, json.dumps(known))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except ImportError as error:
            raise UserError(f"{self.url} needs a package that is not installed: {error}.") from error
        except Exception as error:  # each file system has errors of its own
            raise UserError(
                f"{self.url} cannot be read or written ({error}); see that it is there and yours."
            ) from error


def _facts_last(path: str | Path) -> tuple[bool, str]:
    return str(path).endswith(FACTS), str(path)


def _state_of(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_mtime_ns, state.st_size]
