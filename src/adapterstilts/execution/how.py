"""How a run is computed, and where to: what is no part of the run itself. No torch at import."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adapterstilts
from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import reading
from adapterstilts.runs import recipe
from adapterstilts.runs.run import Rows, Run

if TYPE_CHECKING:
    from adapterstilts.backbones.loading import Backbone

_LIBRARIES = ("accelerate", "adapters", "peft", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class How:
    """Where adapters and results go, which languages are measured (none: all), and what saves memory or time.

    `settings` are those of `runs.identity.HOW`, where they are not the recipe's. `resume` goes on from a checkpoint.
    `log` is a tracker that draws the training, one of `training.TRACKERS`. `accept_other_weights` lets a run build on
    adapters that were made for other weights of its backbone's shape: which these are is in the run, and in its result.
    """

    output: Path = Path("runs")
    languages: tuple[str, ...] = ()
    resume: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    accept_other_weights: bool = False

    def setting(self, name: str, run: Run) -> Any:
        """Return the value of a setting that only changes how a run is computed: the recipe's, unless it was given."""
        task = run.target or run.task
        assert task is not None
        return recipe.resolve(run.backbone.id, "head_only", None, task, dict(self.settings)).run[name]


DEFAULT = How()


def place_of(rows: Rows) -> str:
    """Return the word by which rows are read: 'pocket', 'hub', or a folder."""
    return rows.place or rows.source


def languages_of(task: tasks.Task, data: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the languages to evaluate: the `wanted` ones, or all; `UserError` names those that there are."""
    known = reading.languages_of(task, data)
    chosen = tuple(dict.fromkeys(wanted))
    for language in chosen:
        if language not in known:
            place = reading.place_of(task, data)
            # codes are too short for a nearest one to be what was meant: "ro" is no "tr"
            its_languages = f"it has {', '.join(known)}."
            raise UserError(f'{task.name} has no language "{language}" in the data {place}; {its_languages}')
    return chosen or tuple(known)


def check_languages(run: Run, how: How) -> None:
    """Raise `UserError`, before anything is loaded, if `run` cannot be measured in the languages that `how` names."""
    if run.evaluation is None and how.languages:
        raise UserError(f"{run.task} is measured on nothing by itself, so --language has no place; leave it out.")
    if run.evaluation is not None:
        languages_of(tasks.get(run.evaluation.target), place_of(run.evaluation.rows), how.languages)


def check_length(settings: Mapping[str, Any], backbone: Backbone) -> None:
    """Raise `UserError` if `max_length`, or that of one of several tasks, is more than `backbone` has positions for."""
    from adapterstilts.backbones import encoders

    longest = encoders.longest_input(backbone.module)
    asked = max(own["max_length"] for own in settings.get(recipe.PARTS, {"": settings}).values())
    if longest is not None and asked > longest:
        raise UserError(
            f"max_length is {asked}, but the backbone {backbone.identity.id} reads {longest} tokens "
            f"at most; set -o max_length={longest}."
        )


def surroundings() -> dict[str, Any]:
    """Return the releases and the kind of machine that compute here, as plain JSON; nothing in it names a machine."""
    versions = {"adapterstilts": adapterstilts.__version__, **{name: version(name) for name in _LIBRARIES}}
    return {"versions": versions, "machine": _machine()}


def _machine() -> str:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} CPU threads"
