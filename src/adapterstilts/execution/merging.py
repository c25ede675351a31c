"""Make one adapter of several without training, and measure it where that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts import methods, tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.saving import load_adapter, save_adapter
from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, check_backbone, other_weights
from adapterstilts.backbones import loading
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base import files, processes
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange.at_hand import folder_of
from adapterstilts.exchange.catalogue import check_free
from adapterstilts.execution.evaluating import measured_result, record, rows_to_measure
from adapterstilts.execution.how import DEFAULT, How, check_length, languages_of, place_of, surroundings
from adapterstilts.execution.learning import weights_of
from adapterstilts.rows import reading
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import name_of
from adapterstilts.tasks import types


@dataclass(frozen=True)
class Merge:
    """What a merge made: the adapter, its folder, what the weight change lost, scores if it was measured.

    `residual` is from 0 to 1, None where nothing is lost. `result` is None without a target.
    """

    adapter: Adapter
    folder: Path
    residual: float | None
    result: Result | None


@processes.by_main
def merge(run: Run, how: How = DEFAULT, progress: Progress = SILENT) -> Merge:
    """Merge the sources of `run`, with the head of its `head`, and measure it if it has an evaluation.

    Raises `UserError` for sources, a head or a target that do not fit.
    """
    sources = [_adapter(source, run, how) for source in run.sources]
    ways = {key: value for key, value in run.settings.items() if key != "how"}
    merged = methods.merge([source.as_source() for source in sources], run.settings["how"], **ways)
    head = _adapter(run.head, run, how) if run.head else None
    task: tasks.Task | None = None
    languages: tuple[str, ...] = ()
    if run.evaluation is not None:
        place = place_of(run.evaluation.rows)
        task = reading.labelled(tasks.get(run.evaluation.target), place)
        languages = languages_of(task, place, how.languages)
    folder = how.output / name_of(run)
    files.check_writable(how.output)
    check_free(run, how.output)
    backbone = loading.load_backbone(run.backbone.id, revision=run.backbone.revision or None)
    for adapter in [*sources, *([head] if head else [])]:
        check_backbone(adapter, backbone.identity, lambda: backbone.shape, how.accept_other_weights)
    adapter = _made(run, merged, sources, head, how, backbone)
    if task is None or run.evaluation is None:
        save_adapter(adapter, folder)
        return Merge(adapter, folder, merged.residual, None)
    check_length(run.evaluation.settings, backbone)
    built = model.from_adapter(backbone, adapter, types.get(task.type), task)
    rows = rows_to_measure(task, run, languages, progress)
    result, measured = measured_result(run, adapter, rows, built, backbone, how, progress)
    if task.name == run.task and not result.not_measured:
        adapter = replace(adapter, scores=result.scores)
    save_adapter(adapter, folder)
    record(result, measured, how.output)
    return Merge(adapter, folder, merged.residual, result)


def _adapter(source: Run | Given, run: Run, how: How) -> Adapter:
    return load_adapter(folder_of(source, run.backbone.id, how.output))


def _made(
    run: Run, merged: methods.Merged, sources: Sequence[Adapter], head: Adapter | None, how: How, backbone: Backbone
) -> Adapter:
    tensors = {f"{ADAPTER_PREFIX}{key}": tensor for key, tensor in merged.tensors.items()}
    if head is not None:
        tensors |= {f"{HEAD_PREFIX}{key}": tensor for key, tensor in head.head_tensors().items()}
    training: dict[str, Any] = {
        "residual": merged.residual,
        "trainable_parameters": 0,
        "train_seconds": 0.0,
        **weights_of(run.built_on, how),
        **other_weights([*sources, *([head] if head else [])], backbone.identity),
        **surroundings(),
    }
    labels = head.labels if head else ()
    own = replace(run, evaluation=None)
    return Adapter(name_of(run), own, backbone.identity, merged.settings, labels, tensors, training=training)
