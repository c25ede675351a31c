"""Rows to batches: tokenised once, ordered so that sentences of like length meet, named by a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy

from adapterstilts.tasks.types import Feature, sequences

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
    return numpy.fromiter(map(sequences.sequence_length, features), dtype=numpy.int64, count=len(features))


def token_counts_of(features: Sequence[Feature]) -> NDArray[numpy.int64]:
    """(N,): the tokens in all of each feature's sequences, without padding."""
    return numpy.fromiter(map(sequences.token_count, features), dtype=numpy.int64, count=len(features))


def pieces_of(features: Sequence[Feature]) -> NDArray[numpy.int64]:
    """(P,): every token id that occurs in the features, once."""
    return numpy.unique(numpy.concatenate([_flat(feature["input_ids"]) for feature in features]))


def _flat(ids: Any) -> NDArray[numpy.int64]:
    nested = ids if ids and isinstance(ids[0], list) else [ids]
    return numpy.fromiter(chain.from_iterable(nested), dtype=numpy.int64)


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
    sha256 = hashlib.sha256()
    nested = [ids if ids and isinstance(ids[0], list) else [ids] for ids in (f["input_ids"] for f in features)]
    flat = list(chain.from_iterable(nested))
    counts = numpy.fromiter(map(len, flat), dtype="<i4", count=len(flat))
    tokens = numpy.fromiter(chain.from_iterable(flat), dtype="<i4", count=int(counts.sum()))
    sha256.update(counts.tobytes())
    sha256.update(tokens.tobytes())
    for feature in features:
        rest = {key: value for key, value in feature.items() if key not in ("input_ids", "offsets")}
        sha256.update(json.dumps(rest, sort_keys=True, default=_plain).encode())
    return sha256.hexdigest()


def _plain(value: Any) -> Any:
    return [value.start, value.stop] if isinstance(value, range) else str(value)
