"""The nearest neighbours of both sides are exactly those of comparing all, whatever is computed roughly on the way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapterstilts.scoring.mining import neighbours

Table = numpy.ndarray
DTYPES = [torch.bfloat16, torch.float32]


def shortened(table: Table) -> Table:
    """Rows of length 1, but for those of 0."""
    lengths = numpy.linalg.norm(table, axis=1, keepdims=True)
    return (table / numpy.where(lengths == 0.0, 1.0, lengths)).astype(numpy.float32)


def anywhere(random: numpy.random.Generator, count: int, width: int) -> Table:
    return random.normal(size=(count, width))


def repeated(random: numpy.random.Generator, count: int, width: int) -> Table:
    return random.normal(size=(5, width))[random.integers(0, 5, count)]


def clustered(random: numpy.random.Generator, count: int, width: int) -> Table:
    """Around five sentences, so near that bf16 does not tell them apart; these are the same on both sides."""
    middles = numpy.random.default_rng(1).normal(size=(5, width))
    return middles[random.integers(0, 5, count)] + random.normal(size=(count, width)) * 1e-4


def narrow(random: numpy.random.Generator, count: int, width: int) -> Table:
    """All in nearly one direction, as those of a layer."""
    return 1.0 + random.normal(size=(count, width)) * 0.01


def with_zeros(random: numpy.random.Generator, count: int, width: int) -> Table:
    return random.normal(size=(count, width)) * (random.random((count, 1)) < 0.7)


def in_order(random: numpy.random.Generator, count: int, width: int) -> Table:
    """Each is nearer than all before, so that what was kept is never what stays."""
    return numpy.eye(width)[0] + random.normal(size=(count, width)) * numpy.linspace(1, 0.01, count)[:, None]


KINDS = [anywhere, repeated, clustered, narrow, with_zeros, in_order]


def plain(queries: Table, candidates: Table, k: int) -> tuple[Table, Table]:
    """Without error, in whole numbers; of equals the first."""
    whole = [numpy.rint(table.astype(numpy.float64) * 2**26).astype(numpy.int64) for table in (queries, candidates)]
    cosines = (whole[0] @ whole[1].T) / 2.0**52
    numbers = numpy.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return numpy.take_along_axis(cosines, numbers, 1), numbers


def assert_exact(english: Table, foreign: Table, k: int, block: int) -> None:
    ways = neighbours.nearest_both_ways(english, foreign, k, block)
    for (cosines, numbers), sides in zip(ways, ((english, foreign), (foreign, english)), strict=True):
        expected, expected_numbers = plain(*sides, k)
        numpy.testing.assert_array_equal(numbers, expected_numbers)
        numpy.testing.assert_array_equal(cosines, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    st.integers(0, 2**32),
    st.sampled_from(KINDS),
    st.integers(1, 150),
    st.integers(1, 150),
    st.sampled_from([1, 3, 64]),
    st.integers(1, 6),
    st.sampled_from([1, 7, 64, 1024]),
    st.sampled_from([1, 64]),
)
@example(0, clustered, 150, 140, 64, 4, 64, 64)
@settings(deadline=None, max_examples=60)
def test_they_are_those_of_comparing_all(
    dtype: torch.dtype, seed: int, kind: Callable, count: int, other: int, width: int, k: int, block: int, most: int
) -> None:
    random = numpy.random.default_rng(seed)
    english, foreign = (shortened(kind(random, size, width)) for size in (count, other))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_precision", lambda: dtype)
        # nearly all sentences have more candidates than 1: those are compared with all
        patch.setattr(neighbours, "_MOST", most)
        # one row a block and many rows take long, and show nothing else
        assert_exact(english, foreign, min(k, count, other), max(block, max(count, other) // 20))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_many_are_those_of_comparing_all(dtype: torch.dtype, kind: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences and blocks of a size at which chunks have several candidates, and what is impossible is forgotten."""
    monkeypatch.setattr(neighbours, "_precision", lambda: dtype)
    monkeypatch.setattr(neighbours, "_MOST", 16)
    random = numpy.random.default_rng(0)
    assert_exact(shortened(kind(random, 700, 48)), shortened(kind(random, 900, 48)), 4, 256)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_products_err_by_no_more_than_they_are_allowed(dtype: torch.dtype, kind: Callable) -> None:
    random = numpy.random.default_rng(0)
    english, foreign = (shortened(kind(random, size, 48)) for size in (200, 300))
    with ThreadPoolExecutor(1) as pool:
        left, right, error, constant = neighbours._rounded(english, foreign, dtype, pool)
    products = (left @ right.T).double().numpy()
    wrong = numpy.abs(english.astype(numpy.float64) @ foreign.T.astype(numpy.float64) - constant - products)
    allowed = error + torch.finfo(dtype).eps / 2 * numpy.abs(products)
    assert (wrong <= allowed).all()


def test_errors_are_relative_to_how_far_sentences_differ() -> None:
    """Else nothing could be told of embeddings that all point into nearly one direction."""
    random = numpy.random.default_rng(0)
    with ThreadPoolExecutor(1) as pool:
        errors = [
            neighbours._rounded(*(shortened(kind(random, 300, 48)) for _ in "12"), torch.bfloat16, pool)[2]
            for kind in (anywhere, narrow)
        ]
    assert errors[1] < errors[0] * 0.01


def test_without_an_allowance_some_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the tests above would show nothing."""
    start = neighbours._Candidates.__init__

    def trusting(self: neighbours._Candidates, *words: Any) -> None:
        start(self, *words)
        self.error = self.unit = 0.0

    monkeypatch.setattr(neighbours, "_precision", lambda: torch.bfloat16)
    monkeypatch.setattr(neighbours._Candidates, "__init__", trusting)
    random = numpy.random.default_rng(0)
    with pytest.raises(AssertionError):
        assert_exact(shortened(anywhere(random, 700, 48)), shortened(anywhere(random, 900, 48)), 4, 256)


def test_neither_threads_nor_precision_change_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    random = numpy.random.default_rng(0)
    english, foreign = (shortened(narrow(random, size, 48)) for size in (500, 400))
    threads, outcomes = torch.get_num_threads(), []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            for dtype in DTYPES:
                monkeypatch.setattr(neighbours, "_precision", lambda dtype=dtype: dtype)
                outcomes.append(neighbours.nearest_both_ways(english, foreign, 4, 64))
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    for outcome in outcomes[1:]:
        for way, first in zip(outcome, outcomes[0], strict=True):
            for table, expected in zip(way, first, strict=True):
                numpy.testing.assert_array_equal(table, expected)
