"""Which ranks the intervals of a comparison allow each of its systems. No torch.

On public leaderboards hardly any neighbours can be told apart, so a rank by itself says more than was measured.
"""

from __future__ import annotations

import statistics
from itertools import combinations

from adapterstilts.findings.compare import Comparison, Row, half_width
from adapterstilts.findings.intervals import interval_of, mean_drawn

Ranks = dict[str, tuple[int, int]]


def ranks(compared: Comparison) -> Ranks:
    """Return by a row's label the best and the worst rank that it may have, 1 being the best.

    A system is above another where the 95 % interval of their difference says so: the one over seeds (paired t) if both
    have two seeds or more, and the one over test rows (bootstrap) if both tell of these. Where both are known, both
    have to say so. A system of one seed that does not tell of its rows has no rank, nor has one without an average
    over all languages; where no two can be told apart, none has.
    """
    rows = [row for row in compared.rows if len(compared.averages(row)) > 1 or _is_drawn(compared, row)]
    above = {row.label: 0 for row in rows}
    below = dict(above)
    for first, second in combinations(rows, 2):
        sign = _sign(compared, first, second)
        for upper, lower in [(first, second)] if sign > 0 else [(second, first)] if sign < 0 else []:
            above[lower.label] += 1
            below[upper.label] += 1
    if not any(above.values()):
        return {}
    return {row.label: (1 + above[row.label], len(rows) - below[row.label]) for row in rows}


def _is_drawn(compared: Comparison, row: Row) -> bool:
    return any(result.run.id in compared.drawn for result in row.results)


def _sign(compared: Comparison, first: Row, second: Row) -> int:
    """1 where the first is surely above the second, -1 where it is below, and 0 where they cannot be told apart."""
    own, other = compared.by_seed(first), compared.by_seed(second)
    seeds = sorted(own.keys() & other.keys())
    signs = []
    if len(seeds) > 1:
        differences = [(own[seed].average or 0.0) - (other[seed].average or 0.0) for seed in seeds]
        mean, half = statistics.fmean(differences), half_width(differences) or 0.0
        signs.append((mean > half) - (mean < -half))
    drawn = [mean_drawn([each[seed].run.id for seed in seeds], compared.drawn) for each in (own, other)]
    if drawn[0] is not None and drawn[1] is not None:
        low, high = interval_of(drawn[0] - drawn[1])
        signs.append((low > 0) - (high < 0))
    return signs[0] if signs and len(set(signs)) == 1 else 0
