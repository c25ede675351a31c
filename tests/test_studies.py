"""Studies: what a recipe declares becomes runs, each once; what is done is known; workers survive what fails."""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import ending_process
import pytest
import world
from click.testing import CliRunner

from adapterstilts import studies
from adapterstilts.backbones import BackboneIdentity
from adapterstilts.base import digests, hub
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import recipes_folder
from adapterstilts.cli import cli, studying
from adapterstilts.exchange import at_hand, catalogue, repositories
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.runs import command
from adapterstilts.runs.run import Rows
from adapterstilts.studies import carrying, workers
from adapterstilts.studies.carrying import carry_out
from adapterstilts.studies.pace import Pace
from adapterstilts.studies.planning import Disk, Planned
from adapterstilts.studies.workers import Local

NOWHERE = Path("nowhere")
LINES = """
open: {method: [bottleneck, lora]}
parts:
  alone:
    what: each method alone
    seed: [0, 1]
    runs:
      - train pawsx --method {method} --seed {seed} -o max_steps=2
  upon:
    own_seeds: true
    seed: [0, 1]
    languages: [en]
    source: [mnli]
    runs:
      - continue {source} --target pawsx --method {method} --seed {seed}
      - train pawsx --method {method} --seed {seed} -o max_steps=2
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(LINES)
    return path


def lines(planned):
    return [" ".join(command.arguments_of(each.run)) for each in planned]


def test_open_names_are_filled_in_with_seeds_slowest(recipe):
    plan = studies.plan(studies.read(recipe), NOWHERE)
    assert lines(plan.of("alone")) == [
        "train pawsx -o max_steps=2",
        "train pawsx --method lora -o max_steps=2",
        "train pawsx --seed 1 -o max_steps=2",
        "train pawsx --method lora --seed 1 -o max_steps=2",
    ]
    assert not any(each.done for each in plan.runs) and plan.left == list(plan.runs)


def test_own_seeds_build_on_sources_of_the_same_seed(recipe):
    plan = studies.plan(studies.read(recipe), NOWHERE)
    seeds = {(each.run.seed, source.seed) for each in plan.of("upon") for source in each.run.sources}
    assert seeds == {(0, 0), (1, 1)}
    assert all(each.languages == ("en",) for each in plan.of("upon"))


def test_other_seeds_are_those_of_the_lines_that_leave_them_open(recipe):
    study = studies.read(recipe)
    assert study.with_seeds(()) == study
    runs = studies.plan(study.with_seeds((4, 4, 3)), NOWHERE).of("upon")
    assert list(dict.fromkeys(each.run.seed for each in runs)) == [4, 3]
    assert {source.seed for each in runs for source in each.run.sources} == {4, 3}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("parts:", "prats:", "it has no parts"),
        ("open:", "opne:", 'has no "opne".+Did you mean "open"'),
        ("languages:", "langauges:", 'no run has "{langauges}".+Did you mean "languages"'),
        ("{source}", "{sorce}", 'nothing says what is filled in for "sorce".+Did you mean "source"'),
        ("seed: [0, 1]", "seed: zero", "seed"),
        ("source: [mnli]", "source: mnli", "list of its values"),
        ("train pawsx", "train pawsex", 'part alone: train pawsex.+Did you mean "pawsx"'),
        ("max_steps=2", "max_step=2", "part alone: .+max_steps"),
        ("train pawsx", "tarin pawsx", "part alone: .+tarin"),
        ("open: {", "open: {{", "line .: this is not YAML"),
        ("  upon:", "  alone:", 'line .+: "alone" is there twice; keep one of them'),
        ("open:", "backbone:\nopen:", '"backbone" is null, but must be text'),
        ("open:", "comparisons: 5\nopen:", '"comparisons" is 5, but must be a list'),
        ("open:", "training_sets: [mnli]\nopen:", '"training_sets"'),
        (
            "open:",
            "comparisons: [{target: pawsz, first: a, second: b}]\nopen:",
            'no task "pawsz".+Did you mean "pawsx"',
        ),
        ("open:", "comparisons: [{target: pawsx, first: a, second: b}]\nopen:", 'no line makes "a" on pawsx'),
        ("  alone:", "  1:", "the name 1 is not text"),
        ("train pawsx", "train pawsx}", "part alone: train pawsx}.+a brace stands alone"),
        ("{source}", "{}", "between braces stands a name and nothing else"),
        ("{source}", "{source!r}", "between braces stands a name and nothing else"),
        ("{source}", "{best}", "{best} are those of a {method} and a {target}"),
        ("source: [mnli]", "source: []", "source has none"),
        ("source: [mnli]", "source: [[mnli]]", "a value of source is itself a list"),
        ("source: [mnli]", "source: [mnli]\n    best: [squad]", '"best" is filled in by itself'),
        ("seed: [0, 1]", "seed: []", "needs a list of seeds, one at least"),
        ("languages: [en]", "languages: [en, xx]", 'part upon: pawsx has no language "xx" in the data pocket'),
        ("languages: [en]", "shipped: [bottlenek]", 'no method "bottlenek".+Did you mean "bottleneck"'),
        ("languages: [en]", "also: [xquda]", 'no task "xquda".+Did you mean "xquad"'),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused_before_anything_runs(recipe, old, new, sentence):
    recipe.write_text(LINES.replace(old, new))
    with pytest.raises(UserError, match=f"(?s){sentence}"):
        studies.plan(studies.read(recipe), NOWHERE)


@pytest.mark.parametrize(
    "content",
    ["parts: {}", "parts: [a]", "parts: {a: 5}", "parts: {a: {runs: []}}", "parts: {a: {runs: ['']}}", "5", "[]", ""],
)
def test_a_recipe_without_runs_is_refused(recipe, content):
    recipe.write_text(content)
    with pytest.raises(UserError):
        studies.plan(studies.read(recipe), NOWHERE)


def test_values_stand_in_lines_as_options_take_them(recipe):
    recipe.write_text("parts: {a: {s: [true, false, 3], runs: ['train pawsx -o max_steps={s}']}}")
    assert studies.read(recipe).parts["a"].values["s"] == ("true", "false", "3")


def test_a_part_without_runs_says_why(recipe):
    recipe.write_text(
        """
