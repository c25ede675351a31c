"""What a training is asked to do, and what it tells afterwards; no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean

PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. UserError, naming the setting, for a value out of range.

    `batch_size` is in features, and for one update: `gradient_accumulation_steps` (and the processes of
    `accelerate launch`) divide it, to save memory, without a change in what is learned. Exactly one of
    `epochs` and `max_steps` is set. The learning rate rises linearly over the first `warmup_ratio` of the
    updates and falls linearly to the last. `weight_decay` spares biases, layer norms and whatever else has
    one dimension. `evaluate_every` is in updates, None for each epoch: then the model is validated and a
    checkpoint written. Training stops early after `patience` validations without a gain. `precision` 'bf16'
    computes in mixed precision. `threads` (of the CPU) None leaves them as they are.
    """

    learning_rate: float = 1e-4
    batch_size: int = 32
    epochs: float | None = 3.0
    max_steps: int | None = None
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    gradient_accumulation_steps: int = 1
    evaluate_every: int | None = None
    patience: int | None = None
    precision: str = "fp32"
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("learning_rate", "max_grad_norm"):
            self._check(name, "a number above 0", lambda value: 0 < value < math.inf)
        for name in ("batch_size", "gradient_accumulation_steps"):
            self._check(name, "a whole number from 1", _is_count)
        for name in ("max_steps", "evaluate_every", "patience", "threads"):
            self._check(name, "a whole number from 1, or null", lambda value: value is None or _is_count(value))
        self._check("epochs", "a number above 0, or null", lambda value: value is None or 0 < value < math.inf)
        self._check("warmup_ratio", "a number from 0 to 1", lambda value: 0 <= value <= 1)
        self._check("weight_decay", "a number from 0", lambda value: 0 <= value < math.inf)
        self._check("seed", "a whole number from 0", lambda value: isinstance(value, int) and value >= 0)
        if self.precision not in PRECISIONS:
            hint = did_you_mean(str(self.precision), PRECISIONS)
            raise UserError(f'The setting precision is "{self.precision}": it must be fp32 or bf16.{hint}')
        if (self.epochs is None) == (self.max_steps is None):
            raise UserError("Exactly one of the settings epochs and max_steps must be set, the other null.")

    def _check(self, name: str, wanted: str, fits: Any) -> None:
        value = getattr(self, name)
        try:
            good = not isinstance(value, bool) and fits(value)
        except TypeError:
            good = False
        if not good:
            raise UserError(f'The setting {name} is "{value}": it must be {wanted}.')


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 1


@dataclass(frozen=True)
class TrainingRecord:
    """What a training did.

    `steps` updates took `seconds`, and validations another `validation_seconds`; `tokens` were seen,
    without padding. `best_score` (0 to 100, None without validation) was reached at `best_step`, whose
    weights the model now has. `history`: at each validation {'step', 'loss' (mean since the one before),
    'score'}.
    """

    steps: int
    seconds: float
    validation_seconds: float
    tokens: int
    best_score: float | None
    best_step: int
    history: tuple[dict[str, Any], ...] = field(default=())
