"""Full fine-tuning: the adapter is the whole backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedModel

from adapterstilts.methods.installed import Installed, tensors_of


def install_plain(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Make every parameter of `backbone` trainable; its persistent buffers belong to the state."""
    tensors = tensors_of(backbone)
    backbone.requires_grad_(True)
    return Installed(settings, tensors, tensors)
