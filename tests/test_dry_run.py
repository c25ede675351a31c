"""What --dry-run says of each verb that trains, and that it does nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import world


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A world in which squad and mnli have bottleneck adapters."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch)
        world.learn("squad")
        world.learn("mnli")
        yield work


def contents() -> set[Path]:
    return {path for path in Path().rglob("*") if ".locks" not in path.parts}


VERBS = {
    "train pawsx panx": ["pocket-bottleneck-pawsx-s0", "pocket-bottleneck-panx-s0"],
    "continue mnli --target pawsx": ["pocket-bottleneck-pawsx--continue-mnli-s0"],
    "stack mnli --target pawsx --seed 1": ["pocket-bottleneck-pawsx--stack-mnli-s1"],
    "fuse squad mnli --target pawsx": ["pocket-bottleneck-pawsx--fuse-mnli-squad-s0"],
    "fuse squad mnli --target pawsx --control untrained": ["pocket-bottleneck-pawsx--untrained-fuse-mnli-squad-s0"],
    "baseline pawsx": ["pocket-full-pawsx-s0"],
    "baseline pawsx --via mnli": ["pocket-full-mnli-s0", "pocket-full-pawsx--continue-mnli-s0"],
    "continue mnli --target pawsx --method full": ["pocket-full-mnli-s0", "pocket-full-pawsx--continue-mnli-s0"],
}


@pytest.mark.parametrize("words", VERBS)
def test_what_would_run_is_said_in_its_order_and_nothing_is_done(trained, call, words):
    before = contents()
    code, out, err = call(*words.split(), "--dry-run")
    assert (code, err, contents()) == (0, "", before)
    lines = out.splitlines()
    assert lines[0] == "Nothing is trained and nothing is written; without --dry-run this would run:"
    numbered = [line.partition(":")[0] for line in lines if line[:1].isdigit()]
    assert numbered == [f"{number}. {name}" for number, name in enumerate(VERBS[words], 1)]
    code, out, _ = call(*words.split(), "--dry-run", "--json")
    assert code == 0 and [step["adapter"] for step in json.loads(out)["steps"]] == VERBS[words]
    assert contents() == before


def test_each_setting_says_where_it_comes_from(trained, call):
    line = "fuse squad mnli --target pawsx -o max_steps=7 -o evaluation_batch_size=3 --dry-run --json"
    (step,) = json.loads(call(*line.split())[1])["steps"]
    settings = {name: (each["value"], each["from"]) for name, each in step["settings"].items()}
    assert settings["max_steps"] == (7, "-o") and settings["evaluation_batch_size"] == (3, "-o")
    assert settings["learning_rate"] == (0.02, "pocket.yaml, compositions, fuse, bottleneck")
    assert settings["reduction_factor"] == (8, "pocket.yaml, methods, bottleneck")
    assert settings["non_linearity"] == ("relu", "default of bottleneck")
    assert settings["batch_size"] == (4, "pocket.yaml, defaults")


def test_how_long_it_takes_is_said_by_what_was_trained_here(trained, call):
    (mnli,) = json.loads(call("train", "mnli", "-o", "max_steps=30", "--dry-run", "--json")[1])["steps"]
    assert mnli["seconds_by"] == "pocket-bottleneck-mnli-s0" and "CPU threads" in mnli["machine"]
    facts = json.loads(Path("runs/pocket-bottleneck-mnli-s0/adapterstilts.json").read_text())
    assert mnli["seconds"] == pytest.approx(facts["training"]["train_seconds"] / 3 * 30)
    (other,) = json.loads(call("train", "csqa", "--dry-run", "--json")[1])["steps"]
    assert other["seconds_by"] in ("pocket-bottleneck-mnli-s0", "pocket-bottleneck-squad-s0")
    assert (
        "not known yet: nothing like it was trained here" in call("train", "mnli", "--method", "lora", "--dry-run")[1]
    )


def test_what_is_there_already_is_not_trained_again(trained, call):
    code, out, _ = call("train", "mnli", "--dry-run")
    assert code == 0 and "is there already: it is not trained again" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("train squad -o bacth_size=2", 'Did you mean "batch_size"?'),
        ("train squad --language ro", "squad has no language"),
        ("stack ccg --target pawsx", "make one: adapterstilts train ccg"),
        ("fuse squad --target pawsx", "fuse needs at least two sources"),
        ("train tatoeba", "tatoeba has no training data"),
    ],
)
def test_what_the_run_would_be_refused_for_is_said(trained, call, words, sentence):
    code, out, err = call(*words.split(), "--dry-run")
    assert (code, out) == (1, "") and sentence in err


def test_what_settings_prints_is_a_config_that_changes_nothing(trained, call):
    line = ["fuse", "squad", "mnli", "--target", "pawsx", "--dry-run", "--json"]
    Path("my.yaml").write_text(call("settings", "pawsx", "--composition", "fuse")[1], encoding="utf-8")
    plain, configured = (json.loads(call(*line, *more)[1])["steps"][0] for more in ((), ("--config", "my.yaml")))
    assert configured["run"]["id"] == plain["run"]["id"]
    _, out, _ = call("settings", "pawsx", "--composition", "fuse", "--json")
    assert json.loads(out)["settings"] == plain["settings"]


def test_a_config_counts_less_than_o_and_may_write_numbers_as_people_do(trained, call):
    Path("my.yaml").write_text("learning_rate: 1e-3\nmax_steps: 7\nepochs: null\n", encoding="utf-8")
    line = "train pawsx --config my.yaml -o epochs=2 -o batch_size=3 --dry-run --json"
    (step,) = json.loads(call(*line.split())[1])["steps"]
    values = {name: each["value"] for name, each in step["settings"].items()}
    assert (values["learning_rate"], values["epochs"], values["max_steps"], values["batch_size"]) == (1e-3, 2, None, 3)


@pytest.mark.parametrize(
    "content", ["defaults: {batch_size: 3}", "- batch_size", "batch_size: [", "7", "", "seed: 1\nseed: 2"]
)
def test_a_config_that_holds_anything_else_is_refused(trained, call, content):
    Path("wrong.yaml").write_text(content, encoding="utf-8")
    code, _, err = call("train", "pawsx", "--config", "wrong.yaml", "--dry-run")
    assert code == 1 and err.startswith("Error: wrong.yaml") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train panx+mlm --text blank", "blank.txt is empty"),
        ("train panx+mlm --text latin", "latin.txt"),
        ("train panx --text blank", "--text is for masked language modelling: name it beside a task"),
    ],
)
def test_what_the_run_would_be_refused_for_is_told_beforehand(trained, call, line, said):
    for name, content in (("blank", b" \n\n"), ("latin", b"Stra\xdfe\n")):
        Path(name).mkdir(exist_ok=True)
        (Path(name) / f"{name}.txt").write_bytes(content)
    code, _, err = call(*line.split(), "--dry-run")
    assert code == 1 and said in err


def test_a_config_with_an_unknown_setting_is_refused_with_the_nearest(trained, call):
    Path("wrong.yaml").write_text("batch_sise: 3", encoding="utf-8")
    code, _, err = call("train", "pawsx", "--config", "wrong.yaml", "--dry-run")
    assert code == 1 and 'Did you mean "batch_size"?' in err


@pytest.mark.parametrize(
    "words", ["train pawsx --seeds 0 1 2", "train --seeds 0 1 2 pawsx", "train pawsx --seed 0 --seeds 1 2"]
)
def test_several_seeds_are_as_many_runs(trained, call, words):
    steps = json.loads(call(*words.split(), "--dry-run", "--json")[1])["steps"]
    assert [step["run"]["seed"] for step in steps] == [0, 1, 2]
