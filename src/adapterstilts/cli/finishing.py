"""What is printed when a run is done: its table, or one JSON object, and where it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adapterstilts import tasks
from adapterstilts.cli import drawing
from adapterstilts.cli.options import ADAPTER_METHODS
from adapterstilts.runs import words
from adapterstilts.runs.command import line, where

if TYPE_CHECKING:
    from adapterstilts.execution import How
    from adapterstilts.findings.compare import Comparison
    from adapterstilts.runs.results import Result
    from adapterstilts.runs.run import Run


def finish(how: How, result: Result, as_json: bool, every: bool) -> None:
    """Print a result beside its controls, the references and the best; beside all that was measured, if `every`."""
    if as_json:
        drawing.print_json(payload(how, result))
    elif result.scores:
        from adapterstilts.findings import compare

        compared = _around(how, result)
        drawing.print_comparison(compared if every else compare.brief(compared))
        _print_where(how, result)
    else:
        drawing.say(f"Predictions of {result.target}, without scores: {how.output / 'predictions' / result.adapter}")


def payload(how: How, result: Result) -> dict[str, Any]:
    """Return a result as plain JSON, with all that it is compared with."""
    compared = _around(how, result)
    others = [each.told() for row in compared.rows for each in row.results if each.run.id != result.run.id]
    waiting = [{"system": row.label, "command": row.command} for row in compared.rows if not row.results]
    return {**result.told(), "others": others, "not_run": waiting}


def print_trained(how: How, run: Run) -> None:
    """Print what became of a training after which nothing is measured: that of several tasks at once."""
    told, elsewhere = payload_of_training(how, run), where(run.backbone.id, how.output, run.task)
    folder, first = told["output"], tasks.get(str(run.task)).parts[0].name
    elsewhere += ["--data", run.rows.place] if run.rows is not None and run.rows.source == "folder" else []
    score = told["best_validation_score"]
    drawing.say(f"{run.task}, {words.label_of(run)}: {score:.1f} on English validation, the mean of its tasks")
    drawing.say(f"Saved in {folder}. Measure it on any of them, or on a target that learns from one:")
    drawing.say(f"  {line('evaluate', folder, '--target', first, *elsewhere)}")
    if run.method in ADAPTER_METHODS:
        drawing.say(f"  {line('continue', folder, '--target', 'pawsx', *elsewhere)}")


def payload_of_training(how: How, run: Run) -> dict[str, Any]:
    """Return what is told of such a training, as plain JSON."""
    from adapterstilts.adapter.facts import read_facts

    folder = how.output / words.name_of(run)
    training = read_facts(folder).training
    return {"adapter": folder.name, "output": str(folder), "run": run.facts(), **training}


def _around(how: How, result: Result) -> Comparison:
    """What a result is compared with: for a fusion or its control the rows of its table, else all on its target."""
    from adapterstilts.exchange import catalogue
    from adapterstilts.findings import compare
    from adapterstilts.runs import related, results

    run = result.run
    # what was just learned is told, whatever else lies there
    at_hand = results.read_all([catalogue.bundled(run.backbone.id), how.output], drawing.note_skipped)
    others = [each for each in at_hand if each.run.id != run.id]
    expected = related.around(run) if run.composition == "fuse" else []
    target = tasks.get(result.target)
    return compare.compare(
        target, run.backbone.id, [*others, result], expected, result.data, like=result, output=how.output
    )


def _print_where(how: How, result: Result) -> None:
    folder, run = how.output / result.adapter, result.run
    named = [result.target, *(each.task for each in run.graph())]
    side = line("compare", result.target, *where(run.backbone.id, how.output, *named))
    drawing.say(f"Saved in {folder if folder.is_dir() else how.output}; side by side with the rest: {side}")


def print_means(learned: Sequence[Result]) -> None:
    """Print the mean over seeds of each system that was run with several, with its 95 % interval."""
    from adapterstilts.findings import compare

    systems: dict[Any, list[Result]] = {}
    for result in learned:
        systems.setdefault((result.target, compare.system_of(result.run)), []).append(result)
    for results in systems.values():
        averages = [result.average for result in results if result.average is not None]
        if len(averages) > 1:
            seeds = ", ".join(str(result.run.seed) for result in results if result.average is not None)
            mean, half_width = statistics.fmean(averages), compare.half_width(averages)
            name = f"{results[0].target}, {words.label_of(results[0].run)}"
            drawing.say(f"{name}: {mean:.1f} ± {half_width:.1f} over seeds {seeds} (95 % interval, Student's t)")
