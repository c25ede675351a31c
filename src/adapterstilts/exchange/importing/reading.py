"""Adapters that plain `adapters` or `peft` saved, AdapterHub's among them, read as ours: what `exporting` undoes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX
from adapterstilts.base.errors import UserError, listed

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from adapterstilts.tasks import Task


@dataclass(frozen=True)
class Saved:
    """An adapter's folder, the `library` that wrote it ('adapters' or 'peft'), and its configuration."""

    folder: Path
    library: str
    facts: Mapping[str, Any]

    @property
    def backbone(self) -> str | None:
        """The backbone that it names."""
        named = self.facts.get("base_model_name_or_path" if self.library == "peft" else "model_name")
        return named if isinstance(named, str) and named else None

    @property
    def revision(self) -> str | None:
        """The revision of that backbone, where it names one."""
        named = self.facts.get("revision")
        return named if self.library == "peft" and isinstance(named, str) and named != "main" else None

    @property
    def name(self) -> str | None:
        """The name that it has in its library; peft gives none."""
        named = self.facts.get("name")
        return named if isinstance(named, str) else None


@dataclass(frozen=True)
class Content:
    """What was read: method, settings, tensors ('adapter.*' and 'head.*') and labels as an `Adapter` has them.

    `without_head` says why there is no head; None if there is one.
    """

    method: str
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    labels: tuple[str, ...]
    without_head: str | None


def look(folder: Path, convert: bool = False) -> Saved:
    """Return whose adapter is in `folder`, without its weights.

    UserError if it is nobody's, or its weights are not there or a pickle, which only `convert` lets be read.
    """
    from adapterstilts.exchange.importing.folders import CONFIG, check_weights, read_json

    facts = read_json(folder / CONFIG)
    if not {"peft_type", "config"} & set(facts):
        raise UserError(f"{folder / CONFIG} was written neither by adapters nor by peft.")
    library = "peft" if "peft_type" in facts else "adapters"
    check_weights(folder, library, convert)
    return Saved(folder, library, facts)


def read(
    saved: Saved, backbone: PreTrainedModel, task: Task | None, names: Sequence[str] = (), convert: bool = False
) -> Content:
    """Read an adapter for `backbone`, a headless encoder, which is used up.

    `task` is what its head is for; without one there is no head. `names` are those of the head's outputs in their
    order, where the folder has none or others. Pickles are read only if `convert` says so. UserError if it is none of
    our kinds or computes something else; that every tensor fits is for who rebuilds it (`model.from_adapter`).
    """
    from adapterstilts.exchange.importing.folders import HEAD_CONFIG, checked, read_json, read_weights

    weights = read_weights(saved.folder, saved.library, convert)
    # peft keeps a head among the weights
    head_facts: dict[str, Any] | None = None
    head_weights: dict[str, Tensor] = {}
    if saved.library == "adapters" and (saved.folder / HEAD_CONFIG).is_file():
        head_facts = read_json(saved.folder / HEAD_CONFIG) if task else {}
        head_weights = read_weights(saved.folder, "head", convert) if task else {}
    own: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    try:
        if saved.library == "peft":
            from adapterstilts.exchange.importing import from_peft

            method = "lora"
            settings, tensors, head, why = from_peft.read(saved.facts, weights, backbone, task)
        else:
            from adapterstilts.exchange.importing import from_adapters

            method, settings, tensors = from_adapters.read(saved.facts, weights, backbone)
            head, own, why = from_adapters.read_head(head_facts, head_weights, backbone.config, task)
        if method == "lora":
            settings = checked({**settings, "target_modules": _target_modules(backbone, tensors)}, method)
        if head and task is not None:
            from adapterstilts.exchange.importing.labels import in_order

            head, labels = in_order(head, tuple(names) or own, task)
    except UserError as error:
        raise UserError(f"{saved.folder} cannot be imported. {error}") from error
    whole = {f"{ADAPTER_PREFIX}{name}": tensor for name, tensor in tensors.items()}
    whole |= {f"{HEAD_PREFIX}{name}": tensor for name, tensor in head.items()}
    return Content(method, settings, whole, labels, why)


def _target_modules(backbone: PreTrainedModel, names: Iterable[str]) -> list[str]:
    """The linear maps that carry a LoRA: what they are called in every layer, or else their whole paths."""
    from adapterstilts.methods import lora

    paths = [name.removesuffix(".lora_A") for name in names if name.endswith(".lora_A")]
    ends = list(dict.fromkeys(re.sub(r"^.*?\.\d+\.", "", path) for path in paths))
    try:
        chosen = lora.matrices(backbone, {"target_modules": ends, "leave_out": ()})
    except UserError as error:
        raise UserError(f"The LoRA is on {listed(ends)}; the layers of this encoder have not all of these.") from error
    return ends if set(chosen) == set(paths) else paths
