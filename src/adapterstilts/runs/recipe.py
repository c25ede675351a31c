"""The settings of a run: read from the shipped recipe, checked, filled in.

The files under `recipes/` hold every setting's default, so a number is in one place; `-o key=value` changes one.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones import declaration_of
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import recipes_folder
from adapterstilts.base.yaml_files import read_yaml
from adapterstilts.methods.settings import (
    COMPOSITIONS,
    METHODS,
    check_composition,
    check_method,
    default_settings,
    resolve_settings,
)
from adapterstilts.runs.identity import HOW, OF_EVALUATION, canonical
from adapterstilts.runs.settings import check_run, read
from adapterstilts.tasks.combined import MASKED, untranslated

Values = dict[str, Any]

_LENGTHS = ("max_steps", "epochs")
PARTS = "parts"
_OF_SEVERAL = ("examples_cap", "mlm_share")
OF_PARTS = ("batch_size", "max_length", "train_examples", "validation_examples")
"""Settings that each of several tasks has by its own recipe, unless they are asked for."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run, nothing left out: `method` those of its adapter, `run` those of its loop.

    `origins` say where each comes from, in words. `parts` are, of each of several tasks that are learned at once, those
    that are its own.
    """

    method: Mapping[str, Any]
    run: Mapping[str, Any]
    origins: Mapping[str, str]
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def making(self) -> Mapping[str, Any]:
        """Those that decide what a training makes, canonical."""
        apart = (*HOW, "test_examples", "retrieval_layer", *(() if self.parts else _OF_SEVERAL))
        values = {**self.run, **self.method}
        if self.parts:
            apart, values = (*apart, *OF_PARTS), {**values, PARTS: self.parts}
        return {key: canonical(value) for key, value in values.items() if key not in apart}


_known: dict[tuple[str | None, ...], tuple[tuple[Any, ...], Settings]] = {}
"""By what was asked for, what it was resolved from and to."""


def resolve(
    backbone: str, method: str, composition: str | None, task: str, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return every setting of a run: the backbone's recipe with `overrides`.

    Raises `UserError` for a setting that does not exist, or for a value that is out of range.
    """
    check_method(method)
    if composition is not None:
        check_composition(composition)
    declared, its_task = declaration_of(backbone), tasks.get(task)
    # a study asks for the same a thousand times
    asked = (backbone, method, composition, task, json.dumps(overrides or {}, sort_keys=True, default=repr))
    basis = (declared, _read(recipes_folder() / declared.recipe), its_task)
    before = _known.get(asked)
    if before is None or before[0] != basis:
        before = _known[asked] = basis, _resolved(backbone, method, composition, its_task, overrides or {})
    return before[1]


def _resolved(
    backbone: str, method: str, composition: str | None, its_task: tasks.Task, overrides: Mapping[str, Any]
) -> Settings:
    declared = declaration_of(backbone)
    recipe = _read(recipes_folder() / declared.recipe)
    keys = list(recipe["defaults"])
    own = list(default_settings(method))
    _check_keys(overrides, method, keys, own)
    for key in _OF_SEVERAL:
        if key in overrides and not its_task.parts:
            raise UserError(f"{key} is of tasks that are learned at once, and {its_task.name} is one: leave it out.")
    if overrides.get("mlm_share") is not None and not any(part.type == MASKED for part in its_task.parts):
        raise UserError(f"mlm_share is of masked language modelling, which {its_task.name} has not: leave it out.")
    if its_task.recipe:
        known = [*keys, *(key for each in METHODS for key in default_settings(each))]
        _check_of_task(its_task.recipe, known, its_task.name)
    values: Values = {}
    origins = dict.fromkeys(own, f"default of {method}")
    own_layer = {} if declared.retrieval_layer is None else {"retrieval_layer": declared.retrieval_layer}
    layers = [*_layers(recipe, declared.recipe, method, composition, its_task), (f"of {backbone}", own_layer)]
    for origin, layer in [*layers, ("-o", dict(overrides))]:
        if any(length in layer for length in _LENGTHS):
            layer = {length: None for length in _LENGTHS} | layer
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    check_run({key: values[key] for key in keys})
    if (values.get("epochs") is None) == (values.get("max_steps") is None):
        raise UserError("Exactly one of the settings epochs and max_steps must be set, the other null.")
    adapter = resolve_settings(method, {key: values[key] for key in own if key in values})
    asked = {key: overrides[key] for key in OF_PARTS if key in overrides}
    parts = {part.name: _resolved(backbone, method, composition, part, asked).run for part in its_task.parts}
    of_parts = {name: {key: run[key] for key in OF_PARTS} for name, run in parts.items()}
    return Settings(adapter, {key: values[key] for key in keys}, origins, of_parts)


