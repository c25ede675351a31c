"""What a run is called: its adapter's name, its words in a table, and how it differs from the recipe."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones import declaration_of
from adapterstilts.base.names import slug
from adapterstilts.methods.compositions import DENSITY
from adapterstilts.runs import recipe
from adapterstilts.runs.identity import ADDED_LATER, DEFAULTS
from adapterstilts.runs.run import NO_ADAPTER, Given, Rows, Run, with_own_seeds
from adapterstilts.tasks.combined import is_combined
from adapterstilts.tasks.declaration import AND, IN

TEXT = "text"
"""The key in what is changed by which an adapter that read a text of the user's, where pocket's is usual, is told."""
MADE_FOR = "made_for"
"""The key in what is changed by which an adapter on other weights, the value's, is told from one of these."""
IMPORTED = "imported"
"""The key in what is changed by which an adapter that others trained, the value, is told from ours."""
METHODS = {"full": "full fine-tuning", "head_only": "head only", NO_ADAPTER: "backbone as it is"}
_VERBS = {"continue": "continued from", "stack": "stack on", "fuse": "fusion of", "merge": "merge of"}
_NAMED_SOURCES = 3
_LENGTHS = ("max_steps", "epochs")


def _changed(run: Run) -> Mapping[str, Any]:
    """The settings of its making that are not the recipe's, with a merge's head by its word."""
    if run.composition == "merge":
        of_merging = (("how", "mean"), ("density", DENSITY))
        settings = {key: value for key, value in run.settings.items() if (key, value) not in of_merging}
        return {**settings, **({"head": word_for(run.head, run)} if run.head else {})}
    if run.method == NO_ADAPTER or run.task is None:
        return {}
    usual = recipe.resolve(run.backbone.id, run.method, run.structure, run.task).making
    settings = {**{key: DEFAULTS[key] for key in ADDED_LATER if key in usual}, **run.settings}
    takes_pocket = declaration_of(run.backbone.id).rows == "pocket"
    own_text = run.text if takes_pocket and run.text is not None and run.text.source != "pocket" else None
    changed = {key: value for key, value in settings.items() if usual.get(key) != value}
    if parts := changed.pop(recipe.PARTS, None):
        for name, own in parts.items():
            # what is asked for is asked of each part
            changed |= {key: value for key, value in own.items() if usual[recipe.PARTS][name][key] != value}
    if any(changed.get(length) is not None for length in _LENGTHS):
        # the two exclude each other: one that is set says that the other is not
        changed = {key: value for key, value in changed.items() if key not in _LENGTHS or value is not None}
    return {**changed, TEXT: own_text.revision} if own_text else changed


def changed_in_making(run: Run | Given) -> dict[str, Any]:
    """Return the settings with which an adapter was made, where they are not the recipe's."""
    return {IMPORTED: run.name} if isinstance(run, Given) else dict(_changed(run))


def changed_in_evaluation(run: Run) -> dict[str, Any]:
    """Return an evaluation's settings where they are neither the recipe's nor those of the adapter's training."""
    if run.evaluation is None:
        return {}
    usual = recipe.of_evaluation(run.backbone.id, run.evaluation.target, run.settings)
    return {key: value for key, value in run.evaluation.settings.items() if usual.get(key) != value}


def changed(run: Run) -> dict[str, Any]:
    """Return all that a table says is other than one expects: settings, where training rows come from, its weights."""
    whole = {**changed_in_making(run.adapter), **changed_in_evaluation(run)}
    elsewhere, original = trained_elsewhere(run), _of_other_weights(run)
    whole |= {"data": elsewhere} if elsewhere else {}
    return {**whole, MADE_FOR: original.backbone.id} if original else whole


def _of_other_weights(run: Run) -> Run | None:
    """The adapter that a run is on another backbone than it was made for."""
    return run.of_other_weights[0] if run.composition is None and run.of_other_weights else None


