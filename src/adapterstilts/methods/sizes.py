"""How many numbers a plain adapter trains, and the settings that train a given number of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError
from adapterstilts.methods.bottleneck import install_plain
from adapterstilts.methods.lora import matrices, named_as_here
from adapterstilts.methods.settings import resolve_settings


def match_parameters(backbone: PreTrainedModel, method: str, settings: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Return `settings` that train about `count` numbers, and use `backbone` up; see
    `adapterstilts.methods.match_parameters`.
    """
    resolved = resolve_settings(method, settings)
    if method == "bottleneck":
        hidden_size = backbone.config.hidden_size
        # One place holds down (width x hidden + width) and up (hidden x width + hidden). How many places there are is
        # counted, since layers may share theirs, as ALBERT's do.
        narrowest = install_plain(backbone, {**resolved, "reduction_factor": hidden_size}).trainable_count()
        places = narrowest / (3 * hidden_size + 1)
        width = max(1, round((count / places - hidden_size) / (2 * hidden_size + 1)))
        return {**resolved, "reduction_factor": hidden_size / width}
    if method == "lora":
        resolved = named_as_here(backbone, resolved)
        modules = [backbone.get_submodule(path) for path in matrices(backbone, resolved)]
        per_rank = sum(module.in_features + module.out_features for module in modules)
        rank = max(1, round(count / per_rank))
        # alpha / rank, and with it the size of a step, stays as it was.
        return {**resolved, "rank": rank, "alpha": resolved["alpha"] * rank / resolved["rank"]}
    raise UserError(f"The method {method} has no size to match; use bottleneck or lora.")
