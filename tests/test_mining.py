"""Embeddings and nearest neighbours, against the plain way of computing them."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Sequence
from typing import Any

import doubles
import numpy
import pytest
import torch
import world
from hypothesis import given, settings
from hypothesis import strategies as st
from test_task_types import TASKS

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.scoring import mining
from adapterstilts.scoring.mining import embedding, neighbours
from adapterstilts.tasks.types import batching

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


def test_no_batch_has_more_tokens_than_it_may_and_any_batches_give_the_same(
    model: doubles.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text * (1 + number) for number, text in enumerate(TEXTS)]
    expected = mining.embed(model, doubles.tokenizer(), texts, [2], max_length=64)[2]
    seen: list[int] = []
    monkeypatch.setattr(batching, "EVALUATION_TOKENS", 100)
    monkeypatch.setattr(embedding, "_TOKENISED", 3)
    counted = model.backbone.register_forward_pre_hook(
        lambda *given: seen.append(given[2]["input_ids"].numel()), with_kwargs=True
    )
    found = mining.embed(model, doubles.tokenizer(), texts, [2], max_length=64)[2]
    counted.remove()
    assert max(seen) <= 100 and len(seen) > 3
    numpy.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("room, groups", [(2, [[0, 1], [2]]), (1, [[0], [1], [2]]), (0, [[0], [1], [2]])])
def test_of_many_layers_only_as_many_are_held_as_there_is_room_for(
    model: doubles.Model, monkeypatch: pytest.MonkeyPatch, room: int, groups: list[list[int]]
) -> None:
    expected = mining.embed(model, doubles.tokenizer(), TEXTS, [0, 1, 2])
    together: list[list[int]] = []
    held: list[weakref.ref] = []

    def embed(*given: Any) -> dict[int, numpy.ndarray]:
        assert all(table() is None for table in held), "what was looked at before is forgotten"
        together.append(list(given[3]))
        tables = mining.embed(*given)
        held.extend(weakref.ref(table) for table in tables.values())
        return tables

    monkeypatch.setattr(embedding, "embed", embed)
    monkeypatch.setattr(embedding, "TABLE_BYTES", room * len(TEXTS) * 16 * 4 + 4)
    told = world.Notes()
    found = embedding.in_turn(
        model, doubles.tokenizer(), TEXTS, [0, 1, 2], lambda _, table: table.sum(), "x", 512, 3, progress=told
    )
    for layer, total in found:
        assert total == pytest.approx(float(expected[layer].sum()), abs=1e-3)
    assert together == groups and told.titles == ["x"] * len(groups)


def test_embeddings_in_bf16_are_nearly_those_in_full_precision(model: doubles.Model) -> None:
    full, half = (mining.embed(model, doubles.tokenizer(), TEXTS, [2], precision=each)[2] for each in ("fp32", "bf16"))
    assert not numpy.array_equal(full, half) and half.dtype == numpy.float32
    assert (full * half).sum(1).min() > 0.999


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


def plain_cosines(english: numpy.ndarray, foreign: numpy.ndarray) -> numpy.ndarray:
    """Without error, of numbers rounded to 2^-26, in whole numbers."""
    whole = [numpy.rint(table.astype(numpy.float64) * 2**26).astype(numpy.int64) for table in (english, foreign)]
    return (whole[0] @ whole[1].T) / 2.0**52


def plainly_mined(english: numpy.ndarray, foreign: numpy.ndarray, neighbours: int) -> list[tuple[int, int, float]]:
    """Ratio margin and "max" retrieval one pair at a time; of equals the first rows come first."""
    sizes = (len(english), len(foreign))
    k = min(neighbours, *sizes)
    cosines = plain_cosines(english, foreign).tolist()
    near_english = [sorted(range(sizes[1]), key=lambda j: (-cosines[i][j], j))[:k] for i in range(sizes[0])]
    near_foreign = [sorted(range(sizes[0]), key=lambda i: (-cosines[i][j], i))[:k] for j in range(sizes[1])]
    mean_english = [sum(cosines[i][j] for j in near) / k for i, near in enumerate(near_english)]
    mean_foreign = [sum(cosines[i][j] for i in near) / k for j, near in enumerate(near_foreign)]

    def margin(i: int, j: int) -> float:
        mean = (mean_english[i] + mean_foreign[j]) / 2
        return cosines[i][j] / mean if mean else 0.0

    candidates = [min((-margin(i, j), i, j) for j in near) for i, near in enumerate(near_english)]
    candidates += [min((-margin(i, j), i, j) for i in near) for j, near in enumerate(near_foreign)]
    found: list[tuple[int, int, float]] = []
    for score, i, j in sorted(candidates):
        if all(i != pair[0] and j != pair[1] for pair in found):
            found.append((i, j, -score))
    return found


def assert_mined(english: numpy.ndarray, foreign: numpy.ndarray, neighbours: int, block: int) -> None:
    expected = plainly_mined(english, foreign, neighbours)
    found = mining.mine(english, foreign, neighbours, block)
    assert [pair[:2] for pair in found] == [pair[:2] for pair in expected]
    numpy.testing.assert_allclose([pair[2] for pair in found], [pair[2] for pair in expected], rtol=1e-12)


SIGNS = st.lists(st.sampled_from([-0.5, 0.5]), min_size=4, max_size=4)
FULL_OF_TIES = st.lists(
    st.tuples(st.integers(0, 2), SIGNS).map(lambda one: [0.0] * one[0] + one[1] + [0.0] * (2 - one[0])),
    min_size=1,
    max_size=24,
).map(lambda rows: numpy.array(rows, numpy.float32))
"""Vectors whose cosines are 0, 1/4, ... 1, so that many are exactly equal, and many rows are the same."""
BLOCKS = st.sampled_from([1, 2, 7, 1024])


@given(FULL_OF_TIES, FULL_OF_TIES, st.integers(1, 6), BLOCKS)
@settings(deadline=None)
def test_mining_full_of_ties_is_as_by_comparing_all(
    english: numpy.ndarray, foreign: numpy.ndarray, neighbours: int, block: int
) -> None:
    assert_mined(english, foreign, neighbours, block)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40), st.integers(1, 6), st.floats(0, 1), BLOCKS)
@settings(deadline=None)
def test_mining_with_repeated_sentences_is_as_by_comparing_all(
    seed: int, count: int, other_count: int, neighbours: int, spread: float, block: int
) -> None:
    """`spread` is how far the vectors point into different directions: those of a real layer all point into one."""
    random = numpy.random.default_rng(seed)
    different = random.normal(size=(40, 8)) * spread + 1.0
    different /= numpy.linalg.norm(different, axis=1, keepdims=True)
    english, foreign = (different[random.integers(0, 40, size)].astype(numpy.float32) for size in (count, other_count))
    assert_mined(english, foreign, neighbours, block)


@pytest.mark.parametrize("block", [16, 50, 1024])
def test_what_float32_cannot_tell_apart_is_told_apart(block: int) -> None:
    """On both sides each sentence has twelve copies, of which the last four are nearer by less than float32 sees."""
    copies = numpy.repeat(unit_rows(numpy.random.default_rng(2), 12), 12, axis=0)
    for number, row in enumerate(copies):
        if number % 12 >= 8:
            greatest = int(numpy.abs(row).argmax())
            row[greatest] = numpy.nextafter(row[greatest], 2 * row[greatest])
    of_copies = [table @ table.T for table in copies.reshape(12, 12, 8)]
    assert any((table == table[0, 0]).all() for table in of_copies), "or this tests nothing"
    assert_mined(copies, copies[:-1], 4, block)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_of_nothing_nothing_is_mined(sizes: tuple[int, int]) -> None:
    assert mining.mine(*(numpy.ones((size, 1), numpy.float32) for size in sizes)) == []


@pytest.mark.parametrize("all_equal", [False, True])
def test_mining_takes_no_more_memory_than_it_says(all_equal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    count, block, sizes = 3000, 256, []
    see = neighbours._Candidates.see
    monkeypatch.setattr(
        neighbours._Candidates, "see", lambda self, *words: (sizes.append(words[0].numel()), see(self, *words))
    )
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    english, foreign = (unit_rows(numpy.random.default_rng(seed), count) for seed in (0, 1))
    if all_equal:
        english[:] = foreign[:] = english[0]
    tracemalloc.start()
    try:
        mining.mine(english, foreign, block=block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(sizes) == block**2 and len(sizes) == 2 * 12**2
    assert peak < 2500 * 2 * count + 128 * block**2 < 4 * count * count


def test_mining_tells_how_far_it_is() -> None:
    told: list[int] = []

    class Told(world.Notes):
        def advance(self, n: int = 1, **facts: object) -> None:
            told.append(n)

    mining.mine(numpy.eye(7, dtype=numpy.float32), numpy.eye(7, dtype=numpy.float32), block=3, progress=Told())
    assert told == [3, 3, 1]


def test_the_threshold_is_that_of_the_greatest_f1() -> None:
    pairs = [(0, 0, 1.4), (1, 1, 1.3), (2, 5, 1.2), (3, 3, 1.1), (4, 6, 1.0)]
    gold = {(0, 0), (1, 1), (3, 3)}
    assert mining.best_threshold(pairs, gold) == pytest.approx(1.05)
    assert mining.best_threshold(pairs, {(0, 0)}) == pytest.approx(1.35)
    assert mining.best_threshold(pairs[:1], {(0, 0)}) == pytest.approx(1.4)
    assert mining.best_threshold(pairs, {(9, 9)}) == float("inf")


def test_sentences_without_a_partner_are_left_alone(model: doubles.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The threshold comes from other rows; what has no partner is in no pair above it."""

    def embed(_: Any, __: Any, sentences: Sequence[str], layers: Sequence[int], *rest: Any) -> dict[int, numpy.ndarray]:
        # a tokenizer trained on the spot is never twice the same, and at times its embeddings do not tell these apart
        table = numpy.eye(len(texts), dtype=numpy.float32)[[texts.index(text) for text in sentences]] + 0.1
        return {layer: table / numpy.linalg.norm(table, axis=1, keepdims=True) for layer in layers}

    monkeypatch.setattr(embedding, "embed", embed)
    bucc = tasks.get("bucc2018")
    texts = [f"{text} {number}" for number, text in enumerate(doubles.SENTENCES)]
    rows = [{"id": str(number), "sentence1": text, "sentence2": text} for number, text in enumerate(texts[:4])]
    rows += [
        {"id": "4", "sentence1": texts[4], "sentence2": None},
        {"id": "5", "sentence1": None, "sentence2": texts[5]},
    ]
    told = world.Notes()
    scores, control, examples, predictions = mining.evaluate(
        model, bucc, {"de": rows}, doubles.tokenizer(), 64, tuned_on={"de": rows}, progress=told
    )
    assert told.titles == [
        *("embed de (validation)", "mine de (validation), layer 0", "mine de (validation), layer 1"),
        *("embed de", "mine de, layer 0", "mine de, layer 1"),
    ]
    assert scores["de"]["f1"] == 100.0 and control["de"]["f1"] <= 100.0
    assert examples == {"de": 6} and predictions["de"] == ["0", "1", "2", "3", None, None]
    by_layer = mining.scores_by_layer(model, bucc, {"de": rows}, doubles.tokenizer(), 64, tuned_on={"de": rows})
    assert list(by_layer) == [0, 1, 2] and by_layer[0] == control and by_layer[1] == scores
