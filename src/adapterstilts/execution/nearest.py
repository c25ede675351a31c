"""The nearest of given sentences to each of a user's own, by an adapter's embeddings. No torch at import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.adapter.saving import load_adapter
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange import catalogue
from adapterstilts.runs import recipe
from adapterstilts.runs.run import NO_ADAPTER
from adapterstilts.tasks import types

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class Neighbour:
    """A sentence, the nearest to it, and their cosine, -1 to 1."""

    sentence: str
    nearest: str
    cosine: float


class Nearest:
    """Sentences to search among, embedded as Tatoeba's are: the mean of the hidden states at the recipe's layer.

    `word` means an adapter as `catalogue.find` takes it, or 'none' the backbone as it is. UserError if there is no such
    adapter, or no sentence, or it does not fit the backbone, where other weights of its shape may be accepted.
    """

    def __init__(
        self,
        word: str,
        backbone: str,
        method: str,
        output: Path,
        sentences: Sequence[str],
        progress: Progress = SILENT,
        accept_other_weights: bool = False,
    ) -> None:
        self._among = list(dict.fromkeys(sentence for sentence in sentences if sentence.strip()))
        if not self._among:
            raise UserError("There are no sentences to search among.")
        adapter = None if word == NO_ADAPTER else load_adapter(catalogue.find(word, backbone, method, output))
        from adapterstilts.adapter import model
        from adapterstilts.backbones import loading
        from adapterstilts.scoring import mining

        loaded, task_type = loading.load_backbone(backbone), types.get("retrieval")
        if adapter is None:
            self._model = model.build(loaded, task_type, None, "head_only", None, {})
        else:
            self._model = model.from_adapter(loaded, adapter, task_type, None, accept_other_weights)
        self._tokenizer = loaded.tokenizer
        run = recipe.resolve(backbone, "bottleneck", None, "tatoeba").run
        layer = run["retrieval_layer"]
        self._layer = mining.default_layer(loaded.module.config.num_hidden_layers) if layer is None else layer
        self._max_length, self._precision = run["max_length"], run["precision"]
        progress.start("embed", len(self._among), "sentence")
        try:
            self._table = self._embed(self._among, progress)
        finally:
            progress.finish()

    def of(self, sentences: Iterable[str], batch_size: int = 32) -> Iterator[Neighbour]:
        """Yield the nearest of each sentence as soon as its batch of `batch_size` is full."""
        waiting = iter(sentences)
        while batch := list(islice(waiting, batch_size)):
            cosines = self._embed(batch) @ self._table.T
            for sentence, row in zip(batch, cosines, strict=True):
                best = int(row.argmax())
                yield Neighbour(sentence, self._among[best], float(row[best]))

    def _embed(self, sentences: Sequence[str], progress: Progress = SILENT) -> numpy.ndarray:
        from adapterstilts.scoring import mining

        by_layer = mining.embed(
            self._model,
            self._tokenizer,
            sentences,
            [self._layer],
            self._max_length,
            precision=self._precision,
            progress=progress,
        )
        return by_layer[self._layer]
