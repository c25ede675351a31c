"""The command line: what is printed where, what is loaded for it, and exit codes."""

import functools
import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import world

from adapterstilts import cli, execution, tasks
from adapterstilts.backbones import declared
from adapterstilts.runs import results
from adapterstilts.runs.identity import OF_EVALUATION
from adapterstilts.training import checkpoints

VERBS = [
    *"tasks backbones data pocket zoo train continue stack fuse merge baseline".split(),
    *"evaluate compare score predict export pull publish".split(),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A world in which squad and mnli have bottleneck adapters, made by the command line itself."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch)
        with pytest.raises(SystemExit) as ended:
            cli.main(["train", "squad", "mnli", "--json"])
        assert ended.value.code == 0
        yield work


def test_the_main_job_ends_with_its_table(trained, call):
    code, out, err = call("fuse", "squad", "mnli", "--target", "pawsx")
    assert code == 0
    assert "train" in err and "train" not in out.splitlines()[0]
    lines = out.splitlines()
    assert lines[0].startswith("pawsx, backbone pocket: accuracy, chance 50.0")
    assert lines[1].split() == [*"system en ar de ja average gap parameters MB seconds".split()]
    assert [line.split("  ")[0] for line in lines[2:7]] == [
        "bottleneck, target only",
        "bottleneck, target only, parameters of the fusion of mnli + squad",
        "bottleneck, fusion of 2 untrained adapters",
        "> bottleneck, fusion of mnli + squad",
        "full fine-tuning",
    ]
    assert "> this run; 4 more rows: --all." in lines
    assert "    adapterstilts fuse mnli squad --target pawsx --control untrained" in lines
    assert "    adapterstilts baseline pawsx --via mnli" not in lines
    _, out, _ = call("fuse", "squad", "mnli", "--target", "pawsx", "--all")
    assert sum("not run" in line for line in out.splitlines()) == 8
    assert "    adapterstilts baseline pawsx --via mnli" in out.splitlines() and "--all" not in out
    assert lines[-1] == (
        "Saved in runs/pocket-bottleneck-pawsx--fuse-mnli-squad-s0; side by side with the rest: "
        "adapterstilts compare pawsx"
    )


@pytest.mark.parametrize("content", ["{", '{"adapter": "pocket-none"}', "\\x1b[31m"])
def test_a_file_that_is_no_result_costs_nobody_the_table(trained, call, content):
    folder = Path("odd/results")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.json").write_text(content)
    sources = (f"runs/pocket-bottleneck-{task}-s0" for task in ("squad", "mnli"))
    code, out, err = call("fuse", *sources, "--target", "pawsx", "--language", "en", "--output", "odd")
    assert code == 0 and "bottleneck, fusion of mnli + squad" in out
    assert sum("Left out: " in line and "x.json" in line for line in err.splitlines()) == 1
    code, out, err = call("train", "pawsx", "--output", "odd", "--json")
    assert code == 0 and json.loads(out)["target"] == "pawsx" and "x.json" in err
    code, out, err = call("compare", "--output", "odd", "--json")
    assert code == 0 and json.loads(out)["comparisons"] and len(err.splitlines()) == 1


def test_json_is_one_object_with_everything(trained, call):
    call("train", "pawsx")
    code, out, _ = call("fuse", "squad", "mnli", "--target", "pawsx", "--json")
    found = json.loads(out)
    assert code == 0
    wanted = """format id run adapter target system scores examples average cross_lingual_gap
        trainable_parameters train_seconds facts others"""
    assert set(wanted.split()) <= set(found)
    assert {"backbone", "method", "composition", "sources", "settings", "evaluation"} < set(found["run"])
    assert [source["task"] for source in found["run"]["sources"]] == ["mnli", "squad"]
    assert found["scores"]["ja"].keys() == {"accuracy"}
    assert [one["adapter"] for one in found["others"]] == ["pocket-bottleneck-pawsx-s0"]
    assert set(found["others"][0]) == set(found) - {"others", "not_run"}
    assert len(found["not_run"]) == 7


def test_the_commands_of_rows_that_were_not_run_run_them(trained, call):
    _, out, _ = call("fuse", "squad", "mnli", "--target", "pawsx", "--json")
    for row in json.loads(out)["not_run"]:
        code, _, err = call(*row["command"].split()[1:])
        assert code == 0, err
    _, out, _ = call("fuse", "squad", "mnli", "--target", "pawsx", "--json")
    assert json.loads(out)["not_run"] == []
    _, out, _ = call("compare", "pawsx")
    assert "not run" not in out


def test_what_is_not_run_is_run_where_the_rest_is_from_what_was_named(trained, call, monkeypatch):
    """With --output elsewhere, sources by their folders, a file of one's own, and names that a shell would part."""
    monkeypatch.setattr(tasks, "_registered", {})
    monkeypatch.setattr(tasks, "_remembered", {})
    elsewhere = "some where"
    declared = Path("mine; x.yaml")
    rows = [{"sentence1": f"a {n}", "sentence2": "b", "label": "no"} for n in range(40)]
    Path("mine.json").write_text(json.dumps(rows))
    declared.write_text(
        "type: classification\nname: mine\nlabels: [no, yes]\nfiles: {train: mine.json, test: mine.json}"
    )
    own = ["--task-file", str(declared), "--output", elsewhere]
    sources = [f"runs/pocket-bottleneck-{name}-s0" for name in ("squad", "mnli")]
    code, out, err = call("fuse", *sources, "--target", "mine", "--all", *own)
    assert code == 0, err
    commands = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("    adapterstilts ")]
    assert commands and all(own[3] in words and str(declared) in words for words in commands)
    for words in commands:
        code, _, err = call(*words)
        assert code == 0, err
    _, out, _ = call("fuse", *sources, "--target", "mine", "--all", *own)
    assert "not run" not in out
    compared = shlex.split(out.splitlines()[-1].partition("with the rest: ")[2])[1:]
    code, out, _ = call(*compared)
    assert code == 0 and "fusion of mnli + squad" in out


