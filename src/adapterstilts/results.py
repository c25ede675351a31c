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

from adapterstilts import files
from adapterstilts.errors import UserError
from adapterstilts.tasks import Task, metrics
from adapterstilts.tasks import get as get_task

CONTROLS = ("parameters", "untrained")
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


@dataclass(frozen=True)
class System:
    """What a row of a comparison stands for: a way to get scores, whatever the seed."""

    method: str
    composition: str | None = None
    sources: tuple[str, ...] = ()
    control: str | None = None
    trained_on: str | None = None
    changed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Gain:
    """What a system's average is above another's, over the `seeds` that both were run with.

    `half_width` is that of the 95 % interval of the mean (paired Student's t); None for one seed.
    """

    points: float
    half_width: float | None
    seeds: int


@dataclass(frozen=True)
class Row:
    """One system of a comparison: its results, one per seed; none means not run, and `command` runs it.

    `gain` is over the system that takes no other task's adapter (:func:`reference_of`), with the same settings changed
    if that was run, else with the recipe's; None if there is nothing to compare.
    """

    system: System
    label: str
    results: tuple[Result, ...]
    command: str
    gain: Gain | None = None


@dataclass(frozen=True)
class Comparison:
    """Everything measured on one target with one backbone and rows from one source, side by side.

    `left_out` counts results that were made with other weights of the backbone or from other data.
    """

    target: str
    backbone: str
    languages: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0
    data: str | None = None


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


def system_of(result: Result) -> System:
    """Return the system that `result` is a seed of; the order of sources does not matter."""
    return System(
        method=result.method,
        composition=result.composition,
        sources=tuple(sorted(result.sources)),
        control=result.control,
        trained_on=result.trained_on,
        changed=tuple(sorted((key, _plain(value)) for key, value in result.changed.items())),
    )


def _plain(value: Any) -> str:
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
    settings = (f"{key}-{_plain(value)}" for key, value in sorted(evaluated_with.items()))
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


def read_all(folders: Iterable[Path]) -> list[Result]:
    """Read every result in the folders' `results/`; a later folder replaces what an earlier one says of a seed."""
    found: dict[tuple[Any, ...], Result] = {}
    for folder in folders:
        for path in sorted((folder / "results").glob("*.json")):
            result = read(path)
            which = (result.target, result.backbone, result.data, result.seed, made_with(result), system_of(result))
            found[which] = result
    return list(found.values())


def systems_around(target: Task, fusion: System, source_tasks: Sequence[str]) -> list[System]:
    """Return the systems that a `fusion` for `target` is to be compared with, itself included."""
    method, task, sources = fusion.method, target.train_on, fusion.sources
    return [
        System(method, trained_on=task),
        System(method, None, sources, "parameters", task),
        System(method, "fuse", sources, "untrained", task),
        *(System(method, "stack", (source,), None, task) for source in sources if source != task),
        fusion,
        System("full", trained_on=task),
        *(System("full", "continue", (source,), None, task) for source in source_tasks if source != task),
    ]


def compare(
    target: Task,
    backbone: str,
    found: Iterable[Result],
    expected: Sequence[System] = (),
    data: str | None = None,
    like: Result | None = None,
) -> Comparison:
    """Put the results for `target` side by side: the `expected` systems first, then the others.

    Only results on rows from `data` (None: where one expects them) are compared, and of these only those that were
    made with the backbone's weights and the very rows that `like` was; None takes those of most results.
    """
    which = (target.name, backbone, data)
    relevant = [one for one in found if one.scores and (one.target, one.backbone, one.data) == which]
    used = made_with(like) if like else statistics.mode(map(made_with, relevant)) if relevant else ()
    kept = [result for result in relevant if made_with(result) == used]
    by_system: dict[System, list[Result]] = {system: [] for system in expected}
    for result in sorted(kept, key=lambda result: (_order(system_of(result)), result.seed)):
        by_system.setdefault(system_of(result), []).append(result)
    seen = {language for result in kept for language in result.scores}
    languages = sorted(seen, key=lambda language: (language != "en", language))
    rows = []
    for system, results in by_system.items():
        reference = reference_of(system, target)
        itself = replace(system, changed=()) == reference
        alone = by_system.get(replace(reference, changed=system.changed)) or by_system.get(reference, [])
        gain = None if itself else _gain(results, alone)
        words = label(system, target)
        rows.append(Row(system, words, tuple(results), command(system, target, backbone, data), gain))
    return Comparison(target.name, backbone, tuple(languages), tuple(rows), len(relevant) - len(kept), data)


def reference_of(system: System, target: Task) -> System:
    """Return what `system` is measured against: the same method on the target alone, or the backbone as it is."""
    if target.train_on is None:
        return System("none")
    return System(system.method, trained_on=target.train_on)


def _gain(results: Sequence[Result], reference: Sequence[Result]) -> Gain | None:
    """Return the gain paired by seed; what is not trained has no seeds, and is every seed's partner."""
    averages = {result.seed: result.average for result in reference if result.average is not None}
    if reference and reference[0].method == "none":
        averages = dict.fromkeys((result.seed for result in results), averages[reference[0].seed])
    gains = [
        result.average - averages[result.seed]
        for result in results
        if result.average is not None and result.seed in averages
    ]
    return Gain(statistics.fmean(gains), _half_width(gains), len(gains)) if gains else None


def _half_width(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # takes a tenth of a second

    return float(stdtrit(len(values) - 1, 0.975)) * statistics.stdev(values) / len(values) ** 0.5


def _order(system: System) -> tuple[Any, ...]:
    compositions = (None, "continue", "stack", "fuse", "merge")
    controls = (None, *CONTROLS)
    return (
        system.method == "full",
        system.method,
        compositions.index(system.composition),
        controls.index(system.control),
        system.sources,
        system.changed,
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
    elsewhere = [] if backbone == "pocket" else ["--backbone", backbone]
    elsewhere += ["--data", "FOLDER" if data == "folder" else data] if data else []
    return shlex.join(["adapterstilts", *words, *elsewhere, *changed])


def _words_of_setting(key: str, value: str) -> tuple[str, ...]:
    if key in ("how", "head"):
        return (f"--{key}", value)
    return ("--no-fresh",) if (key, value) == ("fresh", "false") else ("-o", f"{key}={value}")


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is there, None if nothing is."""
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None


def language_score(result: Result, language: str) -> float | None:
    """Return the main score of one language, None where it was not evaluated."""
    scores = result.scores.get(language)
    return None if scores is None else metrics.main_score(get_task(result.target).metric, scores)
