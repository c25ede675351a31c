"""A training in a process of its own, for tests that kill it: `training_process.py FOLDER [--slow-save]`.

Prints "saved" after each checkpoint, and with --slow-save "saving" in the midst of the third. With --parallel it
is one of several processes, told so by the environment as `accelerate launch` does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import doubles
import numpy
import torch

from adapterstilts import tasks, training
from adapterstilts.base import files
from adapterstilts.tasks import types
from adapterstilts.training import checkpoints

STEPS = 24
EVERY = 4


def settings(steps: int = STEPS, **changes: object) -> training.TrainingSettings:
    """Small, with everything on that a resumed run could forget."""
    given = {
        "learning_rate": 1e-2,
        "batch_size": 4,
        "epochs": None,
        "max_steps": steps,
        "evaluate_every": EVERY,
    }
    return training.TrainingSettings(**{**given, "threads": 1, **changes})  # type: ignore[arg-type]


def fixture(dropout: float = 0.1) -> tuple[doubles.Model, types.TaskType, list[types.Feature]]:
    """A model, its task type and features (is there a 7 in it?); the same ones in each process."""
    task_type, task = types.get("classification"), tasks.get("pawsx")
    random = numpy.random.default_rng(0)
    lengths = random.integers(3, 30, 22).tolist()
    sequences = [[0, *random.integers(5, 400, length).tolist(), 2] for length in lengths]
    for ids in sequences[::2]:
        ids[1] = 7
    features = [{"row": row, "input_ids": ids, "label": int(7 in ids)} for row, ids in enumerate(sequences)]
    model = doubles.Model(None, dropout)
    model.head = task_type.head(16, task, dropout)
    return model, task_type, features


def score(model: doubles.Model) -> float:
    """A validation that goes up and down, and is a function of the weights."""
    return 100 * float(torch.sin(1e3 * sum(p.detach().double().sum() for p in model.trainable_parameters().values())))


def main(folder: Path, slow_save: bool) -> None:
    """Train, saying when a checkpoint is there."""
    write, flush = checkpoints.save, files.flush

    def loud_save(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        print("saved", flush=True)
        if not slow_save:
            time.sleep(0.2)

    def slow_flush(path: Path) -> None:
        flush(path)
        if path.is_file() and (folder / f"checkpoint-{2 * EVERY}").exists():
            print("saving", flush=True)
            time.sleep(60)

    checkpoints.save = loud_save
    if slow_save:
        files.flush = slow_flush
    model, task_type, features = fixture()
    training.train(model, task_type, features, lambda: score(model), settings(), 1, folder, True)


def parallel(folder: Path) -> None:
    """Train as one of several processes, without dropout and with accumulation."""
    model, task_type, features = fixture(dropout=0.0)
    given = settings(6, gradient_accumulation_steps=2, learning_rate=1e-3)

    def validate() -> float:
        print("validated", flush=True)
        return score(model)

    training.train(model, task_type, features, validate, given, 1, folder)


if __name__ == "__main__":
    if "--parallel" in sys.argv:
        parallel(Path(sys.argv[1]))
    else:
        main(Path(sys.argv[1]), "--slow-save" in sys.argv)
