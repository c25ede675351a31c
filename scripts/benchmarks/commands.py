"""The demo and the main job, as whole commands."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from benchmarks.goals import Goal
from benchmarks.measuring import process_seconds

from adapterstilts.findings.table import Column, Table

MAIN_JOB = "fuse squad mnli --target pawsx"


def _seconds(words: str) -> float:
    """A whole command with nothing in its cache, as after the installation."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "adapterstilts", *words.split(), "--output", f"{folder}/runs"]
        return process_seconds(command, ADAPTERSTILTS_HOME=f"{folder}/home")


def _demo() -> str:
    script = Path(__file__).resolve().parent.parent / "demo"
    (words,) = re.findall(r"exec adapterstilts (.+) \"\$@\"", script.read_text(encoding="utf-8"))
    return str(words)


def measured() -> dict[str, list[float]]:
    """Return the seconds of each command."""
    return {words: [_seconds(words)] for words in (_demo(), MAIN_JOB)}


def goals(record: dict[str, list[float]]) -> list[Goal]:
    """Return what this is measured for."""
    return [Goal("the demo after the installation, seconds", record.get(_demo()), most=60)]


def section(record: dict[str, list[float]]) -> str:
    """Return the Markdown of what `measured` gave."""
    columns = (Column("command", "code"), Column("seconds", "number", 0))
    lines = [(f"adapterstilts {words}", seconds[0]) for words, seconds in record.items()]
    return (
        "Each once, with nothing in the cache, start-up and evaluation in every language of PAWS-X included.\n\n"
        f"{Table(columns, lines).to_markdown()}"
    )
