"""What --dry-run prints: what would be trained, in which order, by which settings, and for how long. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.adapter.facts import FACTS, Facts
from adapterstilts.cli import drawing
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.at_hand import AtHand, folder_of
from adapterstilts.execution.how import languages_of, place_of
from adapterstilts.findings.table import Column, Table
from adapterstilts.rows.text import Text
from adapterstilts.runs import asked, recipe
from adapterstilts.runs.identity import HOW
from adapterstilts.runs.run import Given, Run
from adapterstilts.runs.words import label_of, name_of, plain

_DECIDES_THE_PACE = ("batch_size", "max_length", "precision")


@dataclass(frozen=True)
class Step:
    """One training: its run, whether its adapter is there, and its settings with where each comes from.

    `seconds` is what it would take by the training of the adapter `like` on `machine`; None where none is known.
    """

    run: Run
    done: bool
    languages: tuple[str, ...]
    settings: Sequence[tuple[str, Any, str]]
    seconds: float | None
    like: str | None
    machine: str | None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        settings = {name: {"value": value, "from": origin} for name, value, origin in self.settings}
        facts = {"adapter": name_of(self.run), "system": label_of(self.run), "there_already": self.done}
        measured = {"target": self.run.target, "languages": list(self.languages)}
        time = {"seconds": self.seconds, "seconds_by": self.like, "machine": self.machine}
        return {**facts, **measured, **time, "settings": settings, "run": self.run.facts()}


def plan(run: Run, output: Path, languages: Sequence[str], settings: Mapping[str, Any]) -> list[Step]:
    """Return the trainings that `run` takes, in their order; `settings` are those that were given.

    Raises:
        UserError: what the run itself would be refused for before it begins.
    """
    here = AtHand(output)
    catalogue.check_free(run, output)
    if run.text is not None:
        Text(place_of(run.text)).first(tasks.get(str(run.task)), "train", "en")
    steps = []
    for source in run.sources:
        if here.folder_of(source) is None and run.method == "full" and isinstance(source, Run):
            assert source.task is not None and source.rows is not None
            first = source
            if not tasks.get(source.task).parts:
                first = asked.measured(here, source, source.task, place_of(source.rows))
            steps.append(_step(first, output, (), {key: value for key, value in settings.items() if key in HOW}))
        else:
            folder_of(source, run.backbone.id, output)
    return [*steps, _step(run, output, languages, settings)]


def _step(run: Run, output: Path, languages: Sequence[str], settings: Mapping[str, Any]) -> Step:
    assert run.task is not None
    own = run.evaluation
    languages = languages_of(tasks.get(own.target), place_of(own.rows), languages) if own else ()
    resolved = recipe.resolve(run.backbone.id, run.method, run.structure, run.task, settings)
    values = {**resolved.method, **resolved.run}
    listed = [(name, value, resolved.origins[name]) for name, value in recipe.shown(resolved).items()]
    for part, its_own in resolved.parts.items():
        listed += [(f"{part}: {name}", value, "its own recipe, or -o") for name, value in its_own.items()]
    if "fresh" in run.settings:
        listed.append(("fresh", run.settings["fresh"], "--no-fresh"))
    like = _alike(run, output)
    seconds = _seconds(like, _length_of(values)) if like else None
    done = (output / name_of(run) / FACTS).is_file()
    name, machine = (like.name, str(like.training.get("machine"))) if like else (None, None)
    return Step(run, done, languages, listed, seconds, name, machine)


def _length_of(values: Mapping[str, Any]) -> tuple[str, float]:
    """Return which of the two settings says how long a training is, and its value."""
    return ("max_steps", values["max_steps"]) if values["max_steps"] else ("epochs", values["epochs"])


def _alike(run: Run, output: Path) -> Facts | None:
    """The last adapter here that was trained in the same way; on the same task, if there is one."""
    fitting = [
        entry
        for entry in catalogue.entries(output, run.backbone.id)
        if entry.origin == "local" and isinstance(entry.run, Run) and _pace(entry.run) == _pace(run)
    ]
    fitting = [entry for entry in fitting if entry.facts.training.get("steps") and _length(entry.facts)]
    newest = max(
        fitting,
        key=lambda entry: (entry.task == run.task, (entry.folder / FACTS).stat().st_mtime),
        default=None,
    )
    return newest.facts if newest else None


def _pace(run: Run) -> tuple[Any, ...]:
    """What decides how long a step takes, but for the rows."""
    settings = (run.settings.get(name) for name in _DECIDES_THE_PACE)
    return (run.method, run.structure, len(run.sources), *settings)


def _length(facts: Facts) -> tuple[str, float] | None:
    assert isinstance(facts.run, Run)
    name, value = _length_of({"max_steps": None, "epochs": None, **facts.run.settings})
    return (name, value) if value else None


def _seconds(like: Facts, length: tuple[str, float]) -> float | None:
    """The seconds of a training of this length at the pace of another; None where they do not compare."""
    (kind, value), other = length, _length(like)
    taken, steps = float(like.training["train_seconds"]), int(like.training["steps"])
    if kind == "max_steps":
        return taken / steps * value
    return taken / other[1] * value if other and other[0] == "epochs" else None


def show(steps: Iterable[Step], as_json: bool) -> None:
    """Print trainings, numbered."""
    listed = list(steps)
    if as_json:
        drawing.print_json({"dry_run": True, "steps": [step.as_json() for step in listed]})
        return
    drawing.say("Nothing is trained and nothing is written; without --dry-run this would run:")
    for number, step in enumerate(listed, 1):
        drawing.say()
        drawing.say(f"{number}. {name_of(step.run)}: {label_of(step.run)}")
        for fact, text in _facts(step):
            drawing.say(f"   {fact}: {text}")
        rows = [(name, plain(value), origin) for name, value, origin in step.settings]
        drawing.print_table(Table([Column("setting"), Column("value"), Column("from")], rows))


def _facts(step: Step) -> list[tuple[str, str]]:
    run = step.run
    assert run.rows is not None
    facts = [("is there already", "it is not trained again")] if step.done else []
    if run.sources:
        facts.append(("builds on", ", ".join(_source(source) for source in run.sources)))
    own, learned_from = run.evaluation, tasks.get(tasks.get(str(run.task)).train_on or "")
    learned = learned_from.name if learned_from.parts else f"{learned_from.name}, {_languages(learned_from)}"
    facts.append(("learns", f"{learned} ({run.rows.source}: {run.rows.revision}), with seed {run.seed}"))
    measured = f"{own.target} ({own.rows.revision}) in {', '.join(step.languages)}" if own else "nothing by itself"
    facts.append(("is measured on", measured))
    how_long = "not known yet: nothing like it was trained here"
    if step.seconds is not None:
        how_long = f"about {timedelta(seconds=round(step.seconds))}, as {step.like} went on {step.machine}"
    return [*facts, ("training takes", how_long)]


def _languages(task: tasks.Task) -> str:
    return "English" if task.train_languages == ("en",) else ", ".join(task.train_languages)


def _source(source: Run | Given) -> str:
    return f"{name_of(source)} ({source.place})" if source.place else name_of(source)
