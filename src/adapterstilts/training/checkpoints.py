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

FORMAT = 2
_TENSORS, _FACTS = "state.safetensors", "state.json"
_COMPLETE = re.compile(r"checkpoint-(\d+)")
_CHANGED = re.compile(r"-x[0-9a-f]+$")
_OTHER = {"features": "other training rows or lengths", "parameters": "weights of other shapes"}
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass
class Position:
    """Where a training is.

    `run` says what determines it, and a checkpoint of another is refused. `computed` says how it was computed (threads,
    processes, parts of a batch), which may change: it determines no more than rounding and what dropout draws.
    """

    run: Mapping[str, Any]
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    validation_seconds: float = 0.0
    best_score: float | None = None
    best_step: int = 0
    without_gain: int = 0
    finished: bool = False
    computed: dict[str, int] = field(default_factory=dict)
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
    complete = _complete(folder)
    if not complete:
        return None
    newest = max(complete)[1]
    damaged = UserError(f"The checkpoint {newest} is damaged: remove it, or train again without --resume.")
    try:
        facts = json.loads((newest / _FACTS).read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT:
            raise UserError(f"The checkpoint {newest} is another version's: train again without --resume.")
        if facts.pop("sha256") != digests.sha256(newest / _TENSORS):
            raise damaged
        return Position(**facts), load_file(newest / _TENSORS)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise damaged from error


def differences(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say in what the training `other` is not the training `run`, settings by name; '' if they are the same."""
    settings, others = run.get("settings", {}), other.get("settings", {})
    names = [name for name in {**settings, **others} if settings.get(name) != others.get(name)]
    phrases = [f"{name} {others.get(name)}, here {settings.get(name)}" for name in names]
    phrases += [words for key, words in _OTHER.items() if run.get(key) != other.get(key)]
    return "; ".join(phrases)


def instead_of(folder: Path, run: Mapping[str, Any]) -> str:
    """Say that `folder` has no checkpoint to go on from, and which ones of other settings stand beside it, and why.

    Those are in folders of the same name but for the mark of changed settings, `-x` and a digest.
    """
    sentence = f"There is no checkpoint of these settings in {folder}, so the training begins at step 0"
    own = _CHANGED.sub("", folder.name)
    for other in sorted(folder.parent.iterdir()) if folder.parent.is_dir() else ():
        complete = _complete(other) if other != folder and _CHANGED.sub("", other.name) == own else []
        if not complete:
            continue
        newest = max(complete)[1]
        try:
            theirs = json.loads((newest / _FACTS).read_text(encoding="utf-8"))["run"]
            sentence += f"; {newest} is of others ({differences(run, theirs) or 'by another version'})"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            sentence += f"; {newest} is damaged"
    return f"{sentence}."


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
