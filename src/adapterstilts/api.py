"""From Python what the verbs do: `import adapterstilts as st`, then `st.fuse(["squad", "mnli"], target="pawsx")`.

Words for adapters, defaults and folders are those of the command line. Every function raises
`adapterstilts.base.errors.UserError`, one sentence with the remedy, for what a user can mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapterstilts import execution, tasks
from adapterstilts.backbones import DEFAULT
from adapterstilts.base.errors import did_you_mean
from adapterstilts.base.places import path_of
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution.how import How
from adapterstilts.runs import asked
from adapterstilts.runs.results import Result
from adapterstilts.tasks import Task

Where = str | Path
"""A folder, or for an adapter any word that the command line takes."""


def load(
    adapter: Where,
    *,
    backbone: str = DEFAULT,
    method: str | None = None,
    output: Where = "runs",
    accept_other_weights: bool = False,
    target: str | None = None,
) -> execution.Predictor:
    """Load an adapter with its head on its backbone, in evaluation mode, on the accelerator where there is one.

    `adapter`: a task's name, an adapter's name, a folder, or a repository of the Hub. The result's `model` is a
    `torch.nn.Module` that takes {'input_ids', 'attention_mask'}, int64 (B, L); `tokenizer` is the backbone's.
    `accept_other_weights` takes an adapter that was made for other weights of the backbone's shape. `target` says which
    head of one that learned several tasks at once.
    """
    word, folder = str(adapter), path_of(output)
    chosen = method or catalogue.method_of([word], backbone, folder)
    word = catalogue.meant(word, backbone, chosen, folder, SILENT.note)
    predictor = execution.Predictor(
        word, backbone, chosen, folder, accept_other_weights=accept_other_weights, target=target
    )
    predictor.load()
    return predictor


def predict(
    adapter: Where | execution.Predictor,
    texts: Iterable[str | Mapping[str, Any]],
    *,
    batch_size: int = 32,
    backbone: str = DEFAULT,
    method: str | None = None,
    output: Where = "runs",
    accept_other_weights: bool = False,
) -> list[execution.Prediction]:
    """Predict for texts, one prediction each: lines, or rows with the task's columns.

    The columns are in `adapterstilts.execution.predicting.FIELDS`. `adapter` is what `load` gave, or what it takes
    with the options from `backbone` on. Probabilities are between 0 and 1. UserError names the row, from 1, that is
    empty or does not fit.
    """
    loaded = (
        adapter
        if isinstance(adapter, execution.Predictor)
        else load(adapter, backbone=backbone, method=method, output=output, accept_other_weights=accept_other_weights)
    )
    return list(loaded.predict(execution.checked_rows(texts, loaded.task), batch_size))


def train(task: str | Task, *, method: str = "bottleneck", **options: Any) -> Result | None:
    """Train one adapter for a task, and evaluate it in every language; for several at once (`mnli+squad`) train it.

    `options`: backbone, data, text (a folder, for masked language modelling), seed, output, languages (one or several),
    resume, log (a tracker), settings (a recipe's, such as {"learning_rate": 1e-3}), progress; where it builds on
    adapters also accept_other_weights, as in `evaluate`. Scores are from 0 to 100. Of several tasks there is no result:
    their adapter is in `output`, and `evaluate` measures it.
    """
    _check_options(options, "train", "method")
    return _learn(task, method, None, (), **options)


def continue_(adapter: Where, target: str | Task, *, method: str | None = None, **options: Any) -> Result:
    """Go on training the adapter's own weights on a target: STILTs (Phang et al. 2020) with adapters.

    `options` are those of `train`.
    """
    _check_options(options, "continue_", "method")
    return _measured(target, method, "continue", (adapter,), **options)


def stack(adapter: Where, target: str | Task, *, method: str | None = None, **options: Any) -> Result:
    """Train a fresh adapter for a target on top of a frozen one; `options` are those of `train`."""
    _check_options(options, "stack", "method")
    return _measured(target, method, "stack", (adapter,), **options)


def fuse(
    adapters: Sequence[Where],
    target: str | Task,
    *,
    method: str | None = None,
    control: str | None = None,
    fresh: bool = True,
    **options: Any,
) -> Result:
    """Learn to combine frozen adapters for a target: AdapterFusion (Pfeiffer et al. 2021), or a mixture of LoRAs.

    `control` is 'parameters' or 'untrained'; `fresh` False is LoRA's mixing alone; `options` are those of `train`.
    """
    _check_options(options, "fuse", "method", "control", "fresh")
    return _measured(target, method, "fuse", adapters, control=control, fresh=fresh, **options)


def baseline(target: str | Task, *, via: str | Task | None = None, **options: Any) -> Result | None:
    """Fine-tune the whole backbone on a target, straight or through an intermediate task.

    `options` are those of `train`.
    """
    _check_options(options, "baseline", "via")
    return _learn(target, "full", "continue" if via else None, (named(via),) if via else (), **options)


def evaluate(
    adapter: Where,
    target: str | Task | None = None,
    *,
    method: str | None = None,
    backbone: str = DEFAULT,
    data: str | None = None,
    output: Where = "runs",
    settings: Mapping[str, Any] | None = None,
    languages: str | Sequence[str] = (),
    progress: Progress = SILENT,
    submission: Where | None = None,
    accept_other_weights: bool = False,
) -> Result:
    """Evaluate an adapter zero-shot in every language, on its own task or on a target.

    With `submission` the predictions also go to that folder in XTREME's layout. `accept_other_weights` takes an adapter
    that was made for other weights of the backbone's shape, and the result says so.
    """
    folder = path_of(output)
    here = AtHand(folder)
    aim = None if target is None else named(target)
    chosen = method or here.method_of([str(adapter)], backbone)
    word = catalogue.meant(str(adapter), backbone, chosen, folder, progress.note)
    run = asked.evaluating(here, word, aim, chosen, backbone=backbone, data=data, settings=settings)
    settings_of_how = asked.only_how(settings or {})
    how = How(folder, _several(languages), settings=settings_of_how, accept_other_weights=accept_other_weights)
    return execution.evaluate(run, how, progress, None if submission is None else path_of(submission))


def named(task: str | Task) -> str:
    """Return the name of a task; one of the user's own is known by it from then on."""
    if isinstance(task, str):
        return task
    tasks.register(task)
    return task.name


_OPTIONS = (
    *("backbone", "data", "text", "seed", "output", "languages", "resume", "log", "settings", "progress"),
    "accept_other_weights",
)


def _check_options(options: Mapping[str, Any], verb: str, *own: str) -> None:
    """Raise TypeError, as Python would, for an option that the function called `verb` has not, `own` ones included."""
    known = (*_OPTIONS, *own)
    for name in options:
        if name not in _OPTIONS:
            hint = did_you_mean(name, known) or f" There are {', '.join(known)}."
            raise TypeError(f"{verb}() got an unexpected keyword argument '{name}'.{hint}")


def _several(languages: str | Sequence[str]) -> tuple[str, ...]:
    """One language, or several."""
    return (languages,) if isinstance(languages, str) else tuple(languages)


def _measured(*words: Any, **options: Any) -> Result:
    """What `_learn` does for a target, which is always measured."""
    result = _learn(*words, **options)
    assert result is not None
    return result


def _learn(
    task: str | Task,
    method: str | None,
    composition: str | None,
    adapters: Sequence[Where],
    *,
    backbone: str = DEFAULT,
    output: Where = "runs",
    settings: Mapping[str, Any] | None = None,
    languages: str | Sequence[str] = (),
    resume: bool = False,
    log: str | None = None,
    progress: Progress = SILENT,
    accept_other_weights: bool = False,
    **options: Any,
) -> Result | None:
    folder, words = path_of(output), [str(adapter) for adapter in adapters]
    here = AtHand(folder)
    chosen = method or here.method_of(words, backbone)
    if chosen != "full":
        words = [catalogue.meant(word, backbone, chosen, folder, progress.note) for word in words]
    run = asked.training(here, named(task), chosen, composition, words, backbone=backbone, settings=settings, **options)
    how = How(folder, _several(languages), resume, asked.only_how(settings or {}), log, accept_other_weights)
    return execution.learn(run, how, progress)
