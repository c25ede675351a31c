"""Which rows a limit takes: a sample by a hash, so that every method, seed and machine has the same rows.

The first rows of a file are no sample: ANLI+ begins with ANLI's first round, SQuAD with its first articles.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence

from adapterstilts.rows.formats import Row

_SALT = "adapterstilts sample 1"


def sample(parts: Sequence[Sequence[Row]], limit: int | None) -> list[Row]:
    """`limit` rows (None, or more than there are: all) of `parts` together, in their order.

    Each part is drawn from in proportion to its rows, to within one for up to three parts and nearly so for more
    (Webster's method). Which rows of a part follows from their ids alone: a smaller sample is a part of a larger
    one, and files that are parallel, such as XNLI's, with the same id for the same item in each language, give the
    same items.
    """
    rows = [row for part in parts for row in part]
    if limit is None or limit >= len(rows):
        return rows
    places: list[tuple[float, int]] = []
    for part in parts:
        begin = len(places)
        drawn = sorted((_draw(row["id"]), place) for place, row in enumerate(part, begin))
        places += (((rank + 0.5) / len(part), place) for rank, (_, place) in enumerate(drawn))
    return [rows[place] for place in sorted(place for _, place in heapq.nsmallest(limit, places))]


def _draw(identifier: str) -> bytes:
    return hashlib.sha256(f"{_SALT}\0{identifier}".encode()).digest()
