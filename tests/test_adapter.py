"""Names of adapters, and what an adapter gives as a source."""

from __future__ import annotations

import pytest
import torch

from adapterstilts.adapter.value import Adapter, SourceInfo, adapter_name
from adapterstilts.backbones.identity import BackboneIdentity

MNLI = SourceInfo("bottleneck-mnli", "mnli")
SQUAD = SourceInfo("bottleneck-squad", "squad")
MERGED = SourceInfo("bottleneck--merge-mnli-squad", None)


@pytest.mark.parametrize(
    ("arguments", "facts", "name"),
    [
        (("bottleneck", "mnli"), {}, "bottleneck-mnli"),
        (("lora", "squad"), {"backbone": "pocket", "seed": 1}, "pocket-lora-squad-s1"),
        (("lora", "squad"), {"backbone": "FacebookAI/XLM-R", "seed": 0}, "xlm-r-lora-squad-s0"),
        (("bottleneck", "pawsx", "fuse", (SQUAD, MNLI)), {}, "bottleneck-pawsx--fuse-mnli-squad"),
        (("bottleneck", "pawsx", "fuse", (MNLI, SQUAD)), {}, "bottleneck-pawsx--fuse-mnli-squad"),
        (("bottleneck", "pawsx", "stack", (MNLI,)), {"seed": 2}, "bottleneck-pawsx--stack-mnli-s2"),
        (("full", "pawsx", "continue", (SourceInfo("full-mnli", "mnli"),)), {}, "full-pawsx--continue-mnli"),
        (("bottleneck", None, "merge", (MNLI, SQUAD)), {}, "bottleneck--merge-mnli-squad"),
        (("lora", "pawsx", "stack", (MERGED,)), {}, "lora-pawsx--stack-bottleneck--merge-mnli-squad"),
        (
            ("lora", "pawsx", "fuse", (SourceInfo("me/Mine", "mnli"), SourceInfo("lora-mnli", "mnli"))),
            {},
            "lora-pawsx--fuse-lora-mnli-mine",
        ),
    ],
)  # fmt: skip
def test_names(arguments, facts, name):
    assert adapter_name(*arguments, **facts) == name


def test_many_sources_leave_a_hash():
    sources = [SourceInfo(f"lora-task{index}", f"task{index}") for index in range(9)]
    name = adapter_name("lora", "pawsx", "fuse", sources)
    assert name.startswith("lora-pawsx--fuse9-") and len(name) == len("lora-pawsx--fuse9-") + 8
    assert name == adapter_name("lora", "pawsx", "fuse", sources[::-1])
    assert name != adapter_name("lora", "pawsx", "fuse", [*sources[:8], SourceInfo("other", "other")])


def test_as_source_leaves_the_head_out():
    adapter = Adapter(
        name="lora-mnli", method="lora", composition=None, task="mnli", sources=(), settings={"rank": 2},
        backbone=BackboneIdentity("pocket", "", "0" * 64), labels=("yes", "no"), seed=0,
        tensors={"adapter.x.lora_A": torch.zeros(1), "head.out.bias": torch.ones(2)},
    )  # fmt: skip
    source = adapter.as_source()
    assert (source.name, source.method, source.settings) == ("lora-mnli", "lora", {"rank": 2})
    assert list(source.tensors) == ["x.lora_A"]
    assert list(adapter.head_tensors()) == ["out.bias"]
