"""Backbone, adapter and head as one module; the backbone's identity."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import doubles
import pytest
import torch
from methods_fixtures import VARIANTS, batch
from methods_fixtures import backbone as encoder
from torch import nn

from adapterstilts.adapter import model as models
from adapterstilts.adapter.model import Model, build, from_adapter
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.backbones.loading import Backbone, fingerprint, load_backbone
from adapterstilts.base import places
from adapterstilts.base.errors import UserError
from adapterstilts.runs.run import Rows, Run
from adapterstilts.tasks import Task, types
from adapterstilts.tasks import get as get_task

CLASSIFICATION = types.get("classification")
RETRIEVAL = types.get("retrieval")


def backbone(seed: int = 7) -> Backbone:
    module = encoder(seed)
    return Backbone(module, None, BackboneIdentity("tiny", "", fingerprint(module)))


def adapter_of(model: Model, **changes: Any) -> Adapter:
    made = Adapter(
        name="bottleneck-mnli",
        run=Run(backbone().identity, "bottleneck", "mnli", Rows("pocket", "1")),
        backbone=backbone().identity,
        settings=model.installed.settings,
        labels=get_task("mnli").labels,
        tensors=model.tensors(),
    )
    return dataclasses.replace(made, **changes)


def trained(method: str = "bottleneck", settings: dict[str, Any] | None = None) -> Model:
    torch.manual_seed(0)
    model = build(backbone(), CLASSIFICATION, get_task("mnli"), method, None, settings or {})
    with torch.no_grad():
        for parameter in model.trainable_parameters().values():
            parameter += 0.1 * torch.randn_like(parameter)
    return model.eval()


@pytest.mark.parametrize(("method", "settings"), [*VARIANTS, ("full", {}), ("head_only", {})])
def test_a_stored_adapter_gives_the_same_outputs(method, settings):
    model = trained(method, settings)
    run = Run(backbone().identity, method, "mnli", Rows("pocket", "1"))
    again = from_adapter(backbone(), adapter_of(model, run=run), CLASSIFICATION, get_task("mnli"))
    assert not again.training
    assert torch.equal(again(batch())["logits"], model(batch())["logits"])
    assert model(batch())["logits"].shape == (3, 3)


def test_trainable_parameters_are_adapter_and_head():
    model = trained()
    names = set(model.trainable_parameters())
    assert names == set(model.tensors())
    assert {name.split(".")[0] for name in names} == {"adapter", "head"}
    assert sum(p.requires_grad for p in model.parameters()) == len(names)
    assert model.trainable_count() == sum(tensor.numel() for tensor in model.tensors().values())


def test_the_head_starts_the_same_whatever_the_method():
    heads = []
    for method, settings in VARIANTS:
        torch.manual_seed(3)
        model = build(backbone(), CLASSIFICATION, get_task("mnli"), method, None, settings)
        heads.append({name: t for name, t in model.tensors().items() if name.startswith("head.")})
    assert heads[0]
    assert all(torch.equal(head[name], heads[0][name]) for head in heads for name in heads[0])


def test_retrieval_has_no_head_and_leaves_an_adapters_own_aside():
    model = from_adapter(backbone(), adapter_of(trained()), RETRIEVAL, get_task("tatoeba"))
    assert model.head is None
    assert model(batch())["hidden"].shape == (3, 9, 32)
    assert not [name for name in model.tensors() if name.startswith("head.")]


def test_without_a_task_there_is_no_head():
    model = build(backbone(), CLASSIFICATION, None, "lora", None, {})
    assert set(model(batch())) == {"hidden"}


def test_an_adapter_without_a_head_serves_retrieval_only():
    whole = adapter_of(trained())
    merged = dataclasses.replace(
        whole, labels=(), tensors={k: v for k, v in whole.tensors.items() if k.startswith("adapter.")}
    )
    from_adapter(backbone(), merged, RETRIEVAL, get_task("tatoeba"))
    with pytest.raises(UserError, match="has no head for mnli"):
        from_adapter(backbone(), merged, CLASSIFICATION, get_task("mnli"))


def test_labels_that_do_not_fit():
    with pytest.raises(UserError, match="are not those of pawsx"):
        from_adapter(backbone(), adapter_of(trained()), CLASSIFICATION, get_task("pawsx"))


def test_a_task_without_labels_of_its_own_takes_the_adapters():
    bare: Task = dataclasses.replace(get_task("mnli"), labels=())
    model = trained()
    again = from_adapter(backbone(), adapter_of(model), CLASSIFICATION, bare)
    assert torch.equal(again(batch())["logits"], model(batch())["logits"])


def test_another_backbone_of_the_same_shape_is_refused():
    adapter = adapter_of(trained())
    with pytest.raises(UserError, match=r'does not fit "tiny" \(the same name, but other weights\)'):
        from_adapter(backbone(seed=8), adapter, CLASSIFICATION, get_task("mnli"))


def test_tensors_that_do_not_fit_name_the_adapter():
    adapter = adapter_of(trained())
    less = {name: t for name, t in adapter.tensors.items() if name != "adapter.layers.0.output.up.bias"}
    with pytest.raises(UserError, match='"bottleneck-mnli" could not be put together.*up.bias'):
        from_adapter(backbone(), dataclasses.replace(adapter, tensors=less), CLASSIFICATION, get_task("mnli"))
    with pytest.raises(UserError, match="stranger belongs neither"):
        trained().load_tensors({**adapter.tensors, "stranger": torch.zeros(1)})


def test_loading_what_does_not_fit_changes_nothing():
    model = trained()
    before = model.tensors()
    other = {name: tensor + 1 for name, tensor in before.items()}
    name = next(name for name in reversed(list(before)) if name.startswith("head."))
    with pytest.raises(UserError):
        model.load_tensors({**other, name: torch.zeros(1, 1)})
    assert all(torch.equal(tensor, model.tensors()[key]) for key, tensor in before.items())


def test_the_fingerprint_sees_every_weight_and_the_shape():
    module = encoder()
    original = fingerprint(module)
    assert original == fingerprint(encoder())
    with torch.no_grad():
        module.encoder.layer[1].output.dense.bias[3] += 1e-7
    assert fingerprint(module) != original
    module = encoder()
    module.config.num_attention_heads = 8
    assert fingerprint(module) != original
    assert fingerprint(encoder().to(torch.bfloat16)) != original


def saved_backbone(folder: Path, pooler: bool = False) -> Path:
    config = encoder().config
    config.vocab_size = len(doubles.tokenizer())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        type(encoder())(config, add_pooling_layer=pooler).save_pretrained(folder)
    doubles.tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_backbone(tmp_path_factory.mktemp("backbone"))


def test_load_backbone(stored, monkeypatch):
    backbone = load_backbone(str(stored))
    assert backbone.identity == load_backbone(str(stored)).identity
    assert backbone.identity.id == str(stored)
    assert not backbone.module.training
    assert backbone.tokenizer("日本")["input_ids"][0] == backbone.tokenizer.cls_token_id
    half = load_backbone(str(stored), dtype=torch.bfloat16)
    assert half.module.dtype == torch.bfloat16
    assert half.identity == backbone.identity


def test_a_pooler_changes_nothing(tmp_path, stored):
    with_pooler = load_backbone(str(saved_backbone(tmp_path, pooler=True)))
    assert not [name for name in with_pooler.module.state_dict() if "pooler" in name]


def test_pocket_is_the_shipped_one(stored, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "zoo_folder", lambda: tmp_path)
    with pytest.raises(UserError, match="install the package again"):
        load_backbone("pocket")
    (tmp_path / "pocket").mkdir()
    (tmp_path / "pocket" / "backbone").symlink_to(stored)
    with pytest.raises(UserError, match="is not the one of that name: its fingerprint is"):
        load_backbone("pocket")


def test_backbones_that_cannot_be_loaded(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="could not be loaded; give pocket, a folder"):
        load_backbone(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="could not be loaded"):
        load_backbone(str(tmp_path))

    cut = tmp_path / "cut"
    saved_backbone(cut)
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="could not be loaded"):
        load_backbone(str(cut))

    deeper = tmp_path / "deeper"
    saved_backbone(deeper)
    config = json.loads((deeper / "config.json").read_text())
    (deeper / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(UserError, match="lack 16 tensors, which would be random; the first is encoder.layer.2"):
        load_backbone(str(deeper))


def test_only_safetensors_are_read(stored, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((stored / name).read_bytes())
    torch.save(encoder().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="model.safetensors"):
        load_backbone(str(tmp_path))


def test_regularisation_passes_through():
    model = build(backbone(), CLASSIFICATION, None, "lora", None, {})
    assert model.regularisation() is None
    assert isinstance(model, nn.Module) and models.Model is Model
