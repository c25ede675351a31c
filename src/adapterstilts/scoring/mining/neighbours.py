"""The exact nearest neighbours of each sentence on the other side, both ways at once, by products in bf16.

Every cosine is computed once, roughly, and serves both directions. What it leaves possible is computed again without
any error, so that neighbours, ties and cosines do not depend on the size of the blocks, on threads, on the BLAS, or on
whether bf16 is used.

What is multiplied. Let a and b be the means of the English x and of the foreign y, u = x - a, v = y - b. Then
<x, y> = <u, v> + <x, b> + <a, y> - <a, b>, which but for a constant is the product of (u, p, 1) and (v, 1, q), where
p is <x, b> less its mean, and q is <a, y> less its own. A layer's embeddings all point into nearly one direction: u and
v are short, and errors are relative to their lengths. p and q have two columns each, as bf16 is too coarse for them.

What is kept. Let u', v', p', q' be rounded. By Cauchy and Schwarz <u', v'> errs by |u - u'| |v| + |u'| |v - v'| at
most. A sum of n products in float32, in whatever order, errs by n 2^-24 times the sum of their sizes (Higham 2002,
Accuracy and Stability of Numerical Algorithms, section 3.1, but for terms of n^2 2^-48). Let e be all of that together
with |p - p'| and |q - q'|, each at its greatest. The sum is then rounded to z, in bf16 by r |z| at most, r = 2^-8.
So the true value is between z - r |z| - e and z + r |z| + e, which both grow with z. If k products are t or more, k
true values are t - r |t| - e or more, and no candidate with z + r |z| + e < t - r |t| - e is among the k nearest. All
others are kept; a sentence with too many of them is compared without error with every candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from threading import Lock
from typing import TypeVar

import numpy
import torch

from adapterstilts.backbones.device import multiplies_bf16
from adapterstilts.base.progress import SILENT, Progress

Table = numpy.ndarray
Neighbours = tuple[Table, Table]
Outcome = TypeVar("Outcome")

_GRID = 2.0**26
"""Vectors of length 1 in whole numbers of 1/_GRID: any sum of their products is a whole number that float64 holds."""
_CHUNKS = 64
"""Chunks of a block's candidates, of each of which the greatest product is looked at first."""
_MOST = 64
"""A sentence with more candidates than that is compared with all: repeated sentences, or a cluster too dense."""
_TOGETHER = 128
"""Sentences or pairs that are computed together outside of products: 128 x 1,024 numbers fit into a cache."""


def nearest_both_ways(
    english: Table, foreign: Table, k: int, block: int, progress: Progress = SILENT
) -> tuple[Neighbours, Neighbours]:
    """(N, H), (M, H) float32, rows of length 1 (or 0) -> of each side (N, k) cosines in float64 and (N, k) numbers.

    The nearest comes first, of equals the one with the lower number; `k` is at most N and M. `progress` advances by
    English sentences. Beyond the tables it takes half their size (all of it without bf16), 2,500 bytes for each
    sentence (a third of that as a rule), and for each thread 128 for each element of a `block` x `block` table (a tenth
    of that unless most cosines are equal).
    """
    with _threads() as pool:
        left, right, error, constant = _rounded(english, foreign, _precision(), pool)
        of_english, of_foreign = (_Candidates(len(table), k, left.dtype, error) for table in (english, foreign))

        def compare(rows: slice) -> int:
            for columns in parts(len(foreign), block):
                table = left[rows] @ right[columns].T
                of_english.see(table, 0, rows.start, columns.start)
                of_foreign.see(table, 1, columns.start, rows.start)
            return rows.stop - rows.start

        for count in pool.map(compare, parts(len(english), block)):
            progress.advance(count)
        return (
            _settled(english, foreign, of_english, constant, block, pool),
            _settled(foreign, english, of_foreign, constant, block, pool),
        )


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """As many threads as torch has, each of which multiplies alone: most of what they do cannot be shared out."""
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


def _precision() -> torch.dtype:
    """bf16 where oneDNN multiplies it, several times as fast as float32 where the processor does; float32 elsewhere."""
    return torch.bfloat16 if multiplies_bf16(torch.device("cpu")) else torch.float32


def _rounded(
    english: Table, foreign: Table, dtype: torch.dtype, pool: ThreadPoolExecutor
) -> tuple[torch.Tensor, torch.Tensor, float, float]:
    """(u', p', 1) and (v', 1, q') of the module's docstring, e, and the constant."""
    width = english.shape[1]
    a, b = english.mean(0), foreign.mean(0)
    left, u, u_lost, p, p_lost, p_mean = _side(english, a, b, dtype, width, pool)
    right, v, v_lost, q, q_lost, q_mean = _side(foreign, b, a, dtype, width + 2, pool)
    # twice the bound, for what it takes to compute it, u, v, p and q
    sums = (width + 4) * 2.0**-23 * (u * v + 2.0 * (p + q))
    error = u_lost * v + u * v_lost + p_lost + q_lost + sums + 2.0 * width**0.5 / _GRID
    return left, right, error, p_mean + q_mean - float(a.astype(numpy.float64) @ b.astype(numpy.float64))


