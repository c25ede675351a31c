"""What a run is asked to do: read, check, fill in, identify.

The shipped files under `recipes/` hold every setting's default, so a number is in one place; `-o key=value`
changes one. A resolved recipe together with the backbone, the data and the sources determines a run, and its
hash names it.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapterstilts import tasks
from adapterstilts.backbones import declaration_of
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.places import recipes_folder
from adapterstilts.methods.settings import check_composition, check_method, default_settings, resolve_settings

Values = dict[str, Any]

_LENGTHS = ("max_steps", "epochs")
_COUNTS = ("max_length", "evaluation_batch_size")
_COUNTS_OR_NULL = ("train_examples", "validation_examples", "test_examples")


@dataclass(frozen=True)
class Settings:
    """The settings of one run, nothing left out: `method` those of its adapter, `run` those of its loop."""

    method: Mapping[str, Any]
    run: Mapping[str, Any]


def resolve(
    backbone: str, method: str, composition: str | None, task: str, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return every setting of a run: the backbone's recipe with `overrides`.

    Raises `UserError` for a setting that does not exist, or for a value that is out of range and does not
    belong to the training, which checks its own.
    """
    check_method(method)
    if composition is not None:
        check_composition(composition)
    given = dict(overrides or {})
    declared = declaration_of(backbone)
    recipe = _read(recipes_folder() / declared.recipe)
    keys = list(recipe["defaults"])
    own = list(default_settings(method))
    _check_keys(given, method, keys, own)
    values: Values = {}
    own_layer = {} if declared.retrieval_layer is None else {"retrieval_layer": declared.retrieval_layer}
    for layer in [*_layers(recipe, method, composition, tasks.get(task)), own_layer, given]:
        if any(length in layer for length in _LENGTHS):
            values.update({length: None for length in _LENGTHS})
        values.update(layer)
    for key in keys:
        _check_run(key, values[key])
    adapter = resolve_settings(method, {key: values[key] for key in own if key in values})
    return Settings(adapter, {key: values[key] for key in keys})


def parse_overrides(pairs: Iterable[str]) -> Values:
    """Read ``key=value`` words, the value as YAML; `UserError` for one without a key or written twice."""
    found: Values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UserError(f'"{pair}" is not a setting; write it as key=value, such as -o learning_rate=0.001.')
        if key in found:
            raise UserError(f'The setting "{key}" is given twice; give it once.')
        found[key] = _value(text)
    return found


def identity(facts: Mapping[str, Any]) -> str:
    """Return the id of the run that `facts` determine: 16 hexadecimal digits, whatever the facts' order."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dump(facts: Mapping[str, Any]) -> str:
    """Return a resolved recipe as YAML."""
    text: str = yaml.safe_dump(json.loads(json.dumps(facts)), sort_keys=False, allow_unicode=True, width=110)
    return text


@functools.cache
def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = ("defaults", "types", "methods", "compositions", "tasks")
    for section in found:
        if section not in known:
            raise UserError(f'The recipe {path} has an unknown section "{section}".{did_you_mean(section, known)}')
    return {section: found.get(section) or {} for section in known}


def _layers(recipe: Mapping[str, Any], method: str, composition: str | None, task: tasks.Task) -> list[Values]:
    active = (method, composition)
    names = dict.fromkeys(name for name in (task.train_on, task.name) if name)
    sections = [
        recipe["defaults"],
        recipe["types"].get(task.type, {}),
        recipe["methods"].get(method, {}),
        recipe["compositions"].get(composition, {}),
        *(recipe["tasks"].get(name, {}) for name in names),
    ]
    return [layer for section in sections for layer in _unfold(section, active)]


def _unfold(section: Mapping[str, Any], active: tuple[str | None, ...]) -> list[Values]:
    """Return a section's own values, then those of the `active` methods and compositions inside it."""
    layers = [{key: value for key, value in section.items() if not isinstance(value, Mapping)}]
    for name in active:
        if name is not None and isinstance(section.get(name), Mapping):
            layers += _unfold(section[name], active)
    return layers


def _check_keys(given: Mapping[str, Any], method: str, run_keys: list[str], own: list[str]) -> None:
    for key in given:
        if key not in run_keys and key not in own:
            known = did_you_mean(key, [*run_keys, *own]) or f" There are {', '.join([*own, *run_keys])}."
            raise UserError(f'A {method} run has no setting "{key}".{known}')


def _value(text: str) -> Any:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if isinstance(found, str):
        # YAML 1.1 takes 1e-3 for a string
        try:
            return float(found)
        except ValueError:
            return found
    return found


def _check_run(key: str, value: Any) -> None:
    """Check what the training's own settings do not: how much data, how long, which layer."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    count = whole and value >= 1
    if key in _COUNTS and not count:
        raise UserError(f"The setting {key} is {value!r}; it must be a whole number of at least 1.")
    if key in _COUNTS_OR_NULL and not (count or value is None):
        raise UserError(f"The setting {key} is {value!r}; it must be a whole number of at least 1, or null.")
    if key == "retrieval_layer" and not (value is None or whole and value >= 0):
        raise UserError(f"The setting {key} is {value!r}; it must be a layer, from 0 (the embeddings) on, or null.")
