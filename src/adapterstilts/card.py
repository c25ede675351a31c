"""An adapter's card: what it is, how it was made, what it scores. Rendered from its facts and result files."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from huggingface_hub import EvalResult, ModelCardData

from adapterstilts import report, tasks
from adapterstilts.results import Result, language_score
from adapterstilts.tasks import Task
from adapterstilts.zoo import Entry

PIPELINES = {
    "classification": "text-classification",
    "multiple_choice": "multiple-choice",
    "tagging": "token-classification",
    "question_answering": "question-answering",
    "retrieval": "sentence-similarity",
}
"""What the Hub calls the types of tasks."""
LIBRARIES = {"bottleneck": "adapters", "lora": "peft"}
METHODS = {"bottleneck": "A bottleneck adapter", "lora": "A LoRA"}
BODY = """
# {name}

{method} for {title}{miniature} with its head, on the frozen backbone `{backbone}`, trained on English alone.

## Use

    adapterstilts evaluate {task} --target TARGET --method {method_name}
    adapterstilts fuse {task} ANOTHER --target TARGET --method {method_name}

`adapterstilts tasks` lists the targets. An adapter fits the weights that it was trained on and no others: those
whose fingerprint is `{fingerprint}`.

## Scores

{own_scores}
{zero_shot}
## Training

{training}

{settings}
"""
ZERO_SHOT = """
Zero-shot, this adapter as it is (retrieval: mean-pooled hidden states), average over languages and each language:

| target | metric | average | languages |
|---|---|---:|---|
{rows}
"""


def render(entry: Entry, found: Iterable[Result]) -> str:
    """Return the card of a plain adapter (no composition) as Markdown with the Hub's metadata.

    `found` are results to choose from: those of `entry`, and of its other seeds on its own task.
    """
    task = tasks.get(str(entry.task))
    alike = [
        result
        for result in found
        if (result.method, result.trained_on, result.composition) == (entry.method, task.name, None)
        and result.provenance.get("backbone_fingerprint") == entry.facts["backbone"]["fingerprint"]
        and not result.changed
    ]
    own = sorted((result for result in alike if result.target == task.name), key=lambda result: result.seed)
    elsewhere = [result for result in alike if result.target != task.name and result.seed == entry.seed]
    elsewhere.sort(key=lambda result: result.target)
    metadata = _metadata(entry, task, [*[result for result in own if result.seed == entry.seed], *elsewhere])
    backbone, data = entry.facts["backbone"], str(entry.facts["data_revision"])
    body = BODY.format(
        name=entry.name,
        method=METHODS[entry.method],
        title=task.title,
        miniature=" (pocket's miniature of it)" if _is_pocket(data) else "",
        backbone=entry.backbone,
        task=task.name,
        method_name=entry.method,
        fingerprint=backbone["fingerprint"],
        own_scores=_own_scores(task, own, entry.seed),
        zero_shot=ZERO_SHOT.format(rows="\n".join(map(_row, elsewhere))) if elsewhere else "",
        training=_training(entry, task),
        settings=_settings(entry),
    )
    return f"---\n{metadata.to_yaml()}\n---\n{body}"


def _metadata(entry: Entry, task: Task, measured: Sequence[Result]) -> ModelCardData:
    data = str(entry.facts["data_revision"])
    return ModelCardData(
        language="en",
        license="apache-2.0" if _is_pocket(data) else "other",
        library_name=LIBRARIES[entry.method],
        pipeline_tag=PIPELINES[task.type],
        base_model=None if entry.backbone == "pocket" else entry.backbone,
        tags=["adapterstilts", entry.method, task.name, f"backbone:{entry.backbone}"],
        model_name=entry.name,
        eval_results=[
            EvalResult(
                task_type=PIPELINES[tasks.get(result.target).type],
                dataset_type=result.target,
                dataset_name=f"{tasks.get(result.target).title} ({data})",
                dataset_config=language,
                metric_type=metric,
                metric_value=round(value, 2),
            )
            for result in measured
            for language, scores in result.scores.items()
            for metric, value in scores.items()
        ],
    )


def _is_pocket(data_revision: str) -> bool:
    return data_revision.split(" ")[0] == "pocket"


def _own_scores(task: Task, own: Sequence[Result], seed: int) -> str:
    averages = [result.average for result in own if result.average is not None]
    if not averages:
        return f"{task.title}, English test set: not measured."
    metric = f"{report.metric_words(task.metric)}, chance {task.chance:.1f}"
    text = f"{task.title}, English test set ({metric}): " + ", ".join(
        f"{result.average:.1f} with seed {result.seed}{' (these weights)' if result.seed == seed else ''}"
        for result in own
    )
    return f"{text}; mean {statistics.fmean(averages):.1f}." if len(averages) > 1 else f"{text}."


def _row(result: Result) -> str:
    task = tasks.get(result.target)
    each = ", ".join(f"{language} {language_score(result, language):.1f}" for language in result.scores)
    return f"| {task.title} | {report.metric_words(task.metric)} | {result.average:.1f} | {each} |"


def _training(entry: Entry, task: Task) -> str:
    recipe, data = entry.facts["recipe"], str(entry.facts["data_revision"])
    licence = "made by adapterstilts, Apache 2.0" if _is_pocket(data) else task.licence
    return (
        f"Data: {data} ({licence}). Seed {entry.seed}, {recipe['steps']:,} steps, {recipe['tokens']:,} tokens without "
        f"padding, {recipe['trainable_parameters']:,} trained parameters with the head; best English validation score "
        f"{recipe['best_validation_score']:.1f} after {recipe['best_step']:,} steps, whose weights these are."
    )


def _settings(entry: Entry) -> str:
    settings = entry.facts["recipe"]["settings"]
    rows = "\n".join(f"| `{key}` | {_plain(value)} |" for key, value in settings.items() if value is not None)
    return f"| setting | value |\n|---|---|\n{rows}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
