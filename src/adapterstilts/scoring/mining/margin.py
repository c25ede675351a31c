"""Bitext mining by the ratio margin of Artetxe and Schwenk (2019, https://arxiv.org/abs/1811.01136), as BUCC needs it.

Each block of cosines is computed once, in float32, and serves both directions. What it finds is then computed again
without any error, so that pairs, ties and scores do not depend on the size of the blocks, on threads or on the BLAS.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy

from adapterstilts.base.progress import SILENT, Progress

Table = numpy.ndarray
Pair = tuple[int, int, float]

_SPARE = 4
"""How many more neighbours are kept than asked for, since float32 may have put the last of them in the wrong order."""
_GRID = 2.0**26
"""Vectors of length 1 in whole numbers of 1/_GRID: any sum of their products is a whole number that float64 holds."""
_ROWS = 16
"""Sentences that are looked up together: their 8 neighbours, 1,024 wide, are 1 MB, which fits into a cache."""


def mine(
    english: Table, foreign: Table, neighbours: int = 4, block: int = 1024, progress: Progress = SILENT
) -> list[Pair]:
    """(N, H), (M, H) float32, rows of length 1 -> pairs (row of `english`, row of `foreign`, score), the best first.

    The score is the cosine over the mean of both sentences' mean cosines to their `neighbours` nearest (0 where that
    mean is 0). The best pairs of either direction compete, and no sentence is in two ("max" retrieval in XTREME's
    script). Of equal cosines and of equal scores the first rows come first. `progress` advances by English sentences.

    Beyond the two tables it takes 500 bytes for each sentence and 128 for each element of a `block` x `block` table, or
    128 MB (a fifth of that unless most cosines are equal) if H is `block` at most.
    """
    k = min(neighbours, len(english), len(foreign))
    if k < 1:
        return []
    near_english = _Nearest(len(english), min(k + _SPARE, len(foreign)), numpy.float32)
    near_foreign = _Nearest(len(foreign), min(k + _SPARE, len(english)), numpy.float32)
    for rows in _parts(len(english), block):
        for columns in _parts(len(foreign), block):
            cosines = english[rows] @ foreign[columns].T
            near_english.see(cosines, 0, rows.start, columns.start)
            near_foreign.see(cosines, 1, columns.start, rows.start)
        progress.advance(min(block, len(english) - rows.start))
    cosines, numbers = _settled(english, foreign, near_english, k, block)
    back_cosines, back_numbers = _settled(foreign, english, near_foreign, k, block)
    means, back_means = cosines.mean(1), back_cosines.mean(1)
    best, scores = _best(cosines, numbers, means, back_means)
    back_best, back_scores = _best(back_cosines, back_numbers, back_means, means)
    return _without_repeats(
        numpy.concatenate([numpy.arange(len(english)), back_best]),
        numpy.concatenate([best, numpy.arange(len(foreign))]),
        numpy.concatenate([scores, back_scores]),
    )


class _Nearest:
    """For each of some sentences, the `keep` candidates of greatest cosine among those seen so far, the greatest first.

    Of equal cosines that which was seen first stays.
    """

    def __init__(self, count: int, keep: int, dtype: Any) -> None:
        self.cosines = numpy.full((count, keep), -numpy.inf, dtype)
        self.numbers = numpy.zeros((count, keep), numpy.int32)

    def see(self, table: Table, axis: int, first: int, candidate: int) -> None:
        """Cosines of the sentences from `first` on, along `axis`, with the candidates from `candidate` on."""
        own = slice(first, first + table.shape[axis])
        keep, width = self.cosines.shape[1], table.shape[1 - axis]
        lowest = self.cosines[own, -1]
        if width > keep and numpy.isneginf(lowest).any():
            # of a first block only its own best can stay: without this every element of it would have to be sorted
            bound = numpy.partition(table, width - keep, 1 - axis).take(width - keep, 1 - axis)
            lowest = numpy.maximum(lowest, numpy.nextafter(bound, -numpy.inf, dtype=bound.dtype))
        places = numpy.flatnonzero(table > (lowest if axis else lowest[:, None]))
        if len(places):
            both = numpy.divmod(places, table.shape[1])
            self._insert(both[axis] + first, both[1 - axis] + candidate, table.ravel()[places])

    def _insert(self, sentences: Table, candidates: Table, cosines: Table) -> None:
        keep = self.cosines.shape[1]
        touched, owners = numpy.unique(sentences, return_inverse=True)
        owners = numpy.concatenate([numpy.repeat(numpy.arange(len(touched)), keep), owners])
        cosines = numpy.concatenate([self.cosines[touched].ravel(), cosines])
        candidates = numpy.concatenate([self.numbers[touched].ravel(), candidates])
        order = numpy.lexsort((-cosines, owners))
        starts = numpy.searchsorted(owners[order], numpy.arange(len(touched)))
        best = order[starts[:, None] + numpy.arange(keep)]
        self.cosines[touched], self.numbers[touched] = cosines[best], candidates[best]


def _settled(queries: Table, candidates: Table, seen: _Nearest, k: int, block: int) -> tuple[Table, Table]:
    """(N, k) float64 exact cosines and (N, k) numbers of the nearest candidates, the nearest first, then by number."""
    cosines = numpy.empty((len(queries), k))
    numbers = numpy.empty((len(queries), k), numpy.int32)
    for part in _parts(len(queries), _ROWS):
        seen_numbers = seen.numbers[part]
        exact = _products(candidates[seen_numbers], queries[part][:, :, None])[:, :, 0]
        order = numpy.lexsort((seen_numbers, -exact))[:, :k]
        cosines[part], numbers[part] = (numpy.take_along_axis(table, order, 1) for table in (exact, seen_numbers))
    if seen.cosines.shape[1] < len(candidates):
        # by so little do cosines in float32 err, but for one in 10^11 (Higham and Mary 2019, doi 10.1137/18M1226312)
        error = 8.0 * queries.shape[1] ** 0.5 * 2.0**-24
        unsure = numpy.flatnonzero(cosines[:, -1] <= seen.cosines[:, -1] + error)
        for part in _parts(len(unsure), block):
            rows = unsure[part]
            nearest = _Nearest(len(rows), k, numpy.float64)
            for columns in _parts(len(candidates), block):
                nearest.see(_products(queries[rows], candidates[columns].T), 0, 0, columns.start)
            cosines[rows], numbers[rows] = nearest.cosines, nearest.numbers
    return cosines, numbers


def _products(left: Table, right: Table) -> Table:
    """The matrix product in float64, the same whatever the order in which it is summed."""
    whole = (numpy.rint(table * numpy.float32(_GRID)).astype(numpy.float64) for table in (left, right))
    return numpy.matmul(*whole) / _GRID**2


def _best(cosines: Table, numbers: Table, means: Table, other_means: Table) -> tuple[Table, Table]:
    """(N,) the number of each sentence's candidate of greatest margin, and (N,) the margin."""
    divisors = (means[:, None] + other_means[numbers]) / 2.0
    scores = numpy.divide(cosines, divisors, out=numpy.zeros_like(cosines), where=divisors != 0.0)
    first = numpy.lexsort((numbers, -scores))[:, :1]
    best, best_scores = (numpy.take_along_axis(table, first, 1)[:, 0] for table in (numbers, scores))
    return best, best_scores


def _without_repeats(english: Table, foreign: Table, scores: Table) -> list[Pair]:
    """The pairs in the order of their scores, but for those with a sentence that a better pair has."""
    kept: list[Pair] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for place in numpy.lexsort((foreign, english, -scores)).tolist():
        english_row, foreign_row = int(english[place]), int(foreign[place])
        if english_row not in taken[0] and foreign_row not in taken[1]:
            taken[0].add(english_row)
            taken[1].add(foreign_row)
            kept.append((english_row, foreign_row, float(scores[place])))
    return kept


def _parts(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def best_threshold(pairs: Sequence[Pair], gold: Collection[tuple[int, int]]) -> float:
    """The score from which on `pairs`, the best first, have the greatest F1 against `gold`."""
    right, best, threshold = 0, 0.0, float("inf")
    for number, (english, foreign, score) in enumerate(pairs, 1):
        right += (english, foreign) in gold
        f1 = 2.0 * right / (number + len(gold))
        if f1 > best:
            following = pairs[number][2] if number < len(pairs) else score
            best, threshold = f1, (score + following) / 2.0
    return threshold
