"""A study that is killed at any moment goes on to the same end, and two of them share the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapterstilts import studies
from adapterstilts.base import locks
from adapterstilts.studies import workers
from adapterstilts.studies.carrying import Finished, carry_out

LINES = """
parts:
  all:
    languages: [en]
    few: ["-o train_examples=12 -o validation_examples=6 -o test_examples=6 -o max_steps=4 -o evaluate_every=2"]
    runs:
      - train csqa+mnli {few}
      - train tydiqa --method lora {few}
      - continue mnli --target pawsx {few}
      - evaluate squad --target xquad -o test_examples=6
"""
OF_TIME = {"seconds", "train_seconds", "machine"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "study.yaml"
    path.write_text(LINES)
    return path


def study(recipe: Path, output: Path, moment: int) -> subprocess.CompletedProcess[str]:
    """What `killed_process` says."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    script = [sys.executable, str(Path(__file__).with_name("killed_process.py"))]
    arguments = [str(recipe), str(output), str(moment)]
    return subprocess.run([*script, *arguments], capture_output=True, text=True, env=environment, timeout=300)


def without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [without_times(each) for each in value]
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if key not in OF_TIME}
    return value


def content(output: Path) -> dict[str, Any]:
    """Every file that a study left, JSON without times."""
    files: dict[str, Any] = {}
    for path in sorted(path for path in output.rglob("*") if path.is_file() and ".locks" not in path.parts):
        name = str(path.relative_to(output))
        if path.suffix == ".json":
            files[name] = without_times(json.loads(path.read_text()))
        elif path.name == "log.jsonl":
            files[name] = [without_times(json.loads(line)) for line in path.read_text().splitlines()]
        else:
            files[name] = path.read_bytes()
    return files


@pytest.fixture(scope="module")
def undisturbed(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """How many moments a study has, and what it leaves."""
    output = tmp_path_factory.mktemp("undisturbed") / "runs"
    ended = study(recipe, output, -1)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout), content(output)


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_goes_on_to_the_same_end(
    times: int, recipe: Path, undisturbed: tuple[int, dict[str, Any]], tmp_path: Path
) -> None:
    moments, expected = undisturbed
    random, kills = Random(times), 0
    for series in range(max(1, times // 5)):
        output = tmp_path / f"runs{series}"
        for _ in range(min(times, 5)):
            # what is left has fewer moments with each run that is done
            ended = study(recipe, output, random.randint(1, moments // 2))
            kills += ended.returncode == -signal.SIGKILL
            assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        ended = study(recipe, output, -1)
        assert ended.returncode == 0, ended.stderr
        assert content(output) == expected
    assert kills >= times // 2


def test_two_studies_share_one_output(recipe: Path, undisturbed: tuple[int, dict[str, Any]], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapterstilts", "study", str(recipe), "--output", str(tmp_path / "runs")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    begun = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300)[0] for process in begun]
    assert [process.returncode for process in begun] == [0, 0], said
    expected = undisturbed[1]
    left = content(tmp_path / "runs")
    left.pop("study.jsonl")
    assert left == expected


def test_what_another_study_carries_out_comes_last_and_is_waited_for(recipe: Path, tmp_path: Path) -> None:
    left = studies.plan(studies.read(recipe), tmp_path).left

    class Engine:
        """Of one worker, whose first run another study has."""

        def __init__(self) -> None:
            self.begun: list[tuple[int, bool]] = []

        def has_room(self) -> bool:
            return not self.begun or self.done

        def start(self, planned: Any, wait: bool) -> None:
            self.now, self.wait, self.done = planned, wait, False
            self.begun.append((left.index(planned), wait))

        def ended(self) -> list[Finished]:
            self.done = True
            return [Finished(self.now, 1.0, None, 1.0, elsewhere=left.index(self.now) == 0 and not self.wait)]

        def close(self) -> None:
            pass

    engine = Engine()
    ended = [left.index(each.planned) for each in carry_out(left, engine)]
    assert engine.begun == [(0, False), (1, False), (2, False), (3, False), (0, True)] and ended == [1, 2, 3, 0]


def test_a_worker_leaves_to_another_study_what_that_has_begun(recipe: Path, tmp_path: Path) -> None:
    planned = studies.plan(studies.read(recipe), tmp_path).left[0]
    with locks.holding(tmp_path, f"run-{planned.run.id}", print):
        assert workers.one(planned, tmp_path, False).elsewhere


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "runs/x"), "No space left on device: runs/x; see that"),
        (FileNotFoundError(2, "No such file or directory", "runs/x"), "give the same command again"),
        (MemoryError(), "its memory was full; take fewer --workers"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "its memory was full"),
    ],
)
def test_the_machine_s_errors_end_one_run_with_a_sentence(
    error: Exception, said: str, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(workers, "_carried_out", fail)
    planned = studies.plan(studies.read(recipe), tmp_path).left[0]
    ended = workers.one(planned, tmp_path, False)
    assert ended.error is not None and said in ended.error


def test_an_error_of_ours_is_no_sentence(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(workers, "_carried_out", fail)
    planned = studies.plan(studies.read(recipe), tmp_path).left[0]
    with pytest.raises(RuntimeError, match="a bug"):
        workers.one(planned, tmp_path, False)
