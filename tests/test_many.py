"""Many runs in one process: each leaves what it leaves alone, in whatever order they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import world

from adapterstilts import execution
from adapterstilts.adapter import saving
from adapterstilts.adapter.model import Model
from adapterstilts.backbones import loading
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution import How, Outcome, many
from adapterstilts.runs import asked, results
from adapterstilts.runs.run import Run
from adapterstilts.runs.words import name_of
from adapterstilts.scoring import evaluator

TOGETHER, ALONE = Path("together"), Path("alone")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return world.build(tmp_path, monkeypatch)


def asked_for(task: str, output: Path = TOGETHER, method: str = "bottleneck", *more: Any, **about: Any) -> Run:
    return asked.training(AtHand(output), task, method, *more, **about)


def how(output: Path, resume: bool = False, packed: bool = True) -> How:
    return How(output, ("en", "de"), resume, {"packed": packed})


def done(runs: Sequence[Run], resume: bool = False, progress: Any = None, **more: Any) -> list[Outcome]:
    return list(execution.learn_all(runs, how(TOGETHER, resume), progress or world.Notes(), **more))


def files_in(output: Path) -> set[str]:
    files = (path.relative_to(output) for path in output.rglob("*") if path.is_file())
    return {str(path) for path in files if ".locks" not in path.parts}


def losses(output: Path, run: Run) -> list[float]:
    return [fact["loss"] for fact in saving.load_adapter(output / name_of(run)).training["history"]]


def check_as_alone(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        assert outcome.error is None and outcome.result is not None, outcome.error
        alone = execution.learn(outcome.run, how(ALONE))
        assert outcome.result.run.id == alone.run.id
        assert losses(TOGETHER, outcome.run) == pytest.approx(losses(ALONE, outcome.run), rel=1e-4)
        adapter = saving.load_adapter(TOGETHER / outcome.result.adapter)
        assert results.read(results.path_of(outcome.run, outcome.result.adapter, TOGETHER)) == outcome.result
        for name, tensor in saving.load_adapter(ALONE / alone.adapter).tensors.items():
            # one number for all places of a text moves no probability of a span, so that its gradient is rounding alone
            if name == "head.out.bias" and outcome.run.task == "squad":
                continue
            torch.testing.assert_close(adapter.tensors[name], tensor, atol=2e-3, rtol=1e-3, msg=name)
    assert files_in(TOGETHER) == files_in(ALONE)


def test_seeds_tasks_rates_and_methods_are_what_they_are_alone(work: Path) -> None:
    runs = [
        *(asked_for(task, seed=seed) for task in ("pawsx", "panx", "squad") for seed in (0, 1)),
        asked_for("pawsx", settings={"learning_rate": 0.003, "max_steps": 5}),
        asked_for("mnli", method="lora"),
        asked_for("mnli", method="lora", seed=1),
        asked_for("pawsx", method="full"),
    ]
    told = world.Notes()
    outcomes = done(runs, progress=told)
    assert {outcome.run.id for outcome in outcomes} == {run.id for run in runs} and len(outcomes) == len(runs)
    check_as_alone(outcomes)
    assert [title for title in told.titles if "train" in title] == ["train 7 adapters", "train 2 adapters", "train"]
    facts = [saving.load_adapter(TOGETHER / name_of(run)).training for run in runs]
    assert [fact.get("at_once") for fact in facts] == [7] * 7 + [2] * 2 + [None]


def test_what_is_read_is_read_once(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [asked_for("pawsx", seed=seed) for seed in range(3)]
    loaded, load = [], loading.load_backbone

    def counted(*arguments: Any, **more: Any) -> Any:
        loaded.append(arguments)
        return load(*arguments, **more)

    monkeypatch.setattr(loading, "load_backbone", counted)
    done(runs, at_once=1)
    assert len(loaded) == 1


def test_one_after_another_is_bit_for_bit_what_each_is_alone(work: Path) -> None:
    runs = [asked_for("pawsx", seed=seed) for seed in range(2)]
    for outcome in done(runs, at_once=1):
        assert outcome.result is not None
        alone = execution.learn(outcome.run, how(ALONE))
        own, other = (saving.load_adapter(output / alone.adapter).tensors for output in (TOGETHER, ALONE))
        assert all(torch.equal(tensor, other[name]) for name, tensor in own.items())


def test_a_run_that_fails_fails_alone(work: Path) -> None:
    rates = (0.01, 1e30, 0.02)
    outcomes = done([asked_for("pawsx", settings={"learning_rate": rate}) for rate in rates])
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    assert [outcome.run.settings["learning_rate"] for outcome in failed] == [1e30]
    assert "lower learning rate than 1e+30" in str(failed[0].error)
    assert not (TOGETHER / name_of(failed[0].run)).exists()
    for outcome in outcomes:
        if outcome.error is None:
            execution.learn(outcome.run, how(ALONE))
            assert losses(TOGETHER, outcome.run) == pytest.approx(losses(ALONE, outcome.run), rel=1e-4)


def test_a_run_that_cannot_be_done_leaves_the_others(work: Path) -> None:
    wrong = asked_for("pawsx", settings={"max_length": 5000})
    outcomes = done([wrong, asked_for("pawsx"), asked_for("pawsx", seed=1)])
    assert [outcome.error is None for outcome in sorted(outcomes, key=lambda each: each.run.id != wrong.id)] == [
        False,
        True,
        True,
    ]


def test_what_was_stopped_goes_on(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [asked_for("pawsx", seed=seed, settings={"max_steps": steps}) for seed, steps in enumerate((2, 6, 6))]
    original, count = evaluator.Validator.__call__, 0

    def interrupted(self: evaluator.Validator) -> float:
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt
        return original(self)

    monkeypatch.setattr(evaluator.Validator, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        done(runs)
    monkeypatch.setattr(evaluator.Validator, "__call__", original)
    assert (TOGETHER / name_of(runs[0]) / "adapterstilts.json").is_file()
    steps = [path.name for run in runs for path in (TOGETHER / "checkpoints" / name_of(run)).glob("checkpoint-*")]
    assert steps == ["checkpoint-4", "checkpoint-2"]
    told = world.Notes()
    check_as_alone(done(runs, resume=True, progress=told))
    assert [title for title in told.titles if "train" in title] == ["train 2 adapters"]


def test_runs_that_are_done_are_only_read_and_one_asked_for_twice_is_done_once(work: Path) -> None:
    runs = [asked_for("pawsx", seed=seed) for seed in (0, 1, 0)]
    first = done(runs)
    told = world.Notes()
    again = done(runs, progress=told)
    assert told.titles == [] and len(told.notes) == 3
    assert {outcome.run.id: outcome.result for outcome in again} == {
        outcome.run.id: outcome.result for outcome in first
    }


def test_what_others_build_on_is_made_first(work: Path) -> None:
    sources = [asked_for(task) for task in ("mnli", "squad")]
    fusion = asked_for("pawsx", TOGETHER, "bottleneck", "fuse", ("mnli", "squad"))
    outcomes = done([fusion, *sources])
    assert outcomes[-1].run is fusion and outcomes[-1].result is not None


def test_every_run_is_locked_while_it_is_trained(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, held = [asked_for("pawsx", seed=seed) for seed in (0, 1)], list[set[str]]()
    original = evaluator.Validator.__call__

    def watched(self: evaluator.Validator) -> float:
        held.append({path.name for path in (TOGETHER / ".locks").glob("*.holder.json")})
        return original(self)

    monkeypatch.setattr(evaluator.Validator, "__call__", watched)
    done(runs)
    assert held and all(each == {f"{name_of(run)}.holder.json" for run in runs} for each in held)
    assert not list((TOGETHER / ".locks").glob("*.holder.json"))


def test_large_runs_are_trained_one_after_another(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [asked_for("pawsx", seed=seed) for seed in (0, 1, 2)]
    of_one = 4 * 48 * 16 * 2
    for numbers, titles in ((2 * of_one, ["train 2 adapters", "train"]), (of_one - 1, ["train"] * 3)):
        monkeypatch.setattr(many, "_NUMBERS", numbers)
        told = world.Notes()
        list(execution.learn_all(runs, how(Path(f"of-{numbers}")), told))
        assert [title for title in told.titles if "train" in title] == titles


def test_a_run_by_itself_keeps_only_what_it_reads_of_its_backbone(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed, trim = [], Model.trim

    def counted(self: Model, *arguments: Any) -> None:
        trimmed.append(self)
        trim(self, *arguments)

    monkeypatch.setattr(Model, "trim", counted)
    done([asked_for("pawsx")])
    assert len(trimmed) == 1
    done([asked_for("pawsx", seed=seed) for seed in (1, 2)])
    assert len(trimmed) == 1


def test_padding_is_computed_one_after_another(work: Path) -> None:
    runs = [asked_for("pawsx", seed=seed) for seed in (0, 1)]
    told = world.Notes()
    list(execution.learn_all(runs, how(TOGETHER, packed=False), told))
    assert [title for title in told.titles if "train" in title] == ["train", "train"]
