"""A run that is started twice at once: the second waits, says for whom, and goes on when the first has ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.base import locks
from adapterstilts.base.errors import UserError

HOLDER = """
import sys
from pathlib import Path
from adapterstilts.base import locks
with locks.holding(Path(sys.argv[1]), "run", print):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(output: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock of "run" until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(output)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)


@pytest.mark.parametrize("end", [let_go, subprocess.Popen.kill], ids=["done", "killed"])
def test_the_second_waits_for_the_first_says_so_and_goes_on(
    tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    first, notes = hold(tmp_path), []

    def noted(text: str) -> None:
        notes.append(text)
        assert first.poll() is None
        end(first)

    with locks.holding(tmp_path, "run", noted):
        assert first.wait(60) is not None
    first.communicate()
    assert len(notes) == 1
    assert f"process {first.pid} on {socket.gethostname()} since 20" in notes[0] and "waits" in notes[0]


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most, notes = 0, 0, []

    def work() -> None:
        nonlocal inside, most
        with locks.holding(tmp_path, "run", notes.append):
            inside += 1
            most = max(most, inside)
            held.wait(0.05)
            inside -= 1

    held = threading.Event()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1 and len(notes) == 2


def test_other_runs_do_not_wait_and_nothing_is_told_of_them(tmp_path: Path) -> None:
    with locks.holding(tmp_path, "run", pytest.fail), locks.holding(tmp_path, "other", pytest.fail):
        assert {path.name for path in (tmp_path / ".locks").iterdir()} >= {"run.holder.json", "other.holder.json"}
    assert not list((tmp_path / ".locks").glob("*.json"))


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), locks.holding(tmp_path, "run", pytest.fail):
            raise KeyboardInterrupt


@pytest.mark.parametrize("error", [OSError(30, "Read-only file system"), NotImplementedError("no flock here")])
def test_a_folder_that_cannot_be_locked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(locks.FileLock, "acquire", refuse)
    with pytest.raises(UserError, match=r"locked in .*\((Read-only|no flock).*another --output"):
        with locks.holding(tmp_path, "run", pytest.fail):
            pass


def test_a_folder_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="another --output"), locks.holding(tmp_path / "taken", "run", pytest.fail):
        pass