open: {method: [lora], target: [udpos]}
parts:
  left: {needs: [data], runs: [train mnli]}
  first: {runs: [train pawsx]}
  again: {runs: [train pawsx]}
  best: {runs: ["fuse {best} --target {target} --method {method}"]}
  twice: {runs: [continue mnli --target mnli]}
"""
    )
    told = studies.plan(studies.read(recipe), NOWHERE).without_runs
    assert list(told) == ["left", "again", "best", "twice"]
    assert "--data" in told["left"] and "before it" in told["again"] and "stacks" in told["best"]
    assert "twice" in told["twice"]
    # and the verb says so, and that nothing is left, and names the parts that there are
    recipe.write_text("parts: {left: {needs: [data], runs: [train mnli]}}")
    ended = CliRunner().invoke(cli, ["study", str(recipe), "--plan"])
    assert "left: left out, since it needs --data." in " ".join(ended.output.split())
    ended = CliRunner().invoke(cli, ["study", str(recipe), "--json"])
    assert json.loads(ended.stdout) == {"runs": []} and "left out" in ended.stderr


def test_parts_are_completed(recipe, monkeypatch):
    words = f"adapterstilts study {recipe} --only a"
    monkeypatch.setenv("_ADAPTERSTILTS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", "4")
    ended = CliRunner().invoke(cli, [], prog_name="adapterstilts")
    assert "plain,alone" in ended.output and "upon" not in ended.output


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(UserError, match="is a folder; give the file of a recipe"):
        studies.recipe_of(str(tmp_path))


def test_what_is_remembered_is_trusted_by_workers_as_by_the_verb(monkeypatch, tmp_path, recipe):
    seen = []
    monkeypatch.setattr(workers, "_done", lambda planned, output: None)
    monkeypatch.setattr(workers, "_carried_out", lambda planned, output: seen.append(digests.are_trusted()))
    (planned, *_) = studies.plan(studies.read(recipe), NOWHERE).left
    for trusted in (True, False):
        workers.one(planned, tmp_path, True, trusted)
    assert seen == [True, False] and digests.are_trusted()
    submitted = []
    engine = workers.Local(tmp_path, 1)
    monkeypatch.setattr(engine._pool, "submit", lambda *arguments: submitted.append(arguments))
    with digests.distrusted():
        engine.start(planned, True)
    engine.close()
    assert submitted[0][-1] is False


def test_a_part_that_there_is_not_is_told(recipe):
    with pytest.raises(UserError, match="alone, upon"):
        studies.plan(studies.read(recipe), NOWHERE, ["alnoe"])


def not_there(repository, revision=None):
    raise hub.Missing(f"no {repository}")


@pytest.mark.parametrize("path", sorted((recipes_folder() / "studies").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_studies_are_planned(path, monkeypatch):
    # what it takes of the Hub need not be here to be planned for
    known = at_hand.identity_of
    monkeypatch.setattr(repositories, "fetch", not_there)
    monkeypatch.setattr(
        at_hand, "identity_of", lambda id: BackboneIdentity(id, "", "0" * 64) if "xlm" in id else known(id)
    )
    study = studies.read(path, "pocket", str(path.parent))
    monkeypatch.setattr(AtHand, "text", lambda self, *_: Rows("file", "text", "text"))
    empty = [name for name, part in study.parts.items() if not study.runs(part, NOWHERE)]
    assert empty == (["best"] if "best" in study.parts else [])


def test_targets_that_learn_from_the_same_rows_share_a_training(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "parts: {all: {also: [mlqa, xnli], target: [xquad, pawsx], runs: ['continue mnli --target {target}']}}"
    )
    runs = [each.run for each in studies.plan(studies.read(path), NOWHERE).runs]
    assert [run.target for run in runs] == ["xquad", "mlqa", "pawsx"]
    assert runs[0].adapter.id == runs[1].adapter.id != runs[2].adapter.id
    path.write_text(path.read_text().replace("{target}'", "{target} -o test_examples=8'"))
    limited = [each.run for each in studies.plan(studies.read(path), NOWHERE).runs]
    assert [run.evaluation.settings["test_examples"] for run in limited] == [8, 8, 8]


def test_a_part_is_left_out_where_what_it_needs_is_not_given(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("parts: {one: {runs: [train ccg]}, other: {needs: [data], runs: [train mnli]}}")
    assert [each.part for each in studies.plan(studies.read(path), NOWHERE).runs] == ["one"]
    assert [each.part for each in studies.plan(studies.read(path, "pocket"), NOWHERE).runs] == ["one", "other"]
    path.write_text(path.read_text().replace("[data]", "[dta]"))
    with pytest.raises(UserError, match="dta"):
        studies.read(path)


def test_a_shipped_recipe_goes_by_its_name(recipe):
    assert studies.recipe_of("e5-small") == studies.shipped()["e5-small"]
    assert studies.recipe_of(str(recipe)) == recipe
    with pytest.raises(UserError, match='Did you mean "e5-small"'):
        studies.recipe_of("e5-smal")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A study of some steps in the test's own world."""
    world.build(tmp_path, monkeypatch)
    path = tmp_path / "study.yaml"
    steps = "-o max_steps=2 -o train_examples=8 -o test_examples=4 -o validation_examples=4"
    path.write_text(
        f"""
parts:
  target:
    languages: [en]
    runs:
      - continue panx --target udpos {steps}
  source:
    seed: [0, 1]
    languages: [en]
    runs:
      - train panx --seed {{seed}}
  wrong:
    languages: [en]
    runs:
      - train udpos {steps} -o max_length=100000
"""
    )
    return path