def _side(
    table: Table, own: Table, other: Table, dtype: torch.dtype, place: int, pool: ThreadPoolExecutor
) -> tuple[torch.Tensor, float, float, float, float, float]:
    """A side with offsets from column `place` on; the greatest length and offset, each with its loss; their mean."""
    width = len(own)
    rounded = torch.empty((len(table), width + 4), dtype=dtype)
    offsets = numpy.empty(len(table))

    def fill(part: slice) -> tuple[float, float]:
        offsets[part] = table[part].astype(numpy.float64) @ other.astype(numpy.float64)
        exact = torch.from_numpy(table[part] - own)
        rounded[part, :width], rounded[part, width:] = exact, 1.0
        lost = exact - rounded[part, :width]
        return exact.norm(dim=1).max().item(), lost.norm(dim=1).max().item()

    length, lost = (max(each) for each in zip(*_shared_out(pool, fill, len(table)), strict=True))
    mean = offsets.mean()
    offset = torch.from_numpy(offsets - mean)
    rounded[:, place] = offset
    rounded[:, place + 1] = offset - rounded[:, place]
    offset_lost = (offset - rounded[:, place] - rounded[:, place + 1].double()).abs().max().item()
    return rounded, length + lost, lost, offset.abs().max().item() + offset_lost, offset_lost, mean


class _Candidates:
    """For each of `count` sentences, the candidates that may be among its k nearest, of those seen so far."""

    def __init__(self, count: int, k: int, dtype: torch.dtype, error: float) -> None:
        self.lock = Lock()
        self.error, self.unit = error, torch.finfo(dtype).eps / 2.0
        self.greatest = numpy.full((count, k), -numpy.inf, numpy.float32)
        """k products of different candidates, the least first."""
        self.lowest = numpy.full(count, -numpy.inf, numpy.float32)
        """Candidates of lower products are not among the nearest; infinite where they are too many to be kept."""
        self.kept = [(numpy.empty(0, numpy.int32), numpy.empty(0, numpy.int32), numpy.empty(0, numpy.float32))]
        """Parts of what is kept: the sentences, their candidates, the products."""
        self.held, self.room = 0, _MOST // 2 * count
        """How many are kept, and how many may be before those that are no longer possible are forgotten."""

    def see(self, table: torch.Tensor, axis: int, first: int, candidate: int) -> None:
        """Products of the sentences from `first` on, along `axis`, with the candidates from `candidate` on."""
        own, others = table.shape[axis], table.shape[1 - axis]
        count = others if others % _CHUNKS else _CHUNKS
        # numbers that are not negative are in the order of their bits, and whole numbers are compared faster
        bits = table.view(torch.int16 if table.dtype == torch.bfloat16 else torch.int32)
        # chunk c has the candidates c, c + count, ...: to take the greatest of each is to compare whole rows
        chunks = bits.unflatten(1 - axis, (-1, count))
        maxima = chunks.amax(1 - axis).view(table.dtype).float().numpy()
        members = chunks.numpy()
        maxima, members = (
            (maxima, members.transpose(1, 2, 0)) if axis else (maxima.T.copy(), members.transpose(2, 0, 1))
        )
        with self.lock:
            self._raise(maxima, first)
            lowest = self.lowest[first : first + own].copy()
        # of a chunk of negative numbers only this is known
        places, sentences = _where(numpy.maximum(maxima, 0.0) >= lowest)
        products = torch.from_numpy(members[places, sentences]).view(table.dtype).float().numpy()
        hits, turns = _where(products >= lowest[sentences, None])
        numbers = candidate + places[hits] + turns * count
        kept = ((first + sentences[hits]).astype(numpy.int32), numbers.astype(numpy.int32), products[hits, turns])
        with self.lock:
            self.kept.append(kept)
            self.held += len(hits)
            if self.held > self.room:
                self.forget()
                self.room = self.held + _MOST // 2 * len(self.lowest)

    def _raise(self, maxima: Table, first: int) -> None:
        """Raise what is lowest by (C, N) products of N sentences with different candidates."""
        k = self.greatest.shape[1]
        (own,) = (maxima.max(0) > self.greatest[first : first + maxima.shape[1], 0]).nonzero()
        both = numpy.concatenate([self.greatest[first + own], maxima[:, own].T], 1)
        self.greatest[first + own] = numpy.partition(both, -k, 1)[:, -k:]
        least = self.greatest[first + own, 0].astype(numpy.float64)
        raised = self.possible_from(least - self.unit * numpy.abs(least) - self.error)
        self.lowest[first + own] = numpy.where(numpy.isposinf(self.lowest[first + own]), numpy.inf, raised)

    def possible_from(self, least: Table) -> Table:
        """The products of which true values can be `least` or more."""
        return (least - self.error) / (1.0 + self.unit * numpy.sign(least - self.error))

    def forget(self) -> tuple[Table, Table, Table]:
        """Keep only what is still possible: sentences, candidates and products."""
        sentences, numbers, products = (numpy.concatenate(each) for each in zip(*self.kept, strict=True))
        possible = products >= self.lowest[sentences]
        self.lowest[numpy.bincount(sentences[possible], minlength=len(self.lowest)) > _MOST] = numpy.inf
        possible &= products >= self.lowest[sentences]
        self.kept, self.held = [(sentences[possible], numbers[possible], products[possible])], int(possible.sum())
        return self.kept[0]


