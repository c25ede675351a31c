"""An adapter's card: what it is, how it was made, what it scores. Rendered from its facts and result files."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

from huggingface_hub import EvalResult, ModelCardData

from adapterstilts import tasks
from adapterstilts.backbones import DEFAULT, declaration_of
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.catalogue import Entry
from adapterstilts.findings import report
from adapterstilts.findings.compare import language_score
from adapterstilts.findings.table import Column, Table
from adapterstilts.runs.results import Result, fell_back
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import changed_in_evaluation, is_plain, words_of_sources
from adapterstilts.tasks import Task

PIPELINES = {
    "classification": "text-classification",
    "multiple_choice": "multiple-choice",
    "tagging": "token-classification",
    "question_answering": "question-answering",
    "retrieval": "sentence-similarity",
}
"""What the Hub calls the types of tasks."""
TRAINING_SET = "training_set"
"""Where an adapter's facts tell what its rows are: 'what', and their 'licence' where it is not the official set's."""
METHODS = {
    "bottleneck": "A bottleneck adapter",
    "lora": "A LoRA",
    "full": "A fully fine-tuned model",
    "head_only": "A head",
}
COMPOSITIONS = {
    "continue": "continued from the adapter of {sources}",
    "stack": "stacked on the frozen adapter of {sources}",
    "fuse": "a fusion of the frozen adapters of {sources}",
    "merge": "merged from the adapters of {sources}",
}
BODY = """
# {name}

{what}, on the {frozen}backbone `{backbone}`, {made}.

## Use

    adapterstilts evaluate {word} --target TARGET --method {method_name}{on_backbone}
    adapterstilts fuse {word} ANOTHER --target TARGET --method {method_name}{on_backbone}

{first}`adapterstilts tasks` lists the targets. An adapter fits the weights that it was trained on and no others: those
whose fingerprint is `{fingerprint}`.
{without_us}
## Scores

{own_scores}
{zero_shot}
## Training

{training}

{settings}
"""
ZERO_SHOT = """
Zero-shot, this adapter as it is (retrieval: mean-pooled hidden states), average over languages and each language:

{table}
"""
WITHOUT_US = """
With {library} alone:

```python
{code}
```
"""


def render(
    entry: Entry, results: Iterable[Result], repository: str | None = None, plain: tuple[str, str] | None = None
) -> str:
    """Return the card of an adapter as Markdown with the Hub's metadata.

    `results` are those to choose from: those of `entry`, of its other seeds on its own task, and of full fine-tuning on
    what it was trained on. `repository` is where it is published, and `plain` a library that reads what lies there,
    with the lines that do.
    """
    task, declared = tasks.get(entry.task) if entry.task else None, declaration_of(entry.backbone)
    measured = [result for result in results if not changed_in_evaluation(result.run) and not result.not_measured]
    own = [result for result in measured if _unseeded(result.run.adapter) == _unseeded(entry.run)]
    these = [result for result in own if result.run.seed == entry.seed]
    elsewhere = sorted((result for result in these if result.target != entry.task), key=lambda result: result.target)
    own = sorted((result for result in own if result.target == entry.task), key=lambda result: result.run.seed)
    full = [result for result in measured if _is_full(result.run, entry)]
    told = [*(result for result in these if result.target == entry.task), *elsewhere]
    body = BODY.format(
        name=entry.name,
        what=what(entry, task),
        made=_made(entry),
        frozen="" if entry.method == "full" else "frozen ",
        backbone=entry.backbone,
        word=repository or (entry.task if entry.plain else entry.name),
        method_name=entry.method,
        on_backbone="" if entry.backbone == DEFAULT else f" --backbone {entry.backbone}",
        first=f"First, `adapterstilts backbones get {entry.backbone}` fetches the encoder. "
        if declared.package
        else "",
        fingerprint=entry.facts.backbone.fingerprint,
        without_us=WITHOUT_US.format(library=plain[0], code=plain[1]) if plain else "",
        own_scores=_own_scores(task, own, entry.seed, full) if task else "It has no head, so no task of its own.",
        zero_shot=ZERO_SHOT.format(table=_zero_shot(elsewhere, full)) if elsewhere else "",
        training=_training(entry),
        settings=_settings(entry),
    )
    header = metadata(entry, task, plain[0] if plain else "adapterstilts", told)
    return f"---\n{header.to_yaml()}\n---\n{body}"


def _unseeded(run: Run | Given) -> str:
    return replace(run, seed=0, evaluation=None).id if isinstance(run, Run) else run.id


def _is_full(run: Run, entry: Entry) -> bool:
    """Whether a run is full fine-tuning, alone and by the recipe, on what an adapter learned."""
    alike = (run.method, run.backbone.fingerprint) == ("full", entry.facts.backbone.fingerprint)
    learned = {name and tasks.get(name).train_on for name in (run.task, entry.task)}
    return alike and is_plain(run) and len(learned) == 1


def metadata(entry: Entry, task: Task | None, library: str, measured: Sequence[Result]) -> ModelCardData:
    """Return what the Hub reads of a card: of the adapter, of the `library` that reads it, and of what was measured."""
    data = _data(entry)
    return ModelCardData(
        language=languages if len(languages := _languages(entry)) > 1 else "en",
        license="apache-2.0" if _is_pocket(data) else _licence(entry),
        license_name=None if _is_pocket(data) else _licence_name(entry),
        datasets=None
        if _is_pocket(data)
        else sorted({source.id for task in _trained_on(entry) for source in task.hub}),
        library_name=library,
        pipeline_tag=PIPELINES[task.type if task else "retrieval"],
        base_model=None if declaration_of(entry.backbone).is_ours else entry.backbone,
        tags=["adapterstilts", entry.method, *([task.name] if task else ()), f"backbone:{entry.backbone}"],
        model_name=entry.name if measured else None,
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
        ]
        or None,
    )


def _trained_on(entry: Entry) -> list[Task]:
    """The tasks whose data anything in the adapter's graph was trained on, its own last."""
    if not isinstance(entry.run, Run):
        return [tasks.get(entry.task)] if entry.task else []
    own = [entry.task] if entry.task else []
    translated = {part.name for part in _translated(entry)}
    names = [name for name in sorted(entry.run.trained_on | translated) if name not in own] + own
    return [tasks.get(name) for name in names]


