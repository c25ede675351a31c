"""What the frozen layers below the lowest adapter make of each feature: computed once, without dropout, and kept.

A step then begins at the first layer that has an adapter. AdapterDrop (Rücklé et al. 2021, 2010.11918) leaves adapters
out of the lower layers for speed; nothing there changes in training, so all epochs can share one pass through them.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from adapterstilts.adapter.model import Model
from adapterstilts.backbones.device import device_of, moved, precision_on
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.tasks.types import Feature, TaskType, batching


class FrozenStates:
    """A task type whose batches bring 'below' (tokens, H): the states that `kept` computed of their features.

    They are in a temporary file in `folder`, in the precision of the computation.
    """

    def __init__(self, model: Model, task_type: TaskType, precision: str, folder: Path) -> None:
        if not model.packed:
            raise UserError("Frozen layers can be computed once only with -o packed=true and an encoder it knows.")
        self._model, self._type, self._precision = model, task_type, precision
        self._file = tempfile.TemporaryFile(dir=folder)
        weakref.finalize(self, self._file.close)
        self._dtype, self._width = torch.float32, model.backbone.config.hidden_size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._type, name)

    def kept(self, features: Sequence[Feature], pad_token_id: int, progress: Progress = SILENT) -> list[Feature]:
        """Return the features with the place of their states in the file; UserError if the disk is full."""
        places: list[dict[str, int]] = [{} for _ in features]
        counts = batching.token_counts_of(features)
        device = device_of(self._model)
        self._model.eval()
        progress.start("frozen layers", len(features), "example")
        try:
            with torch.inference_mode(), precision_on(device, self._precision):
                for indices in batching.evaluation_batches(features, batching.EVALUATION_BATCH):
                    batch = self._type.collate([features[index] for index in indices], pad_token_id)
                    start = self._written(self._model.below(moved(batch, device)))
                    for index in indices:
                        places[index] = {"below": start}
                        start += int(counts[index])
                    progress.advance(len(indices))
        except OSError as error:
            raise UserError(f"The states of the frozen layers could not be written: {error.strerror}.") from error
        finally:
            progress.finish()
        return [{**feature, **place} for feature, place in zip(features, places, strict=True)]

    def collate(self, features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
        """As the task's own type does, and 'below' (tokens, H), row by row."""
        batch = dict(self._type.collate(features, pad_token_id))
        table = numpy.memmap(self._file, numpy.uint8, "r").reshape(-1, self._width * self._dtype.itemsize)
        counts = batching.token_counts_of(features)
        own = [table[each["below"] : each["below"] + count] for each, count in zip(features, counts, strict=True)]
        batch["below"] = torch.from_numpy(numpy.concatenate(own)).view(self._dtype)
        return batch

    def _written(self, states: Tensor) -> int:
        """Append states (tokens, H) to the file; return the place of the first."""
        self._dtype = states.dtype
        start = self._file.seek(0, 2) // (self._width * states.dtype.itemsize)
        # as bytes, since numpy has no bfloat16
        self._file.write(states.cpu().contiguous().view(torch.uint8).numpy().tobytes())
        self._file.flush()
        return start
