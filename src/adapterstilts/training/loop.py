"""The one loop. What differs between methods is which weights are trainable, and that belongs to the model.

Everything random in an update is a function of (seed, step): the order of the features and the dropout. So
a run that was stopped and resumed is bit-identical to one that was not, on the same machine and number of
threads.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import torch
from accelerate import Accelerator
from accelerate.tracking import GeneralTracker
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn

from adapterstilts.backbones.device import device_of, moved
from adapterstilts.base import processes, tensors
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import Progress
from adapterstilts.base.settings import declared
from adapterstilts.tasks.types import batching
from adapterstilts.training import checkpoints, logs, optimisation
from adapterstilts.training.objectives import Objective, Schedule, updates_of_epoch
from adapterstilts.training.settings import TrainingRecord, TrainingSettings

REPORT_EVERY = 10
"""Updates between two looks at the loss: each look makes an accelerator wait."""
_HOW = frozenset(name for name, setting in declared(TrainingSettings).items() if setting.only_how)
"""The settings that say how a training is computed, not what is learned."""


@dataclass(frozen=True)
class Pass:
    """A batch that a loop waits for: it has to go through the model, and the gradients of `Loop.loss` back.

    `weight` is what its summed loss counts in the update's mean; `last`: the update follows.
    """

    objective: Objective
    batch: dict[str, Tensor]
    weight: float
    last: bool


class Clock:
    """Seconds of training; it stands still while a model is evaluated, and of several at once each has its share."""

    def __init__(self) -> None:
        self._seconds, self._since, self._running = 0.0, time.perf_counter(), 1

    def read(self) -> float:
        """Return the seconds until now, of one of those that run."""
        now = time.perf_counter()
        self._seconds += (now - self._since) / self._running
        self._since = now
        return self._seconds

    def share(self, running: int) -> None:
        """Let so many run from now on."""
        self.read()
        self._running = running

    def skip(self) -> None:
        """Leave out what has passed since it was read last."""
        self._since = time.perf_counter()


class Loop:
    """One training, from its settings to its record; `run` is driven by `training.trainer`."""

    def __init__(
        self,
        model: Any,
        objectives: Sequence[Objective],
        settings: TrainingSettings,
        pad_token_id: int,
        folder: Path | None,
        tracker: str | GeneralTracker | None = None,
        log_folder: Path | None = None,
    ) -> None:
        self.model, self.objectives = model, tuple(objectives)
        self.settings, self.pad_token_id, self.folder = settings, pad_token_id, folder
        # mixed precision is ours to switch on, so that validation sees the model as every evaluation does
        place = None if log_folder is None else log_folder.parent
        several = len(self.objectives) > 1
        # an update is about one of several heads
        handlers = [DistributedDataParallelKwargs(find_unused_parameters=True)] if several else None
        self.accelerator = Accelerator(
            mixed_precision="no", log_with=tracker, project_dir=place, kwargs_handlers=handlers
        )
        self.log: logs.Log | None = None
        self.clock = Clock()
        self.processes = self.accelerator.num_processes
        self.device = device_of(model)
        self.forward = model
        if self.processes > 1:
            self.forward = self.accelerator.prepare_model(model, device_placement=False)
        self.parameters: dict[str, nn.Parameter] = model.trainable_parameters()
        if not self.parameters:
            raise UserError("This model has nothing to train: all its weights are frozen.")
        self.optimizer = optimisation.adamw(self.parameters, settings)
        self.best: dict[str, Tensor] = {}
        steps_per_epoch = updates_of_epoch(self.objectives, settings.batch_size)
        self.total_steps = settings.updates(steps_per_epoch)
        self.schedule = Schedule(self.objectives, settings, self.total_steps)
        self.evaluate_every = settings.evaluate_every or steps_per_epoch
        computed = {
            "threads": torch.get_num_threads(),
            "processes": self.processes,
            "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        }
        self.position = checkpoints.Position(run=self._identity() if folder else {}, computed=computed)

    def _identity(self) -> dict[str, Any]:
        """What determines the training, but for the frozen weights; how it is computed may change."""
        settings = {key: value for key, value in asdict(self.settings).items() if key not in _HOW}
        shapes = {name: list(parameter.shape) for name, parameter in self.parameters.items()}
        first, *others = self.objectives
        features = [each.identity() for each in self.objectives] if others else batching.digest(first.features)
        return {"settings": settings, "features": features, "parameters": shapes}

    def restore(self, resume: bool, progress: Progress) -> None:
        """Take up the last checkpoint if `resume`; else, or if there is none, begin with an empty folder."""
        assert self.folder is not None
        checkpoint = checkpoints.latest(self.folder) if resume else None
        self._check_seen_by_all(0 if checkpoint is None else checkpoint[0].step)
        if checkpoint is None:
            if resume:
                progress.note(checkpoints.instead_of(self.folder, self.position.run))
            if processes.is_main():
                checkpoints.remove_checkpoints(self.folder)
            return
        position, state = checkpoint
        other = checkpoints.differences(self.position.run, position.run)
        if other:
            raise UserError(
                f"The checkpoint in {self.folder} is of another run ({other}): train again without --resume, or give "
                "another --output."
            )
        if position.step > self.total_steps or any(f"parameters/{name}" not in state for name in self.parameters):
            raise UserError(f"The checkpoint in {self.folder} does not fit its run: train again without --resume.")
        for name, count in self.position.computed.items():
            before = position.computed.get(name, count)
            if before != count:
                progress.note(
                    f"The run began with {before} {name} and goes on with {count}: its numbers may "
                    "differ in their last digits."
                )
        self.position = replace(position, computed=self.position.computed)
        _restore_tensors(state, self.parameters, self.optimizer)
        self.best = {name.removeprefix("best/"): value for name, value in state.items() if name.startswith("best/")}
        if position.best_score is not None and not self.best:
            self.best = _copy(self.parameters)

    def _check_seen_by_all(self, step: int) -> None:
        """Raise `UserError` if this process found another checkpoint than the main one did."""
        main = processes.shared(lambda: step)
        if step != main:
            raise UserError(
                f"Process {processes.index()} does not see the checkpoint of step {main} in {self.folder}: give an "
                "--output that every machine of the run shares."
            )

    def begin_log(self, folder: Path | None) -> None:
        """Go on with the log from where the training is."""
        self.log = logs.Log(folder, self.accelerator, asdict(self.settings), self.position.step)

    def run(self, validate: Callable[[], float] | None, progress: Progress) -> Iterator[Pass]:
        """Update until all steps are done or patience is at an end; then put the best weights back.

        UserError if the loss is no longer a number.
        """
        position = self.position
        progress.advance(position.step)
        watched = torch.zeros((), device=self.device)
        losses = torch.zeros((), device=self.device)
        since, shown = position.step, position.step
        self.clock.skip()
        started = self.clock.read()
        self.model.train()
        while not position.finished:
            objective, indices = self.schedule.at(position.step)
            loss, norm = yield from self.update(objective, indices)
            position.step += 1
            position.tokens += int(objective.token_counts[indices].sum())
            losses += loss
            watched += loss + norm
            evaluated = position.step % self.evaluate_every == 0 or position.step == self.total_steps
            if evaluated or position.step - shown >= REPORT_EVERY:
                _check(math.isfinite(self._sum(watched)), "The loss is no longer a number", position, self.settings)
                mean = self._sum(losses) / (position.step - since)
                progress.advance(position.step - shown, loss=round(mean, 4))
                shown = position.step
            if evaluated:
                # an update's loss comes before what it makes of the weights
                _check(not tensors.not_finite(self.parameters), "A weight is no longer finite", position, self.settings)
                position.seconds += self.clock.read() - started
                self.evaluate(validate, mean, progress)
                losses.zero_()
                since = position.step
                self.clock.skip()
                started = self.clock.read()
        if self.best:
            _assign(self.parameters, self.best)

    def _sum(self, value: Tensor) -> float:
        """What the processes have of `value`, together."""
        return float(self.accelerator.reduce(value, "sum") if self.processes > 1 else value)

    def update(self, objective: Objective, indices: numpy.ndarray) -> Generator[Pass, None, tuple[Tensor, Tensor]]:
        """One update from an objective's features at `indices`; this process's share of its mean loss, and the
        gradient's norm.
        """
        accelerator, step = self.accelerator, self.position.step
        _seed(self.settings.seed, step, accelerator.process_index)
        for group in self.optimizer.param_groups:
            group["lr"] = optimisation.rate(self.settings, self.total_steps, step)
        batches = self._collate(objective, indices)
        items = sum(objective.task_type.items(batch) * weight for batch, weight in batches)
        if self.processes > 1:
            items = int(accelerator.reduce(torch.tensor(items, device=self.device), "sum"))
        self.optimizer.zero_grad(set_to_none=True)
        self._mean = torch.zeros((), device=self.device)
        for number, (batch, weight) in enumerate(batches):
            yield Pass(objective, moved(batch, self.device), weight / max(items, 1), number == len(batches) - 1)
        norm = accelerator.clip_grad_norm_(self.parameters.values(), self.settings.max_grad_norm)
        self.optimizer.step()
        return self._mean, norm

    def loss(self, part: Pass, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return what of an update's loss (a scalar) the model's outputs for `part` are."""
        loss = part.objective.task_type.loss(outputs, part.batch) * part.weight
        self._mean += loss.detach()
        # the processes' gradients are averaged, and each has only its share of the sum
        loss = loss * self.processes
        if part.last and (regularisation := self.model.regularisation()) is not None:
            loss = loss + regularisation
        return loss

    def _collate(self, objective: Objective, indices: numpy.ndarray) -> list[tuple[dict[str, Tensor], int]]:
        """This process's share of an update, in as many batches as are accumulated; each with weight 1.

        Several processes need the same number of batches: one without features gets one at weight 0.
        """
        share = indices[self.accelerator.process_index :: self.processes]
        parts = numpy.array_split(share, min(self.settings.gradient_accumulation_steps, max(len(indices), 1)))
        weighted = [(part, 1) if len(part) else (indices[:1], 0) for part in parts if len(part) or self.processes > 1]
        return [
            (objective.task_type.collate([objective.features[index] for index in part], self.pad_token_id), weight)
            for part, weight in weighted
        ]

    def evaluate(self, validate: Callable[[], float] | None, loss: float, progress: Progress) -> None:
        """Validate, keep the weights if they are the best, see whether to stop, and write log and checkpoint.

        What validates may have `halves`, its scores on each half of its rows, which the history keeps.
        The main process validates for all, so that all decide the same.
        """
        position = self.position
        # a whole backbone's gradients are as large as it, and so are the copies that are made here
        self.optimizer.zero_grad(set_to_none=True)
        fact: dict[str, Any] = {"step": position.step, "loss": loss}
        if validate is not None:
            started = time.perf_counter()
            self.model.eval()
            score = fact["score"] = processes.shared(lambda: float(validate()))
            self.model.train()
            position.validation_seconds += time.perf_counter() - started
            position.without_gain += 1
            if position.best_score is None or score > position.best_score:
                position.best_score, position.best_step, position.without_gain = score, position.step, 0
                self.best = _copy(self.parameters)
            progress.report(loss=round(loss, 4), score=round(score, 2), best=round(position.best_score, 2))
        else:
            progress.report(loss=round(loss, 4))
            position.best_step = position.step
        halves = getattr(validate, "halves", None)
        position.history.append({**fact, **({"halves": list(halves)} if halves else {})})
        patience = self.settings.patience
        impatient = validate is not None and patience is not None and position.without_gain >= patience
        position.finished = impatient or position.step >= self.total_steps
        processes.shared(partial(self._write, fact))

    def _write(self, fact: Mapping[str, Any]) -> None:
        rate, position = self.optimizer.param_groups[0]["lr"], self.position
        if self.log is not None:
            self.log.write({**fact, "tokens": position.tokens, "seconds": position.seconds, "learning_rate": rate})
        if self.folder is not None:
            checkpoints.save(self.folder, position, self._tensors())

    def _tensors(self) -> dict[str, Tensor]:
        # not copied, but on an accelerator: they are written before the next update
        tensors = {f"parameters/{name}": value.detach().cpu().contiguous() for name, value in self.parameters.items()}
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer/{key}/{name}"] = value.detach().cpu().contiguous()
        if self.position.best_step != self.position.step:
            tensors.update({f"best/{name}": value for name, value in self.best.items()})
        return tensors

    def record(self) -> TrainingRecord:
        """What was done, over all interruptions."""
        position = self.position
        return TrainingRecord(
            steps=position.step,
            seconds=position.seconds,
            validation_seconds=position.validation_seconds,
            tokens=position.tokens,
            best_score=position.best_score,
            best_step=position.best_step,
            history=tuple(position.history),
            decay=optimisation.decay(self.settings, self.total_steps, position.best_step),
        )


