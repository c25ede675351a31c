"""Names of adapters, and what an adapter gives as a source."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.runs import recipe
from adapterstilts.runs.run import Given, Rows, Run
from adapterstilts.runs.words import name_of

POCKET = BackboneIdentity("pocket", "", "0" * 64)
LARGE = BackboneIdentity("FacebookAI/XLM-R", "", "1" * 64)


def run(method: str, task: str | None, composition: str | None = None, *sources: Run | Given, **facts) -> Run:
    """A run by the recipe, on the rows that one expects."""
    backbone = facts.pop("backbone", POCKET)
    settings = (
        {"how": "mean"} if composition == "merge" else recipe.resolve(backbone.id, method, composition, task).making
    )
    rows = Rows("pocket" if backbone is POCKET else "hub", "1") if task else None
    return Run(backbone, method, task, rows, composition, sources, settings=settings, **facts)


MNLI = run("bottleneck", "mnli")
SQUAD = run("bottleneck", "squad")
MERGED = run("bottleneck", None, "merge", MNLI, SQUAD)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (MNLI, "bottleneck-mnli"),
        (run("lora", "squad", seed=1), "lora-squad-s1"),
        (run("bottleneck", "pawsx", "fuse", SQUAD, MNLI), "bottleneck-pawsx--fuse-mnli-squad"),
        (run("bottleneck", "pawsx", "fuse", MNLI, SQUAD), "bottleneck-pawsx--fuse-mnli-squad"),
        (run("bottleneck", "pawsx", "stack", MNLI, seed=2), "bottleneck-pawsx--stack-mnli-s2"),
        (run("full", "pawsx", "continue", run("full", "mnli")), "full-pawsx--continue-mnli"),
        (MERGED, "bottleneck--merge-mnli-squad"),
        (
            run("lora", "pawsx", "stack", MERGED),
            "lora-pawsx--stack-pocket-bottleneck--merge-mnli-squad-s0",
        ),
        (
            run("lora", "pawsx", "fuse", Given("Mine", "2" * 64, "lora", "mnli"), run("lora", "mnli", seed=1)),
            "lora-pawsx--fuse-mine-pocket-lora-mnli-s1",
        ),
    ],
)
def test_names(made, name):
    assert name_of(made, short=True) == name
    assert name_of(made) == f"pocket-{name}" + ("" if made.seed else "-s0")


def test_names_begin_with_the_backbone():
    assert name_of(run("lora", "squad", backbone=LARGE)) == "xlm-r-lora-squad-s0"


def test_many_sources_leave_a_hash():
    sources = [Given(f"task{index}", f"{index}" * 64, "lora", None) for index in range(9)]
    name = name_of(run("lora", "pawsx", "fuse", *sources), short=True)
    assert name.startswith("lora-pawsx--fuse9-") and len(name) == len("lora-pawsx--fuse9-") + 8
    assert name == name_of(run("lora", "pawsx", "fuse", *sources[::-1]), short=True)
    other = replace(sources[8], name="other")
    assert name != name_of(run("lora", "pawsx", "fuse", *sources[:8], other), short=True)


def test_as_source_leaves_the_head_out():
    adapter = Adapter(
        name="lora-mnli", run=run("lora", "mnli"), settings={"rank": 2}, backbone=POCKET, labels=("yes", "no"),
        tensors={"adapter.x.lora_A": torch.zeros(1), "head.out.bias": torch.ones(2)},
    )  # fmt: skip
    source = adapter.as_source()
    assert (source.name, source.method, source.settings) == ("lora-mnli", "lora", {"rank": 2})
    assert list(source.tensors) == ["x.lora_A"]
    assert list(adapter.head_tensors()) == ["out.bias"]


@pytest.mark.parametrize(
    ("made", "composition", "tasks"),
    [
        (MNLI, None, ()),
        (run("bottleneck", "pawsx", "fuse", MNLI, MERGED), "fuse", ("mnli", None)),
        (run("bottleneck", "pawsx", "fuse", MNLI, SQUAD, control="parameters"), None, ()),
        (run("bottleneck", "pawsx", "fuse", MNLI, SQUAD, control="untrained"), "fuse", (None, None)),
        (Given("theirs", "2" * 64, "bottleneck", "mnli"), None, ()),
    ],
)
def test_an_adapter_knows_what_its_weights_hold(made, composition, tasks):
    adapter = Adapter("mine", made, POCKET, {}, (), {})
    assert (adapter.method, adapter.task) == (made.method, made.task)
    assert (adapter.composition, adapter.source_tasks) == (composition, tasks)
