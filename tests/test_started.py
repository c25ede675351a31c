"""One run, however it is started: as two processes of `accelerate launch`, or twice at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_processes import launched

from adapterstilts.base.places import zoo_folder

pytestmark = pytest.mark.slow


SETTINGS = {
    "batch_size": 16,
    "evaluate_every": 2,
    "max_length": 96,
    "max_steps": 4,
    "epochs": "null",
    "precision": "fp32",
    "test_examples": 4,
    "train_examples": 48,
    "validation_examples": 8,
}
OPTIONS = [word for key, value in SETTINGS.items() for word in ("-o", f"{key}={value}")]


def train(folder: Path, *more: str, task: str = "mnli") -> list[str]:
    """Arguments for the interpreter that train an adapter for a few steps."""
    return ["-m", "adapterstilts", "train", task, *OPTIONS, "--output", str(folder), "--json", *more]


def files_in(folder: Path) -> set[str]:
    """What a run left."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("task", ["mnli", "mnli+csqa"])
def test_two_processes_are_the_same_run_as_one(task: str, tmp_path: Path) -> None:
    """Without dropout, of which each process draws its own; sums over processes round otherwise."""
    backbone = tmp_path / "backbone"
    shutil.copytree(zoo_folder() / "pocket" / "backbone", backbone)
    config = json.loads((backbone / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (backbone / "config.json").write_text(json.dumps(config))
    more = ["--backbone", str(backbone), "--data", "pocket"]
    # several tasks at once are measured on nothing
    more += [] if "+" in task else ["--language", "en"]
    (alone,) = launched(1, *train(tmp_path / "alone", *more, task=task))
    both = launched(2, *train(tmp_path / "both", *more, task=task))
    assert both[1] == ""
    assert files_in(tmp_path / "both") == files_in(tmp_path / "alone")
    facts = [json.loads(said) for said in (alone, both[0])]
    assert facts[0]["adapter"] == facts[1]["adapter"]

    def lines(name: str) -> list[dict[str, Any]]:
        text = (tmp_path / name / "logs" / facts[0]["adapter"] / "log.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    assert len(lines("alone")) == 2
    for one, other in zip(lines("alone"), lines("both"), strict=True):
        assert {**one, "loss": 0, "seconds": 0} == {**other, "loss": 0, "seconds": 0}
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5)


def test_the_same_run_started_twice_at_once_is_done_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, *train(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert json.loads(said[0][0])["scores"] == json.loads(said[1][0])["scores"]
    waited, worked = sorted((errors for _, errors in said), key=lambda errors: "train (" in errors)
    assert "train (4 steps)" in worked and "train (" not in waited
    assert "is done already" in waited
