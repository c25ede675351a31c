"""Whole runs on a tiny world: what they leave behind, what they refuse, what they do not do twice."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import world

from adapterstilts import execution, methods, tasks
from adapterstilts.adapter import saving
from adapterstilts.adapter.facts import FACTS, WEIGHTS
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution import How
from adapterstilts.findings import compare
from adapterstilts.runs import asked, related, results, words


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A world in which squad, mnli and pawsx have an adapter by each method."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch)
        for method in ("bottleneck", "lora"):
            for task in ("squad", "mnli", "pawsx"):
                world.learn(task, method)
        yield work


def fused(*told, **changes):
    """What a fusion of squad and mnli on PAWS-X found, unless it is changed."""
    about = {"task": "pawsx", "composition": "fuse", "sources": ("squad", "mnli"), **changes}
    return world.learn(**about, **({"progress": told[0]} if told else {}))


def files_in(folder="runs"):
    """Every file with its bytes; a lock, which stays when it is free, is no part of a run."""
    files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file() and ".locks" not in path.parts)
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_a_fusion_leaves_adapter_result_and_predictions(trained, method):
    result = fused(method=method)
    name, run = f"pocket-{method}-pawsx--fuse-mnli-squad-s0", result.run
    assert (result.adapter, result.target, run.composition, run.task) == (name, "pawsx", "fuse", "pawsx")
    assert (words.words_of_sources(run), words.changed(run)) == (("mnli", "squad"), {})
    assert list(result.scores) == list(world.LANGUAGES)
    assert dict(result.examples) == dict.fromkeys(world.LANGUAGES, 6)
    assert result.cross_lingual_gap is not None
    assert result.trainable_parameters > 0
    assert not run.saw_target_training
    adapter = saving.load_adapter(Path("runs") / name)
    sources = [f"pocket-{method}-mnli-s0", f"pocket-{method}-squad-s0"]
    assert [words.name_of(source) for source in adapter.run.sources] == sources
    assert adapter.run == run.adapter
    assert adapter.scores == result.scores
    assert results.read(Path("runs/results") / f"{name}--pawsx.json") == result
    digests = {source: json.loads(Path("runs", source, FACTS).read_text())["sha256"] for source in sources}
    assert adapter.training["source_weights"] == result.facts["source_weights"] == digests
    lines = (Path("runs/predictions") / name / "pawsx" / "ja.jsonl").read_text().splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"id", "prediction"}] * 6
    assert not (Path("runs/checkpoints") / name).exists()


def test_the_order_in_which_sources_are_named_is_no_difference(trained):
    assert fused(sources=("mnli", "squad")) == fused(sources=("squad", "mnli"))


def test_a_run_that_is_there_is_not_done_again(trained):
    first, told = fused(), world.Notes()
    assert fused(told) == first
    assert told.titles == [] and "done already" in told.notes[0]


def test_a_trained_adapter_without_its_result_is_only_evaluated(trained):
    first, told = fused(), world.Notes()
    Path("runs/results", f"{first.adapter}--pawsx.json").unlink()
    again = fused(told)
    assert again == first
    assert told.titles == [f"evaluate in {len(world.LANGUAGES)} languages"]


def test_changed_settings_are_another_run_with_another_name(trained):
    usual = world.learn("pawsx")
    changed = world.learn("pawsx", settings={"max_steps": 2, "batch_size": 4})
    assert changed.adapter.startswith(f"{usual.adapter}-x")
    assert words.changed(changed.run) == {"max_steps": 2}
    assert changed.run.id != usual.run.id


def test_what_only_changes_how_it_is_computed_changes_neither_name_nor_id_nor_result(trained):
    usual, told = world.learn("pawsx"), world.Notes()
    before = files_in()
    otherwise = {"gradient_accumulation_steps": 2, "evaluation_batch_size": 3}
    assert world.learn("pawsx", progress=told, settings=otherwise) == usual
    assert told.notes == [f"This run is done already; delete runs/{usual.adapter} to do it again."]
    assert files_in() == before
    again = world.learn("pawsx", settings=otherwise, output=Path("otherwise"))
    assert (again.run, again.adapter, again.run.id) == (usual.run, usual.adapter, usual.run.id)
    assert not {"gradient_accumulation_steps", "evaluation_batch_size"} & again.run.settings.keys()
    assert results.path_of(again.run, again.adapter, Path("x")) == results.path_of(usual.run, usual.adapter, Path("x"))
    evaluated = world.evaluate("pawsx", settings={"evaluation_batch_size": 5})
    assert (evaluated.run.id, evaluated.scores) == (usual.run.id, usual.scores)


def test_a_training_is_repeated_to_the_bit(trained):
    first = saving.load_adapter(Path("runs/pocket-lora-pawsx-s0"))
    world.learn("pawsx", "lora", output=Path("elsewhere"))
    again = saving.load_adapter(Path("elsewhere/pocket-lora-pawsx-s0"))
    assert first.run.id == again.run.id
    assert all(torch.equal(tensor, again.tensors[name]) for name, tensor in first.tensors.items())


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_the_controls_of_a_fusion(trained, method):
    fusion = fused(method=method)
    matched = fused(method=method, control="parameters")
    run = matched.run
    assert (run.structure, words.words_of_sources(run), run.control) == (None, ("mnli", "squad"), "parameters")
    assert matched.adapter == f"pocket-{method}-pawsx--parameters-of-fuse-mnli-squad-s0"
    assert matched.trainable_parameters == pytest.approx(fusion.trainable_parameters, rel=0.1)
    untrained = fused(method=method, control="untrained")
    assert (untrained.run.structure, untrained.run.control) == ("fuse", "untrained")
    assert untrained.trainable_parameters == fusion.trainable_parameters
    sources = saving.load_adapter(Path("runs") / untrained.adapter).adapter_tensors()
    trained_sources = saving.load_adapter(Path("runs") / fusion.adapter).adapter_tensors()
    assert sources.keys() == trained_sources.keys()
    found = [fusion, matched, untrained]
    compared = compare.compare(tasks.get("pawsx"), "pocket", found, related.around(fusion.run))
    assert [len(row.results) for row in compared.rows] == [0, 1, 1, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("composition", ["continue", "stack"])
@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_continue_and_stack(trained, method, composition):
    result = world.learn("pawsx", method, composition, ("mnli",))
    assert result.adapter == f"pocket-{method}-pawsx--{composition}-mnli-s0"
    assert words.label_of(result.run).endswith("mnli")


def test_full_fine_tuning_through_a_task_trains_that_first(trained):
    told = world.Notes()
    run = world.learn("pawsx", "full", "continue", ("mnli",), told).run
    assert (run.method, run.composition, words.words_of_sources(run)) == ("full", "continue", ("mnli",))
    assert told.notes == [
        "There are two trainings, since pocket-full-mnli-s0 is not there: "
        "the whole backbone on mnli first, then on pawsx."
    ]
    assert Path("runs/pocket-full-mnli-s0").is_dir()
    assert Path("runs/results/pocket-full-mnli-s0--mnli.json").is_file()
    assert world.learn("pawsx", "full").run.composition is None


def test_the_targets_own_adapter_may_be_a_source_and_is_marked(trained):
    assert fused(sources=("squad", "mnli", "pawsx")).run.saw_target_training
    assert world.learn("xnli", composition="stack", sources=("mnli",)).run.saw_target_training


def test_what_a_source_of_a_source_was_trained_on_is_remembered(trained):
    """PAWS-X, then MNLI, then QQP, then PAWS-X again: the last has seen its own training data."""
    sources, seen = ("pawsx",), []
    for task in ("mnli", "qqp", "pawsx"):
        result = world.learn(task, composition="continue", sources=sources)
        sources = (result.adapter,)
        seen.append(result.run.saw_target_training)
    assert seen == [False, False, True]
    assert results.read(results.path_of(result.run, result.adapter, world.RUNS)).run.saw_target_training
    assert result.run.trained_on == {"pawsx", "mnli", "qqp"}
    compared = compare.compare(tasks.get("pawsx"), "pocket", [result])
    assert [row.run.saw_target_training for row in compared.rows] == [True]
    assert world.learn("qqp", composition="stack", sources=("mnli",)).run.saw_target_training is False


def test_retrieval_is_evaluated_with_its_control(trained):
    result = world.evaluate("mnli", "tatoeba")
    assert (result.run.task, result.run.composition, result.cross_lingual_gap) == ("mnli", None, None)
    assert set(result.layer0) == set(result.scores) == set(world.LANGUAGES[1:])
    bare = world.evaluate("none", "tatoeba")
    assert (bare.adapter, bare.run.method, bare.trainable_parameters) == ("pocket-none", "none", 0)
    assert bare.layer0 == result.layer0
    labels = [row.label for row in compare.compare(tasks.get("tatoeba"), "pocket", [bare, result]).rows]
    assert labels == ["bottleneck, mnli alone", "backbone as it is"]


def test_retrieval_has_a_precision_of_its_own_whatever_an_adapter_was_trained_with(trained):
    plain = world.evaluate("mnli", "tatoeba")
    half = world.learn("mnli", settings={"precision": "bf16"})
    assert half.run.settings["precision"] == half.run.evaluation.settings["precision"] == "bf16"
    result = world.evaluate(half.adapter, "tatoeba")
    assert result.run.evaluation.settings == plain.run.evaluation.settings
    assert plain.run.evaluation.settings["precision"] == "fp32"
    in_bf16 = world.evaluate("mnli", "tatoeba", settings={"precision": "bf16"})
    assert in_bf16.run.id != plain.run.id and words.changed(in_bf16.run) == {"precision": "bf16"}


def test_an_adapter_is_evaluated_as_it_was_after_its_training(trained):
    result = world.learn("pawsx")
    again = world.evaluate("pocket-bottleneck-pawsx-s0")
    assert again == result
    assert world.evaluate("runs/pocket-bottleneck-pawsx-s0", languages=("ja",)).scores == {"ja": result.scores["ja"]}
    assert results.read(Path("runs/results/pocket-bottleneck-pawsx-s0--pawsx.json")) == result


def test_an_adapter_of_the_train_task_serves_the_target(trained):
    result = world.evaluate("mnli", "xnli")
    assert words.label_of(result.run) == "bottleneck, target only"
    other = replace(result.run.evaluation, settings={**result.run.evaluation.settings, "precision": "bf16"})
    measured = words.label_of(replace(result.run, evaluation=other))
    assert measured == "bottleneck, target only (evaluated with precision=bf16)"


@pytest.mark.parametrize(("method", "how"), [("bottleneck", "mean"), ("lora", "mean"), ("lora", "ties")])
def test_merges(trained, method, how):
    made = world.merge(("squad", "mnli"), method, "tatoeba", how=how)
    assert (made.residual is None) == (how == "mean")
    assert made.result is not None and made.result.run.composition == "merge"
    assert saving.load_adapter(made.folder).head_tensors() == {}
    with_head = world.merge(("squad", "mnli"), method, how=how, head="mnli")
    assert with_head.result is not None and with_head.result.target == "mnli"
    assert with_head.adapter.labels == tasks.get("mnli").labels
    assert with_head.result.run.trained_on == made.result.run.trained_on == {"mnli", "squad"}
    assert world.merge(("squad", "mnli"), method, how=how).result is None


def test_two_backbones_of_one_name_do_not_share_an_output(trained, tmp_path):
    """Names hold a backbone's last word alone; the second run is refused, and nothing of the first is touched."""
    for seed, place in enumerate(("a", "b")):
        world.save_backbone(tmp_path / place / "enc", seed)
    given = {"data": "pocket", "output": tmp_path / "runs", "settings": {"max_steps": 1}}
    first = world.learn("pawsx", backbone=str(tmp_path / "a/enc"), **given)
    before = files_in(tmp_path / "runs")
    with pytest.raises(UserError, match="of another run, and (is|are) never replaced") as raised:
        world.learn("pawsx", backbone=str(tmp_path / "b/enc"), **given)
    said = str(raised.value)
    assert str(tmp_path / "runs" / first.adapter) in said
    assert "backbone.fingerprint: " in said
    assert "settings" not in said and "rows" not in said and "seed" not in said
    assert files_in(tmp_path / "runs") == before