def _translated(entry: Entry) -> list[Task]:
    """The translations that anything in the adapter's graph was trained on."""
    if not isinstance(entry.run, Run):
        return []
    known = (tasks.known(run.task) for run in entry.run.graph())
    parts = (part for task in known if task for part in task.parts or (task,))
    return [part for part in parts if part.train_languages != ("en",)]


def _texts(entry: Entry) -> list[str]:
    """What masked language modelling read in the adapter's graph, where it is no text of pocket's."""
    graph = entry.run.graph() if isinstance(entry.run, Run) else ()
    return [run.text.revision for run in graph if isinstance(run, Run) and run.text and run.text.source != "pocket"]


def _languages(entry: Entry) -> list[str]:
    """The languages whose texts it learned from, as far as they are known."""
    return sorted({"en", *(language for part in _translated(entry) for language in part.train_languages)})


def _made(entry: Entry) -> str:
    if _is_merge(entry):
        return "not trained further"
    beside = [f"translations ({', '.join(part.name for part in _translated(entry))})"] if _translated(entry) else []
    beside += ["running text"] if _texts(entry) else []
    return f"trained on English and {' and '.join(beside)}" if beside else "trained on English alone"


def _data(entry: Entry) -> str:
    """The revisions of all rows that anything in the adapter's graph was trained on."""
    if not isinstance(entry.run, Run):
        return "unknown"
    rows = {run.rows.revision for run in entry.run.graph() if isinstance(run, Run) and run.rows is not None}
    return ", ".join(sorted({*rows, *_texts(entry)}))


def _licence(entry: Entry) -> str | None:
    """Non-commercial if any of the data is; what the others allow is in the card's words. None: not known."""
    if not isinstance(entry.run, Run):
        return None
    return "cc-by-nc-4.0" if any("CC BY-NC" in task.licence for task in _trained_on(entry)) else "other"


def _licence_name(entry: Entry) -> str | None:
    """What the Hub is told of a licence that it has no word for."""
    non_commercial = any("non-commercial" in task.licence for task in _trained_on(entry))
    return "non-commercial" if non_commercial and _licence(entry) == "other" else None


def _is_pocket(data_revision: str) -> bool:
    return all(revision.split(" ")[0] == "pocket" for revision in data_revision.split(", "))


def _is_merge(entry: Entry) -> bool:
    return _composition(entry) == "merge"


def _composition(entry: Entry) -> str | None:
    return entry.run.structure if isinstance(entry.run, Run) else None


