"""What is learned: features with their loss, and where there are several, which of them an update is about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy
from numpy.typing import NDArray

from adapterstilts.tasks.types import Feature, Learnable, batching
from adapterstilts.training.settings import TrainingSettings


@dataclass(frozen=True)
class Objective:
    """Features, and the task type that collates them and has their loss.

    `head` is the name of the model's head, None where it has one alone. Of several objectives each has a share of the
    updates by `counted`, as how many features it counts (None: as many as there are), and batches of its own size
    (`batch_size` None: that of the settings).
    """

    task_type: Learnable
    features: Sequence[Feature]
    head: str | None = None
    counted: float | None = None
    batch_size: int | None = None

    @property
    def size(self) -> float:
        """How many features it counts as."""
        return len(self.features) if self.counted is None else self.counted

    @cached_property
    def lengths(self) -> NDArray[numpy.int64]:
        """The tokens in each feature's longest sequence, (N,)."""
        return batching.lengths_of(self.features)

    @cached_property
    def token_counts(self) -> NDArray[numpy.int64]:
        """The tokens in all of each feature's sequences, (N,)."""
        return batching.token_counts_of(self.features)

    def identity(self) -> Any:
        """What determines it, as plain JSON."""
        return [self.head, self.size, self.batch_size, batching.digest(self.features)]


def updates_of_epoch(objectives: Sequence[Objective], batch_size: int) -> int:
    """Return how many updates an epoch of all has."""
    return sum(math.ceil(each.size / (each.batch_size or batch_size)) for each in objectives)


class Schedule:
    """Which features each update takes: a function of the settings alone, so that a resumed run sees the same.

    Of several objectives one is drawn for each update, by its share; each goes through its own epochs.
    """

    def __init__(self, objectives: Sequence[Objective], settings: TrainingSettings, updates: int) -> None:
        self._objectives, self._size, self._seed = objectives, settings.batch_size, settings.seed
        sizes = numpy.array([objective.size for objective in objectives], dtype=float)
        random = numpy.random.default_rng([settings.seed, len(objectives)])
        self._drawn = random.choice(len(objectives), updates, p=sizes / sizes.sum()) if len(objectives) > 1 else None
        self._batches: dict[int, tuple[int, list[NDArray[numpy.int64]]]] = {}

    def at(self, update: int) -> tuple[Objective, NDArray[numpy.int64]]:
        """Return the objective of an update, from 0, and its features' indices."""
        number, turn = 0, update
        if self._drawn is not None:
            number = int(self._drawn[update])
            turn = int((self._drawn[:update] == number).sum())
        objective = self._objectives[number]
        size = objective.batch_size or self._size
        of_epoch = math.ceil(len(objective.features) / size)
        epoch, place = divmod(turn, of_epoch)
        if number not in self._batches or self._batches[number][0] != epoch:
            batches = batching.training_batches(objective.lengths, size, self._seed, epoch)
            self._batches[number] = epoch, batches
        return objective, self._batches[number][1][place]
