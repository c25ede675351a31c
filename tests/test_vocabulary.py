"""Training on what it reads of a backbone alone gives what it gives on the whole."""

from __future__ import annotations

from typing import Any

import methods_fixtures as fixtures
import pytest
import torch

from adapterstilts import methods
from adapterstilts.adapter.model import Model
from adapterstilts.tasks import types
from adapterstilts.tasks.types import batching
from adapterstilts.training import TrainingSettings, train

FEATURES = [{"row": row, "input_ids": [0, *range(5 + row, 9 + row), 2], "label": row % 2} for row in range(12)]


def trained(
    compact: bool,
    packed: bool,
    validate: Any = None,
    method: str = "full",
    composition: str | None = None,
    precision: str = "fp32",
) -> dict[str, torch.Tensor]:
    backbone = fixtures.backbone(dropout=0.0)
    sources = [fixtures.source(f"s{n}", method, n) for n in range({None: 0, "stack": 1, "fuse": 2}[composition])]
    torch.manual_seed(0)
    installed = methods.install(backbone, method, composition, {}, sources)
    task_type = types.get("classification")
    head = torch.nn.Linear(32, 2)

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.map = head

        def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"logits": self.map(hidden[:, 0])}

    model = Model(backbone, installed, Head(), method, composition)
    model.packed = packed
    if compact:
        model.trim(torch.from_numpy(batching.pieces_of(FEATURES)), precision)
        assert model.backbone.get_input_embeddings().weight.shape[0] == 18
        if method != "full":
            kept = [
                m for m in model.backbone.modules() if isinstance(m, torch.nn.Linear) and m.weight.shape == (64, 32)
            ]
            assert bool(kept) != packed, "a packed encoder has the only copy of its maps"
    settings = TrainingSettings(learning_rate=1e-2, weight_decay=0.1, batch_size=4, epochs=3, precision=precision)
    record = train(model, task_type, FEATURES, validate, settings, 1)
    if compact and method == "full":
        model.every_piece(record.decay)
    return model.tensors()


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("best", [None, 3, 6], ids=lambda step: f"best-{step}")
def test_same_as_the_whole_table(packed: bool, best: int | None) -> None:
    def validator() -> Any:
        scores = iter(range(3)) if best == 6 else iter([2, 1, 0] if best == 3 else [0, 2, 1])
        return lambda: float(next(scores))

    whole, ours = (trained(compact, packed, validator() if best else None) for compact in (False, True))
    assert whole.keys() == ours.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(ours[name], tensor, atol=2e-6, rtol=2e-5, msg=name)
    table = "adapter.embeddings.word_embeddings.weight"
    before = fixtures.backbone(dropout=0.0).get_input_embeddings().weight
    unseen = 50
    assert not torch.equal(ours[table][unseen], before[unseen])


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("composition", [None, "stack", "fuse"])
@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_an_adapter_learns_the_same_from_a_trimmed_backbone(
    method: str, composition: str | None, packed: bool, precision: str
) -> None:
    how = {"method": method, "composition": composition, "precision": precision}
    whole, ours = (trained(compact, packed, **how) for compact in (False, True))
    assert whole.keys() == ours.keys() and all(torch.equal(whole[name], ours[name]) for name in whole)


def test_a_piece_that_does_not_occur_is_refused() -> None:
    backbone = fixtures.backbone()
    installed = methods.install(backbone, "full", None, {}, [])
    model = Model(backbone, installed, None, "full", None)
    model.trim(torch.tensor([5, 6]), "fp32")
    with pytest.raises(IndexError):
        model({"input_ids": torch.tensor([[5, 7]]), "attention_mask": torch.ones(1, 2, dtype=torch.int64)})