def _seed(seed: int, step: int, process: int) -> None:
    """Make this update's dropout a function of seed, step and process alone."""
    mixed = hashlib.blake2b(f"{seed}/{step}/{process}".encode(), digest_size=7).digest()
    number = int.from_bytes(mixed, "little")
    # torch.manual_seed visits every kind of accelerator, for a hundred times the price
    torch.default_generator.manual_seed(number)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(number)


def _copy(parameters: Mapping[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: parameter.detach().to("cpu", copy=True).contiguous() for name, parameter in parameters.items()}


def _assign(parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])


def _restore_tensors(
    tensors: Mapping[str, Tensor], parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer
) -> None:
    _assign(parameters, {name: tensors[f"parameters/{name}"] for name in parameters})
    for full_name, value in tensors.items():
        kind, _, rest = full_name.partition("/")
        if kind == "optimizer":
            key, _, name = rest.partition("/")
            optimizer.state[parameters[name]][key] = value.to(parameters[name].device)


def _check(fine: bool, what: str, position: checkpoints.Position, settings: TrainingSettings) -> None:
    if not fine:
        remedy = " or precision=fp32" if settings.precision != "fp32" else ""
        raise UserError(
            f"{what} at step {position.step}: train with a lower learning rate than {settings.learning_rate:g} "
            f"(-o learning_rate={settings.learning_rate / 10:g}){remedy}."
        )