def trained_elsewhere(run: Run) -> str | None:
    """Return where an adapter's training rows come from, where that is neither usual nor where it is measured on."""
    expected = place_of_evaluation(run)
    if run.composition != "merge":
        return _elsewhere(run, expected)
    # a merge learned nothing itself: where all of its sources did
    several = {_elsewhere(source, expected) for source in run.sources if isinstance(source, Run)}
    return several.pop() if len(several) == 1 else None


def unusual(rows: Rows, task: str, backbone: str) -> str | None:
    """Return where rows of a task come from, if not from where one expects them; else None."""
    return None if rows.source == declaration_of(backbone).usual_rows(tasks.get(task)) else rows.source


def place_of_evaluation(run: Run) -> str | None:
    """Return where the rows that a run is measured on come from, if a command has to say it."""
    return _told(run.evaluation.rows, run.evaluation.target, run.backbone.id) if run.evaluation else None


def place_of(run: Run) -> str | None:
    """Return where training rows come from, if a command has to say it; of a merge those of all of its sources."""
    if run.rows is not None and run.task is not None:
        return _told(run.rows, run.task, run.backbone.id)
    several = {place_of(source) if isinstance(source, Run) else None for source in run.sources}
    return several.pop() if len(several) == 1 else None


def _told(rows: Rows, task: str, backbone: str) -> str | None:
    """Where rows come from, if a command has to say it: a folder always, since there is none that one would expect."""
    return rows.source if rows.source == "folder" else unusual(rows, task, backbone)


def _elsewhere(run: Run, expected: str | None = None) -> str | None:
    """Where training rows come from, if not from where one expects: what is usual, or a place that is told."""
    if run.rows is None or run.task is None:
        return None
    # a user's own task learns from its own rows, or from those of one of ours
    task = tasks.get(run.task)
    learned_from = tasks.get(task.train_on or task.name)
    usual = declaration_of(run.backbone.id).usual_rows(learned_from)
    wanted = usual if learned_from.own else expected or usual
    return None if run.rows.source == wanted else run.rows.source


def word_for(run: Run | Given, beside: Run | None = None) -> str:
    """Return what one types for an adapter: its task's name where that means it, else its own name.

    `beside` is what builds on it: rows from where its own rows come from are no surprise, but another method is, as are
    other weights of the backbone.
    """
    if beside is not None and (beside.method != run.method or run in beside.of_other_weights):
        return name_of(run)
    expected = place_of(beside) if beside else None
    if isinstance(run, Run) and run.task and run.seed == 0 and is_plain(run) and not _elsewhere(run, expected):
        return run.task
    return name_of(run)


def words_of_sources(run: Run) -> tuple[str, ...]:
    """Return what one types for the sources of a run, in alphabetical order."""
    return tuple(sorted(word_for(source, run) for source in run.sources))


def sources_of(run: Run) -> tuple[str, ...]:
    """Return the words that a table has for the sources of a run: one of the run's own seed goes by its task's name."""
    return words_of_sources(of_seed_0(run) if has_own_seeds(run) else run)


def has_own_seeds(run: Run) -> bool:
    """Whether a run builds on sources of its own seed, and that is not the one that a task's name means."""
    return bool(run.seed and run.sources) and all(
        isinstance(source, Run) and source.seed == run.seed for source in run.sources
    )


def of_seed_0(run: Run) -> Run:
    """Return the run with seed 0; so are its sources, if they have its own seed."""
    first = replace(run, seed=0)
    return with_own_seeds(first) if has_own_seeds(run) else first


def is_plain(run: Run | Given) -> bool:
    """Whether an adapter was trained alone and by the recipe: what its task's name stands for."""
    if isinstance(run, Given) or run.composition is not None or run.method == NO_ADAPTER or run.task is None:
        return False
    return not changed_in_making(run)


