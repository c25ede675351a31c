"""The one training loop, for every method: settings in, a record out, checkpoints on the way."""

from adapterstilts.training.checkpoints import remove_checkpoints
from adapterstilts.training.logs import TRACKERS, check_tracker
from adapterstilts.training.loop import train
from adapterstilts.training.settings import TrainingRecord, TrainingSettings

__all__ = ["TRACKERS", "TrainingRecord", "TrainingSettings", "check_tracker", "remove_checkpoints", "train"]
