"""Output that cannot be written as it is, or not at all: one sentence, or silence where nobody reads."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts import cli
from adapterstilts.cli import drawing, streams

ENCODINGS = ["cp1252", "ascii", "latin-1", "utf-16", "utf-8"]
VERBS = [
    ["--help"],
    ["--version"],
    ["compare", "--help"],
    ["tasks"],
    ["tasks", "--json"],
    ["zoo"],
    ["zoo", "show", "mnli"],
    ["compare", "xnli"],
    ["compare", "xnli", "--format", "markdown"],
    ["compare", "xnli", "--json"],
    ["pocket", "show", "--language", "ja"],
]
FULL = Path("/dev/full")


class Refusing(io.RawIOBase):
    """A file that takes nothing."""

    def __init__(self, number: int) -> None:
        self._number = number

    def writable(self) -> bool:
        """Whether it is one to write."""
        return True

    def write(self, _: object) -> int:
        """Refuse."""
        raise OSError(self._number, os.strerror(self._number))


def refusing(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(Refusing(number)), "utf-8")


@pytest.fixture(autouse=True)
def nothing_waits_in_what_refuses(monkeypatch):
    """At its end a stream would try again."""
    monkeypatch.setattr(Refusing, "close", lambda self: None)


def code_of(words: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return ended.value.code


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_pipe_gets_utf_8_whatever_the_locale(monkeypatch, words, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr("sys.stdout", stream)
    assert code_of(words) == 0
    text = stream.buffer.getvalue().decode("utf-8")
    assert text.strip() and "\\x" not in text
    if "--json" in words:
        json.loads(text)


def test_a_terminal_gets_what_it_reads(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "latin-1")
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr(cli, "_run", lambda words: drawing.say("é日") or 0)
    assert code_of([]) == 0
    assert stream.buffer.getvalue() == "é\\u65e5\n".encode("latin-1")


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_full_disk_is_told(monkeypatch, capsys, words):
    monkeypatch.setattr("sys.stdout", refusing(errno.ENOSPC))
    assert code_of(words) == 1
    assert capsys.readouterr().err == f"Error: Standard output cannot be written: {os.strerror(errno.ENOSPC)}.\n"


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_where_nobody_reads_nothing_is_said(monkeypatch, capsys, words):
    monkeypatch.setattr("sys.stdout", refusing(errno.EPIPE))
    assert code_of(words) == 141 and capsys.readouterr().err == ""


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 1), (errno.EPIPE, 141), (errno.EIO, 1)])
@pytest.mark.parametrize("words", [["nothing"], ["tasks", "--nothing"], ["train", "nothing"]])
def test_an_error_that_cannot_be_told_ends_as_one(monkeypatch, number, code, words):
    for name in ("sys.stdout", "sys.stderr"):
        monkeypatch.setattr(name, refusing(number))
    assert code_of(words) == code


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 1), (errno.EPIPE, 141)])
@pytest.mark.parametrize("terminal", [False, True])
def test_progress_that_cannot_be_shown(monkeypatch, capsys, number, code, terminal):
    def work() -> int:
        bars = drawing.Bars()
        bars.start("train", 2, "step")
        bars.report(loss=1.0)
        bars.note("Done.")
        return 0

    stream = refusing(number)
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stderr", stream)
    assert streams.guarding(work) == code and capsys.readouterr().out == ""


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 1), (errno.EPIPE, 141)])
def test_a_completion_that_cannot_be_written(monkeypatch, number, code):
    monkeypatch.setenv("_ADAPTERSTILTS_COMPLETE", "zsh_source")
    monkeypatch.setattr("sys.stdout", refusing(number))
    assert code_of([]) == code


def test_a_name_that_was_typed_in_another_encoding(capsys):
    assert code_of(["publish", "bottleneck-mnli", "--to", "ab\udcff", "--dry-run"]) == 1
    (said,) = capsys.readouterr().err.splitlines()[-1:]
    assert said.startswith("Error: ") and "ab\ufffd" in said and "is not UTF-8, so it cannot be written" in said


def test_a_program_without_streams_is_silent(monkeypatch):
    for name in ("sys.stdout", "sys.stderr"):
        monkeypatch.setattr(name, None)
    assert (code_of(["tasks"]), code_of(["compare", "xnli"]), code_of(["nothing"])) == (0, 0, 2)


def test_the_streams_are_given_back(capsys):
    before = sys.stdout, sys.stderr
    assert code_of(["--version"]) == 0
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.skipif(not FULL.exists(), reason="there is no such device")
@pytest.mark.parametrize("words", [["--version"], ["compare", "xnli"]], ids=" ".join)
def test_the_interpreter_adds_nothing_at_its_exit(words):
    program = [sys.executable, "-m", "adapterstilts", *words]
    with FULL.open("wb") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1) and b"No space left" in done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
