"""The control that trains nothing but the head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedModel

from adapterstilts.methods.installed import Installed, tensors_of


def install_plain(backbone: PreTrainedModel, settings: Mapping[str, Any]) -> Installed:
    """Freeze `backbone`; the state is empty."""
    body = tensors_of(backbone)
    backbone.requires_grad_(False)
    return Installed(settings, {}, body)