def test_two_merges_of_one_name_do_not_share_an_output(trained, tmp_path):
    """The same name from other weights: a merge, too, is refused."""
    for seed, place in enumerate(("a", "b")):
        world.save_backbone(tmp_path / place / "enc", seed)
        for task in ("squad", "mnli"):
            about = {"data": "pocket", "settings": {"max_steps": 1}, "output": tmp_path / place}
            world.learn(task, backbone=str(tmp_path / place / "enc"), **about)

    def merged(place):
        sources = [str(folder) for folder in sorted((tmp_path / place).glob("enc-pocket-*"))]
        run = asked.merging(AtHand(tmp_path), sources, "bottleneck", backbone=str(tmp_path / place / "enc"))
        return execution.merge(run, How(tmp_path / "merges"))

    assert merged("a").folder.is_dir()
    before = files_in(tmp_path / "merges")
    with pytest.raises(UserError, match="of another run, and (is|are) never replaced"):
        merged("b")
    assert files_in(tmp_path / "merges") == before


REFUSED = [
    (dict(task="pawsy"), 'There is no task "pawsy". Did you mean "pawsx"?'),
    (
        dict(sources=("squad", "mnly")),
        'There is no adapter "mnly" for the backbone pocket. Did you mean "mnli"?',
    ),
    (
        dict(sources=("squad", "qqp")),
        'There is no bottleneck adapter for "qqp" on the backbone pocket yet; make',
    ),
    (dict(languages=("jp",)), 'pawsx has no language "jp" in the data pocket; it has en, de, ja, ar.'),
    (dict(settings={"lerning_rate": 1}), 'no setting "lerning_rate". Did you mean "learning_rate"?'),
    (dict(settings={"learning_rate": -1}), "learning_rate"),
    (dict(sources=("squad",)), 'fuse needs at least two sources, but only "pocket-bottleneck-squad-s0"'),
    (dict(sources=("squad", "squad")), 'The source "pocket-bottleneck-squad-s0" was given twice'),
    (dict(sources=("squad", "pocket-lora-mnli-s0")), "made by the method lora"),
    (dict(task="tatoeba"), "tatoeba has no training data, so nothing can be trained for it"),
    (dict(task="bucc2018"), "bucc2018 has no training data"),
    (dict(sources=("squad", "./nowhere")), "There is no adapter at nowhere"),
    (dict(composition="stack", control="untrained"), "A control belongs to a fusion"),
    (dict(method="head_only", composition="stack", sources=("mnli",)), "keeps nothing but a head, so it cannot stack"),
]


