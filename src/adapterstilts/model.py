"""Backbone, active adapters and head as one module; and the backbone's identity."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils import logging as transformers_logging

from adapterstilts import encoders, methods, places
from adapterstilts.adapter import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, BackboneIdentity, check_backbone
from adapterstilts.errors import UserError
from adapterstilts.methods.installed import Installed, check_same_shapes, copy_into, prefixed

if TYPE_CHECKING:
    from adapterstilts.task_types import TaskType
    from adapterstilts.tasks import Task

POCKET = "pocket"
# What the weights' shapes do not tell, but the function that they compute depends on.
_SHAPE_FACTS = (
    "model_type",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "layer_norm_eps",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "pad_token_id",
    "position_embedding_type",
    "vocab_size",
)
# And of encoders that have them: DistilBERT's, DeBERTa's and ModernBERT's own.
_SHAPE_FACTS_OF_SOME = (
    "activation",
    "global_attn_every_n_layers",
    "global_rope_theta",
    "hidden_activation",
    "local_attention",
    "local_rope_theta",
    "max_relative_positions",
    "norm_rel_ebd",
    "pos_att_type",
    "position_buckets",
    "relative_attention",
    "share_att_key",
    "sinusoidal_pos_embds",
)


@dataclass(frozen=True)
class Backbone:
    """A freshly loaded headless encoder with its tokenizer. `build` uses `module` up: load it again for the
    next model.
    """

    module: PreTrainedModel
    tokenizer: Any
    identity: BackboneIdentity


def load_backbone(id_or_path: str, *, revision: str | None = None, dtype: torch.dtype = torch.float32) -> Backbone:
    """Load 'pocket' (shipped), a folder, or an id of the Hugging Face Hub, in evaluation mode.

    Weights are read from safetensors only. The fingerprint is taken in float32, before the conversion to
    `dtype`. UserError says what could not be loaded.
    """
    place = _place(id_or_path)
    try:
        with _quiet_transformers():
            config = AutoConfig.from_pretrained(place, revision=revision, trust_remote_code=False)
            encoders.check_encoder(config, id_or_path)
            module, info = AutoModel.from_pretrained(
                place,
                revision=revision,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
                **_no_pooler(config),
            )
            tokenizer = AutoTokenizer.from_pretrained(place, revision=revision, trust_remote_code=False)
    except (ImportError, OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _not_loaded(id_or_path, error) from error
    missing = [name for name in info["missing_keys"] if not name.startswith("pooler.")]
    if missing:
        raise UserError(
            f'The weights of the backbone "{id_or_path}" lack {len(missing)} tensors, which would be random; '
            f"the first is {missing[0]}. Give a complete model.safetensors."
        )
    encoders.check_tokenizer(tokenizer, id_or_path)
    identity = BackboneIdentity(id_or_path, getattr(config, "_commit_hash", None) or "", fingerprint(module))
    return Backbone(module.to(dtype).eval(), tokenizer, identity)


def load_config(id_or_path: str) -> Any:
    """Load the configuration of a backbone alone; UserError says what could not be loaded."""
    place = _place(id_or_path)
    try:
        return AutoConfig.from_pretrained(place, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise _not_loaded(id_or_path, error) from error


def load_tokenizer(id_or_path: str) -> Any:
    """Load the tokenizer of a backbone alone; UserError says what could not be loaded."""
    place = _place(id_or_path)
    try:
        with _quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
    except (ImportError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise _not_loaded(id_or_path, error) from error
    encoders.check_tokenizer(tokenizer, id_or_path)
    return tokenizer


def _place(id_or_path: str) -> str:
    folder = places.zoo_folder() / POCKET / "backbone" if id_or_path == POCKET else Path(id_or_path).expanduser()
    if id_or_path == POCKET and not folder.is_dir():
        raise UserError(
            f"The pocket backbone is not at {folder}; run scripts/build-pocket, or install the package again."
        )
    return str(folder) if folder.is_dir() else id_or_path


def _not_loaded(id_or_path: str, error: Exception) -> UserError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return UserError(
        f'The backbone "{id_or_path}" could not be loaded; give pocket, a folder with config.json, '
        f"model.safetensors and a tokenizer, or an id of the Hugging Face Hub. ({reason})"
    )


def _no_pooler(config: Any) -> dict[str, bool]:
    # XLM-R's checkpoint has no pooler: it would be random, unused, and different at each load.
    model_class = MODEL_MAPPING.get(type(config), None)
    takes_it = model_class and "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if takes_it else {}


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    # The library reports that a headless model leaves the checkpoint's language-model head unused, which is
    # the point.
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)


def fingerprint(module: PreTrainedModel) -> str:
    """Return the sha256, in hexadecimal, of a backbone's shape and weights; any pooler is left out."""
    digest = hashlib.sha256()
    own = [fact for fact in _SHAPE_FACTS_OF_SOME if hasattr(module.config, fact)]
    for fact in (*_SHAPE_FACTS, *own):
        digest.update(f"{fact}={getattr(module.config, fact, None)!r}\n".encode())
    for name, tensor in sorted(module.state_dict().items()):
        if not name.startswith("pooler."):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


