"""What a row of a comparison stands for: its words, and the command that measures it. No torch."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.backbones import DEFAULT
from adapterstilts.runs.results import IMPORTED, Result, made_with, plain, read
from adapterstilts.tasks import Task

@dataclass(frozen=True)
class System:
    """What a row of a comparison stands for: a way to get scores, whatever the seed."""

    method: str
    composition: str | None = None
    sources: tuple[str, ...] = ()
    control: str | None = None
    trained_on: str | None = None
    changed: tuple[tuple[str, str], ...] = ()


def system_of(result: Result) -> System:
    """Return the system that `result` is a seed of; the order of sources does not matter."""
    return System(
        method=result.method,
        composition=result.composition,
        sources=tuple(sorted(result.sources)),
        control=result.control,
        trained_on=result.trained_on,
        changed=tuple(sorted((key, plain(value)) for key, value in result.changed.items())),
    )


def label(system: System, target: Task) -> str:
    """Return the words that a reader sees for `system`, such as 'bottleneck, fusion of mnli + squad'."""
    sources = " + ".join(system.sources)
    method = {"full": "full fine-tuning", "head_only": "head only", "none": "backbone as it is"}.get(
        system.method, system.method
    )
    if system.control == "parameters":
        words = f"{method}, target only, parameters of the fusion of {sources}"
    elif system.control == "untrained":
        words = f"{method}, fusion of {len(system.sources)} untrained adapters"
    elif system.composition is None:
        words = _label_of_one(system, target, method)
    elif system.method == "full":
        words = f"{method} via {sources}"
    else:
        verb = {"continue": "continued from", "stack": "stack on", "fuse": "fusion of", "merge": "merge of"}
        words = f"{method}, {verb[system.composition]} {sources}"
    if system.composition is not None and system.trained_on not in (None, target.train_on):
        words += f" for {system.trained_on}"
    changed = ", ".join(f"{key}={value}" for key, value in system.changed)
    return f"{words} ({changed})" if changed else words


def _label_of_one(system: System, target: Task, method: str) -> str:
    if system.method in ("full", "none") and system.trained_on in (target.train_on, None):
        return method
    if target.role == "intermediate" and system.trained_on == target.name:
        return method
    if system.trained_on == target.train_on:
        return f"{method}, target only"
    return f"{method}, {system.trained_on} alone"


def command(system: System, target: Task, backbone: str, data: str | None = None) -> str:
    """Return the command line that measures `system` on `target`, of which `data` is the unusual source."""
    chosen = [] if system.method in ("bottleneck", "full", "none") else ["--method", system.method]
    if system.method == "full" and system.composition in (None, "continue") and system.trained_on == target.train_on:
        words = ["baseline", target.name, *(word for source in system.sources for word in ("--via", source))]
    elif system.control is not None:
        words = ["fuse", *system.sources, "--target", target.name, "--control", system.control, *chosen]
    elif system.composition is not None:
        words = [system.composition, *system.sources, "--target", target.name, *chosen]
    elif system.trained_on == target.train_on and target.train_on is not None:
        words = ["train", target.name, *chosen]
    else:
        words = ["evaluate", system.trained_on or "none", "--target", target.name, *chosen]
    imported = dict(system.changed).get(IMPORTED)
    if imported:
        words = ["evaluate", imported, "--target", target.name]
    changed = [word for key, value in system.changed if key != IMPORTED for word in _words_of_setting(key, value)]
    elsewhere = [] if backbone == DEFAULT else ["--backbone", backbone]
    elsewhere += ["--data", "FOLDER" if data == "folder" else data] if data else []
    return shlex.join(["adapterstilts", *words, *elsewhere, *changed])


def _words_of_setting(key: str, value: str) -> tuple[str, ...]:
    if key in ("how", "head"):
        return (f"--{key}", value)
    return ("--no-fresh",) if (key, value) == ("fresh", "false") else ("-o", f"{key}={value}")


def read_all(folders: Iterable[Path]) -> list[Result]:
    """Read every result in the folders' `results/`; a later folder replaces what an earlier one says of a seed."""
    found: dict[tuple[Any, ...], Result] = {}
    for folder in folders:
        for path in sorted((folder / "results").glob("*.json")):
            result = read(path)
            which = (result.target, result.backbone, result.data, result.seed, made_with(result), system_of(result))
            found[which] = result
    return list(found.values())
