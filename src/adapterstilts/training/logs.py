"""What a training leaves to read: a line of JSON for each validation, and what a tracker draws of them. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.base import files, schema
from adapterstilts.base.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from accelerate import Accelerator

NAME = "log.jsonl"
PROJECT = "adapterstilts"
TRACKERS = ("tensorboard", "trackio", "wandb")
_PACKAGES = {"tensorboard": ("tensorboard", "tensorboardX")}


def check_tracker(tracker: str) -> None:
    """Raise `UserError` unless `tracker` is one of `TRACKERS` and its package is installed."""
    if tracker not in TRACKERS:
        hint = did_you_mean(tracker, TRACKERS)
        raise UserError(f'There is no log called "{tracker}"; it is one of {", ".join(TRACKERS)}.{hint}')
    if not any(find_spec(package) for package in _PACKAGES.get(tracker, (tracker,))):
        raise UserError(f"--log {tracker} needs the package {tracker}, which is not installed: pip install {tracker}")


class Log:
    """A training's log in `folder`/log.jsonl, and in the trackers that `accelerator` was made with.

    Each validation is one object: 'step', 'loss' (the mean since the one before), 'score' (0 to 100, if there is
    validation), 'tokens', 'seconds' (of training) and 'learning_rate'. `step` is where the training goes on: later
    lines are of a run that was interrupted, and are taken out. With `folder` None no file is written. Only the main
    process makes one.
    """

    def __init__(self, folder: Path | None, accelerator: Accelerator, settings: Mapping[str, Any], step: int) -> None:
        self._path = None if folder is None else folder / NAME
        self._accelerator = accelerator
        if self._path is not None:
            files.write_text(self._path, "".join(_lines_until(self._path, step)))
        if accelerator.log_with:
            name = PROJECT if folder is None else folder.name
            # tensorboard draws folders, and finds this one beside the lines; the others draw projects
            of_runs = {tracker: {"name": name} for tracker in TRACKERS if tracker != "tensorboard"}
            project = name if "tensorboard" in map(str, accelerator.log_with) else PROJECT
            try:
                accelerator.init_trackers(project, config=dict(settings), init_kwargs=of_runs)
            except Exception as error:  # whatever a tracker raises: no account, no network, no folder
                raise UserError(
                    f"The log of --log could not be begun ({error}); mend that, or leave it out."
                ) from error

    def write(self, fact: Mapping[str, Any]) -> None:
        """Add what one validation found; `UserError` if the disk refuses."""
        if self._path is not None:
            try:
                with self._path.open("a", encoding="utf-8", newline="\n") as file:
                    file.write(schema.json_of(fact) + "\n")
            except OSError as error:
                raise UserError(
                    f"Could not write {self._path}: {error.strerror or error}; make room there and go on with --resume."
                ) from error
        self._accelerator.log({key: value for key, value in fact.items() if key != "step"}, step=fact["step"])

    def close(self) -> None:
        """End the trackers; accelerate's own way to do so would part the processes, too."""
        for tracker in self._accelerator.trackers:
            tracker.finish()


def _lines_until(path: Path, step: int) -> list[str]:
    """The whole lines of a log that are of no later step; a line that was cut short is none."""
    if not step or not path.is_file():
        return []
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        try:
            if line.endswith("\n") and schema.parse_json(line.encode(), str(path))["step"] <= step:
                kept.append(line)
        except (UserError, KeyError, TypeError):
            continue
    return kept
