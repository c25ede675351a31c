"""What is asked for, and what follows from it: data, sources, names, identity."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import adapterstilts
from adapterstilts import tasks
from adapterstilts.adapter import saving
from adapterstilts.adapter.value import Adapter, SourceInfo, adapter_name
from adapterstilts.backbones import declaration_of, encoders
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.exchange import catalogue
from adapterstilts.rows import reading
from adapterstilts.runs import recipe

_LIBRARIES = ("accelerate", "adapters", "peft", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class Request:
    """One run, as it is asked for.

    `task` is learned (empty for a merge that is not evaluated), `sources` are words that `catalogue.find`
    understands, `overrides` are settings other than the recipe's. `control` runs a control of the fusion that
    the rest describes: 'parameters' or 'untrained'. `languages` empty means all. `data` None is what fits the
    backbone.
    """

    task: str
    method: str = "bottleneck"
    composition: str | None = None
    sources: tuple[str, ...] = ()
    backbone: str = "pocket"
    data: str | None = None
    seed: int = 0
    overrides: Mapping[str, Any] = field(default_factory=dict)
    control: str | None = None
    fresh: bool = True
    output: Path = Path("runs")
    languages: tuple[str, ...] = ()
    resume: bool = False

    @property
    def rows_from(self) -> str:
        """Where rows come from: 'pocket', 'hub' or a folder."""
        return self.data or declaration_of(self.backbone).rows

    def unusual_data(self, task: str) -> str | None:
        """'pocket', 'hub' or 'folder' where rows of `task` come from another source than one expects, else None."""
        word = reading.word_of(self.rows_from)
        return None if word == declaration_of(self.backbone).usual_rows(tasks.get(task)) else word

    def settings(self) -> recipe.Settings:
        """Return the recipe's settings with the overrides; `UserError` names what does not fit."""
        return self._settings(self.overrides)

    @property
    def changed(self) -> dict[str, Any]:
        """The overrides that differ from the recipe, and a fusion without a fresh adapter."""
        usual = self._settings({})
        defaults = {**usual.method, **usual.run}
        changed = {key: value for key, value in self.overrides.items() if defaults.get(key) != value}
        return changed if self.fresh else {**changed, "fresh": False}

    def _settings(self, overrides: Mapping[str, Any]) -> recipe.Settings:
        # a target-only control is trained as every target-only run is
        composition = None if self.control == "parameters" else self.composition
        return recipe.resolve(self.backbone, self.method, composition, self.task, overrides)


@dataclass(frozen=True)
class Found:
    """A source adapter, read and verified: the word for it, and the digest of its weights.

    `elsewhere` is where the rows that it was trained on come from, where that is not what its run expects.
    """

    adapter: Adapter
    sha256: str
    elsewhere: str | None = None

    @property
    def word(self) -> str:
        """The task's name where that means this adapter, else the adapter's own name."""
        own = self.adapter.recipe
        changed = own.get("changed") or own.get("control") or self.elsewhere
        plain = self.adapter.composition is None and not changed
        return self.adapter.task if plain and self.adapter.seed == 0 and self.adapter.task else self.adapter.name

    @property
    def made_by_others(self) -> set[str]:
        """Where the weights in it that others made come from."""
        imported, held = (self.adapter.recipe.get(key) for key in ("imported", "holds_imported"))
        own = {str(imported.get("from"))} if isinstance(imported, Mapping) else set()
        return own | ({str(origin) for origin in held} if isinstance(held, list) else set())

    @property
    def called(self) -> SourceInfo:
        """What another adapter's name says of it: its task where that means this one, else its own name."""
        return SourceInfo(self.adapter.name, self.adapter.task if self.word == self.adapter.task else None)

    @property
    def info(self) -> SourceInfo:
        """What an adapter says of its source."""
        return SourceInfo(self.adapter.name, self.adapter.task)

    @property
    def trained_on(self) -> set[str]:
        """The tasks whose training data this adapter, or one that it builds on, has seen."""
        names = [self.adapter.task, *(source.task for source in self.adapter.sources)]
        known = (tasks.all_tasks().get(name) for name in names if name)
        return {task.train_on for task in known if task is not None and task.train_on is not None}


