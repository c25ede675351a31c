"""Checkpoints of a training: what it takes to go on as if nothing had happened, written so that all of it
is there.

A checkpoint is a folder `checkpoint-<step>`: `state.safetensors` (the trainable parameters, the optimiser's
state, the best weights so far) and `state.json` (all else, the sha256 of the former, and that of both). It is written
beside its place, flushed to the disk and renamed: a folder of that name is complete. Random states are not
in it, since what is random in an update is a function of seed and step.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from adapterstilts.base import digests, files, schema, tensors
from adapterstilts.base.errors import UserError

FORMAT = 3
_LARGEST = 64_000_000
"""Bytes of a checkpoint's facts that are read: the history of a long training is in them."""
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


@dataclass(frozen=True)
class _Stored:
    """What `state.json` holds: `tensors` is their file's sha256, and `sha256` that of this and of the position."""

    format: int
    sha256: str
    tensors: str
    position: Position


def save(folder: Path, position: Position, state: Mapping[str, Tensor]) -> None:
    """Write `folder`/checkpoint-<step>, then remove the older ones. UserError if the disk is full."""
    target = folder / f"checkpoint-{position.step}"
    with _user_errors(target), files.whole(target) as waiting:
        waiting.mkdir()
        save_file(dict(state), waiting / _TENSORS)
        tensors_sha256 = digests.sha256(waiting / _TENSORS)
        own = {"format": FORMAT, "tensors": tensors_sha256, "position": asdict(position)}
        text = schema.json_of({**own, "sha256": _digest(own)}, indent=1)
        (waiting / _FACTS).write_text(text, encoding="utf-8")
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
    facts: Any = None
    try:
        facts = schema.read_json(newest / _FACTS, _LARGEST)
        stored = schema.checked(_Stored, facts, str(newest / _FACTS))
        own = {key: facts[key] for key in ("format", "tensors", "position")}
        if stored.sha256 != _digest(own) or stored.tensors != digests.sha256(newest / _TENSORS):
            raise UserError("It is not what was written.")
        return stored.position, tensors.read(newest / _TENSORS)
    except (OSError, UserError) as error:
        other = isinstance(facts, dict) and facts.get("format", FORMAT) != FORMAT
        what = "another version's:" if other else "damaged: remove it, or"
        raise UserError(f"The checkpoint {newest} is {what} train again without --resume.") from error


def _digest(state: Mapping[str, Any]) -> str:
    """The sha256 of all that a checkpoint says, its tensors by theirs."""
    return hashlib.sha256(schema.json_of(state, sort_keys=True).encode()).hexdigest()


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
            theirs = schema.checked(_Stored, schema.read_json(newest / _FACTS, _LARGEST), "").position.run
            sentence += f"; {newest} is of others ({differences(run, theirs) or 'by another version'})"
        except UserError:
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
