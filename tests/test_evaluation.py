"""Predictions and scores in every language, and a model's way from training to its scores."""

from __future__ import annotations

from typing import Any

import doubles
import numpy
import pytest
import torch
from test_task_types import TASKS

from adapterstilts import methods, training
from adapterstilts.adapter import model as models
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base.errors import UserError
from adapterstilts.rows.labelled import LABELS
from adapterstilts.rows.paragraphs import half_of
from adapterstilts.scoring import evaluator
from adapterstilts.tasks import metrics, types
from adapterstilts.tasks.types import batching

TRAINED = ("classification", "multiple_choice", "tagging", "question_answering")


def built(name: str) -> tuple[doubles.Model, types.TaskType]:
    task_type = types.get(name)
    return doubles.Model(task_type.head(16, TASKS[name], 0.1)), task_type


@pytest.mark.parametrize("name", TRAINED)
def test_scores_are_the_metric_s_of_the_predictions(name: str) -> None:
    model, task_type = built(name)
    rows = {"en": doubles.rows(name, 12), "ja": doubles.rows(name, 5)}
    scores, examples, predictions = evaluator.evaluate(model, task_type, TASKS[name], rows, doubles.tokenizer(), 32)
    assert examples == {"en": 12, "ja": 5}
    for language, expected in rows.items():
        references = [task_type.reference(row, TASKS[name]) for row in expected]
        assert len(predictions[language]) == len(expected)
        found = metrics.compute(TASKS[name].metric, predictions[language], references, language)
        assert scores[language] == found


@pytest.mark.parametrize("name", TRAINED)
def test_predictions_do_not_depend_on_batches_or_on_labels(name: str) -> None:
    model, task_type = built(name)
    rows = doubles.rows(name)
    bare = [{key: row[key] for key in row if key not in LABELS} for row in rows]
    alone = evaluator.predict(model, task_type, TASKS[name], {"en": rows}, doubles.tokenizer(), 32)
    for given, size in ((bare, 128), (rows, 1), (rows, 5)):
        several = {"ja": rows[:3], "en": given}
        found = evaluator.predict(model, task_type, TASKS[name], several, doubles.tokenizer(), 32, size)
        assert found == {"ja": alone["en"][:3], **alone}


def test_outputs_come_back_in_their_places() -> None:
    model, task_type = built("classification")
    features = task_type.encode(doubles.rows("classification"), doubles.tokenizer(), TASKS["classification"], 64)
    together = evaluator.outputs_of(model, task_type, features, 1, batch_size=5)
    for feature, output in zip(features, together, strict=True):
        with torch.no_grad():
            alone = model(task_type.collate([feature], 1))["logits"][0].numpy()
        numpy.testing.assert_allclose(output["logits"], alone, atol=1e-5)


def test_bf16_is_close() -> None:
    model, task_type = built("classification")
    features = task_type.encode(doubles.rows("classification"), doubles.tokenizer(), TASKS["classification"], 64)
    full = evaluator.outputs_of(model, task_type, features, 1)
    mixed = evaluator.outputs_of(model, task_type, features, 1, precision="bf16")
    for one, other in zip(full, mixed, strict=True):
        assert other["logits"].dtype == numpy.float32
        assert 0 < numpy.abs(one["logits"] - other["logits"]).max() < 0.2


def test_the_validator_gives_the_main_score_of_the_moment() -> None:
    model, task_type = built("classification")
    task, rows = TASKS["classification"], doubles.rows("classification")
    validate = evaluator.Validator(model, task_type, task, rows, doubles.tokenizer(), 32)
    scores = {}
    for number, label in enumerate(task.labels):
        with torch.no_grad():
            model.head.out.bias.copy_(torch.tensor([99.0 * (1 - number), 99.0 * number]))
        scores[label] = validate()
        share = sum(row["label"] == label for row in rows) / len(rows)
        assert scores[label] == pytest.approx(100 * share)
    assert sum(scores.values()) == pytest.approx(100)
    halves = [[row["label"] == "yes" for row in rows if half_of(row) == half] for half in (0, 1)]
    assert validate.halves == pytest.approx([100 * sum(half) / len(half) for half in halves])