def test_a_partial_result_is_compared_over_what_it_has(trained, call):
    call("train", "panx", "--output", "part")
    code, out, err = call("train", "panx", "--seed", "1", "--language", "de", "--output", "part")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0].endswith("; in de alone") and lines[1].split()[:3] == ["system", "de", "average"]
    _, out, _ = call(
        "train", "panx", "--seed", "1", "--language", "de", "--language", "ja", "--output", "part", "--json"
    )
    assert json.loads(out)["facts"]["not_measured"] == ["ar", "en"]
    code, _, err = call("train", "panx", "--seed", "1", "--language", "ja", "--output", "part")
    assert code == 0 and "is done already" in err
    _, out, _ = call("train", "panx", "-o", "max_steps=2", "--language", "de", "--output", "part")
    assert "> bottleneck (max_steps=2)" in out or "> bottleneck, target only (max_steps=2)" in out
    _, out, _ = call("compare", "panx", "--output", "part")
    assert "Partial, so without an average, in de alone: bottleneck, target only (max_steps=2)." in out
    # the languages add up, and are a whole result in the end
    _, out, _ = call("train", "panx", "--seed", "1", "--language", "en", "--language", "ar", "--output", "part")
    (read,) = [one for one in results.read_all([Path("part")]) if one.run.seed == 1]
    assert set(read.scores) == {"en", "de", "ja", "ar"} and not read.not_measured
    # and a whole one is not replaced by a part
    call("evaluate", "pocket-bottleneck-panx-s1", "--language", "en", "--output", "part")
    (again,) = [one for one in results.read_all([Path("part")]) if one.run.seed == 1]
    assert again == read


@pytest.mark.parametrize(
    "words",
    [
        "evaluate hellaswag",
        "predict hellaswag --language de",
        "stack hellaswag --target pawsx",
        "continue hellaswag --target csqa",
        "fuse hellaswag squad --target pawsx",
        "merge hellaswag squad --target tatoeba",
        "merge squad mnli --head hellaswag --target csqa",
        "export hellaswag exported",
        "zoo show hellaswag",
    ],
)
def test_an_adapter_with_other_settings_is_taken_where_it_is_the_only_one(trained, call, words):
    call("train", "squad", "mnli", "--output", "others")
    call("train", "hellaswag", "-o", "max_steps=2", "--output", "others")
    verb, *rest = words.split()
    code, _, err = call(verb, "--output", "others", *rest)
    assert "taken is the only other one, pocket-bottleneck-hellaswag-s0-x" in err and "(max_steps=2)" in err
    assert code == 0 or words.startswith("merge squad"), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("predict xnli", "it learns from the rows of mnli, whose adapter is here, so that may be named; make one:"),
        ("settings pawsx --method full --composition fuse", "so it cannot fuse; use bottleneck or lora"),
    ],
)
def test_what_is_near_is_named_where_something_is_not_there(call, words, said):
    code, _, err = call(*words.split())
    assert code == 1 and said in err