def what(entry: Entry, task: Task | None) -> str:
    """Return in words what an adapter is."""
    miniature = " (pocket's miniature of it)" if _is_pocket(_data(entry)) else ""
    its_task = f" for {task.title}{miniature} with its head" if task else " without a head"
    return f"{METHODS[entry.method]}{its_task}{_composed(entry)}"


def _composed(entry: Entry) -> str:
    composition = _composition(entry)
    if composition is None or not isinstance(entry.run, Run):
        return ""
    return f", {COMPOSITIONS[composition].format(sources=' and '.join(words_of_sources(entry.run)))}"


def _own_scores(task: Task, own: Sequence[Result], seed: int, full: Sequence[Result]) -> str:
    averages = [result.average for result in own if result.average is not None]
    if not averages:
        return f"{task.title}: not measured."
    split = own[0].facts.get("split", "test")
    rows = f"{own[0].examples['en']:,} rows of the " if split != "test" and "en" in own[0].examples else ""
    only_english = list(own[0].scores) == ["en"]
    tested = f"{rows}English {split} set" if only_english else f"average over {', '.join(own[0].scores)}"
    text = f"{task.title}, {tested} ({report.metric_words(task.metric)}, chance {task.chance:.1f}): " + ", ".join(
        f"{result.average:.1f} with seed {result.run.seed}{' (these weights)' if result.run.seed == seed else ''}"
        for result in own
    )
    mean = f"; mean {statistics.fmean(averages):.1f}" if len(averages) > 1 else ""
    return f"{text}{mean}. Full fine-tuning: {_of_full(full, task.name)}."


def _of_full(full: Sequence[Result], target: str) -> str:
    averages = [result.average for result in full if result.target == target and result.average is not None]
    return f"{statistics.fmean(averages):.1f}" if averages else "not measured"


def _zero_shot(elsewhere: Sequence[Result], full: Sequence[Result]) -> str:
    rows = []
    for result in elsewhere:
        task = tasks.get(result.target)
        each = ", ".join(f"{language} {language_score(result, language):.1f}" for language in result.scores)
        fully_tuned = _of_full(full, result.target)
        rows.append((task.title, report.metric_words(task.metric), result.average, fully_tuned, each))
    numbers = [Column(heading, "number") for heading in ("average", "full fine-tuning")]
    return Table([Column("target"), Column("metric"), *numbers, Column("languages")], rows).to_markdown()


def _training(entry: Entry) -> str:
    training, data = entry.facts.training, _data(entry)
    own_set = training.get(TRAINING_SET) or {}
    of_own = {entry.task: own_set.get("licence")}
    licences = "; ".join(f"{task.title}: {of_own.get(task.name) or task.licence}" for task in _trained_on(entry))
    licences += "; the text: its own, which is not known here" if _texts(entry) else ""
    licence = "made by adapterstilts, Apache 2.0" if _is_pocket(data) else licences
    if isinstance(entry.run, Run) and _is_merge(entry):
        return f"None: computed from its sources ({entry.run.settings['how']}), whose data were {data} ({licence})."
    told = ("steps", "tokens", "trainable_parameters", "best_validation_score", "best_step")
    lacking = [name for name in told if training.get(name) is None]
    if lacking:
        raise UserError(f'"{entry.name}" does not say the {lacking[0]} of its training, which its card must tell.')
    otherwise = isinstance(entry.run, Run) and fell_back(entry.run.settings, training.get("trained_in"))
    learned_from = f"{training['train_rows']:,} rows of {data}" if training.get("train_rows") else data
    learned_from += f", {own_set['what']}" if own_set.get("what") else ""
    return (
        f"Data: {learned_from} ({licence}). Seed {entry.seed}, {training['steps']:,} steps, {training['tokens']:,} "
        f"tokens without padding, {training['trainable_parameters']:,} trained parameters with the head; best English "
        f"validation score {training['best_validation_score']:.1f} after {training['best_step']:,} steps, whose "
        f"weights these are.{' Computed in fp32, on a processor without bf16.' if otherwise else ''}"
    )


def _settings(entry: Entry) -> str:
    settings = entry.run.settings if isinstance(entry.run, Run) else {}
    rows = [(key, _plain(value)) for key, value in settings.items() if value is not None]
    return Table([Column("setting", "code"), Column("value")], rows).to_markdown()


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