@pytest.mark.parametrize(("about", "sentence"), REFUSED, ids=[sentence[:30] for _, sentence in REFUSED])
def test_what_does_not_fit_is_refused_and_leaves_nothing(trained, about, sentence):
    before = files_in()
    with pytest.raises(UserError) as raised:
        fused(**about)
    assert sentence in str(raised.value)
    assert files_in() == before


def test_adapters_for_other_weights_of_the_same_shape_are_refused(trained, tmp_path):
    world.save_backbone(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match="was made for the backbone"):
        fused(
            backbone=str(tmp_path / "other"),
            data="pocket",
            sources=("runs/pocket-bottleneck-squad-s0", "runs/pocket-bottleneck-mnli-s0"),
        )


def test_sources_may_be_anywhere(trained, tmp_path):
    """What is named by its folder is used from there, and nothing that is recorded names the folder."""
    folders = [tmp_path / "theirs" / f"pocket-bottleneck-{task}-s0" for task in ("squad", "mnli")]
    for folder in folders:
        shutil.copytree(Path("runs", folder.name), folder)
    result = fused(sources=tuple(map(str, folders)), output=tmp_path / "own")
    assert result.run.id == fused().run.id and result.scores == fused().scores
    assert set(result.facts["source_weights"]) == {folder.name for folder in folders}
    merged = asked.merging(AtHand(tmp_path), list(map(str, folders)), "bottleneck", "tatoeba")
    made = execution.merge(merged, How(tmp_path / "own"))
    assert set(made.adapter.training["source_weights"]) == {folder.name for folder in folders}
    world.evaluate(str(folders[0]), output=tmp_path / "own")
    texts = [path.read_text() for path in (tmp_path / "own").rglob("*.json")]
    assert texts and not any("theirs" in text for text in texts)


