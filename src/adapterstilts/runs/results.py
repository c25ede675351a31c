"""What runs found: the record, the store, the comparison. No torch, so that comparing is instant.

A result is one adapter on one target with one seed, all languages inside. It is stored as one JSON file,
written whole or not at all, in the folder `results/` of an output folder or of the zoo.
"""

from __future__ import annotations

import json
import shlex
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapterstilts.base import files
from adapterstilts.base.errors import UserError
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks import get as get_task

CONTROLS = ("parameters", "untrained")
NO_ADAPTER = "none"
"""The word that stands for the backbone as it is."""
IMPORTED = "imported"
"""The key in `changed` by which an adapter that others trained, the value, is told from ours."""


@dataclass(frozen=True)
class Result:
    """One adapter on one target.

    `scores` maps language to metric to value (0 to 100), `examples` language to count, `average` is the mean of
    the languages' main scores (None without any: what was predicted has no labels) and `cross_lingual_gap`
    English minus the mean of the others (None without English). `sources` are the adapters that this one builds
    on, as one would type them, `source_tasks` their tasks. `trained_on` is the task of the last training, None
    if there was none. `control` is None, 'parameters' (target-only, with the parameters of the fusion of
    `sources`) or 'untrained' (a fusion of adapters that were never trained). `changed` holds the settings that
    were asked for instead of the recipe's, `evaluated_with` those of them that are the evaluation's own. `layer0`
    are the scores of a retrieval target at the embedding layer. `data` is where the rows come from that it was
    measured on ('pocket', 'hub', 'folder'), None where one expects it. `provenance` is what reproducing the run
    takes: backbone fingerprint, data, recipe, versions, machine.
    """

    adapter: str
    target: str
    backbone: str
    method: str
    composition: str | None
    sources: tuple[str, ...]
    seed: int
    scores: Mapping[str, Mapping[str, float]]
    examples: Mapping[str, int]
    average: float | None
    cross_lingual_gap: float | None
    trainable_parameters: int
    train_seconds: float
    output: str | None
    run: str
    source_tasks: tuple[str, ...] = ()
    trained_on: str | None = None
    control: str | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    source_saw_target_training: bool = False
    evaluated_with: Mapping[str, Any] = field(default_factory=dict)
    layer0: Mapping[str, Mapping[str, float]] | None = None
    data: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return {**asdict(self), "sources": list(self.sources), "source_tasks": list(self.source_tasks)}


def summarise(task: Task, scores: Mapping[str, Mapping[str, float]]) -> tuple[float | None, float | None]:
    """Return the average over languages (None without any) and the cross-lingual gap (None for retrieval, too, or
    without English).
    """
    if not scores:
        return None, None
    by_language = {language: metrics.main_score(task.metric, found) for language, found in scores.items()}
    average = statistics.fmean(by_language.values())
    others = [score for language, score in by_language.items() if language != "en"]
    if task.type == "retrieval" or "en" not in by_language or not others:
        return average, None
    return average, by_language["en"] - statistics.fmean(others)


def plain(value: Any) -> str:
    """Return a setting's value as a word."""
    return value if isinstance(value, str) else json.dumps(value)


def save(result: Result, folder: Path) -> Path:
    """Write `result` into ``folder/results`` and return the file."""
    path = path_of(result.adapter, result.target, result.data, folder, result.evaluated_with)
    files.write_text(path, text_of(result))
    return path


def text_of(result: Result) -> str:
    """Return what is stored of a result."""
    return json.dumps(result.as_json(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def path_of(
    adapter: str, target: str, data: str | None, folder: Path, evaluated_with: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """Return the file in ``folder/results`` of an adapter on a target; the rest as :func:`measured_on`."""
    return folder / "results" / f"{adapter}--{measured_on(target, data, evaluated_with)}.json"


def measured_on(target: str, data: str | None, evaluated_with: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Return the words in a file's name for a target, the unusual source `data`, and an evaluation's own settings."""
    settings = (f"{key}-{plain(value)}" for key, value in sorted(evaluated_with.items()))
    return "-".join([target, *([data] if data else []), *settings])


def made_with(result: Result) -> tuple[str, ...]:
    """Return what tells results apart that look alike: the backbone's weights and the rows that were measured on."""
    return tuple(str(result.provenance.get(key)) for key in ("backbone_fingerprint", "data_revision"))


def read(path: Path) -> Result:
    """Read one result; raise `UserError` if the file is not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(Result)}
        result = Result(**{key: value for key, value in found.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"The result {path} cannot be read ({error}); delete it and run it again.") from error
    return Result(**{**vars(result), "sources": tuple(result.sources), "source_tasks": tuple(result.source_tasks)})