def name_of(run: Run | Given, short: bool = False) -> str:
    """Return an adapter's name, such as 'pocket-bottleneck-pawsx--fuse-mnli-squad-s0'.

    `short` leaves out the backbone, where rows come from and seed 0, as in the folder of shipped adapters. With
    settings of its own it ends in a digest of them. Of more than three sources only the number and a hash remain.
    """
    if isinstance(run, Given):
        return run.name
    own = run.backbone.id
    if run.method == NO_ADAPTER:
        return f"{slug(own).lower()}-{NO_ADAPTER}"
    elsewhere = unusual(run.rows, run.task, own) if run.rows and run.task else place_of(run)
    task = run.task and word_of_task(run.task)
    parts = (*(() if short else (slug(own).lower(), elsewhere)), run.method, task)
    name = "-".join(part for part in parts if part)
    if run.composition:
        name += f"--{_kind(run)}{_called(words_of_sources(run))}"
    if not (short and run.seed == 0):
        name += f"-s{run.seed}"
    own_settings = {key: value for key, value in changed_in_making(run).items() if key != "how"}
    return f"{name}-x{_digest(own_settings)}" if own_settings else name


def word_of_task(name: str) -> str:
    """Return a task's name as a part of an adapter's name; of more than three joined ones their number and a hash."""
    parts = [slug(part.replace(IN, ".in.")) for part in name.split(AND)]
    if len(parts) > _NAMED_SOURCES:
        return f"{len(parts)}-tasks-{_hash(parts)}"
    return ".".join(parts)


def _digest(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:6]


def _kind(run: Run) -> str:
    if run.control:
        return {"parameters": "parameters-of-fuse", "untrained": "untrained-fuse"}[run.control]
    how = run.settings.get("how", "mean")
    return f"merge-{how}" if run.composition == "merge" and how != "mean" else str(run.composition)


def _called(words: Sequence[str]) -> str:
    names = sorted((word_of_task(word) if is_combined(word) else slug(word)).lower() for word in words)
    if len(names) > _NAMED_SOURCES:
        return f"{len(names)}-{_hash(names)}"
    return "".join(f"-{name}" for name in names)


def _hash(names: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]


def measured_on(run: Run) -> str:
    """Return the words in a result's file name for what it is measured on."""
    assert run.evaluation is not None
    source = unusual(run.evaluation.rows, run.evaluation.target, run.backbone.id)
    settings = (f"{key}-{plain(value)}" for key, value in sorted(changed_in_evaluation(run).items()))
    return "-".join([run.evaluation.target, *([source] if source else []), *settings])


def plain(value: Any) -> str:
    """Return a setting's value as a word."""
    return value if isinstance(value, str) else json.dumps(value)


def label_of(run: Run) -> str:
    """Return the words that a reader sees for a run on its target, such as 'bottleneck, fusion of mnli + squad'."""
    measured_with = {key: value for key, value in changed_in_evaluation(run).items() if key in run.settings}
    told = {key: value for key, value in changed(run).items() if key not in measured_with}
    changes = ", ".join(
        [f"{key}={plain(value)}" for key, value in sorted(told.items())]
        + [f"evaluated with {key}={plain(value)}" for key, value in sorted(measured_with.items())]
    )
    if original := _of_other_weights(run):
        run = replace(original, evaluation=run.evaluation)
    sources = " + ".join(sources_of(run))
    method = METHODS.get(run.method, run.method)
    target = tasks.get(run.target or run.task or "")
    if run.control == "parameters":
        words = f"{method}, target only, parameters of the fusion of {sources}"
    elif run.control == "untrained":
        words = f"{method}, fusion of {len(run.sources)} untrained adapters"
    elif run.composition is None:
        words = _label_of_one(run, target, method)
    elif run.method == "full":
        words = f"{method} via {sources}"
    else:
        words = f"{method}, {_VERBS[run.composition]} {sources}"
    learned = tasks.get(run.task).train_on if run.task else None
    if run.composition is not None and learned not in (None, target.train_on):
        words += f" for {learned}"
    return f"{words} ({changes})" if changes else words


def _label_of_one(run: Run, target: tasks.Task, method: str) -> str:
    learned = tasks.get(run.task).train_on if run.task else None
    if run.method in ("full", NO_ADAPTER) and learned in (target.train_on, None):
        return method
    if target.role == "intermediate" and learned == target.name:
        return method
    if learned is not None and learned == target.train_on:
        return f"{method}, target only"
    return f"{method}, {learned} alone"
