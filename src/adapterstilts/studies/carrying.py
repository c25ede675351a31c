"""Carrying out a study's runs: each after those that it builds on, by an engine, whichever that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from adapterstilts.studies.planning import Planned


@dataclass(frozen=True)
class Finished:
    """A run that ended: its average score, or why there is none, and the seconds that it took.

    `computed` is False where another study had carried it out, and it was only read. `elsewhere`: it was not begun,
    since another study is carrying it out.
    """

    planned: Planned
    average: float | None
    error: str | None
    seconds: float
    computed: bool = True
    elsewhere: bool = False


class Engine(Protocol):
    """Where runs are computed."""

    def has_room(self) -> bool:
        """Return whether it takes another run now."""

    def start(self, planned: Planned, wait: bool) -> None:
        """Begin a run; while another study carries it out, wait for that, or else end at once."""

    def ended(self) -> list[Finished]:
        """Wait for a run that was begun to end, and return what became of it and of others that ended with it."""

    def close(self) -> None:
        """Let no more runs begin, and give back what it holds."""


def carry_out(runs: Sequence[Planned], engine: Engine) -> Iterator[Finished]:
    """Carry out runs and yield each as it ends; the engine is closed at the end.

    A run comes after those that it builds on. One that fails, or takes its process with it, leaves the others; those
    that build on it say what they lack. What is stopped goes on from its checkpoints. What another study is carrying
    out comes last, and is then only read.
    """
    waiting, computing, elsewhere = list(runs), list[Planned](), list[Planned]()
    try:
        while waiting or computing:
            while engine.has_room() and (ready := _next(waiting, computing)):
                waiting.remove(ready)
                computing.append(ready)
                engine.start(ready, wait=ready in elsewhere)
            for ended in engine.ended():
                computing.remove(ended.planned)
                if ended.elsewhere:
                    elsewhere.append(ended.planned)
                    waiting.append(ended.planned)
                else:
                    yield ended
    finally:
        engine.close()


def _next(waiting: Sequence[Planned], computing: Sequence[Planned]) -> Planned | None:
    """The first run that builds on nothing that is still to be made, and whose adapter nobody is making."""
    making = {planned.run.adapter.id for planned in computing}
    to_be_made = making | {planned.run.adapter.id for planned in waiting}
    for planned in waiting:
        builds_on = {source.id for source in planned.run.built_on}
        if planned.run.adapter.id not in making and not builds_on & to_be_made:
            return planned
    return None
