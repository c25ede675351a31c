"""From Python what the verbs do: `import adapterstilts as st`, then `st.fuse(["squad", "mnli"], target="pawsx")`.

Words for adapters, defaults and folders are those of the command line. Every function raises
`adapterstilts.base.errors.UserError`, one sentence with the remedy, for what a user can mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapterstilts import execution
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue
from adapterstilts.runs.results import Result

Given = str | Path
"""A folder, or for an adapter any word that the command line takes."""


def load(
    adapter: Given, *, backbone: str = "pocket", method: str | None = None, output: Given = "runs"
) -> execution.Predictor:
    """Load an adapter with its head on its backbone, in evaluation mode.

    `adapter`: a task's name, an adapter's name, a folder, or a repository of the Hub. The result's `model` is a
    `torch.nn.Module` that takes {'input_ids', 'attention_mask'}, int64 (B, L); `tokenizer` is the backbone's.
    """
    word, folder = str(adapter), Path(output)
    return execution.Predictor(word, backbone, method or catalogue.method_of([word], backbone, folder), folder)


def predict(
    adapter: Given | execution.Predictor,
    texts: Iterable[str | Mapping[str, Any]],
    *,
    batch_size: int = 32,
    **options: Any,
) -> list[execution.Prediction]:
    """Predict for texts: lines, or rows with the task's columns (`adapterstilts.execution.predicting.FIELDS`).

    `adapter` is what `load` gave, or what it takes, with its `options`. Probabilities are between 0 and 1.
    """
    loaded = adapter if isinstance(adapter, execution.Predictor) else load(adapter, **options)
    rows = (next(execution.rows_of([text], loaded.task)) if isinstance(text, str) else text for text in texts)
    return list(loaded.predict(rows, batch_size))


def train(task: str, *, method: str = "bottleneck", **options: Any) -> Result:
    """Train one adapter for a task, and evaluate it in every language.

    `options`: backbone, data, seed, output, languages, resume, settings (a recipe's, such as
    {"learning_rate": 1e-3}), progress. Scores are from 0 to 100.
    """
    return _learn(task, method, None, (), **options)


def continue_(adapter: Given, target: str, *, method: str | None = None, **options: Any) -> Result:
    """Go on training the adapter's own weights on a target: STILTs (Phang et al. 2020) with adapters."""
    return _learn(target, method, "continue", (adapter,), **options)


def stack(adapter: Given, target: str, *, method: str | None = None, **options: Any) -> Result:
    """Train a fresh adapter for a target on top of a frozen one."""
    return _learn(target, method, "stack", (adapter,), **options)


def fuse(adapters: Sequence[Given], target: str, *, method: str | None = None, **options: Any) -> Result:
    """Learn to combine frozen adapters for a target: AdapterFusion (Pfeiffer et al. 2021), or a mixture of LoRAs."""
    return _learn(target, method, "fuse", adapters, **options)


def baseline(target: str, *, via: str | None = None, progress: Progress = SILENT, **options: Any) -> Result:
    """Fine-tune the whole backbone on a target, straight or through an intermediate task."""
    request = _request(target, "full", "continue" if via else None, (via,) if via else (), **options)
    return execution.baseline(request, progress)


def evaluate(
    adapter: Given,
    target: str | None = None,
    *,
    method: str | None = None,
    progress: Progress = SILENT,
    submission: Given | None = None,
    **options: Any,
) -> Result:
    """Evaluate an adapter zero-shot in every language, on its own task or on a target.

    With `submission` the predictions also go to that folder in XTREME's layout.
    """
    request = _request(target or "", method, None, (adapter,), **options)
    return execution.evaluate(str(adapter), target, request, progress, None if submission is None else Path(submission))


def _learn(
    task: str,
    method: str | None,
    composition: str | None,
    adapters: Sequence[Given],
    progress: Progress = SILENT,
    **options: Any,
) -> Result:
    return execution.learn(_request(task, method, composition, adapters, **options), progress)


def _request(
    task: str,
    method: str | None,
    composition: str | None,
    adapters: Sequence[Given],
    *,
    backbone: str = "pocket",
    output: Given = "runs",
    settings: Mapping[str, Any] | None = None,
    languages: Sequence[str] = (),
    **options: Any,
) -> execution.Request:
    words = tuple(str(adapter) for adapter in adapters)
    return execution.Request(
        task,
        method or catalogue.method_of(words, backbone, Path(output)),
        composition,
        words,
        backbone,
        overrides=dict(settings or {}),
        output=Path(output),
        languages=tuple(languages),
        **options,
    )
