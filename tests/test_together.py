"""Trainings side by side on one frozen backbone: each is what it is alone, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import methods_fixtures as fixtures
import pytest
import torch
from test_packed import SYSTEMS, doubled, named

from adapterstilts import methods, packed, tasks
from adapterstilts.adapter.model import Model, together
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base.errors import UserError
from adapterstilts.packed.attention import attention
from adapterstilts.packed.batches import packed as batches_of
from adapterstilts.packed.together import Together
from adapterstilts.tasks import types
from adapterstilts.training import Objective, Training, TrainingRecord, TrainingSettings, train, train_together

JOINED = [system for system in SYSTEMS if system[0] != "full"]
HEADS = ("classification", "tagging", "multiple_choice", "question_answering")
TASKS = {"classification": "pawsx", "tagging": "panx", "multiple_choice": "csqa", "question_answering": "squad"}
PAD = 1


def shared(dropout: float) -> Backbone:
    return Backbone(fixtures.backbone(dtype=torch.float64, dropout=dropout), None, None)  # type: ignore[arg-type]


def model_on(backbone: Backbone, system: Any, seed: int, kind: str = "classification", dropout: float = 0.1) -> Model:
    method, composition, count, settings = system
    if method == "bottleneck":
        settings = {**settings, "dropout": dropout}
    names = range(seed, seed + count)
    sources = [doubled(fixtures.source(f"s{number}", method, number, **system[3])) for number in names]
    module = backbone.another().module
    torch.manual_seed(seed)
    task = tasks.get(TASKS[kind])
    head = types.get(kind).head(32, task, dropout)
    installed = methods.install(module, method, composition, settings, sources)
    model = Model(module, installed, None if head is None else head.double(), method, composition)
    assert model.pack() is None
    return model


def features(kind: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Features of a task type, of 3 to 20 tokens."""
    random = torch.Generator().manual_seed(seed)

    def number(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=random))

    def ids() -> list[int]:
        return [0, *(number(5, 60) for _ in range(number(1, 19))), 2]

    several: list[dict[str, Any]] = []
    for row in range(count):
        feature: dict[str, Any] = {"row": row, "input_ids": ids()}
        if kind == "classification":
            feature["label"] = number(0, 2)
        elif kind == "tagging":
            feature |= {"positions": [1], "labels": [number(0, 7)]}
        elif kind == "multiple_choice":
            feature |= {"input_ids": [ids() for _ in range(3)], "label": number(0, 3)}
        else:
            feature |= {"start_position": 0, "end_position": number(0, 3)}
        several.append(feature)
    return several


def training(model: Model, kind: str, seed: int, count: int = 13, validate: Any = None, **changes: Any) -> Training:
    settings = {"learning_rate": 1e-2, "batch_size": 4, "epochs": None, "max_steps": 6, "evaluate_every": 2, **changes}
    each = TrainingSettings(**settings, seed=seed)
    learned = Objective(types.get(kind), features(kind, count, seed))
    return Training(model, [learned], validate, each, PAD)


def alone(each: Training) -> TrainingRecord:
    (learned,) = each.objectives
    return train(each.model, learned.task_type, learned.features, each.validate, each.settings, each.pad_token_id)


def losses(record: TrainingRecord | UserError) -> list[float]:
    assert isinstance(record, TrainingRecord), record
    return [fact["loss"] for fact in record.history]


def check_same(trainings: Callable[[], Sequence[Training]]) -> None:
    """Losses and weights are those of each alone; but for rounding, which Adam makes large where a gradient is 0."""
    expected, side_by_side = trainings(), trainings()
    records = {id(each): record for each, record in train_together(side_by_side, together)}
    for own, other in zip(expected, side_by_side, strict=True):
        assert losses(records[id(other)]) == pytest.approx(losses(alone(own)), rel=1e-8)
        weights = other.model.trainable_parameters()
        for name, tensor in own.model.trainable_parameters().items():
            if not name.endswith("key.bias"):
                torch.testing.assert_close(weights[name], tensor, atol=1e-6, rtol=1e-6, msg=name)


@pytest.mark.parametrize("system", JOINED, ids=named)
def test_each_system_learns_what_it_learns_alone(system: Any) -> None:
    def trainings() -> list[Training]:
        backbone = shared(0.1)
        return [training(model_on(backbone, system, seed), "classification", seed, max_steps=4) for seed in (1, 2)]

    check_same(trainings)


def test_tasks_lengths_and_ways_to_compute_may_differ() -> None:
    ways: list[dict[str, Any]] = [
        {},
        {"max_steps": 3},
        {"gradient_accumulation_steps": 3},
        {"batch_size": 7, "patience": 1},
    ]

    def trainings() -> list[Training]:
        backbone = shared(0.1)
        several = []
        for seed, (kind, changes) in enumerate(zip(HEADS, ways, strict=True)):
            model = model_on(backbone, JOINED[1], seed, kind)
            validate = (lambda: 1.0) if "patience" in changes else None
            several.append(training(model, kind, seed, 9 + seed, validate, **changes))
        return several

    check_same(trainings)