def test_a_word_that_is_nearly_a_backbones_name_is_asked_back(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = '"e5-smal" is taken for an id of the Hub. Did you mean "e5-small"?'
    assert call("compare", "xnli", "--backbone", "e5-smal")[1:] == (
        "Nothing has been measured on xnli with the backbone e5-smal yet; start with: adapterstilts train xnli "
        "--backbone e5-smal\n",
        f"{asked}\n",
    )
    (tmp_path / "e5-smal").mkdir()
    for other in ("xlm-roberta-base", "bert-small", "me/e5-smal", "pocket", "e5-smal"):
        assert asked not in call("zoo", "--backbone", other)[2]


def test_settings_of_what_is_not_trained_are_those_of_its_evaluation(call):
    _, out, _ = call("settings", "tatoeba", "--backbone", "e5-small")
    first, *lines = out.splitlines()
    assert first == "# evaluation on tatoeba, which has no training data, backbone e5-small"
    assert {line.partition(":")[0] for line in lines} == {*OF_EVALUATION}


def test_of_several_others_none_is_taken_and_all_are_named(trained, call):
    for steps in (1, 2):
        call("train", "csqa", "-o", f"max_steps={steps}", "--output", "several")
    code, _, err = call("evaluate", "csqa", "--output", "several")
    assert code == 1 and err.count("pocket-bottleneck-csqa-s0-x") == 2
    assert err.endswith("make one: adapterstilts train csqa --output several\n")


def test_several_tasks_make_one_object(trained, call):
    _, out, _ = call("train", "squad", "mnli", "--json")
    assert [one["target"] for one in json.loads(out)["results"]] == ["squad", "mnli"]


def test_several_seeds_are_a_run_each(trained, call):
    words = ("train", "panx", "--seed", "3", "--seed", "4", "--output", "seeds", "-o", "packed=true")
    _, out, err = call(*words, "--language", "de", "--json")
    assert [one["adapter"][-2:] for one in json.loads(out)["results"]] == ["s3", "s4"]
    assert "train 2 adapters" in err


def test_a_run_that_fails_leaves_the_others_and_is_told_of_at_the_end(trained, call):
    Path("partly/pocket-bottleneck-panx-s0").mkdir(parents=True)
    Path("partly/pocket-bottleneck-panx-s0/adapterstilts.json").write_text("none")
    code, out, err = call("train", "panx", "--seed", "0", "--seed", "1", "--language", "de", "--output", "partly")
    assert code == 1 and "pocket-bottleneck-panx-s0" in err.splitlines()[-1]
    assert "panx" in out and Path("partly/pocket-bottleneck-panx-s1/adapterstilts.json").is_file()


def test_the_method_of_named_adapters_is_theirs(trained, call):
    call("train", "squad", "mnli", "--method", "lora")
    named = ("pocket-lora-squad-s0", "runs/pocket-lora-mnli-s0")
    code, out, _ = call("fuse", *named, "--target", "pawsx", "--no-fresh", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["system"] == "lora, fusion of mnli + squad (fresh=false)"
    assert (found["run"]["method"], found["run"]["settings"]["fresh"]) == ("lora", False)


def test_merge_and_evaluate(trained, call):
    code, out, _ = call("merge", "squad", "mnli", "--target", "tatoeba", "--json")
    assert code == 0 and json.loads(out)["layer0"].keys() == {"de", "ja", "ar"}
    code, out, _ = call("merge", "squad", "mnli")
    assert code == 0 and "--target tatoeba" in out
    code, out, _ = call("evaluate", "none", "--target", "tatoeba")
    assert code == 0 and "layer 0" in out
    code, out, _ = call("evaluate", "mnli", "--language", "de", "--json")
    assert code == 0 and set(json.loads(out)["scores"]) == {"de"}
    code, out, _ = call("compare", "--format", "markdown")
    assert code == 0 and out.count("| system |") == out.count("\n|---|") > 1
    code, out, _ = call("compare", "--summary")
    headings = out.splitlines()[0].split()
    assert code == 0 and headings[:2] == ["system", "mnli"] and {"squad", "tatoeba", "gain"} < set(headings)
    code, out, _ = call("compare", "tatoeba", "udpos", "--summary")
    assert code == 0 and "Nothing has been measured on udpos" in out


def test_scores_by_layer_are_shown_and_leave_nothing_behind(trained, call):
    before = {path: path.stat().st_mtime_ns for path in Path.cwd().rglob("*")}
    code, out, err = call("evaluate", "mnli", "--target", "tatoeba", "--layer", "all")
    lines = out.splitlines()
    assert code == 0 and "evaluate de" in err
    assert lines[0] == "tatoeba, pocket-bottleneck-mnli-s0: accuracy by layer, a diagnostic"
    assert lines[1].split() == ["layer", *world.LANGUAGES[1:], "average"]
    assert [line.split()[0] for line in lines[2:5]] == ["0", "1", "2"]
    assert lines[5].startswith("A diagnostic: these are scores of test rows") and "layer 1 is scored" in lines[5]
    _, out, _ = call("evaluate", "mnli", "--target", "tatoeba", "--layer", "all", "--language", "ja", "--json")
    found = json.loads(out)
    assert "no layer may be chosen" in found["diagnostic"] and found["examples"] == {"ja": 6}
    assert [one["layer"] for one in found["layers"]] == [0, 1, 2]
    assert all(one["average"] == one["scores"]["ja"]["accuracy"] for one in found["layers"])
    assert {path: path.stat().st_mtime_ns for path in Path.cwd().rglob("*")} == before


def test_a_layer_of_ones_own_is_a_result_beside_the_usual_one(trained, call):
    call("evaluate", "mnli", "--target", "tatoeba")
    usual = Path("runs/results/pocket-bottleneck-mnli-s0--tatoeba.json")
    before = usual.read_text()
    code, out, _ = call("evaluate", "mnli", "--target", "tatoeba", "--layer", "2", "--json")
    other = json.loads(out)
    assert code == 0 and other["system"] == "bottleneck, mnli alone (retrieval_layer=2)"
    assert other["run"]["evaluation"]["settings"]["retrieval_layer"] == 2
    assert usual.read_text() == before
    assert usual.with_stem(f"{usual.stem}-retrieval_layer-2").is_file()
    _, out, _ = call("compare", "tatoeba")
    assert "bottleneck, mnli alone (retrieval_layer=2)" in out
    _, out, _ = call("evaluate", "mnli", "--target", "tatoeba", "--layer", "all", "--json")
    by_layer = {one["layer"]: one["scores"] for one in json.loads(out)["layers"]}
    assert by_layer[2] == other["scores"] and by_layer[1] == json.loads(before)["scores"]
    assert by_layer[0] == other["layer0"]


def test_zoo(trained, call):
    code, out, _ = call("zoo")
    assert code == 0 and "pocket-bottleneck-mnli-s0" in out
    _, out, _ = call("zoo", "--json")
    assert {"pocket-bottleneck-mnli-s0", "pocket-bottleneck-squad-s0"} <= {
        one["name"] for one in json.loads(out)["adapters"]
    }
    code, out, _ = call("zoo", "show", "mnli")
    assert code == 0 and "sha256: " in out
    assert "\nresults:\n  mnli (pocket" in out and "\ncard:" not in out
    _, out, _ = call("zoo", "show", "mnli", "--json")
    shown = json.loads(out)
    assert shown["run"]["task"] == "mnli" and "mnli" in {one["target"] for one in shown["results"]}
    code, _, err = call("zoo", "show", "mnlo")
    assert code == 1 and 'Did you mean "mnli"?' in err


def test_tasks(call):
    code, out, _ = call("tasks")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(tasks.all_tasks())
    _, out, _ = call("tasks", "--json")
    assert {one["name"] for one in json.loads(out)["tasks"]} == set(tasks.all_tasks())


@pytest.mark.parametrize("language", ["en", "de", "ja", "ar"])
def test_pocket_show(call, language):
    code, out, _ = call("pocket", "show", "--language", language, "--count", "2", "--json")
    shown = json.loads(out)
    assert code == 0
    assert len(shown["items"]) == 2
    assert set(shown["items"][0]["translations"]) | {language} >= {"en", "de", "ja", "ar"}
    code, plain, _ = call("pocket", "show", "--language", language, "--count", "2")
    assert shown["items"][0]["sentences"][0] in plain


def test_compare_with_nothing_measured(call, tmp_path, monkeypatch):
    world.build(tmp_path, monkeypatch)
    code, out, _ = call("compare")
    assert code == 0 and out.startswith("Nothing has been measured with the backbone pocket yet")
    code, out, _ = call("compare", "pawsx", "--json")
    assert json.loads(out)["comparisons"][0]["rows"] == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("fus squad", 2, 'There is no verb "fus". Did you mean "fuse"?'),
        ("fuse squad mnli", 2, "Missing option '--target'"),
        ("train squad --method lorra", 2, "'lorra' is not one of"),
        ("train sqaud", 1, 'Error: There is no task "sqaud". Did you mean "squad"?'),
        ("fuse squad mnli --target paws", 1, 'Did you mean "pawsx"?'),
        ("fuse squad --target pawsx", 1, "Error: fuse needs at least two sources"),
        ("train squad -o rate", 1, 'Error: "rate" is not a setting; write it as key=value'),
        ("train squad -o bacth_size=2", 1, 'Did you mean "batch_size"?'),
        ("train tatoeba", 1, "Error: tatoeba has no training data"),
        ("continue mnli --target bucc2018", 1, "Error: bucc2018 has no training data"),
        ("stack mnly --target pawsx", 1, 'Did you mean "mnli"?'),
        ("pocket show --language jp", 1, 'Did you mean "ja"?'),
        ("train squad --language jq", 1, 'squad has no language "jq" in the data pocket; it has en, de, ja, ar.\n'),
        ("evaluate squad --language ro", 1, 'squad has no language "ro" in the data pocket; it has en, de, ja, ar.\n'),
        ("baseline pawsx --via sqad", 1, 'Did you mean "squad"?'),
        ("evaluate nowhere/at/all", 1, "There is no adapter at nowhere/at/all"),
        ("train squad --backbone nowhere/at/all", 1, "nowhere/at/all"),
        ("compare pawsz", 1, 'Did you mean "pawsx"?'),
        ("evaluate mnli --target pawsx", 1, "The labels of the adapter"),
        ("evaluate mnli --target panx", 1, "so its head does not fit"),
        ("evaluate mnli --submission elsewhere", 1, "mnli is no task of XTREME, so there is nothing to submit"),
        ("evaluate mnli --layer 1", 1, "mnli compares no sentence embeddings, so it has no layer to choose"),
        ("evaluate mnli --target pawsx --layer all", 1, "pawsx compares no sentence embeddings"),
        ("evaluate mnli --target tatoeba --layer 3", 1, "no layer 3: it must be 0 (the embeddings) to 2."),
        ("evaluate mnli --target tatoeba --layer last", 2, 'neither the number of a layer nor "all"'),
        ("evaluate mnli --target tatoeba --layer 1 -o retrieval_layer=2", 1, '"retrieval_layer" is given twice'),
        ("evaluate mnli --target tatoeba --layer all -o retrieval_layer=2", 1, "Give one layer (retrieval_layer) or"),
        ("evaluate mnli --target tatoeba --layer all --submission here", 1, "A submission is of one layer"),
        ("evaluate mnli --target xnli --data nowhere", 1, "There is no folder nowhere; --data is pocket, hub, or a"),
        ("data mnly", 1, 'Did you mean "mnli"?'),
        ("data mnli --data pockte", 1, 'Did you mean "pocket"?'),
        ("data xnli --language ro", 1, 'xnli has no language "ro". It has en, ar, bg, de,'),
        ("data xnli --split train", 1, '"xnli" has no train rows'),
    ],
)
def test_errors_are_one_sentence_on_standard_error(trained, call, monkeypatch, words, code, sentence):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found, out, err = call(*words.split())
    assert (found, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
    if code == 1:
        assert err.startswith("Error: ") and err.count("\n") == 1


LONG = "a" * 5000
TAKE_A_PATH = {
    "--output": ["train", "squad", "--output"],
    "--backbone": ["train", "squad", "--backbone"],
    "--task-file": ["train", "squad", "--task-file"],
    "--submission": ["evaluate", "squad", "--target", "xquad", "--submission"],
    "--head": ["merge", "squad", "mnli", "--head"],
    "data": ["data", "squad", "--data"],
    "evaluate": ["evaluate"],
    "import": ["import"],
    "export": ["export", "squad"],
    "score": ["score", "x"],
    "zoo show": ["zoo", "show"],
}


@pytest.mark.parametrize("place", TAKE_A_PATH)
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("~nosuchuser/x", 'There is no user "nosuchuser" whose home "~nosuchuser/x" could be in.'),
        (LONG, f'"{LONG[:59]}..." is no name here: a name has at most 255 letters.'),
        (f"{LONG}/x", "is no name here: a name has at most 255 letters."),
    ],
)
def test_what_can_be_no_path_is_refused_wherever_a_path_is_taken(trained, call, place, word, said):
    if place == "--backbone" and word == f"{LONG}/x":
        said = "letters"
    code, out, err = call(*TAKE_A_PATH[place], word)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err and len(err) < 400