def test_what_is_done_is_not_done_again(tiny):
    output = Path("runs")
    world.learn("panx", languages=("en",), output=output)
    plan = studies.plan(studies.read(tiny), output)
    assert [each.done for each in plan.of("source")] == [True, False]
    assert [each.done for each in plan.of("target")] == [False]


def test_what_another_study_did_is_read_and_takes_no_time_of_this_one(tiny, monkeypatch):
    output = Path("runs")
    world.learn("panx", languages=("en",), output=output)
    (planned, _) = studies.plan(studies.read(tiny), output).of("source")
    ended = workers.one(planned, output, True)
    assert ended.average is not None and not ended.computed
    monkeypatch.setattr(studies.Plan, "left", [planned])

    class Engine:
        """This process, which knows the test's world."""

        def has_room(self):
            return True

        def start(self, planned, wait):
            self.planned = planned

        def ended(self):
            return [workers.one(self.planned, output, True)]

        def close(self):
            pass

    monkeypatch.setattr(studying, "_engine", lambda *_: Engine())
    told = CliRunner().invoke(cli, ["study", str(tiny), "--output", str(output), "--json"])
    assert told.exit_code == 0, told.output
    (run,) = json.loads(told.stdout)["runs"]
    assert run["average"] == ended.average and run["computed"] is False and run["error"] is None
    assert not (output / "study.jsonl").exists()


