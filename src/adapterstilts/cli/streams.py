"""Standard output and error: every letter can be written, and what takes no more ends the program in one way."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO

_CLOSED = 141
"""What a shell shows of a program that its broken pipe has ended."""


class Lost(Exception):
    """A standard stream takes no more. It is no OSError, so that nobody takes it for one of the file at work."""

    def __init__(self, stream: _Stream, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        # Windows says EINVAL of a pipe that nobody reads
        self.closed = isinstance(error, BrokenPipeError) or os.name == "nt" and error.errno == errno.EINVAL
        self.stream = stream


class _Stream:
    """A standard stream of which a failed write is `Lost`.

    Files and pipes get UTF-8 whatever the locale; a terminal gets what it reads, and escapes for other letters.
    """

    def __init__(self, stream: Any, title: str) -> None:
        self._stream, self.title = stream, title
        if isinstance(stream, io.TextIOWrapper):
            kept = stream.encoding if stream.isatty() and stream.encoding.lower() not in ("ascii", "us-ascii") else None
            stream.reconfigure(encoding=kept or "utf-8", errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        # click writes what completes a word as bytes
        inner = getattr(self._stream, name)
        return _Stream(inner, self.title) if name == "buffer" else inner

    def write(self, text: Any) -> Any:
        """Write `text`; `Lost` if it cannot be."""
        try:
            return self._stream.write(text)
        except OSError as error:
            raise Lost(self, error) from error

    def flush(self) -> None:
        """Write what waits; `Lost` if it cannot be."""
        try:
            self._stream.flush()
        except OSError as error:
            raise Lost(self, error) from error

    def discard(self) -> None:
        """Send to nowhere what still waits, lest the interpreter tries to write it at its exit, and complains."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def guarding(work: Callable[[], int]) -> int:
    """Return the exit code of `work`, which prints; 141 if who reads that has gone, 1 if it cannot be written."""
    out, err = _of(sys.stdout, "Standard output"), _of(sys.stderr, "Standard error")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = work()
            for stream in (out, err):
                if stream is not None:
                    stream.flush()
            return code
    except Lost as lost:
        lost.stream.discard()
        if lost.closed:
            return _CLOSED
        if err is not None and lost.stream.title != err.title:
            try:
                err.write(f"Error: {lost.stream.title} cannot be written: {lost}.\n")
                err.flush()
            except Lost:
                err.discard()
        return 1


def _of(stream: TextIO | None, name: str) -> Any:
    """The stream, or None where the program was started without."""
    return None if stream is None else _Stream(stream, name)
