"""Progress as it is drawn: a bar that fits a terminal, and lines where there is none."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.console import Console

from adapterstilts import cli
from adapterstilts.cli import drawing


def test_off_a_terminal_each_phase_and_each_report_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([100.0, 110.0, 120.0, 130.0])
    monkeypatch.setattr(drawing.time, "monotonic", lambda: next(seconds))
    bars = drawing.Bars()
    bars.start("train", 800, "step")
    bars.advance(200)  # of a run that is resumed
    bars.advance(200, loss=0.5)
    bars.report(loss=0.41234, score=63.21, best=64.1)
    bars.advance(400)
    bars.report(loss=0.3)
    bars.finish()
    bars.note("Done.")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "train (800 steps)",
        "train 400/800 steps  loss 0.412  score 63.2  best 64.1  20 steps/s  0:00:20 left",
        "train 800/800 steps  loss 0.3  30 steps/s  0:00:00 left",
        "Done.",
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [80, 120])
def test_the_bar_and_all_beside_it_fit_a_terminal(width: int) -> None:
    bars = drawing.Bars()
    bars._console = Console(force_terminal=True, width=width, file=io.StringIO())
    bars.start("train", 2400, "step")
    bars.advance(1200)
    bars.advance(300)
    bars.report(loss=0.412, score=63.21, best=64.1)
    assert bars._bar is not None
    drawn = io.StringIO()
    Console(width=width, file=drawn).print(bars._bar.get_renderable())
    bars.finish()
    (line,) = drawn.getvalue().splitlines()
    assert re.search(r"[━╸] +1500/2400 .*loss 0\.412  score 63\.2  best 64\.1", line) and "…" not in line


def test_only_the_main_process_draws_and_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "1")
    bars = drawing.Bars()
    bars.start("train", 800, "step")
    bars.report(loss=0.5)
    bars.note("Done.")
    with pytest.raises(SystemExit, match="0"):
        cli.main(["tasks"])
    said = capsys.readouterr()
    assert said.out == said.err == ""
    with pytest.raises(SystemExit, match="1"):
        cli.main(["train", "nothing"])
    assert capsys.readouterr().err.startswith("Error in process 1: ")
    assert sys.stdout is not None