def of_evaluation(
    backbone: str, target: str, trained_with: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> Values:
    """Return the settings of an evaluation on `target`: the recipe's, those an adapter was trained with, overrides.

    Retrieval has a layer, and takes the length and the precision of its own, whatever an adapter was trained with.
    """
    retrieval = tasks.get(target).type == "retrieval"
    names = [name for name in OF_EVALUATION if retrieval or name != "retrieval_layer"]
    for key in overrides or {}:
        if key not in names:
            raise UserError(f'An evaluation on {target} has no setting "{key}"; it has {", ".join(names)}.')
    usual = resolve(backbone, "head_only", None, target, overrides).run
    own = {} if retrieval else {**trained_with, **_of_part(trained_with, tasks.get(target))}
    kept = {key: own[key] for key in ("max_length", "precision") if key in own}
    chosen = {name: usual[name] for name in names} | kept | dict(overrides or {})
    return {name: canonical(value) for name, value in chosen.items()}


def _of_part(trained_with: Mapping[str, Any], target: tasks.Task) -> Mapping[str, Any]:
    """The settings of the part, of several that were learned at once, that learned what the target is."""
    parts = trained_with.get(PARTS, {})
    part = tasks.head_for(parts, target)
    return parts[part.name] if part else {}


def parse_overrides(pairs: Iterable[str]) -> Values:
    """Read ``key=value`` words, as `settings.read` does; `UserError` for one without a key or written twice."""
    values: Values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UserError(f'"{pair}" is not a setting; write it as key=value, such as -o learning_rate=0.001.')
        if key in values:
            raise UserError(f'The setting "{key}" is given twice; give it once.')
        values[key] = read(key, text)
    return values


def overrides(config: Path | None, pairs: Iterable[str]) -> Values:
    """Return the settings of a file in YAML and those of ``key=value`` words, which count more.

    UserError for a file that cannot be read or holds anything but settings, and as `parse_overrides`.
    """
    typed = parse_overrides(pairs)
    if config is None:
        return typed
    written = _settings_in(config)
    if any(length in typed for length in _LENGTHS):
        written = {key: value for key, value in written.items() if key not in _LENGTHS}
    return {**written, **typed}


def _settings_in(path: Path) -> Values:
    content = read_yaml(path)
    if not isinstance(content, Mapping) or any(isinstance(value, Mapping) for value in content.values()):
        raise UserError(
            f"{path} must hold settings and nothing else; give lines such as learning_rate: 0.001, as `adapterstilts "
            "settings TASK` prints them."
        )
    # YAML takes 1e-3 for text
    return {str(key): read(str(key), value) if isinstance(value, str) else value for key, value in content.items()}


@functools.cache
def _read(path: Path) -> dict[str, Any]:
    sections = read_yaml(path)
    known = ("defaults", "types", "methods", "compositions", "tasks")
    for section in sections:
        if section not in known:
            raise UserError(f'The recipe {path} has an unknown section "{section}".{did_you_mean(section, known)}')
    return {section: sections.get(section) or {} for section in known}


def _layers(
    recipe: Mapping[str, Any], file: str, method: str, composition: str | None, task: tasks.Task
) -> list[tuple[str, Values]]:
    """Where values come from, and they, the last ones counting."""
    active = (method, composition)
    sections = [
        (f"{file}, defaults", recipe["defaults"]),
        (f"{file}, types, {task.type}", recipe["types"].get(task.type, {})),
        (f"{file}, methods, {method}", recipe["methods"].get(method, {})),
        (f"{file}, compositions, {composition}", recipe["compositions"].get(composition, {})),
    ]
    learned_from = tasks.known(task.train_on) if task.train_on != task.name else None
    for each in filter(None, (learned_from, task)):
        for name in dict.fromkeys((untranslated(each), each.name)):
            sections.append((f"{file}, tasks, {name}", recipe["tasks"].get(name, {})))
        sections.append((f"the task {each.name} itself", each.recipe))
    return [layer for origin, section in sections for layer in _unfold(origin, section, active)]


def shown(settings: Settings) -> Values:
    """Return the settings of a run that a reader sees: of several tasks without those that each has by itself."""
    values = {**settings.run, **settings.method}
    hidden = OF_PARTS if settings.parts else _OF_SEVERAL
    return {key: value for key, value in values.items() if key not in hidden}


def _unfold(origin: str, section: Mapping[str, Any], active: tuple[str | None, ...]) -> list[tuple[str, Values]]:
    """Return a section's own values, then those of the `active` methods and compositions inside it."""
    layers = [(origin, {key: value for key, value in section.items() if not isinstance(value, Mapping)})]
    for name in active:
        if name is not None and isinstance(section.get(name), Mapping):
            layers += _unfold(f"{origin}, {name}", section[name], active)
    return layers


def _check_keys(overrides: Mapping[str, Any], method: str, run_keys: list[str], own: list[str]) -> None:
    for key in overrides:
        if key not in run_keys and key not in own:
            known = did_you_mean(key, [*run_keys, *own]) or f" There are {', '.join([*own, *run_keys])}."
            raise UserError(f'A {method} run has no setting "{key}".{known}')


def _check_of_task(section: Mapping[str, Any], known: list[str], task: str) -> None:
    """Check the names in the settings that a task brings: settings of any method, below the names of methods too."""
    for key, value in section.items():
        inner = isinstance(value, Mapping)
        if inner and key in (*METHODS, *COMPOSITIONS):
            _check_of_task(value, known, task)
        elif inner or key not in known:
            hint = did_you_mean(key, known) or f" There are {', '.join(dict.fromkeys(known))}."
            raise UserError(f'The recipe of the task "{task}" has no setting "{key}".{hint}')
