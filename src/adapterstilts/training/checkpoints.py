"""Checkpoints of a training: what it takes to go on as if nothing had happened, written so that all of it
is there.

A checkpoint is a folder `checkpoint-<step>`: `state.safetensors` (the trainable parameters, the optimiser's
state, the best weights so far) and `state.json` (all else, and the sha256 of the former). It is written
beside its place, flushed to the disk and renamed: a folder of that name is complete. Random states are not
in it, since what is random in an update is a function of seed and step.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from adapterstilts.base import digests, files
from adapterstilts.base.errors import UserError

FORMAT = 1
_TENSORS, _FACTS = "state.safetensors", "state.json"
_COMPLETE = re.compile(r"checkpoint-(\d+)")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass
class Position:
    """Where a training is. `run` says what determines it, and a checkpoint of another is refused."""

    run: Mapping[str, Any]
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    validation_seconds: float = 0.0
    best_score: float | None = None
    best_step: int = 0
    without_gain: int = 0
    finished: bool = False
    threads: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


def save(folder: Path, position: Position, tensors: Mapping[str, Tensor]) -> None:
    """Write `folder`/checkpoint-<step>, then remove the older ones. UserError if the disk is full."""
    target = folder / f"checkpoint-{position.step}"
    with _user_errors(target), files.whole(target) as waiting:
        waiting.mkdir()
        save_file(dict(tensors), waiting / _TENSORS)
        facts = {"format": FORMAT, "sha256": digests.sha256(waiting / _TENSORS), **asdict(position)}
        (waiting / _FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
    for step, older in _complete(folder):
        if step != position.step:
            _discard(older)


def latest(folder: Path) -> tuple[Position, dict[str, Tensor]] | None:
    """The last complete checkpoint in `folder`, None if there is none; UserError if it was damaged since."""
    _clear_away(folder)
    found = _complete(folder)
    if not found:
        return None
    newest = max(found)[1]
    damaged = UserError(f"The checkpoint {newest} is damaged: remove it, or train again without --resume.")
    try:
        facts = json.loads((newest / _FACTS).read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT or facts.pop("sha256") != digests.sha256(newest / _TENSORS):
            raise damaged
        return Position(**facts), load_file(newest / _TENSORS)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise damaged from error


def remove_checkpoints(folder: Path) -> None:
    """Remove every checkpoint in `folder`, complete or not, and `folder` itself if nothing else is in it."""
    for _, complete in _complete(folder):
        _discard(complete)
    _clear_away(folder)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _complete(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    matches = ((_COMPLETE.fullmatch(path.name), path) for path in folder.iterdir())
    return [(int(match[1]), path) for match, path in matches if match and path.is_dir()]


def _discard(complete: Path) -> None:
    """Remove a checkpoint so that, interrupted, no part of it still looks complete."""
    old = complete.with_name(f".{complete.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    complete.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _clear_away(folder: Path) -> None:
    """Remove what a killed process left of checkpoints, and bring back one that had stepped aside."""
    for left in folder.glob(".checkpoint-*"):
        with suppress(OSError):  # another process of the same run was first
            files.recover(left.with_name(left.stem[1:]))
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _user_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", None) in _NO_SPACE or "(os error 28)" in str(error)
        if full:
            raise UserError(
                f"The disk is full: {target} could not be written; free some space and go on with --resume."
            ) from error
        raise UserError(f"The checkpoint {target} could not be written: {error}.") from error
