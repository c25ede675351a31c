"""Embeddings and nearest neighbours, against the plain way of computing them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import doubles
import numpy
import pytest
import torch
from test_task_types import TASKS

from adapterstilts import mining, tasks
from adapterstilts.errors import UserError

TEXTS = [text[: 3 + 5 * number] for number, text in enumerate(doubles.SENTENCES)]


@pytest.fixture(scope="module")
def model() -> doubles.Model:
    return doubles.Model(None)


def plain_embedding(model: doubles.Model, text: str, layer: int) -> numpy.ndarray:
    """One sentence at a time, with the tokenizer's own template."""
    ids = torch.tensor([doubles.tokenizer()(text)["input_ids"]])
    with torch.no_grad():
        states = model.backbone(input_ids=ids, output_hidden_states=True).hidden_states[layer][0]
    mean = states.numpy().mean(axis=0)
    return mean / numpy.linalg.norm(mean)


@pytest.mark.parametrize("batch_size", [1, 3, 128])
def test_embeddings_are_masked_means_of_a_layer(model: doubles.Model, batch_size: int) -> None:
    found = mining.embed(model, doubles.tokenizer(), TEXTS, (0, 1, 2), batch_size=batch_size)
    for layer, table in found.items():
        assert table.shape == (len(TEXTS), 16) and table.dtype == numpy.float32
        expected = numpy.stack([plain_embedding(model, text, layer) for text in TEXTS])
        numpy.testing.assert_allclose(table, expected, atol=1e-5)


def test_a_bare_backbone_will_do_and_training_mode_does_not_matter(model: doubles.Model) -> None:
    expected = mining.embed(model, doubles.tokenizer(), TEXTS, [2])[2]
    model.train()
    numpy.testing.assert_array_equal(mining.embed(model, doubles.tokenizer(), TEXTS, [2])[2], expected)
    model.train()
    found = mining.embed(model.backbone, doubles.tokenizer(), TEXTS, [2])[2]
    numpy.testing.assert_array_equal(found, expected)