def test_a_home_is_read_where_the_shell_did_not(trained, call, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    code, _, _ = call("train", "panx", "--output=~/mine")
    assert code == 0 and (tmp_path / "mine" / "pocket-bottleneck-panx-s0").is_dir()


@pytest.mark.parametrize(
    "words",
    [
        ["train", LONG],
        ["train", "squad", "--method", LONG],
        ["train", "squad", "--language", LONG],
        ["train", "squad", "--seed", "9" * 5000],
        ["train", "squad", "-o", LONG],
        ["train", "squad", "-o", f"max_steps={LONG}"],
        ["evaluate", "none", "--target", "tatoeba", "--layer", "9" * 5000],
        ["pull", LONG],
        ["compare", LONG],
        ["pocket", "show", "--language", LONG],
        [LONG],
    ],
)
def test_a_name_of_5000_letters_is_shortened_where_it_is_quoted(trained, call, monkeypatch, words):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, out, err = call(*words)
    assert code in (1, 2) and out == "" and "Traceback" not in err
    assert len(err) < 700


@pytest.mark.parametrize("option", "--data --backbone --output --language --method --task-file -o".split())
@pytest.mark.parametrize("verb", ["train", "continue", "merge", "evaluate"])
def test_an_empty_word_stands_for_nothing(trained, call, verb, option):
    code, out, err = call(verb, "mnli", "--target", "pawsx", option, "")
    assert (code, out) == (2, "")
    assert f'After "{option}" comes an empty word' in err
    if option != "-o":
        assert f'After "{option}" comes an empty word' in call(verb, "mnli", f"{option}=")[2]


@pytest.mark.parametrize("key", ["max_steps", "epochs", "batch_size", "gradient_accumulation_steps", "train_examples"])
@pytest.mark.parametrize("value", [str(2**31), "9" * 20])
def test_what_nothing_can_count_is_refused_in_a_sentence(trained, call, key, value):
    code, out, err = call("train", "squad", "-o", f"{key}={value}", "--output", f"{key}{value}")
    assert (code, out) == (1, "") and "Error: " in err and "Traceback" not in err
    assert not Path(f"{key}{value}/pocket-bottleneck-squad-s0").exists()


def test_a_file_in_the_outputs_place(trained, call):
    Path("occupied").write_text("")
    code, _, err = call("train", "squad", "--output", "occupied")
    assert code == 2 and "occupied" in err


def test_an_interruption_says_how_to_go_on(trained, call, monkeypatch):

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "learn_all", interrupted)
    code, out, err = call("train", "squad", "-o", "learning_rate=0.5")
    assert (code, out) == (130, "")
    assert err.strip() == (
        "Interrupted; go on from the last checkpoint with: adapterstilts train squad -o learning_rate=0.5 --resume"
    )


