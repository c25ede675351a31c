"""The fast path computes what the libraries compute: outputs, gradients, whole trainings, and dropout's share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import methods_fixtures as fixtures
import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedModel, RobertaConfig, RobertaModel

from adapterstilts import methods
from adapterstilts.adapter.model import Model
from adapterstilts.methods import Source
from adapterstilts.packed import dropout as dropouts
from adapterstilts.packed.attention import attention, context_of
from adapterstilts.packed.batches import packed
from adapterstilts.tasks import types
from adapterstilts.tasks.types.classification import FirstTokenHead
from adapterstilts.training import TrainingSettings, train

UPPER = [(method, {**settings, "leave_out": [0]}) for method, settings in fixtures.VARIANTS]
SYSTEMS: list[tuple[str, str | None, int, dict[str, Any]]] = [
    ("head_only", None, 0, {}),
    ("full", None, 0, {}),
    *(
        (method, composition, count, settings)
        for method, settings in (*fixtures.VARIANTS, *UPPER)
        for composition, count in ((None, 0), ("continue", 1), ("stack", 1), ("fuse", 2), ("fuse", 3), ("merge", 2))
    ),
]


SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 60,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def named(system: tuple[str, str | None, int, dict[str, Any]]) -> str:
    method, composition, count, settings = system
    return "-".join(
        map(
            str,
            (method, settings.get("placement", ""), "upper" * ("leave_out" in settings), composition or "alone", count),
        )
    )


def bert(**settings: Any) -> PreTrainedModel:
    torch.manual_seed(3)
    return BertModel(BertConfig(pad_token_id=1, max_position_embeddings=40, **SHAPE, **settings), False).double()


def roberta() -> PreTrainedModel:
    torch.manual_seed(3)
    return RobertaModel(RobertaConfig(max_position_embeddings=40, **SHAPE), False).double()


BACKBONES = {"bert": bert, "one-type": lambda: bert(type_vocab_size=1), "roberta": roberta}


def model_of(system: tuple[str, str | None, int, dict[str, Any]], backbone: PreTrainedModel) -> Model:
    method, composition, count, settings = system
    sources = [doubled(fixtures.source(f"s{number}", method, number, **settings)) for number in range(count)]
    torch.manual_seed(5)
    installed = methods.install(backbone, method, composition, settings, sources)
    with torch.no_grad():
        for tensor in installed.trainable().values():
            tensor.add_(torch.randn_like(tensor), alpha=0.02)
    return Model(backbone, installed, None, method, composition)


def doubled(source: Source) -> Source:
    return Source(source.name, source.method, source.settings, {k: v.double() for k, v in source.tensors.items()})


def both(model: Model, batch: Mapping[str, Tensor]) -> list[tuple[Tensor, dict[str, Tensor]]]:
    """(B, L, H) without padding, and the gradients of a loss over it, by the plain path and by the fast one."""
    answers = []
    inside = batch["attention_mask"][:, :, None]
    direction = torch.randn(32, generator=torch.Generator().manual_seed(2)).double()
    for fast in (False, True):
        model.packed = fast
        model.zero_grad(set_to_none=True)
        hidden = model(batch)["hidden"] * inside
        if model.installed.trainable():
            ((hidden @ direction).sin() * inside[:, :, 0]).sum().backward()
        gradients = {name: each.grad for name, each in model.installed.trainable().items() if each.grad is not None}
        answers.append((hidden.detach(), gradients))
    return answers


def check_same(model: Model, batch: Mapping[str, Tensor], tolerance: float = 1e-9) -> None:
    (plain, of_plain), (fast, of_fast) = both(model, batch)
    torch.testing.assert_close(fast, plain, atol=tolerance, rtol=tolerance)
    zero = [name for name in of_plain.keys() - of_fast.keys() if of_plain[name].abs().max() > tolerance]
    assert not zero and of_fast.keys() <= of_plain.keys()
    for name, gradient in of_fast.items():
        torch.testing.assert_close(gradient, of_plain[name], atol=tolerance, rtol=1e-7, msg=name)


@pytest.mark.parametrize("system", SYSTEMS, ids=named)
def test_outputs_and_gradients_are_the_libraries(system: Any) -> None:
    model = model_of(system, fixtures.backbone(dtype=torch.float64, dropout=0.0))
    check_same(model.train(), fixtures.batch())
    check_same(model.eval(), fixtures.batch())


@pytest.mark.parametrize("backbone", BACKBONES)
def test_kinds_of_encoders(backbone: str) -> None:
    module = BACKBONES[backbone]()
    model = model_of(SYSTEMS[2], module)
    batch = dict(fixtures.batch())
    if module.config.type_vocab_size > 1:
        batch["token_type_ids"] = (torch.arange(9) > 3).long().expand(3, 9)
    check_same(model.train(), batch)


@pytest.mark.parametrize("lengths", [[9], [9, 9], [8, 8, 8], [1, 16], [16, 16], [3, 2, 1], [20] * 16, [5] + [20] * 40])
def test_every_layout_of_a_batch(lengths: list[int]) -> None:
    ids = torch.ones(len(lengths), max(lengths), dtype=torch.int64)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(5, 60, (length,), generator=torch.Generator().manual_seed(row))
    batch = {"input_ids": ids, "attention_mask": (ids != 1).long()}
    check_same(model_of(SYSTEMS[2], fixtures.backbone(dtype=torch.float64, dropout=0.0)).train(), batch)


def test_packing_fills_up_to_the_ladder() -> None:
    layout = packed(torch.tensor([3, 1]), 3, torch.device("cpu"))
    assert layout.places.shape == (64,) and layout.rows.shape == (16,)
    values = torch.arange(64.0)[:, None]
    assert layout.unpacked(values)[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 4]]


@pytest.mark.parametrize("lengths", [[9, 9], [16, 5, 1]])
@pytest.mark.parametrize("count", [1, 3])
def test_in_bf16_attention_has_the_gradient_of_pytorch_s_kernel(lengths: list[int], count: int) -> None:
    layout = packed(torch.tensor(lengths), max(lengths), torch.device("cpu"))
    values = torch.randn(len(layout.places), 96, generator=torch.Generator().manual_seed(0)).bfloat16()
    own, exact = values.clone().requires_grad_(), values.float().requires_grad_()
    context = attention(tuple(own.chunk(count, dim=1)), 4, layout, None, 0.0)
    table = layout.table(exact).view(layout.batch, layout.length, -1)
    expected = layout.tokens(context_of(table, 4, layout.bias, 0.0).flatten(0, 1))
    direction = torch.zeros_like(expected).index_copy_(0, layout.own, torch.randn(len(layout.own), 32))
    context.backward(direction.bfloat16())
    expected.backward(direction)
    assert own.grad is not None and exact.grad is not None
    torch.testing.assert_close(context.float()[layout.own], expected[layout.own], atol=0.03, rtol=0.03)
    torch.testing.assert_close(own.grad.float(), exact.grad, atol=0.03, rtol=0.03)


@pytest.mark.parametrize("probability", [0.1, 0.25, 0.5, 0.01])
def test_share_of_dropped_numbers(probability: float) -> None:
    torch.manual_seed(0)
    count = 4_000_000
    (kept, none) = dropouts.Masks().draw([((count,), probability), ((7,), 0.0)], torch.device("cpu"))
    assert kept is not None and none is None
    share = float((kept == 0).float().mean())
    assert set(kept.unique().tolist()) == {-1, 0}
    assert abs(share - probability) < 5 * (probability * (1 - probability) / count) ** 0.5 + 2**-16


def test_masks_are_a_function_of_the_seed() -> None:
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(dropouts.Masks().draw([((33, 5), 0.5)], torch.device("cpu"))[0])
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_gradients_under_dropout_are_those_of_the_outputs() -> None:
    """The masks being held, a step along the gradient changes the outputs as the gradient says."""
    backbone = fixtures.backbone(dtype=torch.float64, dropout=0.3)
    model = model_of(SYSTEMS[2], backbone).train()
    batch = fixtures.batch()
    inside = batch["attention_mask"][:, :, None]

    def loss() -> Tensor:
        torch.manual_seed(11)
        return (model(batch)["hidden"] * inside).sin().sum()

    parameters = list(model.installed.trainable().values())
    gradients = torch.autograd.grad(loss(), parameters)
    step = 1e-6
    with torch.no_grad():
        before = float(loss())
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.add_(gradient, alpha=step)
        risen = float(loss()) - before
    expected = step * float(sum(gradient.pow(2).sum() for gradient in gradients))
    assert risen == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("system", SYSTEMS, ids=named)
def test_half_precision_is_as_near_as_the_libraries_is(system: Any) -> None:
    model = model_of(system, fixtures.backbone(dtype=torch.float64, dropout=0.0)).eval()
    model.packed = False
    exact = model(fixtures.batch())["hidden"]
    model.float()
    with torch.autocast("cpu", torch.bfloat16):
        model.packed = True
        ours = model(fixtures.batch())["hidden"].float()
    model.packed = False
    theirs = model.bfloat16()(fixtures.batch())["hidden"].float()
    inside = fixtures.batch()["attention_mask"][:, :, None]
    error, of_theirs = (((each - exact) * inside).pow(2).mean().sqrt() for each in (ours, theirs))
    assert error < 1.3 * of_theirs


@pytest.mark.parametrize("system", [SYSTEMS[1], SYSTEMS[2], SYSTEMS[-3], SYSTEMS[5]], ids=named)
def test_a_whole_training_has_the_same_losses(system: Any) -> None:
    task_type = types.get("classification")
    features = [
        {"row": row, "input_ids": [0, *range(5 + row, 8 + row + row % 4), 2], "label": row % 2} for row in range(16)
    ]
    losses = []
    for fast in (True, False):
        model = model_of(system, fixtures.backbone(dtype=torch.float64, dropout=0.0))
        torch.manual_seed(0)
        model.head = FirstTokenHead(32, 2, 0.0).double()
        model.packed = fast
        settings = TrainingSettings(learning_rate=1e-2, batch_size=4, epochs=3, evaluate_every=1)
        record = train(model, task_type, features, None, settings, 1)
        losses.append([fact["loss"] for fact in record.history])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert len(losses[0]) == 12 and losses[0][0] != losses[0][-1]


@pytest.mark.parametrize(
    ("system", "precision", "dropout", "packs"),
    [
        (("full", None, 0, {}), "fp32", 0.0, False),
        (("head_only", None, 0, {}), "fp32", 0.0, False),
        (("full", None, 0, {}), "bf16", 0.0, True),
        (("full", None, 0, {}), "fp32", 0.1, True),
        (("bottleneck", None, 0, {}), "fp32", 0.0, True),
    ],
)
def test_a_training_that_gains_nothing_takes_the_plain_path(
    system: Any, precision: str, dropout: float, packs: bool
) -> None:
    model = model_of(system, fixtures.backbone(dropout=dropout))
    assert (model.pack(precision) is None) is packs
    assert model.packed is packs
    assert model.pack() is None