def test_questions_about_one_paragraph_are_in_one_half_of_the_validation_rows() -> None:
    rows = [{"id": f"{number}", "context": f"Paragraph {number // 3}."} for number in range(300)]
    by_paragraph = {row["context"]: half_of(row) for row in rows}
    assert all(half_of(row) == by_paragraph[row["context"]] for row in rows)
    assert 0.3 < sum(map(half_of, rows)) / len(rows) < 0.7
    assert half_of({"id": "7", "context": None}) == half_of({"id": "7"})


def test_a_language_without_examples_is_told() -> None:
    model, task_type = built("classification")
    with pytest.raises(UserError, match="no examples of pawsx in ja"):
        evaluator.evaluate(model, task_type, TASKS["classification"], {"ja": []}, doubles.tokenizer(), 32)


def test_a_test_row_with_an_unknown_label_is_told() -> None:
    model, task_type = built("classification")
    rows = doubles.rows("classification")
    rows[4]["label"] = "maybe"
    with pytest.raises(UserError, match='row-4 of pawsx has the label "maybe"'):
        evaluator.evaluate(model, task_type, TASKS["classification"], {"en": rows}, doubles.tokenizer(), 32)


def test_a_wrong_answer_position_does_not_stop_an_evaluation() -> None:
    model, task_type = built("question_answering")
    rows = doubles.rows("question_answering")
    rows[4]["answers"]["answer_start"] = [40]
    task = TASKS["question_answering"]
    scores, _, _ = evaluator.evaluate(model, task_type, task, {"en": rows}, doubles.tokenizer(), 32)
    assert set(scores["en"]) == {"f1", "exact_match"}


@pytest.mark.parametrize("method", methods.METHODS)
@pytest.mark.parametrize("name", TRAINED)
def test_every_method_learns_every_task_type(name: str, method: str) -> None:
    """The real model from its first update to its scores: its training rows become easier to it."""
    task_type, task = types.get(name), TASKS[name]
    double = doubles.Model(None, dropout=0.0)
    backbone = models.Backbone(double.backbone.eval(), doubles.tokenizer(), BackboneIdentity("tiny", "", ""))
    torch.manual_seed(0)
    model = models.build(backbone, task_type, task, method, None, methods.default_settings(method), ())
    rows = doubles.rows(name)
    features = task_type.encode(rows, doubles.tokenizer(), task, 48)
    losses: list[float] = []

    def validate() -> float:
        batch = task_type.collate(features, 1)
        with torch.no_grad():
            losses.append(float(task_type.loss(model(batch), batch)) / task_type.items(batch))
        return -losses[-1]

    validate()
    given: dict[str, Any] = {"learning_rate": 1e-2, "epochs": None, "max_steps": 15, "evaluate_every": 5}
    training.train(model, task_type, features, validate, training.TrainingSettings(**given, batch_size=12), 1)
    assert losses[-1] < losses[0]
    scores, _, _ = evaluator.evaluate(model, task_type, task, {"en": rows}, doubles.tokenizer(), 48)
    assert all(0 <= score <= 100 for score in scores["en"].values())


def test_a_digest_tells_features_apart() -> None:
    task = TASKS["classification"]

    def features(**changes: Any) -> list[types.Feature]:
        rows = doubles.rows("classification")
        rows[3] |= changes
        return types.get("classification").encode(rows, doubles.tokenizer(), task, 64)

    same = batching.digest(features())
    assert batching.digest(features()) == same
    assert batching.digest(features(sentence1="fox")) != same
    assert batching.digest(features(label="no")) != same
    assert batching.digest(features()[::-1]) != same
    for name in types.NAMES:
        made = types.get(name).encode(doubles.rows(name), doubles.tokenizer(), TASKS[name], 32)
        assert len(batching.digest(made)) == 64
