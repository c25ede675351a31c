"""From words to a run: what the command line, Python and a study's lines all ask by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from adapterstilts import tasks
from adapterstilts.backbones import DEFAULT, BackboneIdentity
from adapterstilts.base.errors import UserError
from adapterstilts.methods.compositions import DENSITY, check_merge, check_sources
from adapterstilts.runs import identity, recipe
from adapterstilts.runs.run import CONTROLS, NO_ADAPTER, Evaluation, Given, Rows, Run
from adapterstilts.runs.words import name_of
from adapterstilts.tasks.combined import MASKED


class NotMade(UserError):
    """The adapter that a task's name stands for is not at hand."""


OF_MERGING = ("density", "rank")


class Surroundings(Protocol):
    """What words mean here; nothing of it loads a row or a weight that it has seen before."""

    def backbone(self, word: str) -> BackboneIdentity:
        """The backbone that a word means."""

    def rows(self, task: tasks.Task, data: str | None, backbone: str) -> Rows:
        """The rows of a task; `data` None is where one expects them."""

    def text(self, text: str | None, data: str | None, backbone: str) -> Rows:
        """What masked language modelling takes: a folder's text (None: pocket's own), and the backbone's head."""

    def adapter(self, word: str, backbone: str, method: str) -> Run | Given:
        """The adapter that a word means; UserError if there is none, NotMade if the word is a task's name."""

    def method_of(self, words: Sequence[str], backbone: str) -> str:
        """The method of the first of these adapters whose word tells it, or 'bottleneck'."""


def training(
    here: Surroundings,
    task: str,
    method: str,
    composition: str | None = None,
    sources: Sequence[str] = (),
    *,
    backbone: str = DEFAULT,
    data: str | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    control: str | None = None,
    fresh: bool = True,
    text: str | None = None,
) -> Run:
    """Return the run that trains for a task and measures it on the task's own rows; of several at once it is trained.

    `sources` are words for adapters. A task's name whose adapter is not at hand stands for the one that its recipe
    would make. `text` is the folder that masked language modelling reads beside tasks. `settings` are those that differ
    from the recipe's; those that only change how a run is computed are checked and left out. UserError for whatever
    does not fit.
    """
    declared, learned_from = trainable(task)
    if declared.parts and composition is not None:
        raise UserError(
            f'"{task}" is learned at once and by itself, so it is no target; `adapterstilts train {task}` makes its '
            "adapter, on which others build."
        )
    if control is not None and (composition != "fuse" or control not in CONTROLS):
        raise UserError(f"A control belongs to a fusion and is one of {', '.join(CONTROLS)}.")
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise UserError(f"The seed is {seed!r}: it must be a whole number from 0 on, below 2^63.")
    if not fresh and (method, composition, control) != ("lora", "fuse", None):
        raise UserError("Only a fusion of LoRAs can do without a fresh one (--no-fresh); leave that out.")
    resolved = recipe.resolve(backbone, method, None if control == "parameters" else composition, task, settings)
    making = dict(resolved.making) | ({} if fresh else {"fresh": False})
    shared = {key: identity.canonical(resolved.run[key]) for key in (*_SHARED, "test_examples")}
    built_on = [_adapter(here, word, method, backbone, data, text) for word in sources]
    check_sources(method, composition, [(name_of(source), source.method) for source in built_on])
    # a backbone that cannot be had is told before rows that cannot
    own = here.backbone(backbone)
    measured_on = None if declared.parts else Evaluation(declared.name, here.rows(declared, data, backbone), shared)
    return Run(
        own,
        method,
        declared.name,
        here.rows(learned_from, data, backbone),
        composition,
        in_order(built_on),
        control=control,
        seed=seed,
        settings=making,
        evaluation=measured_on,
        text=here.text(text, data, backbone) if any(part.type == MASKED for part in declared.parts) else None,
    )


_SHARED = ("max_length", "precision")


def merging(
    here: Surroundings,
    sources: Sequence[str],
    method: str,
    target: str | None = None,
    *,
    how: str = "mean",
    head: str | None = None,
    backbone: str = DEFAULT,
    data: str | None = None,
    settings: Mapping[str, Any] | None = None,
    text: str | None = None,
) -> Run:
    """Return the run that merges adapters, measured on `target`, or else on the task of the `head`, if there is one."""
    asked = dict(settings or {})
    merged_with = {key: asked.pop(key) for key in OF_MERGING if key in asked}
    check_merge(method, how, merged_with)
    if how == "ties":
        merged_with = {"density": DENSITY, **merged_with}
    built_on = [_adapter(here, word, method, backbone, data, text) for word in sources]
    check_sources(method, "merge", [(name_of(source), source.method) for source in built_on])
    topped = _adapter(here, head, method, backbone, data, text) if head else None
    task = topped.task if topped else None
    if task and tasks.get(task).parts:
        raise UserError(
            f'The adapter "{head}" has several heads, and a merge gets one; name an adapter of one task with --head.'
        )
    aim = target or task
    if aim and tasks.get(aim).type != "retrieval" and topped is None:
        raise UserError(
            f"A merge has no head, so it cannot be evaluated on {aim}; name an adapter whose head "
            f"it gets, such as --head {aim}, or choose a retrieval target such as tatoeba."
        )
    if asked and not aim:
        raise UserError(
            f"A merge that is not measured has no setting {', '.join(asked)}; name a --target, or leave it out."
        )
    run = Run(
        here.backbone(backbone),
        method,
        task,
        None,
        "merge",
        in_order(built_on),
        topped,
        settings={"how": how, **{key: identity.canonical(value) for key, value in merged_with.items()}},
    )
    return measured(here, run, aim, data, asked) if aim else run