class Model(nn.Module):
    """A backbone with an adapter in it, and a task's head (None for retrieval and after a merge)."""

    def __init__(self, backbone: PreTrainedModel, installed: Installed, head: nn.Module | None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.installed = installed

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the head's outputs, or 'hidden' (B, L, H) without a head.

        `batch` holds 'input_ids', 'attention_mask' and, where the encoder tells a pair's texts apart, 'token_type_ids'
        (B, L), int64; what else it holds is not read.
        """
        mask = batch["attention_mask"]
        read = {"input_ids": batch["input_ids"], "attention_mask": mask}
        if "token_type_ids" in batch and encoders.segments(self.backbone.config) > 1:
            read["token_type_ids"] = batch["token_type_ids"]
        hidden = self.backbone(**read).last_hidden_state
        return {"hidden": hidden} if self.head is None else self.head(hidden, mask)

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        """Return what training changes: 'adapter.*' and 'head.*'."""
        parameters = {f"{ADAPTER_PREFIX}{name}": p for name, p in self.installed.trainable().items()}
        if self.head is not None:
            parameters.update({f"{HEAD_PREFIX}{name}": p for name, p in self.head.named_parameters()})
        return parameters

    def trainable_count(self) -> int:
        """Return how many numbers training changes, the head included."""
        return sum(parameter.numel() for parameter in self.trainable_parameters().values())

    def tensors(self) -> dict[str, Tensor]:
        """Return copies of all that the adapter is, 'adapter.*' and 'head.*', on the CPU."""
        head = self.head.state_dict() if self.head is not None else {}
        copies = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in head.items()}
        return prefixed("adapter", self.installed.state()) | prefixed("head", copies)

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Overwrite adapter and head; names and shapes must match, else UserError and nothing is changed."""
        own = {name: t for name, t in tensors.items() if not name.startswith(HEAD_PREFIX)}
        wanted = [name for name in own if not name.startswith(ADAPTER_PREFIX)]
        if wanted:
            raise UserError(f"The weights do not fit: {wanted[0]} belongs neither to an adapter nor to a head.")
        head = self.head.state_dict() if self.head is not None else {}
        given = {name.removeprefix(HEAD_PREFIX): t for name, t in tensors.items() if name.startswith(HEAD_PREFIX)}
        check_same_shapes(head, given)
        self.installed.load_state({name.removeprefix(ADAPTER_PREFIX): t for name, t in own.items()})
        copy_into(head, given)

    def regularisation(self) -> Tensor | None:
        """Return what the method adds to the mean loss (a scalar), or None."""
        return self.installed.regularisation()


def build(
    backbone: Backbone,
    task_type: TaskType,
    task: Task | None,
    method: str,
    composition: str | None,
    settings: Mapping[str, Any],
    sources: Sequence[methods.Source] = (),
    fresh: bool = True,
) -> Model:
    """Make a new model to train; initialisation from torch's global RNG. `task` None means no head.

    The head comes first, so that with one seed every method starts from the same head.
    """
    methods.check_sources(method, composition, sources, settings)
    head = _new_head(backbone, task_type, task)
    installed = methods.install(backbone.module, method, composition, settings, sources, fresh=fresh)
    return Model(backbone.module, installed, head)


def from_adapter(backbone: Backbone, adapter: Adapter, task_type: TaskType, task: Task | None) -> Model:
    """Rebuild the model of a stored adapter, for `task`, in evaluation mode.

    For a task without a head (retrieval) the adapter's own head is left aside. UserError if the backbone is
    another one, or the adapter has no head for the task.
    """
    check_backbone(adapter, backbone.identity)
    if task is not None and not task.labels and adapter.labels:
        task = dataclasses.replace(task, labels=adapter.labels)
    head = _new_head(backbone, task_type, task)
    tensors = dict(adapter.tensors)
    if head is None:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(HEAD_PREFIX)}
    elif task is not None:
        _check_head(adapter, task)
    methods.check_sizes(adapter.method, adapter.settings, adapter.adapter_tensors())
    installed = methods.rebuild(backbone.module, adapter.method, adapter.composition, adapter.settings)
    model = Model(backbone.module, installed, head)
    try:
        model.load_tensors(tensors)
    except UserError as error:
        raise UserError(f'The adapter "{adapter.name}" could not be put together. {error}') from error
    return model.eval()


def _check_head(adapter: Adapter, task: Task) -> None:
    if not adapter.head_tensors():
        raise UserError(f'The adapter "{adapter.name}" has no head for {task.name}; only retrieval works without one.')
    if adapter.labels != task.labels:
        raise UserError(
            f'The labels of the adapter "{adapter.name}" ({", ".join(adapter.labels) or "none"}) are not '
            f"those of {task.name} ({', '.join(task.labels) or 'none'}), so its head does not fit."
        )


def _new_head(backbone: Backbone, task_type: TaskType, task: Task | None) -> nn.Module | None:
    if task is None:
        return None
    config = backbone.module.config
    head = task_type.head(config.hidden_size, task, encoders.head_dropout(config))
    return None if head is None else head.to(backbone.module.dtype).to(backbone.module.device)
