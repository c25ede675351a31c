"""The study's commands are the program's, each once, and none trains twice on the same data."""

import runpy
from pathlib import Path

import pytest

from adapterstilts import tasks
from adapterstilts.cli import cli
from adapterstilts.exchange.catalogue import bundled
from adapterstilts.runs.systems import System

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "build-pocket"))


PARTS = ["adapters", "sources", "retrieval", "transfer", "headline_sources", "headline", "learning_rates", "rest"]


@pytest.mark.parametrize("part", PARTS)
def test_every_command_of_the_study_is_one_of_the_program(part, tmp_path):
    commands = SCRIPT["commands_of"](part, tmp_path)
    assert len({tuple(words) for words in commands}) == len(commands)
    for verb, *words in commands:
        cli.commands[verb].make_context(verb, list(words))


def test_the_parts_cover_what_is_shipped_and_compared(tmp_path):
    def lines(part):
        return [" ".join(words) for words in SCRIPT["commands_of"](part, tmp_path)]

    intermediate = [name for name, task in tasks.all_tasks().items() if task.role == "intermediate"]
    for task in intermediate:
        assert {f"train {task} --method {method} --seed 2" for method in ("bottleneck", "lora")} < set(
            lines("adapters")
        )
        assert f"evaluate {task} --target tatoeba --method lora" in lines("retrieval")
    assert "baseline pawsx --via mnli --seed 4" in lines("headline")
    rest = lines("rest")
    assert (
        "continue mnli --target xnli --method lora --seed 0" not in rest
        and "baseline xnli --via mnli --seed 0" not in rest
    )
    assert "stack squad --target xnli --method lora --seed 0" in rest and "baseline mlqa --seed 2" in rest


def test_the_best_sources_are_those_whose_stacks_validate_best(tmp_path):
    assert SCRIPT["commands_of"]("best", tmp_path) == []
    for task, score, seed in (("mnli", 60, 0), ("squad", 80, 0), ("qqp", 70, 0), ("csqa", 50, 0), ("ccg", 99, 1)):
        folder = tmp_path / f"pocket-lora-pawsx--stack-{task}-s{seed}"
        folder.mkdir()
        recipe = f'{{"best_validation_score": {score}, "source_tasks": ["{task}"], "changed": {{}}}}'
        (folder / "adapterstilts.json").write_text(f'{{"seed": {seed}, "recipe": {recipe}}}')
    assert SCRIPT["best_sources"](tmp_path, {"method": "lora", "target": "pawsx"}) == "mnli qqp squad"
    (verb, *words), *_ = SCRIPT["commands_of"]("best", tmp_path)
    assert verb == "fuse" and words[:5] == ["mnli", "qqp", "squad", "--target", "pawsx"]
    cli.commands[verb].make_context(verb, words)


def test_the_shipped_folder_is_where_the_script_writes():
    assert bundled("pocket").resolve() == (ROOT / "zoo" / "pocket").resolve()


@pytest.mark.parametrize(
    ("command", "measured"),
    [
        ("train pawsx --method lora --seed 2", ("pawsx", 2, System("lora", trained_on="pawsx"))),
        ("train mnli --method full --seed 0", ("mnli", 0, System("full", trained_on="mnli"))),
        ("evaluate none --target tatoeba", ("tatoeba", 0, System("none"))),
        ("evaluate squad --target mlqa --method lora", ("mlqa", 0, System("lora", trained_on="squad"))),
        ("merge squad mnli --target tatoeba", ("tatoeba", 0, System("bottleneck", "merge", ("mnli", "squad")))),
        (
            "fuse squad mnli --target xnli --method lora --seed 1",
            ("xnli", 1, System("lora", "fuse", ("mnli", "squad"), None, "mnli")),
        ),
        (
            "fuse squad mnli --target pawsx --method bottleneck --seed 1 --control parameters",
            ("pawsx", 1, System("bottleneck", None, ("mnli", "squad"), "parameters", "pawsx")),
        ),
        ("baseline pawsx --seed 4", ("pawsx", 4, System("full", trained_on="pawsx"))),
        (
            "baseline pawsx --via mnli --seed 4",
            ("pawsx", 4, System("full", "continue", ("mnli",), None, "pawsx")),
        ),
        (
            "train tydiqa --method lora --seed 0 -o learning_rate=0.002",
            ("tydiqa", 0, System("lora", trained_on="tydiqa", changed=(("learning_rate", "0.002"),))),
        ),
    ],
)
def test_what_a_command_measures_is_known_before_it_runs(command, measured):
    assert SCRIPT["measured_by"](command.split()) == measured


def test_what_is_shipped_is_not_run_again_but_for_weights_that_others_build_on(tmp_path):
    shipped = bundled("pocket")
    waiting = {" ".join(words) for words in SCRIPT["waiting"]("headline", tmp_path, shipped)}
    every = {" ".join(words) for words in SCRIPT["commands_of"]("headline", tmp_path)}
    assert "baseline pawsx --seed 0" in every - waiting and waiting < every
    assert SCRIPT["waiting"]("headline", tmp_path, tmp_path) == SCRIPT["commands_of"]("headline", tmp_path)
    sources = [" ".join(words) for words in SCRIPT["waiting"]("headline_sources", tmp_path, shipped)]
    assert sources == ["train mnli --method full --seed 0", "train squad --method full --seed 0"]