def test_a_changed_weights_file_is_refused(trained, tmp_path):
    folder = tmp_path / "pocket-bottleneck-squad-s0"
    shutil.copytree("runs/pocket-bottleneck-squad-s0", folder)
    weights = folder / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="cut short or changed"):
        fused(sources=(str(folder), "runs/pocket-bottleneck-mnli-s0"), output=tmp_path)


def test_evaluations_that_do_not_fit(trained):
    with pytest.raises(UserError, match="The labels of the adapter"):
        world.evaluate("mnli", "pawsx")
    with pytest.raises(UserError, match="has no head"):
        world.evaluate("none", "pawsx")
    with pytest.raises(UserError, match="Say what to evaluate"):
        world.evaluate("none")
    with pytest.raises(UserError, match='An evaluation on mnli has no setting "max_steps"'):
        world.evaluate("mnli", settings={"max_steps": 1})
    with pytest.raises(UserError, match="so it cannot be evaluated on pawsx"):
        world.merge(("squad", "mnli"), "lora", "pawsx")


def test_an_interrupted_training_is_resumed_to_the_same_bits(trained, monkeypatch):
    from adapterstilts.scoring import evaluator

    about = {"task": "panx", "method": "lora", "settings": {"max_steps": 6}}
    whole = world.learn(**about, output=Path("whole"))
    original, calls = evaluator.Validator.__call__, []

    def interrupted(validator: evaluator.Validator) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(validator)

    monkeypatch.setattr(evaluator.Validator, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.learn(**about)
    assert not Path("runs", whole.adapter).exists()
    monkeypatch.setattr(evaluator.Validator, "__call__", original)
    resumed = world.learn(**about, resume=True)
    assert resumed.scores == whole.scores
    tensors = saving.load_adapter(Path("runs", whole.adapter)).tensors
    expected = saving.load_adapter(Path("whole", whole.adapter)).tensors
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in expected.items())


def test_every_method_trains_a_task(trained):
    for method in methods.METHODS:
        assert world.learn("pawsx", method).run.method == method


def test_the_target_only_control_is_trained_as_every_target_only_run_is(trained):
    here, sources = AtHand(world.RUNS), ("squad", "mnli")
    fusion = asked.training(here, "pawsx", "bottleneck", "fuse", sources)
    matched = asked.training(here, "pawsx", "bottleneck", "fuse", sources, control="parameters")
    alone = asked.training(here, "pawsx", "bottleneck")
    assert matched.settings == alone.settings
    assert fusion.settings["learning_rate"] != alone.settings["learning_rate"]
    assert related.control(fusion, "parameters") == matched
    assert replace(related.alone(fusion), seed=0) == alone
