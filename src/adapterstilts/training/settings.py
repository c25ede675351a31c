"""What a training is asked to do, and what it tells afterwards; no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt

from adapterstilts.base.errors import UserError
from adapterstilts.base.schema import Number, Words
from adapterstilts.base.settings import ONLY_HOW, Count, CountOrNull, check, declared

Above0 = Annotated[Number, Gt(0), Words("a number above 0")]


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. UserError, naming the setting, for a value out of range.

    `batch_size` is in features, and for one update: `gradient_accumulation_steps` (and the processes of
    `accelerate launch`) divide it, to save memory, without a change in what is learned. Exactly one of
    `epochs` and `max_steps` is set. The learning rate rises linearly over the first `warmup_ratio` of the
    updates and falls linearly to the last. `weight_decay` spares biases, layer norms and whatever else has
    one dimension. `evaluate_every` is in updates, None for each epoch: then the model is validated and a
    checkpoint written. Training stops early after `patience` validations without a gain. `precision` 'bf16'
    computes in mixed precision where that pays (`backbones.device.computed_in`). `threads` (of the CPU) None leaves
    them as they are.
    """

    learning_rate: Above0 = 1e-4
    batch_size: Count = 32
    epochs: Annotated[Above0 | None, Words("a number above 0, or null")] = None
    max_steps: CountOrNull = None
    warmup_ratio: Annotated[Number, Ge(0), Le(1), Words("a number from 0 to 1")] = 0.1
    weight_decay: Annotated[Number, Ge(0), Words("a number of at least 0")] = 0.01
    max_grad_norm: Above0 = 1.0
    gradient_accumulation_steps: Annotated[Count, ONLY_HOW] = 1
    evaluate_every: CountOrNull = None
    patience: CountOrNull = None
    precision: Literal["fp32", "bf16"] = "fp32"
    seed: Annotated[int, Ge(0), Lt(2**63), Words("a whole number from 0 up to, but not including, 2^63")] = 0
    threads: Annotated[CountOrNull, ONLY_HOW] = None

    def __post_init__(self) -> None:
        check(declared(TrainingSettings), vars(self))
        if (self.epochs is None) == (self.max_steps is None):
            raise UserError("Exactly one of the settings epochs and max_steps must be set, the other null.")

    def updates(self, of_epoch: int) -> int:
        """Return how many updates there are at most, an epoch having so many; UserError if nothing can count them."""
        count = self.max_steps or math.ceil((self.epochs or 0) * of_epoch)
        if count >= 2**31:
            raise UserError(f"{self.epochs} epochs are {count} updates; set epochs to less.")
        return count


@dataclass(frozen=True)
class TrainingRecord:
    """What a training did.

    `steps` updates took `seconds`, and validations another `validation_seconds`; `tokens` were seen,
    without padding. `best_score` (0 to 100, None without validation) was reached at `best_step`, whose
    weights the model now has. `history`: at each validation {'step', 'loss' (mean since the one before),
    'score'}. `decay`: the factor by which weight decay alone, until `best_step`, shrank a weight that had no gradient.
    """

    steps: int
    seconds: float
    validation_seconds: float
    tokens: int
    best_score: float | None
    best_step: int
    history: tuple[dict[str, Any], ...] = field(default=())
    decay: float = 1.0
