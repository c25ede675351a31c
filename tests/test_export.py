"""Plain `peft` loads what is exported and computes the same."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import peft
import pytest
import torch
from methods_fixtures import backbone, hidden, source, train, two_sources
from transformers import AutoModel

from adapterstilts import export
from adapterstilts.adapter import Adapter, BackboneIdentity
from adapterstilts.errors import UserError
from adapterstilts.export import to_peft
from adapterstilts.methods import install

CASES = [(None, True), ("continue", True), ("stack", True), ("fuse", True), ("fuse", False), ("merge", True)]


def made(composition: str | None, fresh: bool = True) -> tuple[Adapter, torch.Tensor]:
    other = source("c", "lora", 3, rank=5, target_modules=["value", "output.dense"])
    sources = {
        None: [],
        "fuse": [*two_sources("lora", rank=2), other],
        "merge": [source("a", "lora", 1), other],
    }
    module = backbone()
    installed = install(module, "lora", composition, {"rank": 3}, sources.get(composition, [other]), fresh=fresh)
    train(module, installed)
    adapter = Adapter(
        name="lora-pawsx",
        method="lora",
        composition=composition,
        task="pawsx",
        sources=(),
        settings=installed.settings,
        backbone=BackboneIdentity("tiny", "", "1" * 64),
        labels=(),
        seed=0,
        tensors={
            **{f"adapter.{name}": tensor for name, tensor in installed.state().items()},
            "head.out.bias": torch.zeros(2),
        },
    )
    return adapter, hidden(module)


@pytest.mark.parametrize("pooler", [True, False])
@pytest.mark.parametrize(("composition", "fresh"), CASES)
def test_peft_computes_the_same(composition, fresh, pooler, tmp_path):
    adapter, expected = made(composition, fresh)
    to_peft(adapter, tmp_path / "exported")
    backbone().save_pretrained(tmp_path / "tiny")
    bare = AutoModel.from_pretrained(tmp_path / "tiny", add_pooling_layer=pooler)
    # Whatever peft cannot place it only warns of, and here warnings are errors.
    loaded = peft.PeftModel.from_pretrained(bare, tmp_path / "exported").eval()
    torch.testing.assert_close(hidden(loaded), expected, atol=1e-6, rtol=0)
    assert loaded.peft_config["default"].base_model_name_or_path == "tiny"


def test_only_lora_has_this_form(tmp_path):
    adapter, _ = made(None)
    other = Adapter(**{**vars(adapter), "method": "bottleneck"})
    with pytest.raises(UserError, match="reads LoRA adapters only"):
        to_peft(other, tmp_path / "exported")


def test_a_folder_in_use_is_left_alone(tmp_path):
    adapter, _ = made(None)
    (tmp_path / "exported").mkdir()
    to_peft(adapter, tmp_path / "exported", "somebody/xlm-r")
    with pytest.raises(UserError, match="exists already and is not empty"):
        to_peft(adapter, tmp_path / "exported")
    assert peft.PeftConfig.from_pretrained(tmp_path / "exported").base_model_name_or_path == "somebody/xlm-r"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    adapter, _ = made(None)
    monkeypatch.setattr(export, "save_file", full)
    with pytest.raises(UserError, match="No space left on device"):
        to_peft(adapter, tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []
