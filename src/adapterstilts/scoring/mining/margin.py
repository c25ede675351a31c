"""Bitext mining by the ratio margin of Artetxe and Schwenk (2019, https://arxiv.org/abs/1811.01136), as BUCC needs it.

Neighbours and their cosines are exact, so that pairs, ties and scores are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy

from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.scoring.mining.neighbours import nearest_both_ways

Table = numpy.ndarray
Pair = tuple[int, int, float]


def mine(
    english: Table, foreign: Table, neighbours: int = 4, block: int = 1024, progress: Progress = SILENT
) -> list[Pair]:
    """(N, H), (M, H) float32, rows of length 1 -> pairs (row of `english`, row of `foreign`, score), the best first.

    The score is the cosine over the mean of both sentences' mean cosines to their `neighbours` nearest (0 where that
    mean is 0). The best pairs of either direction compete, and no sentence is in two ("max" retrieval in XTREME's
    script). Of equal cosines and of equal scores the first rows come first. `progress` advances by English sentences.

    Beyond the two tables it takes what `nearest_both_ways` says.
    """
    k = min(neighbours, len(english), len(foreign))
    if k < 1:
        return []
    (cosines, numbers), (back_cosines, back_numbers) = nearest_both_ways(english, foreign, k, block, progress)
    means, back_means = cosines.mean(1), back_cosines.mean(1)
    best, scores = _best(cosines, numbers, means, back_means)
    back_best, back_scores = _best(back_cosines, back_numbers, back_means, means)
    return _without_repeats(
        numpy.concatenate([numpy.arange(len(english)), back_best]),
        numpy.concatenate([best, numpy.arange(len(foreign))]),
        numpy.concatenate([scores, back_scores]),
    )


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
