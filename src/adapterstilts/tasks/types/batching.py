"""Rows to batches: tokenised once, ordered so that sentences of like length meet, named by a digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy

from adapterstilts.tasks.types import Feature
from adapterstilts.tasks.types.features import Features, ids_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVALUATION_BATCH = 128
"""Features that are evaluated at a time, unless a caller says otherwise."""
EVALUATION_TOKENS = 8192
"""Tokens that are evaluated at a time, at most: more are no faster, and their hidden states are held."""
SORTED_TOGETHER = 50
"""How many batches' worth of shuffled features are sorted by length together in training."""


def lengths_of(features: Sequence[Feature]) -> NDArray[numpy.int64]:
    """(N,): the tokens in each feature's longest sequence."""
    lengths, sequences = ids_of(features).sequences()
    if sequences is None:
        return lengths
    parts = numpy.split(lengths, numpy.cumsum(sequences)[:-1])
    return numpy.fromiter((part.max(initial=0) for part in parts), dtype=numpy.int64, count=len(features))


def token_counts_of(features: Sequence[Feature]) -> NDArray[numpy.int64]:
    """(N,): the tokens in all of each feature's sequences, without padding."""
    lengths, sequences = ids_of(features).sequences()
    if sequences is None:
        return lengths
    before = numpy.concatenate([[0], numpy.cumsum(lengths)])
    return numpy.diff(before[numpy.concatenate([[0], numpy.cumsum(sequences)])])


def pieces_of(*groups: Sequence[Feature]) -> NDArray[numpy.int64]:
    """(P,): every token id that occurs in the groups of features, once."""
    return numpy.unique(numpy.concatenate([ids_of(features).flat for features in groups])).astype(numpy.int64)


def training_batches(
    lengths: NDArray[numpy.int64], batch_size: int, seed: int, epoch: int
) -> list[NDArray[numpy.int64]]:
    """Every feature's index once, in batches of `batch_size` (one of them may be smaller), in random order.

    Shuffled, then sorted by length within chunks of 50 batches, cut, and the batches shuffled: little
    padding, and still another order in each epoch. A function of its arguments alone, so that a resumed run
    sees the same.
    """
    random = numpy.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    chunk = batch_size * SORTED_TOGETHER
    batches: list[NDArray[numpy.int64]] = []
    for start in range(0, len(order), chunk):
        part = order[start : start + chunk]
        part = part[numpy.argsort(lengths[part], kind="stable")]
        batches.extend(part[begin : begin + batch_size] for begin in range(0, len(part), batch_size))
    return [batches[number] for number in random.permutation(len(batches))]


def evaluation_batches(features: Sequence[Feature], batch_size: int) -> list[NDArray[numpy.int64]]:
    """Every feature's index once, in batches of `batch_size` features and `EVALUATION_TOKENS` padded tokens at most.

    The longest come first: if memory is short, it is so at once. A feature that is longer is a batch of its own.
    """
    order = numpy.argsort(-lengths_of(features), kind="stable")
    tokens = token_counts_of(features)[order]
    batches, begin = [], 0
    while begin < len(order):
        room = EVALUATION_TOKENS // int(tokens[begin : begin + batch_size].max())
        batches.append(order[begin : begin + max(1, min(room, batch_size))])
        begin += len(batches[-1])
    return batches


def digest(features: Sequence[Feature]) -> str:
    """Sha256 over all that training reads of the features: equal if and only if they are the same in the
    same order.
    """
    return Features.of(features).digest()