def evaluating(
    here: Surroundings,
    word: str,
    target: str | None,
    method: str | None = None,
    *,
    backbone: str = DEFAULT,
    data: str | None = None,
    settings: Mapping[str, Any] | None = None,
    text: str | None = None,
) -> Run:
    """Return the run that measures an adapter ('none': the backbone as it is) on `target`, or else on its own task."""
    alone = word == NO_ADAPTER
    if alone and target is not None and tasks.get(target).type != "retrieval":
        raise UserError(f"The backbone alone has no head for {target}; only retrieval works without one.")
    adapter = None if alone else _adapter(here, word, method or here.method_of([word], backbone), backbone, data, text)
    aim = target or (adapter.task if adapter else None)
    several = tasks.get(aim).parts if aim else ()
    if aim is None or several:
        example = several[0].name if several else "tatoeba"
        raise UserError(f'Say what to evaluate "{word}" on, such as --target {example}.')
    # last, since one that is new here is loaded
    own = here.backbone(backbone)
    return measured(here, as_it_is(adapter, own) if adapter else Run(own, NO_ADAPTER), aim, data, settings)


def _adapter(
    here: Surroundings, word: str, method: str, backbone: str, data: str | None, text: str | None
) -> Run | Given:
    """The adapter that a word means; of a task's name that has none yet, the one that its recipe would make."""
    try:
        return here.adapter(word, backbone, method)
    except NotMade:
        return replace(training(here, word, method, backbone=backbone, data=data, text=text), evaluation=None)


def as_it_is(adapter: Run | Given, backbone: BackboneIdentity) -> Run:
    """Return the run that is nothing but an adapter on a backbone: its own run, unless it was made for another one."""
    if isinstance(adapter, Given):
        return Run(backbone, adapter.method, adapter.task, sources=(adapter,))
    if adapter.backbone.fingerprint == backbone.fingerprint:
        return adapter
    # an evaluation is by the lengths and the precision of the training
    settings = {key: adapter.settings[key] for key in _SHARED if key in adapter.settings}
    return Run(
        backbone, adapter.method, adapter.task, adapter.rows, None, (adapter,), seed=adapter.seed, settings=settings
    )


def measured(
    here: Surroundings, run: Run, target: str, data: str | None = None, settings: Mapping[str, Any] | None = None
) -> Run:
    """Return the run that measures the adapter of `run` on a target, with `settings` other than the usual."""
    settings = settings or {}
    task = tasks.get(target)
    if "retrieval_layer" in settings:
        check_has_layers(task)
    backbone = run.backbone.id
    evaluation = recipe.of_evaluation(backbone, target, run.settings, without_how(settings))
    return replace(run, evaluation=Evaluation(target, here.rows(task, data, backbone), evaluation))


def check_has_layers(task: tasks.Task) -> None:
    """Raise UserError unless a task compares embeddings, of which a layer can be chosen."""
    if task.type != "retrieval":
        raise UserError(
            f"{task.name} compares no sentence embeddings, so it has no layer to choose; leave out --layer "
            "(retrieval_layer), or give --target tatoeba or --target bucc2018."
        )


def in_order(sources: Iterable[Run | Given]) -> tuple[Run | Given, ...]:
    """Return sources in the order of their names: what is fused does not depend on typing."""
    several = tuple(sources)
    return tuple(sorted(several, key=name_of)) if len(several) > 1 else several


def without_how(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without those that only change how a run is computed."""
    return {key: value for key, value in settings.items() if key not in identity.HOW}


def only_how(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that only change how a run is computed."""
    return {key: value for key, value in settings.items() if key in identity.HOW}


def trainable(name: str) -> tuple[tasks.Task, tasks.Task]:
    """Return a task and the one whose English data it is trained on; UserError if it has none."""
    task = tasks.get(name)
    if task.train_on is None:
        raise UserError(
            f"{name} has no training data, so nothing can be trained for it; use `adapterstilts evaluate "
            f"ADAPTER --target {name}` or `adapterstilts merge ADAPTER ADAPTER --target {name}`."
        )
    return task, tasks.get(task.train_on)