def test_control_c_in_a_training_ends_it_in_one_sentence_with_its_last_checkpoint_whole(tmp_path):
    words = "train panx -o max_steps=100000 -o train_examples=64 -o validation_examples=8 -o evaluate_every=5".split()
    program = [sys.executable, "-m", "adapterstilts", *words, "--output", str(tmp_path)]
    # tests that run in the background of a shell ignore the signal, and so would their children
    listening = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, preexec_fn=listening, **pipes) as process:
        try:
            deadline = time.monotonic() + 120
            while not any(path.name[-1].isdigit() for path in tmp_path.glob("checkpoints/*/checkpoint-*")):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "")
    assert (
        "Traceback" not in err and "Interrupted; go on from the last checkpoint with: adapterstilts train panx" in err
    )
    assert not (tmp_path / "results").exists()
    (folder,) = (tmp_path / "checkpoints").iterdir()
    position, _ = checkpoints.latest(folder)
    assert position.step % 5 == 0


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(call, verb):
    code, out, _ = call(verb, "--help")
    assert code == 0
    if verb == "pocket":
        code, out, _ = call("pocket", "show", "--help")
    assert "Example" in out and f"adapterstilts {verb}" in out


def test_help_lists_every_verb_and_tab_completion(call):
    _, out, _ = call("--help")
    assert all(f"\n  {verb}" in out for verb in VERBS)
    assert "bash_source" in out


