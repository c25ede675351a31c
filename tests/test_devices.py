"""Everything is computed on the one device that was chosen: a pretended accelerator shows what would not follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import world
from pretend_device import PretendDevice, pretended

from adapterstilts import api as st
from adapterstilts import cli, execution
from adapterstilts.backbones import loading
from adapterstilts.base import processes
from adapterstilts.training import loop

METHODS = ("bottleneck", "lora", "full", "head_only")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two trained adapters of each method, from the CPU."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        place = world.build(tmp_path_factory.mktemp("world"), monkeypatch)
        for task, method in [("mnli", method) for method in METHODS] + [("qqp", "bottleneck"), ("qqp", "lora")]:
            st.train(task, method=method, languages=("en",))
        yield place


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendDevice]:
    """Another device than the CPU for all that is loaded; every forward pass of an encoder has to be there."""
    monkeypatch.setattr(processes, "device", lambda: torch.device("meta"))
    # torch's fused kernel is made for devices that it knows
    original = torch.optim.AdamW
    monkeypatch.setattr(loop.torch.optim, "AdamW", lambda *args, fused, **more: original(*args, **more))
    with pretended() as device:
        yield device
    assert device.used == {"meta"}


@pytest.mark.parametrize("method", METHODS)
def test_training_validation_and_scores_are_on_the_device(work: Path, elsewhere: PretendDevice, method: str) -> None:
    st.train("pawsx", method=method, languages=("en",))


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
@pytest.mark.parametrize("composition", ["stack", "fuse"])
def test_compositions_are_on_the_device(work: Path, elsewhere: PretendDevice, method: str, composition: str) -> None:
    if composition == "fuse":
        st.fuse(("mnli", "qqp"), "pawsx", method=method, languages=("en",))
    else:
        st.stack("mnli", "pawsx", method=method, languages=("en",))


def test_untrained_sources_are_on_the_device(work: Path, elsewhere: PretendDevice) -> None:
    st.fuse(("mnli", "qqp"), "pawsx", control="untrained", languages=("en",))


@pytest.mark.parametrize("method", METHODS)
def test_evaluation_and_retrieval_are_on_the_device(work: Path, elsewhere: PretendDevice, method: str) -> None:
    for target in ("xnli", "tatoeba"):
        st.evaluate("mnli", target, method=method, languages=("de",))


def test_merges_are_evaluated_on_the_device(work: Path, elsewhere: PretendDevice) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["merge", "mnli", "qqp", "--method", "lora", "--target", "tatoeba", "--language", "de"])


def test_predictions_and_neighbours_are_on_the_device(work: Path, elsewhere: PretendDevice) -> None:
    predictor = execution.Predictor("mnli", "pocket", "bottleneck", Path("runs"))
    assert len(list(predictor.predict([{"sentence1": "One.", "sentence2": "Two."}]))) == 1
    nearest = execution.Nearest("mnli", "pocket", "bottleneck", Path("runs"), ["One.", "Two."])
    assert len(list(nearest.of(["Three."]))) == 1


def test_the_fingerprint_is_the_cpu_s(work: Path) -> None:
    here, there = loading.load_backbone("pocket", device="cpu"), loading.load_backbone("pocket", device="meta")
    half = loading.load_backbone("pocket", device="cpu", dtype=torch.bfloat16)
    assert here.identity == there.identity == half.identity
    assert {tensor.device.type for tensor in there.module.state_dict().values()} == {"meta"}


def test_the_device_is_what_accelerate_finds() -> None:
    from accelerate.state import PartialState

    assert processes.device() == PartialState().device
