"""The backbone that the runs of one process share."""

from __future__ import annotations

from adapterstilts.backbones import loading
from adapterstilts.backbones.loading import Backbone
from adapterstilts.runs.run import Run


class Shared:
    """Loads backbones, and keeps the last one for runs that train nothing of it; with `keep` false it keeps none."""

    def __init__(self, keep: bool = True) -> None:
        self._keep = keep
        self._key: tuple[str, str] | None = None
        self._backbone: Backbone | None = None

    def backbone(self, run: Run) -> Backbone:
        """Return the backbone of `run` to build on: with the kept weights, unless these are to be trained."""
        key = (run.backbone.id, run.backbone.revision)
        own = run.method == "full" or not self._keep
        if own or key != self._key:
            self._key = self._backbone = None  # before the next one is there: together they may be too much
            loaded = loading.load_backbone(run.backbone.id, revision=run.backbone.revision or None)
            if own:
                return loaded
            self._key, self._backbone = key, loaded
        assert self._backbone is not None
        return self._backbone.another()

    def holds(self, backbone: Backbone) -> bool:
        """Return whether the weights of `backbone` are the kept ones, which nobody may change."""
        return self._backbone is not None and self._backbone.shares_weights_with(backbone)