def test_what_a_verb_is_for_fits_a_line_of_80_letters(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = call("--help")
    listed = out.partition("Commands:")[2].partition("Examples:")[0]
    assert "..." not in listed and len(listed.strip().splitlines()) == len(cli.cli.commands)


def test_completion_knows_tasks_and_adapters(trained):
    from click.shell_completion import ShellComplete

    complete = ShellComplete(cli.cli, {}, "adapterstilts", "_X")
    assert {item.value for item in complete.get_completions(["train"], "squ")} == {"squad", "squad2"}
    assert "pocket-bottleneck-mnli-s0" in {item.value for item in complete.get_completions(["fuse"], "pocket-b")}
    assert [item.value for item in complete.get_completions(["train", "--backbone"], "e5-small-")] == [
        "e5-small-random"
    ]
    assert [item.value for item in complete.get_completions(["backbones"], "g")] == ["get"]
    named = [item.value for item in complete.get_completions(["backbones", "get"], "")]
    assert named == ["e5-small", "e5-small-random", "minilm-en"]


def test_backbones_are_listed_in_80_letters(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    code, out, err = call("backbones")
    lines = re.sub("\x1b\\[[0-9;]*m", "", out).splitlines()
    assert (code, err) == (0, "") and max(map(len, lines)) <= 80
    assert lines[0].split() == "name at hand licence what".split()
    states = {line.split()[0]: line.split()[1] for line in lines if line.split()[0] in declared.DECLARED}
    missing = dict.fromkeys(("e5-small", "e5-small-random", "minilm-en"), "no")
    assert states == {"pocket": "shipped", **missing, "intfloat/multilingual-e5-small": "Hub"}
    assert "Fetch e5-small: adapterstilts backbones get e5-small" in lines


def test_backbones_are_one_object_of_json(call):
    code, out, err = call("backbones", "--json")
    assert (code, err) == (0, "")
    listed = {each["name"]: each for each in json.loads(out)["backbones"]}
    assert list(listed) == list(declared.DECLARED)
    what = declared.DECLARED["e5-small"].what
    assert listed["e5-small"] == {"name": "e5-small", "at_hand": "no", "licence": "mit", "what": what}


def test_what_cannot_be_fetched_names_what_can(call):
    code, out, err = call("backbones", "get", "e5smal")
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert 'there are e5-small, e5-small-random, minilm-en. Did you mean "e5-small"?' in err
    assert "there are e5-small, e5-small-random, minilm-en." in call("backbones", "get", "pocket")[2]


DRY = [f"{line} --dry-run" for line in ("train mnli", "fuse squad mnli --target pawsx", "baseline pawsx --via mnli")]
HEAVY = ("torch", "transformers", "adapters", "peft", "datasets", "sklearn")


LOOKING = ["--help", "fuse --help", "tasks", "backbones", "compare", "zoo", "pocket show", "train sqaud"]


@pytest.mark.parametrize("words", [*LOOKING, *DRY])
def test_looking_loads_nothing_heavy(words, tmp_path):
    program = (
        "import sys\nfrom adapterstilts.cli import main\ntry:\n    main()\nfinally:\n"
        f"    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]", done.stderr
