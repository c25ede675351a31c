"""Loading a backbone: the encoder, its tokenizer, and the identity that its weights give it."""

from __future__ import annotations

import copy
import hashlib
import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from transformers.utils import logging as transformers_logging

from adapterstilts.backbones import encoders
from adapterstilts.backbones.declared import declaration_of
from adapterstilts.backbones.identity import NO_HEAD, BackboneIdentity, memory_of, snapshot_of, weights_of
from adapterstilts.backbones.library import MODEL_MAPPING, AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
from adapterstilts.backbones.tokenizers import Tokenizer
from adapterstilts.base import processes, tensors
from adapterstilts.base.digests import Memory
from adapterstilts.base.errors import UserError

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

_GIVE = "give pocket, a folder with config.json, model.safetensors and a tokenizer, or an id of the Hugging Face Hub."
_SAID = 200
"""Characters of a library's own words that a sentence quotes: some list every model that there is."""


@dataclass(frozen=True)
class Backbone:
    """A freshly loaded headless encoder with its tokenizer. `build` uses `module` up: load it again for the
    next model.
    """

    module: PreTrainedModel
    tokenizer: Any
    identity: BackboneIdentity

    @property
    def shape(self) -> str:
        """64 hexadecimal digits that other weights share, where all but these is the same: the tokens, too.

        It is that of an encoder in which nothing is built.
        """
        digest = hashlib.sha256()
        # which piece pads is no part of it, but from where positions are counted
        _add_facts(digest, self.module, [fact for fact in _SHAPE_FACTS if fact != "pad_token_id"])
        digest.update(f"positions={encoders.longest_input(self.module)}\n".encode())
        for name, tensor in sorted(self.module.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
        # by its pieces, since the same tokenizer may be kept in files of several kinds
        digest.update(repr(sorted(self.tokenizer.get_vocab().items(), key=lambda piece: piece[1])).encode())
        return digest.hexdigest()

    def another(self) -> Backbone:
        """Return one that has these very weights, frozen, in modules of its own: for another adapter on them.

        It is for a backbone in which nothing is built, and no model may train its weights.
        """
        self.module.requires_grad_(False)
        shared = {id(tensor): tensor for tensor in (*self.module.parameters(), *self.module.buffers())}
        return replace(self, module=copy.deepcopy(self.module, shared))

    def shares_weights_with(self, other: Backbone) -> bool:
        """Return whether one was made of the other by `another`."""
        return self.module.get_input_embeddings().weight is other.module.get_input_embeddings().weight


def load_backbone(
    id_or_path: str,
    *,
    revision: str | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Backbone:
    """Load 'pocket' (shipped), a folder, or an id of the Hugging Face Hub, in evaluation mode.

    It goes to `device` (None: this process's accelerator, or the CPU without one), where all that is built on it
    follows: adapters, heads, batches. Weights are read from safetensors only. The fingerprint is taken on the CPU in
    float32, before any of that, unless it is remembered of the same files (`digests.distrusted`). UserError says what
    could not be loaded, or that a shipped backbone is damaged.
    """
    place = _place(id_or_path)
    with _told(id_or_path):
        with _quiet_transformers():
            folder = _checked_folder(id_or_path, revision)
            config = AutoConfig.from_pretrained(place, revision=revision, trust_remote_code=False)
            encoders.check_encoder(config, id_or_path)
            commit = getattr(config, "_commit_hash", None)
            memory = memory_of(folder)
            module, info = AutoModel.from_pretrained(
                place,
                revision=revision,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
                **_no_pooler(config),
            )
    missing = [name for name in info["missing_keys"] if not name.startswith("pooler.")]
    if missing:
        raise UserError(
            f'The weights of the backbone "{id_or_path}" lack {len(missing)} tensors, which would be random; '
            f"the first is {missing[0]}. Give a complete model.safetensors."
        )
    tensors.check(dict(module.named_parameters()), f'the backbone "{id_or_path}"')
    embeddings = getattr(module.get_input_embeddings(), "num_embeddings", None)
    tokenizer = Tokenizer(partial(_tokenizer, id_or_path, revision, folder, embeddings), folder, embeddings)
    identity = BackboneIdentity(id_or_path, commit or "", _checked(id_or_path, module, memory))
    chosen = processes.device() if device is None else device
    return Backbone(module.to(device=chosen, dtype=dtype).eval(), tokenizer, identity)


_MASKED_HEADS = (
    {"dense": "lm_head.dense", "norm": "lm_head.layer_norm", "bias": "lm_head"},
    {
        "dense": "cls.predictions.transform.dense",
        "norm": "cls.predictions.transform.LayerNorm",
        "bias": "cls.predictions",
    },
)
"""What XLM-R's and BERT's files call the parts of their masked-language head."""


def masked_language_head_digest(backbone: BackboneIdentity) -> str:
    """Return the sha256, in hexadecimal, of a backbone's masked-language head; `NO_HEAD` if it has none."""
    head = masked_language_head(backbone)
    if head is None:
        return NO_HEAD
    digest = hashlib.sha256()
    for name, tensor in sorted(head.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def masked_language_head(own: BackboneIdentity) -> dict[str, Tensor] | None:
    """Return the head that a backbone was pretrained with, as 'dense.*', 'norm.*' and 'bias'; None if it has none."""
    places: dict[str, Path] = {}
    for path in weights_of(own):
        with safe_open(path, "pt") as file:
            places.update(dict.fromkeys(file.keys(), path))
    for names in _MASKED_HEADS:
        wanted = {
            f"{part}.{kind}": f"{names[part]}.{kind}" for part in ("dense", "norm") for kind in ("weight", "bias")
        }
        wanted["bias"] = f"{names['bias']}.bias"
        if all(name in places for name in wanted.values()):
            return {ours: _tensor(places[theirs], theirs) for ours, theirs in wanted.items()}
    return None


def _tensor(path: Path, name: str) -> Tensor:
    with safe_open(path, "pt") as file:
        tensor: Tensor = file.get_tensor(name)
    return tensor


def load_config(id_or_path: str) -> Any:
    """Load the configuration of a backbone alone; UserError says what could not be loaded."""
    with _told(id_or_path):
        _checked_folder(id_or_path, None)
        return AutoConfig.from_pretrained(_place(id_or_path), trust_remote_code=False)


def without_weights(config: Any) -> PreTrainedModel:
    """Return an encoder of a configuration that has shapes and no weights, as `load_backbone` builds it."""
    # a model writes into the configuration that it is given
    own = type(config).from_dict(config.to_dict())
    with torch.device("meta"):
        module: PreTrainedModel = AutoModel.from_config(own, **_no_pooler(own))
    return module


def load_tokenizer(id_or_path: str) -> Any:
    """Load the tokenizer of a backbone alone; UserError says what could not be loaded."""
    return _tokenizer(id_or_path, None, declaration_of(id_or_path).folder)


def _tokenizer(id_or_path: str, revision: str | None, folder: Path | None, embeddings: int | None = None) -> Any:
    encoders.check_tokenizer_files(folder)
    with _told(id_or_path, "tokenizer of the backbone"), _quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(_place(id_or_path), revision=revision, trust_remote_code=False)
    encoders.check_tokenizer(tokenizer, id_or_path, embeddings)
    return tokenizer


def _place(id_or_path: str) -> str:
    return str(declaration_of(id_or_path).folder or id_or_path)


def _checked_folder(id_or_path: str, revision: str | None) -> Path | None:
    """Where the files are, None if the Hub does not answer; UserError if they speak of sizes that none can have."""
    folder = declaration_of(id_or_path).folder or snapshot_of(id_or_path, revision)
    encoders.check_sizes(folder)
    return folder


def _checked(id_or_path: str, module: PreTrainedModel, memory: Memory) -> str:
    """The fingerprint of what was loaded; UserError if the one that is declared is another."""
    own = memory.value or memory.keep(fingerprint(module))
    declared = declaration_of(id_or_path)
    if declared.fingerprint not in (None, own):
        raise UserError(
            f'The backbone "{id_or_path}" in {declared.folder} is not the one of that name: its fingerprint is {own}, '
            f"not {declared.fingerprint}; {declared.remedy}"
        )
    return own


@contextmanager
def _told(id_or_path: str, what: str = "backbone") -> Iterator[None]:
    """Say in a sentence what of a backbone could not be loaded."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a damaged file may be an error of any kind in transformers, torch and tokenizers
        declared, said = declaration_of(id_or_path), f'The {what} "{id_or_path}" could not be loaded'
        # a command stands last, to be pasted
        ending = f"{_reason(error)}; {declared.remedy}" if declared.is_ours else f"; {_GIVE}{_reason(error)}"
        raise UserError(said + ending) from error


def _reason(error: Exception) -> str:
    """The beginning of what a library says of a file; nothing where it only says which of its own lines failed."""
    if isinstance(error, AttributeError | TypeError | LookupError | RecursionError) or "invalid literal" in str(error):
        return ""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # torch's first line only announces the others
    reason = " ".join(line.strip() for line in lines[: 2 if lines[0].endswith(":") else 1])
    return f" ({reason if len(reason) <= _SAID else reason[:_SAID] + ' ...'})"


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
    _add_facts(digest, module, _SHAPE_FACTS)
    for name, tensor in sorted(module.state_dict().items()):
        if not name.startswith("pooler."):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _add_facts(digest: Any, module: PreTrainedModel, facts: Iterable[str]) -> None:
    own = [fact for fact in _SHAPE_FACTS_OF_SOME if hasattr(module.config, fact)]
    for fact in (*facts, *own):
        digest.update(f"{fact}={getattr(module.config, fact, None)!r}\n".encode())
