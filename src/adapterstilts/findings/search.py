"""Searches for a learning rate: what each rate scored on English validation rows, and which one that chooses. No torch.

It is the lowest whose score is within a standard error of the best (the rule of Breiman et al. 1984, Classification and
Regression Trees, section 3.4.3): of rates that cannot be told apart, the one that changes least.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapterstilts.runs import words
from adapterstilts.runs.results import Result

_RATE = "learning_rate"


@dataclass(frozen=True)
class Search:
    """The rates that one system was trained with on a task: `scores` from 0 to 100 on `rows` validation rows."""

    task: str
    system: str
    scores: Mapping[float, float]
    rows: int

    @property
    def standard_error(self) -> float:
        """That of the best score, in points, as if it were a share of right rows."""
        share = min(1.0, max(self.scores.values()) / 100)
        return 100 * math.sqrt(share * (1 - share) / self.rows)

    @property
    def chosen(self) -> float:
        """The lowest rate whose score is within a standard error of the best."""
        least = max(self.scores.values()) - self.standard_error
        return min(rate for rate, score in self.scores.items() if score >= least)

    @property
    def is_open(self) -> bool:
        """Whether the best is the highest or the lowest rate that was tried, so that one beyond it may be better."""
        best = max(self.scores, key=lambda rate: self.scores[rate])
        return best in (min(self.scores), max(self.scores))


def searches(results: Iterable[Result]) -> list[Search]:
    """Return the searches among results, of seed 0: systems that were trained with several learning rates alone."""
    scores: dict[tuple[str, str], dict[float, float]] = {}
    rows: dict[tuple[str, str], int] = {}
    for result in results:
        run, facts = result.run, result.facts
        if run.task is None or run.target != run.task or run.seed or "best_validation_score" not in facts:
            continue
        changed = words.changed(run)
        changed.pop(_RATE, None)
        if changed or _RATE not in run.settings or run.control:
            continue
        key = run.task, _system(result)
        scores.setdefault(key, {})[float(run.settings[_RATE])] = float(facts["best_validation_score"])
        rows[key] = int(facts.get("validation_rows", 0)) or rows.get(key, 0)
    return [
        Search(task, system, dict(sorted(each.items())), rows[task, system])
        for (task, system), each in sorted(scores.items())
        if len(each) > 1 and rows[task, system]
    ]


def _system(result: Result) -> str:
    return words.label_of(result.run).partition(f" ({_RATE}=")[0]
