"""Whole runs on a tiny world: what they leave behind, what they refuse, what they do not do twice."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
import world
import yaml

from adapterstilts import execution, methods, tasks
from adapterstilts.adapter import saving
from adapterstilts.base.errors import UserError
from adapterstilts.execution import Request
from adapterstilts.findings import compare
from adapterstilts.runs import results, systems


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A world in which squad, mnli and pawsx have an adapter by each method."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch)
        for method in ("bottleneck", "lora"):
            for task in ("squad", "mnli", "pawsx"):
                execution.learn(Request(task, method))
        yield work


def fusion(**changes) -> Request:
    given = {"task": "pawsx", "composition": "fuse", "sources": ("squad", "mnli"), **changes}
    return Request(**given)


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_a_fusion_leaves_adapter_result_recipe_and_predictions(trained, method):
    result = execution.learn(fusion(method=method))
    name = f"pocket-{method}-pawsx--fuse-mnli-squad-s0"
    assert (result.adapter, result.target, result.composition) == (name, "pawsx", "fuse")
    assert (result.sources, result.trained_on, result.changed) == (("mnli", "squad"), "pawsx", {})
    assert list(result.scores) == list(world.LANGUAGES)
    assert dict(result.examples) == dict.fromkeys(world.LANGUAGES, 6)
    assert result.cross_lingual_gap is not None
    assert result.trainable_parameters > 0
    assert not result.source_saw_target_training
    adapter = saving.load_adapter(Path("runs") / name)
    assert [source.name for source in adapter.sources] == [
        f"pocket-{method}-mnli-s0",
        f"pocket-{method}-squad-s0",
    ]
    assert adapter.recipe["run"] == result.run
    assert adapter.scores == result.scores
    assert results.read(Path("runs/results") / f"{name}--pawsx.json") == result
    assert yaml.safe_load((Path("runs/recipes") / f"{name}.yaml").read_text())["run"] == result.run
    lines = (Path("runs/predictions") / name / "pawsx" / "ja.jsonl").read_text().splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"id", "prediction"}] * 6
    assert not (Path("runs/checkpoints") / name).exists()


def test_the_order_in_which_sources_are_named_is_no_difference(trained):
    assert execution.learn(fusion(sources=("mnli", "squad"))) == execution.learn(fusion(sources=("squad", "mnli")))


def test_a_run_that_is_there_is_not_done_again(trained):
    first, told = execution.learn(fusion()), world.Notes()
    assert execution.learn(fusion(), told) == first
    assert told.titles == [] and "done already" in told.notes[0]


def test_a_trained_adapter_without_its_result_is_only_evaluated(trained):
    first, told = execution.learn(fusion()), world.Notes()
    Path("runs/results", f"{first.adapter}--pawsx.json").unlink()
    again = execution.learn(fusion(), told)
    assert again == first
    assert told.titles == [f"evaluate {language}" for language in world.LANGUAGES]


def test_changed_settings_are_another_run_with_another_name(trained):
    usual = execution.learn(Request("pawsx"))
    changed = execution.learn(Request("pawsx", overrides={"max_steps": 2, "batch_size": 4}))
    assert changed.adapter.startswith(f"{usual.adapter}-x")
    assert changed.changed == {"max_steps": 2}
    assert changed.run != usual.run


def test_a_training_is_repeated_to_the_bit(trained):
    first = saving.load_adapter(Path("runs/pocket-lora-pawsx-s0"))
    execution.learn(Request("pawsx", "lora", output=Path("elsewhere")))
    again = saving.load_adapter(Path("elsewhere/pocket-lora-pawsx-s0"))
    assert first.recipe["run"] == again.recipe["run"]
    assert all(torch.equal(tensor, again.tensors[name]) for name, tensor in first.tensors.items())


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_the_controls_of_a_fusion(trained, method):
    fused = execution.learn(fusion(method=method))
    matched = execution.learn(fusion(method=method, control="parameters"))
    assert (matched.composition, matched.sources, matched.control) == (None, ("mnli", "squad"), "parameters")
    assert matched.adapter == f"pocket-{method}-pawsx--parameters-of-fuse-mnli-squad-s0"
    assert matched.trainable_parameters == pytest.approx(fused.trainable_parameters, rel=0.1)
    untrained = execution.learn(fusion(method=method, control="untrained"))
    assert (untrained.composition, untrained.control) == ("fuse", "untrained")
    assert untrained.trainable_parameters == fused.trainable_parameters
    sources = saving.load_adapter(Path("runs") / untrained.adapter).adapter_tensors()
    trained_sources = saving.load_adapter(Path("runs") / fused.adapter).adapter_tensors()
    assert sources.keys() == trained_sources.keys()
    shown = [
        row.results
        for row in compare.compare(
            tasks.get("pawsx"),
            "pocket",
            [fused, matched, untrained],
            compare.systems_around(tasks.get("pawsx"), systems.system_of(fused), fused.source_tasks),
        ).rows
    ]
    assert [len(found) for found in shown] == [0, 1, 1, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("composition", ["continue", "stack"])
@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_continue_and_stack(trained, method, composition):
    result = execution.learn(Request("pawsx", method, composition, ("mnli",)))
    assert result.adapter == f"pocket-{method}-pawsx--{composition}-mnli-s0"
    assert systems.label(systems.system_of(result), tasks.get("pawsx")).endswith("mnli")


def test_a_baseline_through_a_task_trains_that_first(trained):
    told = world.Notes()
    result = execution.baseline(Request("pawsx", "full", "continue", ("mnli",)), told)
    assert (result.method, result.composition, result.sources) == ("full", "continue", ("mnli",))
    assert told.notes == ["Full fine-tuning on mnli comes first."]
    assert Path("runs/pocket-full-mnli-s0").is_dir()
    assert execution.baseline(Request("pawsx", "full")).composition is None


def test_the_targets_own_adapter_may_be_a_source_and_is_marked(trained):
    result = execution.learn(fusion(sources=("squad", "mnli", "pawsx")))
    assert result.source_saw_target_training
    assert execution.learn(Request("xnli", composition="stack", sources=("mnli",))).source_saw_target_training


def test_retrieval_is_evaluated_with_its_control(trained):
    result = execution.evaluate("mnli", "tatoeba", Request(""))
    assert (result.trained_on, result.composition, result.cross_lingual_gap) == ("mnli", None, None)
    assert set(result.layer0) == set(result.scores) == set(world.LANGUAGES[1:])
    bare = execution.evaluate("none", "tatoeba", Request(""))
    assert (bare.adapter, bare.method, bare.trainable_parameters) == ("pocket-none", "none", 0)
    assert bare.layer0 == result.layer0
    labels = [row.label for row in compare.compare(tasks.get("tatoeba"), "pocket", [bare, result]).rows]
    assert labels == ["bottleneck, mnli alone", "backbone as it is"]


def test_an_adapter_is_evaluated_as_it_was_after_its_training(trained):
    result = execution.learn(Request("pawsx"))
    again = execution.evaluate("pocket-bottleneck-pawsx-s0", None, Request(""))
    assert again == result
    assert execution.evaluate("runs/pocket-bottleneck-pawsx-s0", None, Request("", languages=("ja",))).scores == {
        "ja": result.scores["ja"]
    }
    assert results.read(Path("runs/results/pocket-bottleneck-pawsx-s0--pawsx.json")) == result


def test_an_adapter_of_the_train_task_serves_the_target(trained):
    result = execution.evaluate("mnli", "xnli", Request(""))
    assert systems.label(systems.system_of(result), tasks.get("xnli")) == "bottleneck, target only"


@pytest.mark.parametrize(("method", "how"), [("bottleneck", "mean"), ("lora", "mean"), ("lora", "ties")])
def test_merges(trained, method, how):
    made = execution.merge(Request("tatoeba", method, "merge", ("squad", "mnli")), how)
    assert (made.residual is None) == (how == "mean")
    assert made.result is not None and made.result.composition == "merge"
    assert saving.load_adapter(made.folder).head_tensors() == {}
    with_head = execution.merge(Request("", method, "merge", ("squad", "mnli")), how, head="mnli")
    assert with_head.result is not None and with_head.result.target == "mnli"
    assert with_head.adapter.labels == tasks.get("mnli").labels
    assert execution.merge(Request("", method, "merge", ("squad", "mnli")), how).result is None


def test_names_in_the_zoo_leave_out_what_its_folder_says(trained):
    result = execution.learn(Request("panx", output=Path("../zoo/pocket")))
    assert result.adapter == "bottleneck-panx"
    assert execution.learn(Request("panx", seed=1, output=Path("../zoo/pocket"))).adapter == "bottleneck-panx-s1"


REFUSED = [
    (fusion(task="pawsy"), 'There is no task "pawsy". Did you mean "pawsx"?'),
    (
        fusion(sources=("squad", "mnly")),
        'There is no adapter "mnly" for the backbone pocket. Did you mean "mnli"?',
    ),
    (
        fusion(sources=("squad", "qqp")),
        'There is no bottleneck adapter for "qqp" on the backbone pocket yet; make',
    ),
    (fusion(languages=("jp",)), 'pawsx has no language "jp" in the data pocket; it has en, de, ja, ar.'),
    (fusion(overrides={"lerning_rate": 1}), 'no setting "lerning_rate". Did you mean "learning_rate"?'),
    (fusion(overrides={"learning_rate": -1}), "learning_rate"),
    (fusion(sources=("squad",)), 'fuse needs at least two sources, but only "pocket-bottleneck-squad-s0"'),
    (fusion(sources=("squad", "squad")), 'The source "pocket-bottleneck-squad-s0" was given twice'),
    (fusion(sources=("squad", "pocket-lora-mnli-s0")), "made by the method lora"),
    (fusion(task="tatoeba"), "tatoeba has no training data, so nothing can be trained for it"),
    (fusion(task="bucc2018"), "bucc2018 has no training data"),
    (fusion(sources=("squad", "./nowhere")), "There is no adapter at nowhere"),
    (fusion(composition="stack", control="untrained"), "A control belongs to a fusion"),
    (Request("pawsx", "head_only", "stack", ("mnli",)), "mnli"),
]


@pytest.mark.parametrize(("request_", "sentence"), REFUSED, ids=[sentence[:30] for _, sentence in REFUSED])
def test_what_does_not_fit_is_refused_and_leaves_nothing(trained, request_, sentence):
    before = sorted(Path("runs").rglob("*"))
    with pytest.raises(UserError) as raised:
        execution.learn(request_)
    assert sentence in str(raised.value)
    assert sorted(Path("runs").rglob("*")) == before


def test_adapters_for_other_weights_of_the_same_shape_are_refused(trained, tmp_path):
    world.save_backbone(tmp_path / "other", seed=1)
    adapter = saving.load_adapter(Path("runs/pocket-bottleneck-squad-s0"))
    with pytest.raises(UserError, match="was made for the backbone"):
        execution.learn(
            fusion(
                backbone=str(tmp_path / "other"),
                data="pocket",
                sources=("runs/pocket-bottleneck-squad-s0", "runs/pocket-bottleneck-mnli-s0"),
            )
        )
    assert adapter.backbone.id == "pocket"


def test_a_changed_weights_file_is_refused(trained, tmp_path):
    import shutil

    shutil.copytree("runs/pocket-bottleneck-squad-s0", tmp_path / "damaged")
    weights = tmp_path / "damaged" / saving.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="cut short or changed"):
        execution.learn(fusion(sources=(str(tmp_path / "damaged"), "mnli")))


def test_evaluations_that_do_not_fit(trained):
    with pytest.raises(UserError, match="The labels of the adapter"):
        execution.evaluate("mnli", "pawsx", Request(""))
    with pytest.raises(UserError, match="has no head"):
        execution.evaluate("none", "pawsx", Request(""))
    with pytest.raises(UserError, match="Say what to evaluate"):
        execution.evaluate("none", None, Request(""))
    with pytest.raises(UserError, match='An evaluation has no setting "max_steps"'):
        execution.evaluate("mnli", None, Request("", overrides={"max_steps": 1}))
    with pytest.raises(UserError, match="so it cannot be evaluated on pawsx"):
        execution.merge(Request("pawsx", "lora", "merge", ("squad", "mnli")))


def test_an_interrupted_training_is_resumed_to_the_same_bits(trained, monkeypatch):
    from adapterstilts.scoring import evaluator

    asked = Request("panx", "lora", overrides={"max_steps": 6})
    whole = execution.learn(dataclasses.replace(asked, output=Path("whole")))
    original = evaluator.validator

    def interrupted(*given):
        validate, calls = original(*given), []

        def once() -> float:
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return validate()

        return once

    monkeypatch.setattr(evaluator, "validator", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execution.learn(asked)
    assert not Path("runs", whole.adapter).exists()
    monkeypatch.setattr(evaluator, "validator", original)
    told = world.Notes()
    resumed = execution.learn(dataclasses.replace(asked, resume=True), told)
    assert resumed.scores == whole.scores
    tensors = saving.load_adapter(Path("runs", whole.adapter)).tensors
    expected = saving.load_adapter(Path("whole", whole.adapter)).tensors
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in expected.items())


def test_every_method_trains_a_task(trained):
    for method in methods.METHODS:
        assert execution.learn(Request("pawsx", method)).method == method


def test_the_target_only_control_is_trained_as_every_target_only_run_is():
    fused, matched = fusion(), fusion(control="parameters")
    alone = Request("pawsx")
    assert matched.settings() == alone.settings()
    assert fused.settings().run["learning_rate"] != alone.settings().run["learning_rate"]
