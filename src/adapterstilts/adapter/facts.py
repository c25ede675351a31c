"""What an adapter's folder says of it, in adapterstilts.json: read and checked, without the weights. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Predicate
from typing_extensions import TypedDict

from adapterstilts import tasks
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base import schema
from adapterstilts.base.errors import UserError, did_you_mean, listed
from adapterstilts.methods.settings import check_method, resolve_adapter
from adapterstilts.runs.run import Given, Run, of_facts

FORMAT = 2
FACTS = "adapterstilts.json"
WEIGHTS = "adapter.safetensors"
_LARGEST = 16_000_000
"""Bytes of a file of facts that are read."""

_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
# results and predictions are called after it, so it must not lead out of their folder
_is_name = re.compile(r"\w[\w.-]*").fullmatch

Sha256 = Annotated[str, Predicate(_is_digest), schema.Words("64 hexadecimal digits")]
Name = Annotated[str, Predicate(_is_name), schema.Words("letters, digits, hyphens, underscores and dots")]


@dataclass(frozen=True)
class Imported:
    """What is known of an adapter that others made: `origin` says where it comes from, `library` what saved it."""

    method: str
    task: str | None
    origin: str
    library: str


@dataclass(frozen=True)
class _Stored:
    """The file's own layout, but for the run."""

    name: Name
    backbone: BackboneIdentity
    settings: Mapping[str, Any]
    labels: tuple[str, ...]
    sha256: Sha256
    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, schema.Finite]] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    imported: Imported | None = None
    declarations: tuple[Mapping[str, Any], ...] = ()


class _Training(TypedDict, total=False):
    """Of what was seen when it was made: what is read again."""

    trainable_parameters: Annotated[int, Ge(0)]
    train_seconds: schema.Finite
    steps: int
    best_step: int
    tokens: int
    best_validation_score: schema.Finite | None
    machine: str
    source_weights: Mapping[str, str]
    other_weights: Mapping[str, str]
    validation: Mapping[str, Any]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """What the folder of an adapter says; the names are those of `Adapter`, and `sha256` is its weights'."""

    name: str
    run: Run | Given
    backbone: BackboneIdentity
    settings: Mapping[str, Any]
    labels: tuple[str, ...]
    sha256: str
    scores: Mapping[str, Mapping[str, float]]
    training: Mapping[str, Any]
    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def text_of(facts: Facts) -> str:
    """Return what is written into the file."""
    content: dict[str, Any] = {"format": FORMAT, "name": facts.name}
    if isinstance(facts.run, Run):
        content |= {"id": facts.run.id, "run": facts.run.facts()}
    else:
        own = facts.run
        content["imported"] = asdict(Imported(own.method, own.task, own.origin, own.library))
    # of tasks that only their user's files declare
    declared = tasks.declarations_of(task for task in _tasks_of(facts.run) if task)
    content |= {"declarations": declared} if declared else {}
    content |= {
        "backbone": asdict(facts.backbone),
        "settings": dict(facts.settings),
        "labels": list(facts.labels),
        **({"heads": {name: list(labels) for name, labels in facts.heads.items()}} if facts.heads else {}),
        "training": dict(facts.training),
        "scores": {language: dict(scores) for language, scores in facts.scores.items()},
        "sha256": facts.sha256,
    }
    return schema.json_of(content, indent=2) + "\n"


def _tasks_of(run: Run | Given) -> Iterator[str | None]:
    return (each.task for each in (run.graph() if isinstance(run, Run) else [run]))


def read_facts(folder: Path) -> Facts:
    """Return what the adapter in `folder` says of itself; UserError says what is missing or does not fit."""
    folder = Path(folder)
    if not folder.is_dir():
        near = [entry.name for entry in folder.parent.iterdir()] if folder.parent.is_dir() else []
        raise UserError(f"There is no adapter at {folder}: no such folder.{did_you_mean(folder.name, near)}")
    path = folder / FACTS
    if not path.is_file():
        raise UserError(f"{folder} is no adapter: it has no {FACTS}.")
    content = schema.read_object(path, _LARGEST)
    if content.get("format") != FORMAT:
        raise UserError(
            f"{path} has the format {content.get('format')!r}; this version of adapterstilts reads format {FORMAT}: "
            "train or download the adapter again."
        )
    stored = schema.checked(_Stored, content, str(path), unknown="ignore")
    tasks.remember(stored.declarations, f'{path}: a task in "declarations"')
    run: Run | Given
    if stored.imported is not None:
        own = stored.imported
        run = Given(stored.name, stored.sha256, own.method, own.task, own.origin, own.library)
    else:
        run = of_facts(content.get("run"), str(path))
    schema.checked(_Training, stored.training, f'{path}: "training"', unknown="ignore")
    try:
        check_method(run.method)
        settings = _settings(run, stored.settings)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return Facts(
        stored.name,
        run,
        stored.backbone,
        settings,
        stored.labels,
        stored.sha256,
        stored.scores,
        stored.training,
        stored.heads,
    )


def task_of(facts: Facts, folder: Path, target: str | None = None) -> tasks.Task | None:
    """Return the task whose head an adapter has, None without one; of several heads that for `target`.

    UserError, naming the file, if nobody declares it: such an adapter may be listed, but not used. Also if there are
    several heads and no `target` says which, or there is none for it.
    """
    try:
        task = tasks.get(facts.run.task) if facts.run.task else None
    except UserError as error:
        raise UserError(f"{folder / FACTS}: {error}") from error
    wanted = tasks.get(target) if target is not None else None
    if not facts.heads:
        if wanted and task and (wanted.type != task.type or not wanted.learned & task.learned):
            raise UserError(f'The adapter "{facts.name}" has a head for {task.name}, and none for {wanted.name}.')
        return task
    heads = listed(tuple(facts.heads))
    if wanted is None:
        raise UserError(
            f'The adapter "{facts.name}" has heads for {heads}, and no one of its own: name one with --target where a '
            "verb has it, or go on training it for one task."
        )
    named = tasks.head_for(facts.heads, wanted)
    if named is None:
        raise UserError(f'The adapter "{facts.name}" has heads for {heads}, and none for {wanted.name}.')
    return replace(named, labels=facts.heads[named.name])


def _settings(run: Run | Given, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the adapter as it was built, none left out; UserError if they are not those of its run's structure."""
    structure = run.structure if isinstance(run, Run) else None
    resolved = resolve_adapter(run.method, structure, settings)
    if isinstance(run, Run) and "sources" in resolved and len(resolved["sources"]) != len(run.sources):
        raise UserError(f"There are settings of {len(resolved['sources'])} sources, but it has {len(run.sources)}.")
    return resolved
