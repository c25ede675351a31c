"""How long a study's runs take here, by what others took: a journal in the output folder has a line for each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.base import files
from adapterstilts.methods.settings import COMPOSITIONS
from adapterstilts.runs.run import Run
from adapterstilts.studies.planning import Planned

JOURNAL = "study.jsonl"
_BETWEEN = ", "
_EVALUATE = "evaluate"


@dataclass(frozen=True)
class Told:
    """How well runs were predicted: of `runs` the median of what they took, as a share of it, and its quartiles."""

    runs: int
    median: float
    quartiles: tuple[float, float]


class Pace:
    """What runs took. A run takes as long as others of its kind: of the same system, on the same work.

    Of a kind that is new here, what other systems took for the same work is known, and by how much this system is
    slower or faster on what both have done; else what its method takes, or if nothing is trained what measuring takes.
    Where nothing was carried out yet, what training took of those `elsewhere` that are done has to do.
    """

    def __init__(self, output: Path, elsewhere: Iterable[Planned] = ()) -> None:
        self._path = output / JOURNAL
        self._seconds: dict[tuple[str, str], list[float]] = {}
        self._by_run: dict[str, float] = {}
        self._shares: list[float] = []
        lines = self._path.read_text(encoding="utf-8", errors="replace") if self._path.is_file() else ""
        for line in lines.splitlines():
            with suppress(KeyError, TypeError, ValueError):  # one that was being written when its process was killed
                told = json.loads(line)
                seconds, kind = float(told["seconds"]), _parted(str(told["kind"]))
                self._seconds.setdefault(kind, []).append(seconds)
                self._by_run[str(told["id"])] = self._by_run.get(str(told["id"]), 0.0) + seconds
                if told.get("predicted"):
                    self._shares.append(seconds / float(told["predicted"]))
        self.is_of_elsewhere = not self._seconds
        for planned in elsewhere if self.is_of_elsewhere else ():
            if planned.trained:
                self._seconds.setdefault(_kind(planned), []).append(planned.trained)

    def seconds(self, planned: Planned) -> float | None:
        """Return how long a run takes; None if nothing here tells."""
        medians = {kind: statistics.median(each) for kind, each in self._seconds.items()}
        system, work = kind = _kind(planned)
        if kind in medians:
            return medians[kind]
        by_others = [
            seconds * ratio
            for (other, same), seconds in medians.items()
            if same == work and (ratio := _ratio(medians, system, other)) is not None
        ]
        own_method = [seconds for (other, _), seconds in medians.items() if _first(other) == _first(system)]
        known = by_others or own_method
        return statistics.median(known) if known else None

    def taken(self, run: Run) -> float:
        """Return the seconds that a run took here, each time that it was carried out; 0 if it was not."""
        return self._by_run.get(run.id, 0.0)

    def told(self) -> Told | None:
        """Return how well the runs of the journal were predicted; None before there are four of them."""
        if len(self._shares) < 4:
            return None
        low, median, high = statistics.quantiles(self._shares, n=4)
        return Told(len(self._shares), median, (low, high))

    def copy_to(self, output: Path) -> None:
        """Add the lines of the journal to that of another folder, each once."""
        paths = [path for path in (output / JOURNAL, self._path) if path.is_file()]
        if text := joined(path.read_text(encoding="utf-8") for path in paths):
            files.write_text(output / JOURNAL, text)

    def note(self, planned: Planned, seconds: float, predicted: float | None) -> None:
        """Remember how long a run took, and was thought to take; a full disk remembers nothing."""
        self._seconds.setdefault(_kind(planned), []).append(seconds)
        kind = _joined(_kind(planned)).removeprefix(f"{_EVALUATE}{_BETWEEN}")
        told = {"id": planned.run.id, "kind": kind, "seconds": round(seconds, 1)}
        told |= {"predicted": round(predicted, 1)} if predicted else {}
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as journal:
                journal.write(f"{json.dumps(told)}\n")


def joined(journals: Iterable[str]) -> str:
    """Return the lines of journals, each once."""
    lines = dict.fromkeys(line for text in journals for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines)


def _kind(planned: Planned) -> tuple[str, str]:
    """What decides how long a run takes: its system (method, composition, number of sources) and its work."""
    run = planned.run
    steps = run.settings.get("max_steps") or run.settings.get("epochs")
    system = (run.method, run.structure, len(run.sources) if run.structure else None)
    return _parted(_joined((*system, run.task, run.target, steps, " ".join(planned.languages))))


def _joined(facts: Iterable[object]) -> str:
    return _BETWEEN.join(str(fact) for fact in facts if fact)


def _parted(kind: str) -> tuple[str, str]:
    """The system and the work of a kind as the journal has it; what is only measured is no training."""
    method, *rest = kind.split(_BETWEEN)
    structure, work = (rest[:2], rest[2:]) if rest and rest[0] in COMPOSITIONS else ([], rest)
    measured = work[:1] != work[1:2] and structure[:1] != ["merge"]
    return _joined([*([_EVALUATE] if measured else []), method, *structure]), _joined(work)


def _first(system: str) -> str:
    return system.partition(_BETWEEN)[0]


def _ratio(medians: Mapping[tuple[str, str], float], system: str, other: str) -> float | None:
    """How much longer one system takes than another, by what both have done."""
    ratios = [
        seconds / medians[other, work]
        for (own, work), seconds in medians.items()
        if own == system and (other, work) in medians
    ]
    return statistics.median(ratios) if ratios else None
