"""The one training loop, for every method: settings in, a record out, checkpoints on the way.

Importing this costs no torch; the loop does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from adapterstilts.training.logs import TRACKERS, check_tracker
from adapterstilts.training.settings import TrainingRecord, TrainingSettings

if TYPE_CHECKING:
    from adapterstilts.training.checkpoints import remove_checkpoints
    from adapterstilts.training.objectives import Objective
    from adapterstilts.training.trainer import Training, carry_out, train, train_together

__all__ = [
    "TRACKERS",
    "Objective",
    "Training",
    "TrainingRecord",
    "TrainingSettings",
    "carry_out",
    "check_tracker",
    "remove_checkpoints",
    "train",
    "train_together",
]

_LATER = {
    "Objective": "objectives",
    "Training": "trainer",
    "carry_out": "trainer",
    "remove_checkpoints": "checkpoints",
    "train": "trainer",
    "train_together": "trainer",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
