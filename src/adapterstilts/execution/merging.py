"""Make one adapter of several without training, and evaluate it where that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts import methods, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, check_backbone
from adapterstilts.backbones import loading
from adapterstilts.base import files
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.execution.evaluating import measure, record, result_of, rows_to_measure
from adapterstilts.execution.request import (
    Found,
    Request,
    check_length,
    find_sources,
    languages_of,
    made_by_others,
    name_of,
)
from adapterstilts.rows import reading
from adapterstilts.runs import recipe
from adapterstilts.runs.results import Result
from adapterstilts.tasks import types

_OF_MERGING = ("density", "rank")


@dataclass(frozen=True)
class Merge:
    """What a merge made: the adapter, its folder, what the weight change lost, scores if it was evaluated.

    `residual` is from 0 to 1, None where nothing is lost. `result` is None without a target.
    """

    adapter: Adapter
    folder: Path
    residual: float | None
    result: Result | None


def merge(request: Request, how: str = "mean", head: str | None = None, progress: Progress = SILENT) -> Merge:
    """Merge the sources of `request`; `head` names the adapter whose head the merge gets.

    `request.task` is the target to evaluate on: empty means the head's own task, or none at all. Raises
    `UserError` for sources, a head or a target that do not fit.
    """
    found = find_sources(request.sources, request)
    merged = methods.merge(
        [one.adapter.as_source() for one in found],
        how,
        **{key: value for key, value in request.overrides.items() if key in _OF_MERGING},
    )
    heads = find_sources([head] if head else [], request)
    task = _target(request, heads)
    languages = languages_of(task, request.rows_from, request.languages) if task else ()
    backbone = loading.load_backbone(request.backbone)
    for one in [*found, *heads]:
        check_backbone(one.adapter, backbone.identity)
    adapter = _adapter(request, merged, found, heads, how, backbone)
    folder = request.output / adapter.name
    if task is None:
        saving.save_adapter(adapter, folder)
        return Merge(adapter, folder, merged.residual, None)
    settings = _settings(request, task)
    check_length(settings.run, backbone)
    built = model.from_adapter(backbone, adapter, types.get(task.type), task)
    rows = rows_to_measure(task, settings.run, languages, request.rows_from)
    if rows.unlabelled:
        progress.note(rows.sentence(str(folder)))
    measured = measure(built, backbone, settings.run, rows, progress)
    adapter = replace(adapter, scores=measured.scores)
    saving.save_adapter(adapter, folder)
    files.write_text(request.output / "recipes" / f"{adapter.name}.yaml", recipe.dump(adapter.recipe))
    changed = adapter.recipe["changed"]
    result = result_of(request, adapter, task, settings, measured, backbone, changed)
    record(result, measured, request.output, complete=not request.languages)
    return Merge(adapter, folder, merged.residual, result)


def _target(request: Request, heads: Sequence[Found]) -> tasks.Task | None:
    if request.task:
        task = tasks.get(request.task)
        if task.type != "retrieval" and not heads:
            raise UserError(
                f"A merge has no head, so it cannot be evaluated on {task.name}; name an adapter whose head "
                f"it gets, such as --head {task.name}, or choose a retrieval target such as tatoeba."
            )
    elif heads and heads[0].adapter.task:
        task = tasks.get(heads[0].adapter.task)
    else:
        return None
    return reading.labelled(task, request.rows_from)


def _settings(request: Request, task: tasks.Task) -> recipe.Settings:
    ours = {key: value for key, value in request.overrides.items() if key not in _OF_MERGING}
    return recipe.resolve(request.backbone, request.method, "merge", task.name, ours)


def _adapter(
    request: Request,
    merged: methods.Merged,
    found: Sequence[Found],
    heads: Sequence[Found],
    how: str,
    backbone: loading.Backbone,
) -> Adapter:
    infos = tuple(one.info for one in found)
    task = heads[0].adapter.task if heads else None
    changed: dict[str, Any] = dict(request.overrides) | ({"head": heads[0].word} if heads else {})
    kind = "merge" if how == "mean" else f"merge-{how}"
    name = name_of(replace(request, task=task or ""), [one.called for one in found], kind, changed)
    changed |= {} if how == "mean" else {"how": how}
    tensors = {f"{ADAPTER_PREFIX}{key}": tensor for key, tensor in merged.tensors.items()}
    if heads:
        tensors |= {f"{HEAD_PREFIX}{key}": tensor for key, tensor in heads[0].adapter.head_tensors().items()}
    facts = {
        "method": request.method,
        "composition": "merge",
        "how": how,
        "backbone": backbone.identity.fingerprint,
        "sources": [{"name": one.adapter.name, "sha256": one.sha256} for one in found],
        "heads": [{"name": one.adapter.name, "sha256": one.sha256} for one in heads],
        "settings": dict(merged.settings),
    }
    own = {
        "run": recipe.identity(facts),
        **facts,
        "changed": changed,
        "sources": [one.word for one in found],
        "source_weights": [one.sha256 for one in found],
        **made_by_others([*found, *heads]),
        "source_tasks": [one.adapter.task for one in found if one.adapter.task],
        "sources_trained_on": sorted(set().union(*(one.trained_on for one in found))),
        "residual": merged.residual,
        "trainable_parameters": 0,
        "train_seconds": 0.0,
    }
    labels = heads[0].adapter.labels if heads else ()
    return Adapter(
        name,
        request.method,
        "merge",
        task,
        infos,
        merged.settings,
        backbone.identity,
        labels,
        0,
        tensors,
        own,
        data_revision=", ".join(sorted({one.adapter.data_revision for one in found})),
    )
