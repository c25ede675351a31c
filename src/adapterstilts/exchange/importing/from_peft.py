"""A LoRA that `peft` saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError, printable
from adapterstilts.base.schema import is_number
from adapterstilts.exchange.exporting import heads
from adapterstilts.exchange.importing.folders import CONFIG
from adapterstilts.methods.installed import tensors_of
from adapterstilts.tasks import Task

_NO_EFFECT = frozenset(
    "auto_mapping base_model_name_or_path corda_config eva_config exclude_modules inference_mode init_lora_weights "
    "layers_pattern layers_to_transform loftq_config lora_ga_config megatron_config megatron_core modules_to_save "
    "peft_type peft_version qalora_group_size revision runtime_config target_modules task_type".split()
)
"""What does not change the function of a trained LoRA beyond what its weights say."""
_OTHERWISE = frozenset(
    "alora_invocation_tokens alpha_pattern arrow_config bias ensure_weight_tying fan_in_fan_out "
    "init_lora_weights kasa_config layer_replication lora_bias monteclora_config rank_pattern "
    "target_parameters trainable_token_indices use_bdlora use_dora use_qalora velora_config".split()
)
"""What does, and is not computed here unless it is off."""
_KEEP_THE_BACKBONE = (None, True, False, "gaussian", "eva", "orthogonal")
"""The values of `init_lora_weights` that leave the backbone as it is."""


def read(
    facts: Mapping[str, Any], weights: Mapping[str, Tensor], backbone: PreTrainedModel, task: Task | None
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor], str | None]:
    """Return settings (but for `target_modules`), tensors and head's tensors as ours, and why there is no head.

    UserError if it is no LoRA, or one that computes something else than ours, or changes the backbone itself.
    """
    settings = _settings(facts)
    tensors = {name.removeprefix("base_model.model."): tensor for name, tensor in weights.items()}
    body = f"{backbone.base_model_prefix}."
    own = {
        name.removeprefix(body).removesuffix(".weight"): tensor
        for name, tensor in tensors.items()
        if name.endswith((".lora_A.weight", ".lora_B.weight"))
    }
    rest = {name: tensor for name, tensor in tensors.items() if not name.endswith((".lora_A.weight", ".lora_B.weight"))}
    head, why = _head(rest, facts.get("task_type"), backbone, task)
    return settings, own, head, why


def _settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    if facts.get("peft_type") != "LORA":
        raise UserError(f"It is a {_short(facts.get('peft_type'))} of peft; only its LoRAs can be imported.")
    known = {"r", "lora_alpha", "lora_dropout", "use_rslora"} | _NO_EFFECT
    strange = [key for key, value in facts.items() if key not in known and value not in (None, False, "none", {}, [])]
    if facts.get("init_lora_weights") not in _KEEP_THE_BACKBONE:
        strange.append("init_lora_weights")
    if strange:
        raise _not_ours(strange[0], facts)
    rank, alpha = facts.get("r"), facts.get("lora_alpha")
    if facts.get("use_rslora") and isinstance(rank, int) and rank > 0 and is_number(alpha):
        # Kalajdzievski 2023 (2312.03732) divides by the rank's root
        alpha = alpha * math.sqrt(rank)
    return {"rank": rank, "alpha": alpha, "dropout": facts.get("lora_dropout", 0.0)}


def _not_ours(key: str, facts: Mapping[str, Any]) -> UserError:
    """Why a key of a LoRA's configuration forbids its import, and how to go on."""
    if key in _OTHERWISE:
        return UserError(f"The LoRA has {key} = {_short(repr(facts[key]))}, which adapterstilts does not compute.")
    wrote = facts.get("peft_version")
    writer = f"peft {_short(wrote)}, which wrote it," if isinstance(wrote, str) else "a release of peft"
    return UserError(
        f"{CONFIG} has {_short(key)} = {_short(repr(facts[key]))}, which is unknown here, so what it changes is too: "
        f"{writer} is newer than this release of adapterstilts knows. Upgrade adapterstilts; or, if peft's "
        f"documentation says that {_short(key)} only matters in training, take it out of {CONFIG} and import again."
    )


def _short(value: Any) -> str:
    text = printable(value)
    return text if len(text) <= 60 else f"{text[:56]} ..."


def _head(
    rest: Mapping[str, Tensor], kind: Any, backbone: PreTrainedModel, task: Task | None
) -> tuple[dict[str, Tensor], str | None]:
    body = f"{backbone.base_model_prefix}."
    own = dict(tensors_of(backbone))
    for name in rest:
        if "lora_" in name or name.removeprefix(body) in own:
            raise UserError(f"The LoRA changes {name}, which must stay as it is in the backbone here.")
    if task is None:
        return {}, "for which task it is has to be said: --task TASK"
    place = heads.place(backbone.config.model_type, task.type)
    if place and place.peft_task and kind not in (None, place.peft_task):
        raise UserError(f"The head is one for {kind}, but {task.name} is {place.peft_task}.")
    if place is None:
        return {}, f"it is none that {task.name} has here"
    head = place.from_theirs(rest)
    lacking = [name for name in place.tensor_names if name not in rest]
    strange = [name for name in rest if name not in place.tensor_names]
    if lacking and len(lacking) < len(place.tensor_names):
        raise UserError(
            f"Its adapter_model file has a part of a head for {task.name}, but lacks {lacking[0]}; save or download it "
            "again."
        )
    if head and strange:
        raise UserError(f"It has {strange[0]} beside the LoRA and the head, which adapterstilts has no place for.")
    return head, f"{lacking[0].rpartition('.')[0]} was not saved" if lacking else None
