"""Full fine-tuning on the pieces that occur gives what it gives on the whole table."""

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


def trained(compact: bool, packed: bool, validate: Any = None, **settings: Any) -> dict[str, torch.Tensor]:
    backbone = fixtures.backbone(dropout=0.0)
    torch.manual_seed(0)
    installed = methods.install(backbone, "full", None, {}, [])
    task_type = types.get("classification")
    head = torch.nn.Linear(32, 2)

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.map = head

        def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"logits": self.map(hidden[:, 0])}

    model = Model(backbone, installed, Head(), "full", None)
    model.packed = packed
    if compact:
        model.only_pieces(torch.from_numpy(batching.pieces_of(FEATURES)))
        assert model.trainable_parameters()["adapter.embeddings.word_embeddings.weight"].shape[0] == 18
    settings = dict(learning_rate=1e-2, weight_decay=0.1, batch_size=4, epochs=3, **settings)
    record = train(model, task_type, FEATURES, validate, TrainingSettings(**settings), 1)
    if compact:
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


def test_a_piece_that_does_not_occur_is_refused() -> None:
    backbone = fixtures.backbone()
    installed = methods.install(backbone, "full", None, {}, [])
    model = Model(backbone, installed, None, "full", None)
    model.only_pieces(torch.tensor([5, 6]))
    with pytest.raises(IndexError):
        model({"input_ids": torch.tensor([[5, 7]]), "attention_mask": torch.ones(1, 2, dtype=torch.int64)})
