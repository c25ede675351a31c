"""The shipped zoo: its adapters are small, verified, and the main job's results stand beside them."""

import re

import pytest
from huggingface_hub import ModelCard

from adapterstilts import pocket, tasks
from adapterstilts.adapter import saving
from adapterstilts.adapter.facts import read_facts
from adapterstilts.backbones.loading import load_backbone
from adapterstilts.base.places import zoo_folder
from adapterstilts.exchange import card, catalogue
from adapterstilts.runs import results
from adapterstilts.runs.run import Run

POCKET = zoo_folder() / "pocket"
ADAPTERS = sorted(path.parent.name for path in POCKET.glob("*/adapterstilts.json"))
LARGEST, LARGEST_ZOO = 700_000, 30_000_000
ABSOLUTE = re.compile(r"(?<![\w:/.])/\w+/")


@pytest.fixture(scope="module")
def identity():
    return load_backbone("pocket").identity


@pytest.mark.parametrize("name", ADAPTERS)
def test_shipped_adapters_load_on_the_shipped_backbone(name, identity):
    adapter = saving.load_adapter(POCKET / name, identity)
    assert isinstance(adapter.run, Run) and adapter.run.seed == 0 and adapter.composition is None
    assert (adapter.name, adapter.run.trained_on) == (name, {adapter.run.task})
    assert sum(path.stat().st_size for path in (POCKET / name).iterdir()) <= LARGEST


def test_every_intermediate_task_has_an_adapter_of_either_kind_and_the_zoo_is_small():
    intermediate = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    assert set(ADAPTERS) == {f"{method}-{name}" for method in ("bottleneck", "lora") for name in intermediate}
    assert sum(path.stat().st_size for path in POCKET.rglob("*") if path.is_file()) <= LARGEST_ZOO


def test_shipped_results_are_of_the_shipped_backbone(identity):
    shipped = results.read_all([POCKET])
    assert {"mnli", "squad", "pawsx", "tatoeba"} <= {result.target for result in shipped}
    for result in shipped:
        runs = [run for run in result.run.graph() if isinstance(run, Run)]
        assert {run.backbone for run in runs} == {identity}, result.adapter
        rows = {run.rows.revision for run in runs if run.rows} | {result.run.evaluation.rows.revision}
        assert rows == {f"pocket {pocket.POCKET_VERSION}"}, result.adapter


def test_shipped_results_are_of_the_shipped_adapters():
    ids = {name: read_facts(POCKET / name).run.id for name in ADAPTERS}
    of_shipped = [result for result in results.read_all([POCKET]) if result.adapter in ids]
    assert {result.adapter for result in of_shipped} == set(ADAPTERS)
    assert all(result.run.adapter.id == ids[result.adapter] for result in of_shipped)


@pytest.mark.parametrize("name", ADAPTERS)
def test_shipped_cards_are_rendered_from_the_shipped_results(name):
    entry = next(entry for entry in catalogue.entries(POCKET, "pocket") if entry.name == name)
    text = (POCKET / name / "README.md").read_text(encoding="utf-8")
    assert text == card.render(entry, results.read_all([POCKET])), "scripts/build-pocket study renders them again"
    data = ModelCard(text).data
    assert data.model_name == name and data.eval_results and data.license == "apache-2.0"


def test_results_name_no_machine():
    for path in POCKET.rglob("*.json"):
        assert not ABSOLUTE.search(path.read_text(encoding="utf-8")), path
