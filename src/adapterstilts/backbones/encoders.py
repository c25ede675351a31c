"""Which models can be a backbone, and how encoders differ: names of settings, segments, positions, tokenizers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from torch import nn

from adapterstilts.backbones.library import MODEL_FOR_MASKED_LM_MAPPING_NAMES
from adapterstilts.base import schema
from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import sequences

_Size = Annotated[int, Ge(1), Le(5_000_000), schema.Words("a whole number from 1 to 5,000,000")]
_Few = Annotated[int, Ge(1), Le(1000), schema.Words("a whole number from 1 to 1,000")]
_Count = Annotated[int, Ge(0), Le(100_000), schema.Words("a whole number from 0 to 100,000")]
_Small = Annotated[schema.Finite, Ge(0), Le(1), schema.Words("a number from 0 to 1")]
_LIMITS: dict[tuple[str, ...], Any] = {
    ("hidden_size", "dim", "intermediate_size", "hidden_dim", "vocab_size", "max_position_embeddings"): _Size,
    ("num_hidden_layers", "n_layers", "num_attention_heads", "n_heads"): _Few,
    ("type_vocab_size", "num_labels", "chunk_size_feed_forward"): _Count,
    ("layer_norm_eps", "norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout"): _Small,
    ("pad_token_id",): Annotated[int, Ge(0), schema.Words("the number of a token")],
    ("hidden_act", "activation"): str,
    ("return_dict",): Literal[True],
}
"""What a configuration may say by these names, of any encoder."""
_LARGEST = 16_000_000
"""Bytes of a configuration that are read."""
_OWN_DROPOUTS = ("dropout_prob", "attention_dropout")
"""Where attention keeps its share besides a module: BERT's and DistilBERT's, and ModernBERT's."""
_INSTEAD = "give an encoder such as XLM-R, mBERT, mDeBERTa or RoBERTa"


def check_encoder(config: Any, name: str) -> None:
    """Raise UserError unless `config` is that of an encoder of text in which each word sees all others."""
    kind = getattr(config, "model_type", None)
    if getattr(config, "is_encoder_decoder", False):
        raise UserError(f'"{name}" has a decoder beside its encoder ({kind}); {_INSTEAD}.')
    if getattr(config, "is_decoder", False):
        raise UserError(f'"{name}" is set up as a decoder (is_decoder in its config.json); {_INSTEAD}.')
    # who learned to fill gaps has read them from both sides
    if kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise UserError(f'"{name}" is no encoder of text that reads both ways (its type is {kind}); {_INSTEAD}.')
    if kind == "xmod":
        # the adapters library leaves these modules out, and nothing here would choose among them
        raise UserError(f'"{name}" ({kind}) has modules of its own for each language; {_INSTEAD}.')


def check_sizes(folder: Path | None) -> None:
    """Raise UserError, before anything of such a size is built, for a config.json that no encoder can have.

    Where there is none, loading says so.
    """
    if folder is None or not os.path.lexists(path := folder / "config.json"):
        return
    facts = schema.read_object(path, _LARGEST)
    for names, kind in _LIMITS.items():
        stated = {name: facts[name] for name in names if name in facts}
        schema.checked(dict[str, kind], stated, str(path))  # type: ignore[valid-type]


def check_tokenizer_files(folder: Path | None) -> None:
    """Raise UserError, naming it, for one of a tokenizer's files that the library would pass over or stumble on."""
    if folder is None:
        return
    if os.path.lexists(path := folder / "tokenizer.json") and not path.is_file():
        raise UserError(f"{path} is no file that can be read; put the tokenizer's own in its place.")
    for name in ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        if os.path.lexists(path := folder / name):
            schema.read_object(path, _LARGEST)


def check_tokenizer(tokenizer: Any, name: str, embeddings: int | None = None) -> None:
    """Raise UserError unless `tokenizer` can tell words from pieces, pad, and begin and end a text.

    `embeddings` is how many tokens the backbone knows.
    """
    if not tokenizer.is_fast:
        raise UserError(
            f'The tokenizer of "{name}" ({type(tokenizer).__name__}) does not tell which word a piece is of; '
            "one with a tokenizer.json is needed."
        )
    if not schema.is_number(tokenizer.model_max_length):
        raise UserError(f'The tokenizer of "{name}" has a model_max_length that is no number; correct it in its files.')
    if tokenizer.pad_token_id is None:
        raise UserError(f'The tokenizer of "{name}" has no padding; name its pad_token in tokenizer_config.json.')
    if embeddings is not None and len(tokenizer) > embeddings:
        raise UserError(
            f'The tokenizer of "{name}" has {len(tokenizer):,} tokens, but its weights have embeddings of '
            f"{embeddings:,}; give the tokenizer that the weights were trained with."
        )
    try:
        sequences.frame_of(tokenizer)
    except UserError as error:
        raise UserError(f'The tokenizer of "{name}" does not fit. {error}') from error


def head_dropout(config: Any) -> float:
    """Return the share that a new head drops out, by whichever name the encoder's settings have it."""
    for key in ("classifier_dropout", "hidden_dropout_prob", "dropout"):
        if getattr(config, key, None) is not None:
            return float(getattr(config, key))
    return 0.0


def set_dropout(module: nn.Module, share: float) -> None:
    """Let an encoder drop out `share` of whatever it drops out in training, and a new head as much (`head_dropout`)."""
    config: Any = module.config
    for key, value in config.to_dict().items():
        if "dropout" in key and schema.is_number(value):
            setattr(config, key, share)
    if hasattr(config, "classifier_dropout"):
        config.classifier_dropout = share
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = share
        for name in _OWN_DROPOUTS:
            if isinstance(getattr(part, name, None), float):
                setattr(part, name, share)


def segments(config: Any) -> int:
    """Return how many segments (the texts of a pair) the encoder tells apart; 1 is none."""
    return int(getattr(config, "type_vocab_size", None) or 1)


def longest_input(module: nn.Module) -> int | None:
    """Return the most tokens that there are positions for; None where positions are relative."""
    table = getattr(getattr(module, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, nn.Embedding):
        return None
    # RoBERTa and its kin count from behind the padding's number
    return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
