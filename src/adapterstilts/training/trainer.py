"""Drives the loop: one training by itself, or several whose batches go through one frozen backbone together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate.tracking import GeneralTracker
from torch import Tensor, nn

from adapterstilts.backbones.device import precision_on
from adapterstilts.base import processes
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.packed.draws import Draws
from adapterstilts.tasks.types import Feature, TaskType
from adapterstilts.training import logs
from adapterstilts.training.loop import Clock, Loop, Pass
from adapterstilts.training.objectives import Objective, updates_of_epoch
from adapterstilts.training.settings import TrainingRecord, TrainingSettings


class Trainable(Protocol):
    """What the loop needs of a model, an `nn.Module`: batch -> outputs, or with several heads (batch, name)."""

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        """By name: what is trained and checkpointed."""

    def regularisation(self) -> Tensor | None:
        """A term to add to each update's loss, or None."""


@dataclass(frozen=True)
class Training:
    """A training to carry out; what each of these is `train` says."""

    model: Any
    objectives: Sequence[Objective]
    validate: Callable[[], float] | None
    settings: TrainingSettings
    pad_token_id: int
    folder: Path | None = None
    resume: bool = False
    progress: Progress = SILENT
    log_folder: Path | None = None
    tracker: str | GeneralTracker | None = None

    @property
    def steps(self) -> int:
        """How many updates there are at most."""
        return self.settings.updates(updates_of_epoch(self.objectives, self.settings.batch_size))


Forward = Callable[[Sequence[Mapping[str, Tensor]]], Sequence[Mapping[str, Tensor]]]
"""The batches of several models to the outputs of each."""
Together = Callable[[Sequence[Any], Sequence[Draws]], Forward]
"""Models that are trained, and what each draws from, to the forward pass of all of them."""


def train(
    model: Any,
    task_type: TaskType,
    features: Sequence[Feature],
    validate: Callable[[], float] | None,
    settings: TrainingSettings,
    pad_token_id: int,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = SILENT,
    log_folder: Path | None = None,
    tracker: str | GeneralTracker | None = None,
) -> TrainingRecord:
    """Train `model` (an `nn.Module` that is `Trainable`) in place and where it is, and leave it with its best weights.

    `validate` gives a score, the higher the better; None: the last weights are kept. Checkpoints go to
    `folder` (None: none are written); they are removed first unless `resume`. UserError if the loss is no
    longer a number, the memory or the disk is full, the checkpoint belongs to another run, or `tracker` (one of
    `logs.TRACKERS`) is not there. Whatever stops a training, its last checkpoint is whole. Each validation is a line in
    `log_folder`/log.jsonl, as `logs.Log` says, and in `tracker`.

    Started by `torchrun` or `accelerate launch`, every process trains its share of each batch, and the main one alone
    validates, writes and is told of in `progress`: it is the same run, but for rounding and what dropout draws.
    """
    return carry_out(
        Training(
            model,
            [Objective(task_type, features)],
            validate,
            settings,
            pad_token_id,
            folder,
            resume,
            progress,
            log_folder,
            tracker,
        )
    )


def carry_out(training: Training) -> TrainingRecord:
    """Carry out one training, as `train` says."""
    loop, progress = _begun(training)
    progress.start("train", loop.total_steps, "step")
    try:
        more = 2 * training.settings.gradient_accumulation_steps
        with _memory_errors(f"-o gradient_accumulation_steps={more}, which learns the same"):
            for part in loop.run(training.validate, progress):
                carry(loop, part)
    finally:
        progress.finish()
        _end(loop)
    return loop.record()


def carry(loop: Loop, part: Pass) -> None:
    """Take a batch through the loop's model, and its gradients back."""
    with nullcontext() if part.last or loop.processes == 1 else loop.accelerator.no_sync(loop.forward):
        with precision_on(loop.device, loop.settings.precision):
            named = () if part.objective.head is None else (part.objective.head,)
            outputs = loop.forward(part.batch, *named)
        loop.accelerator.backward(loop.loss(part, outputs))


def train_together(
    trainings: Sequence[Training], together: Together
) -> Iterator[tuple[Training, TrainingRecord | UserError]]:
    """Carry out `trainings` step by step side by side, and yield each with its record as soon as it is done.

    It is as if `train` carried out each by itself, but for rounding, and its seconds are its share. All have the same
    precision, threads and device, and `together` makes one forward pass of their models. A training that fails is
    yielded with its error, and the others go on.
    """
    clock, running = Clock(), list[_Running]()
    try:
        with _memory_errors("fewer runs at once"):
            for training in trainings:
                try:
                    running.append(_Running(training, clock))
                except UserError as error:
                    yield training, error
            size = 0
            while True:
                for each in list(running):
                    if (outcome := each.go_on()) is not None:
                        running.remove(each)
                        _end(each.loop)
                        clock.read()
                        yield each.training, outcome
                        clock.skip()
                if not running:
                    return
                if len(running) != size:
                    size = len(running)
                    forward = together([each.loop.model for each in running], [each.draws for each in running])
                    clock.share(size)
                _carry_all(running, forward)
    finally:
        for each in running:
            _end(each.loop)


def _carry_all(running: Sequence[_Running], forward: Forward) -> None:
    first = running[0].loop
    with precision_on(first.device, first.settings.precision):
        every = forward([each.part.batch for each in running])
    torch.autograd.backward([each.loop.loss(each.part, outputs) for each, outputs in zip(running, every, strict=True)])


class _Running:
    """A training among others: where its loop is, and the random numbers that are its own."""

    part: Pass

    def __init__(self, training: Training, clock: Clock) -> None:
        self.training, self.draws = training, Draws()
        self.loop, progress = _begun(training)
        self.loop.clock = clock
        self._parts = self.loop.run(training.validate, progress)

    def go_on(self) -> TrainingRecord | UserError | None:
        """Make the update, or whatever comes before the next batch; return what became of a training that ends."""
        try:
            with self.draws:
                self.part = next(self._parts)
        except StopIteration:
            return self.loop.record()
        except UserError as error:
            return error
        return None


def _begun(training: Training) -> tuple[Loop, Progress]:
    """The loop where the training is, and whoever is told of it."""
    if isinstance(training.tracker, str):
        logs.check_tracker(training.tracker)
    if training.settings.threads is not None:
        torch.set_num_threads(training.settings.threads)
    if not all(objective.features for objective in training.objectives):
        raise UserError("There are no examples to train on.")
    loop = Loop(
        training.model,
        training.objectives,
        training.settings,
        training.pad_token_id,
        training.folder,
        training.tracker,
        training.log_folder,
    )
    progress = training.progress if processes.is_main() else SILENT
    if training.folder is not None:
        loop.restore(training.resume, progress)
    processes.shared(partial(loop.begin_log, training.log_folder))
    return loop, progress


def _end(loop: Loop) -> None:
    loop.model.eval()
    if loop.log is not None:
        loop.log.close()


@contextmanager
def _memory_errors(remedy: str) -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise UserError(f"The accelerator's memory is full: train with {remedy}.") from error
