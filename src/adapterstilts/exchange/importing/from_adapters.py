"""A bottleneck adapter or a LoRA that the `adapters` library saved, with its head: AdapterHub's are such."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters import AdapterConfig, BnConfig
from adapters.configuration import LoRAConfig
from adapters.loading import AdapterLoader
from adapters.utils import ACTIVATION_RENAME
from torch import Tensor
from transformers import PreTrainedModel

from adapterstilts.base.errors import UserError, printable
from adapterstilts.exchange.exporting import heads
from adapterstilts.exchange.importing.folders import CONFIG, checked
from adapterstilts.methods import bottleneck
from adapterstilts.methods.settings import PLACEMENTS, bottleneck_size
from adapterstilts.tasks import Task

_COMPUTED = (
    "original_ln_before",
    "original_ln_after",
    "ln_before",
    "ln_after",
    "scaling",
    "use_gating",
    "residual_before_ln",
    "adapter_residual_before_ln",
    "phm_layer",
)
"""What of a bottleneck's configuration changes its function beside what we have settings for."""
_LAYERS = {"classification": 2, "multiple_choice": 2, "tagging": 1, "question_answering": 1}


def read(
    facts: Mapping[str, Any], tensors: Mapping[str, Tensor], backbone: PreTrainedModel
) -> tuple[str, dict[str, Any], dict[str, Tensor]]:
    """Return method, settings and tensors as ours; `backbone` is used up.

    UserError if the adapter is of another kind, computes something else than ours, or does not fit the backbone.
    """
    name, raw_config = facts.get("name"), facts.get("config")
    if not isinstance(name, str) or not isinstance(raw_config, Mapping):
        raise UserError(f"{CONFIG} has no name or no config.")
    raw_config = dict(raw_config)
    if "version" not in facts and isinstance(raw_config.get("non_linearity"), str):
        # as the library reads what was saved before it wrote its version
        raw_config["non_linearity"] = ACTIVATION_RENAME.get(raw_config["non_linearity"], raw_config["non_linearity"])
    try:
        config = AdapterConfig.load(raw_config)
    except Exception as error:  # whatever a configuration of no known form makes of the library
        raise UserError(f"The adapters library does not understand {CONFIG} ({error}).") from error
    if isinstance(config, LoRAConfig):
        return "lora", *_lora(config, facts, name, tensors, backbone)
    if not isinstance(config, BnConfig):
        kind = f"is a {type(config).__name__}" if config else f"is of no kind that {CONFIG} names"
        raise UserError(f"It {kind}; bottleneck adapters and LoRAs can be imported.")
    foreign = [key for key in tensors if not re.search(_parts_of(name), key)]
    if foreign:
        raise UserError(f"It has {foreign[0]}, which no task adapter of ours has.")
    settings = _bottleneck_settings(config, backbone.config.hidden_size)
    _check_size(settings, tensors, backbone.config.hidden_size)
    bottleneck.add(backbone, {bottleneck.TARGET: settings})
    info: dict[str, Any] = {}
    # the library misses no tensor of an adapter that it loads under another name
    called = rf"adapters.{bottleneck.TARGET}.adapter_\1.\2"
    renamed = {re.sub(_parts_of(name), called, key): tensor for key, tensor in tensors.items()}
    try:
        AdapterLoader(backbone).load_from_state_dict(renamed, bottleneck.TARGET, loading_info=info)
    except (RuntimeError, KeyError, AttributeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
        raise UserError(f"It does not fit this backbone: {reason}") from error
    wrong = [f"{key} is missing" for key in info["missing_keys"]]
    wrong += [f"{key} has no place in it" for key in info["unexpected_keys"]]
    if wrong:
        own = wrong[0].replace(f".adapters.{bottleneck.TARGET}.", f".adapters.{name}.")
        raise UserError(f"It does not fit this backbone: {own}.")
    return "bottleneck", settings, bottleneck.adapter_tensors(backbone, bottleneck.TARGET)


def _parts_of(name: str) -> str:
    """What the names of the tensors of an adapter end with; the older ones say layer_text_task_adapters."""
    return rf"adapters\.{re.escape(name)}\.adapter_(down\.0|up)\.(weight|bias)$"


def _bottleneck_settings(config: BnConfig, hidden_size: int) -> dict[str, Any]:
    def arrangement(library_config: Any) -> tuple[bool, bool, bool]:
        return bool(library_config.mh_adapter), bool(library_config.output_adapter), bool(library_config.is_parallel)

    own = {
        "reduction_factor": config.reduction_factor,
        "non_linearity": config.non_linearity,
        "dropout": config.dropout,
        "leave_out": config.leave_out,
    }
    for placement in PLACEMENTS:
        settings = checked({**own, "placement": placement}, "bottleneck")
        ours = bottleneck.library_config(settings, hidden_size)
        if arrangement(ours) == arrangement(config):
            break
    else:
        raise UserError(f"The adapter sits elsewhere than in {', '.join(PLACEMENTS)}, which adapterstilts has not.")
    for field in _COMPUTED:
        if getattr(config, field) != getattr(ours, field):
            raise UserError(
                f"The adapter has {field} = {getattr(config, field)!r}, where {placement} has "
                f"{getattr(ours, field)!r}; adapterstilts does not compute that."
            )
    return settings


def _check_size(settings: Mapping[str, Any], tensors: Mapping[str, Tensor], hidden_size: int) -> None:
    # before the library makes an adapter as large as the configuration says
    shape = (bottleneck_size(hidden_size, settings["reduction_factor"]), hidden_size)
    down = {name: tuple(tensor.shape) for name, tensor in tensors.items() if name.endswith("adapter_down.0.weight")}
    for name, saved_shape in down.items() or {"adapter_down.0.weight": None}.items():
        if saved_shape != shape:
            raise UserError(f"{name} has shape {saved_shape}, {shape} is needed; is it of another backbone?")


def _lora(
    config: LoRAConfig, facts: Mapping[str, Any], name: str, tensors: Mapping[str, Tensor], backbone: PreTrainedModel
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    unknown = {
        "composition_mode": config.composition_mode != "add",
        "use_gating": config.use_gating,
        "use_dora": getattr(config, "use_dora", False),
        "vera_d": config.vera_d is not None,
    }
    if any(unknown.values()):
        strange = next(key for key, is_so in unknown.items() if is_so)
        raise UserError(f"The LoRA has {strange} = {getattr(config, strange)!r}, which adapterstilts does not compute.")
    own = dict(config.to_dict())
    try:
        # versions before 1.1.0 did not scale, which the loader alone knows
        AdapterLoader(backbone)._fix_backward_compat({"version": str(facts.get("version", "")), "config": own})
    except ValueError as error:
        raise UserError(f"The version in the configuration cannot be read ({error}).") from error
    prefix = f"{backbone.base_model_prefix}."
    renamed: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        match = re.fullmatch(rf"(.+)\.loras\.{re.escape(name)}\.(lora_[AB])", key)
        if match is None:
            raise UserError(f"The LoRA has {key}, which adapterstilts has no place for.")
        renamed[f"{match[1].removeprefix(prefix)}.{match[2]}"] = tensor
    settings = {"rank": config.r, "alpha": own["alpha"], "dropout": config.dropout}
    return settings, renamed


def read_head(
    facts: Mapping[str, Any] | None, tensors: Mapping[str, Tensor], config: Any, task: Task | None
) -> tuple[dict[str, Tensor], tuple[str, ...], str | None]:
    """Return a head's tensors as ours, the names of its outputs, and why it was left out if it was.

    `config` is the backbone's. UserError if the head is for another type of task.
    """
    if facts is None:
        return {}, (), "none was saved"
    if task is None:
        return {}, (), "for which task it is has to be said: --task TASK"
    if not tensors:
        return {}, (), "its weights are a pickle, which --convert reads, or were not saved"
    flexible = facts.get("config")
    if not isinstance(flexible, Mapping):
        return _of_transformers(facts, tensors, config, task)
    if flexible.get("head_type") != task.type:
        raise UserError(
            f"The head is one of {flexible.get('head_type')!r}, but {task.name} is {task.type}; name its task with "
            "--task."
        )
    layers = _LAYERS[task.type]
    wanted: dict[str, Any] = {"layers": layers, "bias": True}
    if layers == 2:
        wanted |= {"activation_function": "tanh", "use_pooler": False}
    usual = {"use_pooler": False, "bias": True}
    for key, value in wanted.items():
        if flexible.get(key, usual.get(key)) != value:
            return {}, (), f"it has {key} = {printable(flexible.get(key))}, ours {value}"
    own = re.escape(str(facts.get("name")))
    numbered = {
        (int(match[1]), match[2]): tensor
        for key, tensor in tensors.items()
        if (match := re.fullmatch(rf"heads\.{own}\.(\d{{1,3}})\.(weight|bias)", key))
    }
    numbers = sorted({number for number, _ in numbered})
    if len(numbers) != layers:
        raise UserError(f"The head has {len(numbers)} layers with weights, but says that it has {layers}.")
    parts = dict(zip(numbers, ("dense", "out")[-layers:], strict=True))
    return (
        {f"{parts[number]}.{kind}": tensor for (number, kind), tensor in numbered.items()},
        _named(flexible.get("label2id")),
        None,
    )


def _of_transformers(
    facts: Mapping[str, Any], tensors: Mapping[str, Tensor], config: Any, task: Task
) -> tuple[dict[str, Tensor], tuple[str, ...], str | None]:
    """The head of a model that `transformers` gives one, which the library saves beside the adapter."""
    place, model_class = heads.place(config.model_type, task.type), printable(facts.get("model_class"))
    fits = place is not None and model_class.endswith(place.auto_class.removeprefix("AutoModel"))
    head = place.from_theirs(tensors) if place and fits else {}
    if not head:
        return {}, (), f"it is that of a {model_class}, which {task.name} has not here"
    return head, _named(facts.get("label2id")), None


def _named(label2id: Any) -> tuple[str, ...]:
    if not isinstance(label2id, Mapping) or not all(
        re.fullmatch(r"\d{1,6}", str(number)) for number in label2id.values()
    ):
        return ()
    return tuple(str(label) for label, _ in sorted(label2id.items(), key=lambda pair: int(pair[1])))