def find_sources(words: Sequence[str], request: Request) -> list[Found]:
    """Read the adapters that `words` mean, in the order of their names: what is fused does not depend on typing.

    Raises `UserError` for one that is not there or is damaged.
    """
    found = []
    for word in words:
        folder = catalogue.find(word, request.backbone, request.method, request.output)
        adapter = saving.load_adapter(folder)
        elsewhere = trained_elsewhere(adapter, request, request.task)
        found.append(Found(adapter, str(saving.read_facts(folder)["sha256"]), elsewhere))
    return sorted(found, key=lambda one: one.adapter.name)


def made_by_others(found: Sequence[Found]) -> dict[str, list[str]]:
    """What a recipe says of sources that hold weights of others; nothing where none does."""
    origins = sorted(set().union(*(one.made_by_others for one in found)))
    return {"holds_imported": origins} if origins else {}


def trained_elsewhere(adapter: Adapter, request: Request, task: str) -> str | None:
    """Where the rows that `adapter` was trained on come from, if not from where one expects; else None.

    One expects what is usual, or where the rows of `task` that the request is about come from, if that is not usual.
    """
    own = adapter.recipe.get("data")
    if own is None or adapter.task is None:
        return None
    unusual = request.unusual_data(task) if task else None
    expected = unusual or declaration_of(request.backbone).usual_rows(tasks.get(adapter.task))
    return None if own == expected else str(own)


def trainable_task(name: str) -> tuple[tasks.Task, tasks.Task]:
    """Return a task and the one whose English data it is trained on; `UserError` if it has none."""
    task = tasks.get(name)
    if task.train_on is None:
        raise UserError(
            f"{name} has no training data, so nothing can be trained for it; use `adapterstilts evaluate "
            f"ADAPTER --target {name}` or `adapterstilts merge ADAPTER ADAPTER --target {name}`."
        )
    return task, tasks.get(task.train_on)


def languages_of(task: tasks.Task, data: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the languages to evaluate: the `wanted` ones, or all; `UserError` names the nearest."""
    there = reading.languages_of(task, data)
    chosen = tuple(dict.fromkeys(wanted))
    for language in chosen:
        if language not in there:
            hint = did_you_mean(language, there)
            raise UserError(
                f'{task.name} has no language "{language}" in the data {data}; it has {", ".join(there)}.{hint}'
            )
    return chosen or tuple(there)


def check_length(run: Mapping[str, Any], backbone: Backbone) -> None:
    """Raise `UserError` if `max_length` is more than `backbone` has positions for."""
    longest = encoders.longest_input(backbone.module)
    if longest is not None and run["max_length"] > longest:
        raise UserError(
            f"max_length is {run['max_length']}, but the backbone {backbone.identity.id} reads {longest} tokens "
            f"at most; set -o max_length={longest}."
        )


def name_of(
    request: Request,
    found: Sequence[SourceInfo],
    kind: str | None,
    changed: Mapping[str, Any],
    data: str | None = None,
) -> str:
    """Derive the adapter's name, with a digest of `changed` if there is something in it.

    Backbone and seed are left out where the folder is the zoo's and the seed 0; `data` is where the rows that it is
    trained on come from, if that is unusual.
    """
    in_zoo = request.output.resolve() == catalogue.bundled(request.backbone).resolve()
    name = adapter_name(
        request.method,
        request.task or None,
        kind,
        found,
        backbone=None if in_zoo else request.backbone,
        seed=None if in_zoo and request.seed == 0 else request.seed,
        data=data,
    )
    return f"{name}-x{recipe.identity(changed)[:6]}" if changed else name


def provenance(request: Request, backbone: Backbone, data_revision: str, settings: recipe.Settings) -> dict[str, Any]:
    """Return what reproducing a result takes, as plain JSON; nothing in it names a machine."""
    return {
        "backbone_fingerprint": backbone.identity.fingerprint,
        "backbone_revision": backbone.identity.revision,
        "data": reading.word_of(request.rows_from),
        "data_revision": data_revision,
        "recipe": {**settings.run, **settings.method},
        "versions": {
            "adapterstilts": adapterstilts.__version__,
            **{name: version(name) for name in _LIBRARIES},
        },
        "machine": _machine(),
    }


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} CPU threads"
