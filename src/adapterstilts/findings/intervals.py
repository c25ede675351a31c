"""How far test rows determine a score: rows are drawn again, with replacement (Efron 1979). No torch.

All systems and seeds are scored on the same draws, so that differences are paired; where the rows of all languages are
translations of each other, so are the draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from adapterstilts.runs.items import unpacked
from adapterstilts.runs.results import Result
from adapterstilts.tasks import Task

if TYPE_CHECKING:
    import numpy

DRAWS = 1000
LEVEL = 95
"""Per cent of the draws between the ends of an interval."""


def drawn_averages(results: Iterable[Result], target: Task, languages: Sequence[str]) -> dict[str, numpy.ndarray]:
    """Return by a run's id its average over `languages` in each of `DRAWS` draws of the test rows, 0 to 100.

    Results that do not tell of the rows of each language, or of another number of rows than most, are left out.
    """
    import numpy

    rows = {
        result.run.id: {language: unpacked(result.items[language]) for language in languages}
        for result in results
        if languages and set(languages) == set(result.items)
    }
    counts = [tuple(each[language].shape[1] for language in languages) for each in rows.values()]
    if not counts:
        return {}
    usual = max(set(counts), key=counts.count)
    kept = {run: each for (run, each), count in zip(rows.items(), counts, strict=True) if count == usual}
    totals = {run: numpy.zeros(DRAWS) for run in kept}
    for language, count in zip(languages, usual, strict=True):
        together = target.parallel and len(set(usual)) == 1
        drawn = _draws(f"{target.name} {'' if together else language}", count)
        for run, each in kept.items():
            right, whole = (drawn @ each[language].T.astype(numpy.float32)).T
            totals[run] += 100 * numpy.divide(right, whole, out=numpy.zeros(DRAWS), where=whole > 0)
    return {run: total / len(languages) for run, total in totals.items()}


def _draws(name: str, count: int) -> numpy.ndarray:
    """How often each of `count` rows is in each draw, (DRAWS, count); the same whenever the name is."""
    import numpy

    random = numpy.random.default_rng(zlib.crc32(name.encode()))
    places = random.integers(0, count, size=(DRAWS, count)) + count * numpy.arange(DRAWS)[:, None]
    return numpy.bincount(places.ravel(), minlength=DRAWS * count).reshape(DRAWS, count).astype(numpy.float32)


def interval_of(drawn: numpy.ndarray) -> tuple[float, float]:
    """Return the ends of the 95 % interval of what was drawn, by its percentiles."""
    import numpy

    low, high = numpy.percentile(drawn, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return float(low), float(high)


def mean_drawn(runs: Iterable[str], drawn: Mapping[str, numpy.ndarray]) -> numpy.ndarray | None:
    """Return the mean over runs in each draw; None unless all of them were drawn."""
    parts = [drawn.get(run) for run in runs]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    total: numpy.ndarray = sum(known[1:], known[0])
    return total / len(known)