def test_long_sentences_are_cut(model: doubles.Model) -> None:
    found = mining.embed(model, doubles.tokenizer(), ["fox " * 50], [1], max_length=16)[1]
    ids = torch.tensor([doubles.tokenizer()("fox " * 50)["input_ids"][:15] + [2]])
    with torch.no_grad():
        mean = model.backbone(ids, output_hidden_states=True).hidden_states[1][0].mean(0).numpy()
    numpy.testing.assert_allclose(found[0], mean / numpy.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(model: doubles.Model, layer: int) -> None:
    with pytest.raises(UserError, match=f"no layer {layer}.*to 2"):
        mining.embed(model, doubles.tokenizer(), TEXTS, [layer])


@pytest.mark.parametrize("layers, expected", [(24, 14), (12, 7), (4, 2), (6, 4), (1, 1)])
def test_the_default_layer_keeps_large_s_proportion(layers: int, expected: int) -> None:
    assert mining.default_layer(layers) == expected


@pytest.mark.parametrize("block", [1, 7, 1024])
def test_nearest_is_as_by_comparing_all(block: int) -> None:
    random = numpy.random.default_rng(0)
    queries, candidates = (random.normal(size=(size, 8)).astype(numpy.float32) for size in (50, 33))
    queries /= numpy.linalg.norm(queries, axis=1, keepdims=True)
    candidates /= numpy.linalg.norm(candidates, axis=1, keepdims=True)
    expected = []
    for query in queries:
        cosines = [float(numpy.dot(query, candidate)) for candidate in candidates]
        expected.append(cosines.index(max(cosines)))
    assert mining.nearest(queries, candidates, block).tolist() == expected


def test_of_equals_the_first_is_nearest() -> None:
    same = numpy.ones((3, 4), dtype=numpy.float32) / 2
    assert mining.nearest(same, same).tolist() == [0, 0, 0]


def test_translations_are_found_and_scored(model: doubles.Model) -> None:
    """Foreign sentences that are the English ones are found; turned by one, none is."""
    texts = [f"{text} {number}" for number, text in enumerate(doubles.SENTENCES)]
    right = [{"id": str(number), "sentence1": text, "sentence2": text} for number, text in enumerate(texts)]
    wrong = [row | {"sentence2": texts[(number + 1) % 7]} for number, row in enumerate(right)]
    rows: dict[str, list[dict[str, Any]]] = {"de": right, "ja": wrong}
    scores, control, examples, predictions = mining.evaluate(model, TASKS["retrieval"], rows, doubles.tokenizer(), 64)
    assert scores == {"de": {"accuracy": 100.0}, "ja": {"accuracy": 0.0}} == control
    assert examples == {"de": 7, "ja": 7}
    assert predictions["ja"] == [str((number - 1) % 7) for number in range(7)]


def test_a_language_without_examples_is_told(model: doubles.Model) -> None:
    with pytest.raises(UserError, match="no examples of tatoeba in de"):
        mining.evaluate(model, TASKS["retrieval"], {"de": []}, doubles.tokenizer())


def unit_rows(random: numpy.random.Generator, count: int) -> numpy.ndarray:
    table = random.normal(size=(count, 8)).astype(numpy.float32)
    return table / numpy.linalg.norm(table, axis=1, keepdims=True)


def plainly_mined(english: numpy.ndarray, foreign: numpy.ndarray, k: int) -> list[tuple[int, int, float]]:
    """Ratio margin and "max" retrieval as XTREME's script has them, one pair at a time."""
    cosines = english @ foreign.T
    near = {("e", i): numpy.sort(row)[-k:].mean() for i, row in enumerate(cosines)}
    near |= {("f", j): numpy.sort(column)[-k:].mean() for j, column in enumerate(cosines.T)}

    def margin(i: int, j: int) -> float:
        return float(cosines[i, j] / ((near["e", i] + near["f", j]) / 2))

    forward = [
        max(((margin(i, j), i, j) for j in numpy.argsort(cosines[i])[-k:]), key=lambda one: one[0])
        for i in range(len(english))
    ]
    backward = [
        max(((margin(i, j), i, j) for i in numpy.argsort(cosines[:, j])[-k:]), key=lambda one: one[0])
        for j in range(len(foreign))
    ]
    found, seen = [], set()
    for score, i, j in sorted([*forward, *backward], reverse=True):
        if ("e", i) not in seen and ("f", j) not in seen:
            seen |= {("e", i), ("f", j)}
            found.append((i, int(j), score))
    return found


@pytest.mark.parametrize("sizes", [(40, 60), (60, 40), (3, 2)])
@pytest.mark.parametrize("block", [7, 1024])
def test_mining_is_as_by_comparing_all(sizes: tuple[int, int], block: int) -> None:
    random = numpy.random.default_rng(1)
    english, foreign = (unit_rows(random, size) for size in sizes)
    expected = plainly_mined(english, foreign, min(4, *sizes))
    found = mining.mine(english, foreign, block=block)
    assert [pair[:2] for pair in found] == [pair[:2] for pair in expected]
    numpy.testing.assert_allclose([pair[2] for pair in found], [pair[2] for pair in expected], rtol=1e-4)


def test_the_threshold_is_that_of_the_greatest_f1() -> None:
    pairs = [(0, 0, 1.4), (1, 1, 1.3), (2, 5, 1.2), (3, 3, 1.1), (4, 6, 1.0)]
    gold = {(0, 0), (1, 1), (3, 3)}
    assert mining.best_threshold(pairs, gold) == pytest.approx(1.05)
    assert mining.best_threshold(pairs, {(0, 0)}) == pytest.approx(1.35)
    assert mining.best_threshold(pairs[:1], {(0, 0)}) == pytest.approx(1.4)
    assert mining.best_threshold(pairs, {(9, 9)}) == float("inf")


def test_sentences_without_a_partner_are_left_alone(model: doubles.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The threshold comes from other rows; what has no partner is in no pair above it."""

    def embed(*given: Any, layers: Collection[int], **_: Any) -> dict[int, numpy.ndarray]:
        # a tokenizer trained on the spot is never twice the same, and at times its embeddings do not tell these apart
        table = numpy.eye(len(texts), dtype=numpy.float32)[[texts.index(text) for text in given[2]]] + 0.1
        return {layer: table / numpy.linalg.norm(table, axis=1, keepdims=True) for layer in layers}

    monkeypatch.setattr(mining, "embed", embed)
    bucc = tasks.get("bucc2018")
    texts = [f"{text} {number}" for number, text in enumerate(doubles.SENTENCES)]
    rows = [{"id": str(number), "sentence1": text, "sentence2": text} for number, text in enumerate(texts[:4])]
    rows += [
        {"id": "4", "sentence1": texts[4], "sentence2": None},
        {"id": "5", "sentence1": None, "sentence2": texts[5]},
    ]
    scores, control, examples, predictions = mining.evaluate(
        model, bucc, {"de": rows}, doubles.tokenizer(), 64, tuned_on={"de": rows}
    )
    assert scores["de"]["f1"] == 100.0 and control["de"]["f1"] <= 100.0
    assert examples == {"de": 6} and predictions["de"] == ["0", "1", "2", "3", None, None]