def test_a_training_that_fails_leaves_the_others_as_they_are_alone() -> None:
    def trainings() -> list[Training]:
        backbone = shared(0.1)
        rates = (1e-2, 1e20, 1e-2)
        several = [
            training(model_on(backbone, JOINED[1], seed), HEADS[seed], seed, learning_rate=rate)
            for seed, rate in enumerate(rates)
        ]
        return [
            replace(each, model=model_on(backbone, JOINED[1], seed, HEADS[seed])) for seed, each in enumerate(several)
        ]

    side_by_side = trainings()
    with torch.no_grad():
        next(iter(side_by_side[1].model.trainable_parameters().values())).fill_(torch.nan)
    records = {id(each): record for each, record in train_together(side_by_side, together)}
    failed = records[id(side_by_side[1])]
    assert isinstance(failed, UserError) and "no longer a number at step 2" in str(failed)
    for own, other in list(zip(trainings(), side_by_side, strict=True))[::2]:
        assert losses(records[id(other)]) == pytest.approx(losses(alone(own)), rel=1e-8)


def test_what_cannot_begin_is_told_and_the_others_go_on() -> None:
    backbone = shared(0.0)
    whole = training(model_on(backbone, JOINED[1], 0), "classification", 0)
    empty = replace(whole, objectives=[replace(whole.objectives[0], features=[])])
    other = training(model_on(backbone, JOINED[1], 1), "classification", 1)
    (first, error), (second, record) = train_together([empty, other], together)
    assert first is empty and "no examples" in str(error)
    assert second is other and isinstance(record, TrainingRecord) and record.steps == 6


def test_what_does_not_fit_together_is_told_apart() -> None:
    backbone = shared(0.0)
    ways = [model_on(backbone, system, seed) for system in (JOINED[0], JOINED[1], JOINED[7]) for seed in (1, 2)]
    assert len({model.joins() for model in ways}) == 3
    assert model_on(shared(0.0), JOINED[1], 1).joins() != ways[2].joins()
    ways[0].packed = False
    assert ways[0].joins() is None
    whole = model_on(backbone, JOINED[0], 1)
    whole.backbone.requires_grad_(True)
    assert whole.joins() is None
    whole.backbone.requires_grad_(False)


def test_copies_of_a_backbone_have_one_set_of_weights_and_one_cast_of_them() -> None:
    backbone = shared(0.0)
    before = {name: tensor.clone() for name, tensor in backbone.module.state_dict().items()}
    models = [model_on(backbone, JOINED[1], seed) for seed in (1, 2)]
    for model in models:
        train(
            model,
            types.get("classification"),
            features("classification", 4, 0),
            None,
            training(model, "tagging", 0).settings,
            PAD,
        )
    places = [{name: tensor.data_ptr() for name, tensor in each.installed.live_backbone().items()} for each in models]
    assert places[0] == places[1]
    assert all(torch.equal(tensor, before[name]) for name, tensor in backbone.module.state_dict().items())
    with torch.autocast("cpu", torch.bfloat16):
        maps = [model._packed_encoder().layers[0].inner for model in models]
        casts = [each._weight.to(torch.bfloat16) for each in maps]
    assert casts[0] is casts[1] and casts[0].dtype == torch.bfloat16


def test_an_accelerators_attention_drops_for_each_what_it_drops_alone() -> None:
    """It is computed here on the CPU, whose kernel draws by the shape of what it sees as well."""
    masks = [
        torch.tensor([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]]),
        torch.ones(1, 8, dtype=torch.int64),
        torch.ones(2, 11, dtype=torch.int64),
    ]
    batches = [{"input_ids": mask, "attention_mask": mask} for mask in masks]
    encoders = [model_on(shared(0.0), JOINED[0], 0)._packed_encoder()] * 3
    own = [packed.Draws() for _ in masks]
    joint = Together(encoders, own)
    joint(batches)
    values, expected = [], []
    for number, batch in enumerate(batches):
        mask = batch["attention_mask"]
        layout = batches_of(mask.sum(1), mask.shape[1], mask.device)
        values.append(torch.randn(len(layout.places), 96, generator=torch.Generator().manual_seed(number)))
        torch.manual_seed(number)
        with own[number]:
            torch.manual_seed(number)
        expected.append(attention((values[-1],), 4, layout, None, 0.5))
    shares = joint._shares
    context = joint._attend((shares.joined(values),), 4, shares.layout(), None, 0.5)
    for rows, each, batch in zip(shares.of(context), expected, batches, strict=True):
        count = int(batch["attention_mask"].sum())
        torch.testing.assert_close(rows[:count], each[:count])


def test_every_layout_of_batches() -> None:
    """Full ones, nearly full ones, which keep their padding, and ones with much of it."""
    lengths = [[20] * 10 + [19], [9], [8, 8], [1, 16], [12, 3, 7]]
    backbone, batches = shared(0.0), []
    for number, rows in enumerate(lengths):
        own = [
            [0, *torch.randint(5, 60, (row - 1,), generator=torch.Generator().manual_seed(number)).tolist()]
            for row in rows
        ]
        several = [{"input_ids": ids, "label": 0} for ids in own]
        batches.append(types.get("classification").collate(several, PAD))
    models = [model_on(backbone, JOINED[1], seed, dropout=0.0).train() for seed in range(len(lengths))]
    outputs = together(models, [packed.Draws() for _ in models])(batches)
    for model, batch, output in zip(models, batches, outputs, strict=True):
        torch.testing.assert_close(output["logits"], model(batch)["logits"])
