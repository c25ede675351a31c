"""What several processes of a run share: the main one's values, files, locks and errors."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts.base import processes
from adapterstilts.base.errors import UserError


def launched(count: int, *arguments: str) -> list[str]:
    """What each of `count` processes prints, started as `accelerate launch` starts them, on the CPU."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}
    here = str(Path(__file__).parent)
    path = {"PYTHONPATH": os.pathsep.join([here, *sys.path]), "OMP_NUM_THREADS": "1", "LOCAL_WORLD_SIZE": str(count)}
    started = [
        subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **path, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(count)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * count
    return said


def test_several_processes_share_what_the_main_one_makes(tmp_path: Path) -> None:
    said = launched(2, str(Path(__file__).with_name("several_processes.py")), str(tmp_path))
    assert said == ["{'by': 0} made by 0\n1\nrefused by 0\n"] * 2
    assert (tmp_path / "made").read_text() == "0 0\n"


def test_one_process_computes_for_itself() -> None:
    assert processes.is_main() and processes.shared(lambda: 3) == 3
    with pytest.raises(UserError, match="no"):
        processes.by_main(refuse)("no")


def refuse(reason: str) -> None:
    raise UserError(reason)
