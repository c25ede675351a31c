"""The study's lines are runs and commands of the program, each once, and none trains twice on the same data."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
import world

from adapterstilts import studies, tasks
from adapterstilts.adapter import saving
from adapterstilts.adapter.facts import FACTS, WEIGHTS, Facts, text_of
from adapterstilts.adapter.model import from_adapter
from adapterstilts.backbones import device
from adapterstilts.backbones.device import precision_on
from adapterstilts.backbones.loading import load_backbone
from adapterstilts.base.places import recipes_folder
from adapterstilts.cli import cli
from adapterstilts.exchange import shipping
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.exchange.catalogue import bundled
from adapterstilts.methods.settings import default_settings
from adapterstilts.runs import asked, command, results, words
from adapterstilts.studies.declared import best_sources
from adapterstilts.tasks import types

ROOT = Path(__file__).resolve().parents[1]
STUDY = studies.read(recipes_folder() / "studies" / "pocket.yaml")
NOWHERE = ROOT / "nowhere"


PARTS = [
    "adapters",
    "more_adapters",
    "sources",
    "retrieval",
    "transfer",
    "headline_sources",
    "headline",
    "learning_rates",
    "rest",
]


@cache
def planned(part):
    """The runs of a part where nothing was made but what is shipped."""
    return STUDY.runs(STUDY.parts[part], NOWHERE)


def lines(runs):
    return [" ".join(command.arguments_of(run)) for run in runs]


@pytest.mark.parametrize("part", PARTS)
def test_every_run_of_the_study_is_a_command_of_the_program(part):
    runs = planned(part)
    assert runs and len({run.id for run in runs}) == len(runs) == len(set(lines(runs)))
    for verb, *rest in map(command.arguments_of, runs[:: 1 + len(runs) // 100]):
        cli.commands[verb].make_context(verb, list(rest))


@pytest.mark.parametrize("part", PARTS)
def test_the_command_of_a_run_is_that_run(part):
    here, runs = AtHand(NOWHERE), planned(part)
    for run in runs[:: max(1, len(runs) // 20)]:
        assert command.parse(command.arguments_of(run), here).id == run.id


def test_the_parts_cover_what_is_shipped_and_compared():
    intermediate = [name for name, task in tasks.all_tasks().items() if task.role == "intermediate"]
    for task in intermediate:
        assert {f"train {task} --seed 2", f"train {task} --method lora --seed 2"} < set(lines(planned("more_adapters")))
        assert f"evaluate {task} --target tatoeba --method lora" in lines(planned("retrieval"))
    assert "baseline pawsx --via mnli --seed 4" in lines(planned("headline"))
    rest = lines(planned("rest"))
    assert "continue mnli --target xnli --method lora" not in rest and "baseline xnli --via mnli" not in rest
    assert "stack squad --target xnli --method lora" in rest and "baseline mlqa --seed 2" in rest


def test_the_best_sources_are_those_whose_stacks_validate_best(tmp_path):
    assert STUDY.runs(STUDY.parts["best"], tmp_path) == []
    here = AtHand(tmp_path)
    for task, score, seed in (("mnli", 60, 0), ("squad", 80, 0), ("qqp", 70, 0), ("csqa", 50, 0), ("ccg", 99, 1)):
        run = asked.training(here, "pawsx", "lora", "stack", (task,), seed=seed).adapter
        folder = tmp_path / words.name_of(run)
        folder.mkdir()
        training = {"best_validation_score": score}
        lora = default_settings("lora")
        settings = {**lora, "sources": [lora]}
        text = text_of(Facts(folder.name, run, run.backbone, settings, (), "0" * 64, {}, training))
        (folder / FACTS).write_text(text)
    assert best_sources(AtHand(tmp_path), "pocket", {"method": "lora", "target": "pawsx"}) == "mnli qqp squad"
    run, *others = STUDY.runs(STUDY.parts["best"], tmp_path)
    assert command.arguments_of(run) == "fuse mnli qqp squad --target pawsx --method lora".split()
    assert [other.seed for other in others] == [1, 2]


def test_the_shipped_folder_is_where_the_script_writes():
    assert bundled("pocket").resolve() == (ROOT / "zoo" / "pocket").resolve()


@pytest.mark.parametrize(
    ("line", "measured"),
    [
        ("train pawsx --method lora --seed 2", ("pawsx", 2, "lora, target only")),
        ("train mnli --method full --seed 0", ("mnli", 0, "full fine-tuning")),
        ("evaluate none --target tatoeba", ("tatoeba", 0, "backbone as it is")),
        ("evaluate squad --target mlqa --method lora", ("mlqa", 0, "lora, target only")),
        ("merge squad mnli --target tatoeba", ("tatoeba", 0, "bottleneck, merge of mnli + squad")),
        (
            "fuse squad mnli --target xnli --method lora --seed 1",
            ("xnli", 1, "lora, fusion of mnli + squad"),
        ),
        (
            "fuse squad mnli --target pawsx --method bottleneck --seed 1 --control parameters",
            ("pawsx", 1, "bottleneck, target only, parameters of the fusion of mnli + squad"),
        ),
        ("baseline pawsx --seed 4", ("pawsx", 4, "full fine-tuning")),
        ("baseline pawsx --via mnli --seed 4", ("pawsx", 4, "full fine-tuning via mnli")),
        (
            "train tydiqa --method lora --seed 0 -o learning_rate=0.002",
            ("tydiqa", 0, "lora, target only (learning_rate=0.002)"),
        ),
    ],
)
def test_what_a_line_measures_is_known_before_it_runs(line, measured):
    run = command.parse(line.split(), AtHand(NOWHERE))
    assert (run.target, run.seed, words.label_of(run)) == measured


def test_what_is_shipped_is_not_run_again_but_for_weights_that_others_build_on():
    shipped = [bundled("pocket")]
    left = set(lines(each.run for each in studies.plan(STUDY, NOWHERE, ["headline"], shipped).left))
    every = set(lines(planned("headline")))
    assert "baseline pawsx" in every - left and left < every
    assert len(studies.plan(STUDY, NOWHERE, ["headline"]).left) == len(every)
    both = studies.plan(STUDY, NOWHERE, ["headline_sources", "headline"], shipped)
    assert lines(each.run for each in both.of("headline_sources") if not each.done) == [
        "baseline mnli",
        "baseline squad",
    ]


def test_what_is_shipped_are_results_of_the_study():
    """Their ids are those that the lines have today, so that they count as done; the model of MNLI on XNLI is more."""
    ids = {run.id for part in [*PARTS, "longer"] for run in planned(part)}
    others = [one for one in results.read_all([bundled("pocket")]) if one.run.id not in ids]
    assert [(one.adapter, one.target) for one in others] == [("pocket-full-mnli-s0", "xnli")]


def test_shipped_adapters_leave_out_of_their_names_what_their_folder_says(tmp_path, monkeypatch):
    world.build(tmp_path, monkeypatch)
    work, output = Path("study"), Path("zoo/pocket")
    made = [world.learn("panx", seed=seed, output=work) for seed in (0, 1)]
    sets = {"panx": {"what": "names that were read backwards", "licence": "nobody's"}}
    # as after `evaluate`, which measures the rest of what was trained for a search
    saving.save_adapter(replace(saving.load_adapter(work / made[0].adapter), scores={}), work / made[0].adapter)
    shipping.ship_adapters([made[0].run], work, output, sets)
    shipping.ship_results(work, output)
    adapter = saving.load_adapter(output / "bottleneck-panx")
    assert (adapter.name, adapter.run) == ("bottleneck-panx", made[0].run.adapter)
    assert adapter.scores == made[0].scores
    assert (output / adapter.name / WEIGHTS).read_bytes() == (work / made[0].adapter / WEIGHTS).read_bytes()
    shipped = {one.adapter: one for one in results.read_all([output])}
    assert set(shipped) == {"bottleneck-panx", "pocket-bottleneck-panx-s1"}
    assert shipped["bottleneck-panx"].run == made[0].run and shipped["bottleneck-panx"].scores == made[0].scores
    card = (output / adapter.name / "README.md").read_text()
    assert f"{made[0].average:.1f} with seed 0 (these weights), {made[1].average:.1f} with seed 1" in card
    assert "names that were read backwards" in card


def test_a_shipped_result_goes_by_the_name_that_its_run_has_now(tmp_path, monkeypatch):
    world.build(tmp_path, monkeypatch)
    work, output = Path("study"), Path("zoo/pocket")
    whole = world.learn("panx", output=work)
    # as before the adapter was shipped, or its rate was the recipe's
    in_english = replace(whole.only(["en"]), adapter="pocket-bottleneck-panx-s0-x123456")
    stale = results.path_of(whole.run, in_english.adapter, output)
    stale.parent.mkdir(parents=True)
    stale.write_text(results.text_of(in_english))
    shipping.ship_results(Path("nothing"), output)
    (kept,) = results.read_all([output])
    assert (kept.adapter, set(kept.scores)) == ("pocket-bottleneck-panx-s0", {"en"}) and not stale.exists()
    shipping.ship_adapters([whole.run], work, output)
    shipping.ship_results(work, output)
    (kept,) = results.read_all([output])
    assert kept.adapter == "bottleneck-panx" and kept.scores == whole.scores
    shipping.ship_results(Path("nothing"), output)
    assert results.read_all([output]) == [kept]


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
@pytest.mark.parametrize("mixed", [True, False])
def test_what_was_computed_in_bf16_is_shipped_so_and_computes_the_same(tmp_path, monkeypatch, method, mixed):
    world.build(tmp_path, monkeypatch)
    monkeypatch.setattr(device, "multiplies_bf16", lambda device: mixed)
    work, output = Path("study"), Path("zoo/pocket")
    result = world.learn("panx", method, output=work, settings={"precision": "bf16"})
    run, computed_in = result.run, "bf16" if mixed else "fp32"
    assert {result.facts["trained_in"], result.facts["evaluated_in"]} == {computed_in}
    shipping.ship_adapters([run], work, output)
    folders = work / words.name_of(run), output / words.name_of(run, short=True)
    made, shipped = map(saving.load_adapter, folders)
    shipped_as = {tensor.dtype for tensor in shipped.adapter_tensors().values()}
    assert shipped_as == {torch.bfloat16 if mixed else torch.float32}
    assert mixed == any((tensor != shipped.tensors[name]).any() for name, tensor in made.tensors.items())
    batch = {"input_ids": torch.arange(5, 45).view(4, 10), "attention_mask": torch.ones(4, 10, dtype=torch.long)}
    for packed in (True, False):
        outputs = []
        for adapter in (made, shipped):
            model = from_adapter(load_backbone("pocket"), adapter, types.get("tagging"), tasks.get("panx"))
            if packed:
                model.pack()
            with torch.inference_mode(), precision_on(torch.device("cpu"), "bf16"):
                outputs.append(model.eval()(batch)["logits"])
        assert torch.equal(*outputs)