def test_an_output_that_cannot_be_written_is_told_once(recipe, tmp_path):
    (tmp_path / "file").touch()
    ended = CliRunner().invoke(cli, ["study", str(recipe), "--output", str(tmp_path / "file" / "sub")])
    assert isinstance(ended.exception, UserError) and "choose another --output" in str(ended.exception)


def test_a_run_comes_after_those_that_it_builds_on(tiny):
    plan = studies.plan(studies.read(tiny), Path("runs"))
    first = carrying._next(plan.runs, [])
    assert first.part == "source" and first.run.seed == 0
    others = [each for each in plan.runs if each is not first]
    second = carrying._next(others, [first])
    assert second.part == "source" and second.run.seed == 1


def test_how_long_a_run_takes_is_remembered(tmp_path, recipe):
    planned, *_, other = studies.plan(studies.read(recipe), NOWHERE).of("alone")
    Pace(tmp_path).note(planned, 10.0, None)
    Pace(tmp_path).note(planned, 30.0, 20.0)
    with (tmp_path / "study.jsonl").open("a") as journal:
        journal.write('{"kind": "cut of')
    assert Pace(tmp_path).seconds(planned) == 20.0 and Pace(tmp_path).seconds(other) is None
    assert Pace(tmp_path).taken(planned.run) == 40.0 and Pace(tmp_path).told() is None
    Pace(tmp_path / "elsewhere").note(planned, 2.0, None)
    for _ in range(2):
        Pace(tmp_path).copy_to(tmp_path / "elsewhere")
        assert Pace(tmp_path / "elsewhere").taken(planned.run) == 42.0


def test_what_is_new_here_takes_what_others_took_times_how_much_slower_it_is(tmp_path):
    path = tmp_path / "study.yaml"
    work = "parts: {all: {target: [pawsx, panx, tydiqa], method: [bottleneck, lora], runs: ["
    path.write_text(f"{work}'train {{target}} --method {{method}}', 'continue mnli --target {{target}}']}}}}")
    planned = {
        (each.run.target, each.run.method, each.run.structure): each
        for each in studies.plan(studies.read(path), NOWHERE).runs
    }
    pace = Pace(tmp_path)
    alone, lora, continued = ("bottleneck", None), ("lora", None), ("bottleneck", "continue")
    for target, system, seconds in (
        ("pawsx", alone, 100.0),
        ("pawsx", lora, 150.0),
        ("panx", alone, 40.0),
        ("panx", continued, 44.0),
    ):
        pace.note(planned[(target, *system)], seconds, None)
    # written, and read again
    for each in (pace, Pace(tmp_path)):
        assert each.seconds(planned[("panx", *lora)]) == pytest.approx(60.0)
        assert each.seconds(planned[("pawsx", *continued)]) == pytest.approx(110.0)
        assert each.seconds(planned[("tydiqa", *lora)]) == 150.0, "of work that is new, what the method takes"


def test_before_anything_was_carried_out_here_training_elsewhere_tells(tmp_path, recipe):
    first, second, *_ = studies.plan(studies.read(recipe), NOWHERE).of("alone")
    done = replace(first, trained=7.0)
    assert Pace(tmp_path, [second]).seconds(first) is None
    pace = Pace(tmp_path, [second, done])
    assert pace.is_of_elsewhere and pace.seconds(first) == 7.0 and pace.taken(first.run) == 0.0
    pace.note(first, 3.0, None)
    pace = Pace(tmp_path, [second, done])
    assert not pace.is_of_elsewhere and pace.seconds(first) == 3.0


def test_how_well_runs_were_predicted_is_told(tmp_path, recipe):
    planned = studies.plan(studies.read(recipe), NOWHERE).of("alone")
    for each, seconds in zip(planned, (9.0, 11.0, 10.0, 12.0), strict=True):
        Pace(tmp_path).note(each, seconds, 10.0)
    told = Pace(tmp_path).told()
    assert told.runs == 4 and told.median == pytest.approx(1.05) and told.quartiles[0] < 1 < told.quartiles[1]
    said = CliRunner().invoke(cli, ["study", str(recipe), "--plan", "--output", str(tmp_path)])
    assert "4 runs that were predicted here took 1.05 of that" in " ".join(said.output.split())


