"""Layers below the lowest adapter are computed once, and what is learned above them is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import methods_fixtures as fixtures
import pytest
import torch
import world

from adapterstilts import methods
from adapterstilts.adapter.frozen_states import FrozenStates
from adapterstilts.adapter.model import Model
from adapterstilts.base.errors import UserError
from adapterstilts.tasks import types
from adapterstilts.tasks.types.classification import FirstTokenHead
from adapterstilts.training import TrainingSettings, train

LENGTHS = (3, 9, 4, 4, 7, 8, 1, 5)
FEATURES = [
    {"row": row, "input_ids": [0, *range(5 + row, 5 + row + length), 2], "label": row % 2}
    for row, length in enumerate(LENGTHS)
]
CHOICES = [
    {"row": row, "input_ids": [FEATURES[row]["input_ids"], FEATURES[row - 1]["input_ids"]], "label": row % 2}
    for row in range(len(LENGTHS))
]


def model_of(method: str, settings: dict[str, Any], outputs: int, dropout: float = 0.0) -> Model:
    backbone = fixtures.backbone(dropout=dropout)
    torch.manual_seed(0)
    head = FirstTokenHead(32, outputs, 0.0)
    model = Model(backbone, methods.install(backbone, method, None, settings, []), head, method, None)
    assert model.pack() is None
    return model


def learned(
    folder: Path | None, method: str, settings: dict[str, Any], kind: str, precision: str
) -> tuple[list[float], dict[str, torch.Tensor]]:
    """The losses and the weights of a training; in `folder` are the frozen layers' states, None: there are none."""
    task_type, features = types.get(kind), CHOICES if kind == "multiple_choice" else FEATURES
    model = model_of(method, settings, 1 if kind == "multiple_choice" else 2)
    if precision == "fp32":
        model = model.double()  # AdamW makes much of gradients that differ by rounding alone
    if folder is not None:
        task_type = FrozenStates(model, task_type, precision, folder)
        features = task_type.kept(features, 1)
    how = TrainingSettings(learning_rate=1e-2, batch_size=3, epochs=3, evaluate_every=1, precision=precision)
    record = train(model, task_type, features, None, how, 1)
    return [each["loss"] for each in record.history], model.tensors()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", ["classification", "multiple_choice"])
@pytest.mark.parametrize(
    ("method", "settings"),
    [("bottleneck", {"leave_out": [0]}), ("lora", {"leave_out": [0]}), ("lora", {}), ("head_only", {})],
    ids=str,
)
def test_without_dropout_it_is_the_same_training(
    method: str, settings: dict[str, Any], kind: str, precision: str, tmp_path: Path
) -> None:
    (losses, weights), (others, same) = (
        learned(folder, method, settings, kind, precision) for folder in (None, tmp_path)
    )
    tolerance = 1e-9 if precision == "fp32" else 2e-2
    torch.testing.assert_close(torch.tensor(others), torch.tensor(losses), atol=tolerance, rtol=tolerance)
    if kind == "multiple_choice":
        del weights["head.out.bias"]  # a softmax over choices does not see it, and AdamW makes much of its rounding
    for name, tensor in weights.items():
        torch.testing.assert_close(same[name], tensor, atol=10 * tolerance, rtol=tolerance, msg=name)


def test_what_lies_below_has_no_dropout_and_is_computed_no_more(tmp_path: Path, monkeypatch: Any) -> None:
    model = model_of("bottleneck", {"leave_out": [0]}, 2, dropout=0.5)
    kept = FrozenStates(model, types.get("classification"), "fp32", tmp_path)
    features = kept.kept(FEATURES, 1)
    monkeypatch.setattr(model.backbone.embeddings.word_embeddings, "forward", None)
    batch = kept.collate(features[:3], 1)
    assert batch["below"].shape == (sum(LENGTHS[:3]) + 6, 32)
    assert not torch.equal(model.train()(batch)["logits"], model(batch)["logits"]), "there is dropout above"
    torch.testing.assert_close(kept.collate(features[1:2], 1)["below"], batch["below"][LENGTHS[0] + 2 : -6])


def test_it_needs_the_packed_path(tmp_path: Path) -> None:
    model = model_of("bottleneck", {"leave_out": [0]}, 2)
    model.packed = False
    with pytest.raises(UserError, match="packed=true"):
        FrozenStates(model, types.get("classification"), "fp32", tmp_path)


def test_without_dropout_both_paths_learn_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.build(tmp_path, monkeypatch)
    histories = []
    for fast in (True, False):
        output = Path(f"packed-{fast}")
        settings = {"backbone_dropout": 0.0, "packed": fast}
        result = world.learn("pawsx", output=output, settings=settings)
        assert result.run.settings["backbone_dropout"] == 0
        lines = (output / "logs" / result.adapter / "log.jsonl").read_text().splitlines()
        histories.append([json.loads(line)["loss"] for line in lines])
    assert histories[0] == pytest.approx(histories[1], rel=1e-4)
    assert world.learn("pawsx").run.id != result.run.id


def test_a_run_that_computes_them_once_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.build(tmp_path, monkeypatch)
    settings = {"leave_out": [0]}
    usual = world.learn("pawsx", settings=settings)
    cached = world.learn("pawsx", settings={**settings, "cache_frozen_layers": True})
    assert cached.run.id != usual.run.id and cached.scores.keys() == usual.scores.keys()
    with pytest.raises(UserError, match="no frozen layers"):
        world.learn("pawsx", "full", settings={"cache_frozen_layers": True})
