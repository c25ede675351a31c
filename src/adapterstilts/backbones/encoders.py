"""Which models can be a backbone, and how encoders differ: names of settings, segments, positions, tokenizers."""

from __future__ import annotations

from typing import Any

from torch import nn

from adapterstilts.backbones.library import MODEL_FOR_MASKED_LM_MAPPING_NAMES
from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import sequences

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


def check_tokenizer(tokenizer: Any, name: str) -> None:
    """Raise UserError unless `tokenizer` can tell words from pieces, pad, and begin and end a text."""
    if not tokenizer.is_fast:
        raise UserError(
            f'The tokenizer of "{name}" ({type(tokenizer).__name__}) does not tell which word a piece is of; '
            "one with a tokenizer.json is needed."
        )
    if tokenizer.pad_token_id is None:
        raise UserError(f'The tokenizer of "{name}" has no padding; name its pad_token in tokenizer_config.json.')
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