def _where(mask: Table) -> tuple[Table, Table]:
    """As `numpy.nonzero` of a table, but ten times as fast."""
    return numpy.divmod(numpy.flatnonzero(mask), mask.shape[1])


def _settled(
    queries: Table, candidates: Table, kept: _Candidates, constant: float, block: int, pool: ThreadPoolExecutor
) -> Neighbours:
    """(N, k) float64 exact cosines and (N, k) numbers of the nearest candidates, the nearest first, then by number."""
    sentences, others, products = kept.forget()
    order = numpy.lexsort((-products, sentences))
    sentences, others, products = sentences[order], others[order], products[order]
    cosines = numpy.empty(kept.greatest.shape)
    numbers = numpy.empty(kept.greatest.shape, numpy.int32)
    sure = ~numpy.isposinf(kept.lowest)
    first = numpy.searchsorted(sentences, numpy.flatnonzero(sure))[:, None] + numpy.arange(numbers.shape[1])
    exact = numpy.full(len(sentences), -numpy.inf)
    exact[first.ravel()] = _cosines(queries, sentences[first.ravel()], candidates, others[first.ravel()], pool)
    # the least of them is nearly the greatest that it can be, which leaves fewer others possible
    kept.lowest[sure] = kept.possible_from(exact[first].min(1) - constant)
    rest = numpy.isneginf(exact) & (products >= kept.lowest[sentences])
    exact[rest] = _cosines(queries, sentences[rest], candidates, others[rest], pool)
    order = numpy.lexsort((others, -exact, sentences))
    cosines[sure], numbers[sure] = exact[order[first]], others[order[first]]
    unsure = numpy.flatnonzero(~sure)
    for part in parts(len(unsure), max(1, 4 * block**2 // len(candidates))):
        rows = unsure[part]
        cosines[rows], numbers[rows] = _nearest_of_all(queries[rows], candidates, numbers.shape[1], block)
    return cosines, numbers


def _nearest_of_all(queries: Table, candidates: Table, k: int, block: int) -> Neighbours:
    """The same as `_settled` by comparing every query without error with every candidate."""
    own = _whole(queries)
    every = numpy.empty((len(queries), len(candidates)))
    for columns in parts(len(candidates), block):
        every[:, columns] = own @ _whole(candidates[columns]).T / _GRID**2
    cosines = numpy.empty((len(queries), k))
    numbers = numpy.empty((len(queries), k), numpy.int64)
    for place in range(k):
        numbers[:, place] = every.argmax(1)
        nearest = numbers[:, place, None]
        cosines[:, place] = numpy.take_along_axis(every, nearest, 1)[:, 0]
        numpy.put_along_axis(every, nearest, -numpy.inf, 1)
    return cosines, numbers


def _cosines(queries: Table, rows: Table, candidates: Table, others: Table, pool: ThreadPoolExecutor) -> Table:
    """(P,) exact cosines of the queries `rows`, which are in order, each with one of the candidates."""

    def cosines(part: slice) -> Table:
        fresh = numpy.ones(part.stop - part.start, bool)
        fresh[1:] = rows[part][1:] != rows[part][:-1]
        own = _whole(queries[rows[part][fresh]])[fresh.cumsum() - 1]
        return numpy.einsum("ij,ij->i", own, _whole(candidates[others[part]])) / _GRID**2

    return numpy.concatenate([numpy.empty(0), *_shared_out(pool, cosines, len(rows))])


def _whole(table: Table) -> Table:
    """In whole numbers of 1/_GRID, as float64, so that products are summed without error in any order."""
    table = table * numpy.float32(_GRID)
    return numpy.rint(table, out=table).astype(numpy.float64)


def _shared_out(pool: ThreadPoolExecutor, work: Callable[[slice], Outcome], count: int) -> Iterator[Outcome]:
    """What `work` makes of each slice of `_TOGETHER`, in order; many are a task, as handing one over takes time."""

    def task(slices: list[slice]) -> list[Outcome]:
        return [work(part) for part in slices]

    slices = list(parts(count, _TOGETHER))
    return chain.from_iterable(pool.map(task, (slices[part] for part in parts(len(slices), 32))))


def parts(count: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`, in order, that make up `count`."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