def test_room_is_told_by_the_adapters_of_the_method_at_hand(recipe):
    (planned, *_) = studies.plan(studies.read(recipe), NOWHERE).of("alone")
    sizes = [1e6 * each.megabytes for each in catalogue.entries(NOWHERE, "pocket") if each.method == planned.run.method]
    assert Disk(NOWHERE, "pocket").bytes(planned) == pytest.approx(statistics.median(sizes))
    assert Disk(NOWHERE, "e5-small-random").bytes(planned) is None
    (source,) = studies.plan(studies.read(recipe), NOWHERE).of("upon")[0].run.sources
    disk = Disk(NOWHERE, "pocket")
    assert disk.is_made_by(planned) and not disk.is_made_by(Planned("upon", source, ()))


def test_the_plan_is_printed_and_is_json(recipe):
    said = CliRunner().invoke(cli, ["study", str(recipe), "--plan", "--only", "alone", "--output", "nowhere"])
    assert said.exit_code == 0 and "each method alone" in said.output and "not known yet" in said.output
    told = CliRunner().invoke(cli, ["study", str(recipe), "--plan", "--json", "--output", "nowhere"])
    assert [run["part"] for run in json.loads(told.output)["runs"]] == ["alone"] * 4 + ["upon"] * 8


@pytest.mark.slow
def test_workers_carry_on_where_a_run_fails(tmp_path):
    """In processes of their own, on pocket: one run fails, and only it is tried the second time."""
    path, output = tmp_path / "study.yaml", tmp_path / "runs"
    path.write_text(
        """
parts:
  all:
    languages: [en]
    runs:
      - evaluate mnli --target xnli -o test_examples=4
      - train panx -o max_steps=1 -o train_examples=8 -o validation_examples=4 -o test_examples=4
      - train ccg -o max_steps=2 -o train_examples=8 -o learning_rate=1e9
      - merge squad mnli --target tatoeba -o test_examples=4
"""
    )
    study = studies.read(path)
    ended = list(carry_out(studies.plan(study, output).left, Local(output, 2)))
    assert len(ended) == 4 and [
        each.error is None for each in sorted(ended, key=lambda each: each.planned.run.task or "")
    ]
    assert [each.planned.run.task for each in ended if each.error] == ["ccg"]
    assert [each.run.task for each in studies.plan(study, output).left] == ["ccg"]


def test_a_run_that_takes_its_process_with_it_leaves_the_others(recipe, monkeypatch, tmp_path):
    monkeypatch.setattr(workers, "one", ending_process.end)
    plan = studies.plan(studies.read(recipe), NOWHERE)
    ended = list(carry_out(plan.of("alone"), Local(tmp_path, 2)))
    by_seed = {(each.planned.run.seed, each.error is None) for each in ended}
    assert len(ended) == 4 and by_seed == {(0, True), (1, False)}
    assert all("memory" in each.error for each in ended if each.error)


def test_workers_end_with_the_process_that_gives_them_runs(recipe, tmp_path):
    """They would go on unseen, and hold the locks of their runs."""
    script = (
        "import sys; from pathlib import Path; from adapterstilts import studies; "
        "from adapterstilts.studies import workers; from adapterstilts.studies.carrying import carry_out; "
        "import ending_process; workers.one = ending_process.last\n"
        "if __name__ == '__main__':\n"
        "    plan = studies.plan(studies.read(Path(sys.argv[1])), Path('nowhere'))\n"
        "    list(carry_out(plan.of('alone'), workers.Local(Path(sys.argv[2]), 1)))\n"
    )
    (tmp_path / "main.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    engine = subprocess.Popen([sys.executable, tmp_path / "main.py", recipe, tmp_path], env=environment)
    told = tmp_path / "process"
    try:
        _wait_for(told.is_file)
    finally:
        engine.kill()
        engine.wait()
    worker = int(told.read_text())
    _wait_for(lambda: not Path(f"/proc/{worker}").exists() if Path("/proc").exists() else True)


def _wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
