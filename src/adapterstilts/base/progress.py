"""Progress as events: whoever works reports, and only `cli` draws bars."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What long work tells about itself; one phase at a time, each from `start` to `finish`."""

    def start(self, title: str, total: int | None, unit: str) -> None:
        """A phase begins: `total` units of work, or None where that is not known."""

    def advance(self, n: int = 1, **facts: object) -> None:
        """`n` more units are done; `facts` (such as ``loss=0.31``) are shown beside the bar."""

    def report(self, **facts: object) -> None:
        """A place in the phase that is worth a line (a validation, with its loss and score), bar or no bar."""

    def finish(self) -> None:
        """The phase is over."""

    def note(self, text: str) -> None:
        """One line that the user should read, outside any bar."""


class _Silent:
    def start(self, title: str, total: int | None, unit: str) -> None:
        pass

    def advance(self, n: int = 1, **facts: object) -> None:
        pass

    def report(self, **facts: object) -> None:
        pass

    def finish(self) -> None:
        pass

    def note(self, text: str) -> None:
        pass


SILENT: Progress = _Silent()
