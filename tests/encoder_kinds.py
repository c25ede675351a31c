"""Tiny encoders of every kind, random, with a tokenizer of their own kind trained on the spot."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import doubles
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AlbertConfig,
    AlbertTokenizerFast,
    AutoModel,
    BertConfig,
    BertTokenizerFast,
    DebertaConfig,
    DebertaTokenizerFast,
    DebertaV2Config,
    DebertaV2TokenizerFast,
    DistilBertConfig,
    DistilBertTokenizerFast,
    ElectraConfig,
    ElectraTokenizerFast,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaTokenizerFast,
)

VOCABULARY, LONGEST, SPREAD = 400, 64, 0.3
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
XLMR = doubles.SPECIAL
SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "initializer_range": SPREAD,
}


def _trained(
    model: Any, before: Any, trainer: Callable[..., Any], special: tuple[str, ...], normalizer: Any = None
) -> Tokenizer:
    core = Tokenizer(model)
    core.pre_tokenizer, core.normalizer = before, normalizer
    settings = {"vocab_size": VOCABULARY, "special_tokens": list(special), "show_progress": False}
    core.train_from_iterator(list(doubles.SENTENCES) * 5, trainer(**settings))
    begin, end, between, second = ("<s>", "</s>", "</s> </s>", 0) if special == XLMR else ("[CLS]", "[SEP]", "[SEP]", 1)
    core.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {between} $B:{second} {end}:{second}",
        special_tokens=[(token, core.token_to_id(token)) for token in (begin, end)],
    )
    return core


def _word_pieces() -> Tokenizer:
    model, trainer = models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer
    normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    return _trained(model, pre_tokenizers.BertPreTokenizer(), trainer, BERT, normalizer)


def _bytes(special: tuple[str, ...]) -> Tokenizer:
    before = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return _trained(models.BPE(), before, trainers.BpeTrainer, special)


def _unigram(special: tuple[str, ...]) -> Tokenizer:
    unknown = "<unk>" if special == XLMR else "[UNK]"
    trainer = functools.partial(trainers.UnigramTrainer, unk_token=unknown)
    return _trained(models.Unigram(), pre_tokenizers.Metaspace(), trainer, special)


@dataclass(frozen=True)
class Kind:
    """An encoder's configuration and tokenizer, and whether the `adapters` library knows it."""

    config: Callable[..., PretrainedConfig]
    tokenizer: Callable[[], PreTrainedTokenizerFast]
    known: bool = True


_POSITIONS = {"max_position_embeddings": LONGEST}
_BEHIND_PADDING = {"max_position_embeddings": LONGEST + 2, "type_vocab_size": 1, "pad_token_id": 1}
_DEBERTA = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": 8}
_DISTILLED = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
_MODERN = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "reference_compile": False}

KINDS = {
    "XLM-R": Kind(
        lambda: XLMRobertaConfig(**SIZES, **_BEHIND_PADDING),
        lambda: XLMRobertaTokenizerFast(tokenizer_object=_unigram(XLMR)),
    ),
    "mBERT": Kind(
        lambda: BertConfig(**SIZES, **_POSITIONS),
        lambda: BertTokenizerFast(tokenizer_object=_word_pieces(), do_lower_case=False),
    ),
    "mDeBERTa": Kind(
        lambda: DebertaV2Config(
            **SIZES, **_DEBERTA, share_att_key=True, position_biased_input=False, type_vocab_size=0, position_buckets=4
        ),
        lambda: DebertaV2TokenizerFast(tokenizer_object=_unigram(BERT)),
    ),
    "RoBERTa": Kind(
        lambda: RobertaConfig(**SIZES, **_BEHIND_PADDING),
        lambda: RobertaTokenizerFast(tokenizer_object=_bytes(XLMR)),
    ),
    "DistilBERT": Kind(
        lambda: DistilBertConfig(**_DISTILLED, **_POSITIONS, initializer_range=SPREAD),
        lambda: DistilBertTokenizerFast(tokenizer_object=_word_pieces(), do_lower_case=False),
    ),
    "ALBERT": Kind(
        lambda: AlbertConfig(**SIZES, **_POSITIONS, embedding_size=8),
        lambda: AlbertTokenizerFast(tokenizer_object=_unigram(BERT), unk_token="[UNK]", pad_token="[PAD]"),
    ),
    "ELECTRA": Kind(
        lambda: ElectraConfig(**SIZES, **_POSITIONS, embedding_size=8),
        lambda: ElectraTokenizerFast(tokenizer_object=_word_pieces(), do_lower_case=False),
    ),
    "DeBERTa": Kind(
        lambda: DebertaConfig(**SIZES, **_DEBERTA, **_POSITIONS),
        lambda: DebertaTokenizerFast(tokenizer_object=_bytes(BERT)),
    ),
    "MPNet": Kind(
        lambda: MPNetConfig(**SIZES, max_position_embeddings=LONGEST + 2),
        lambda: PreTrainedTokenizerFast(
            tokenizer_object=_bytes(XLMR), pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>"
        ),
        known=False,
    ),
    "ModernBERT": Kind(
        lambda: ModernBertConfig(**SIZES, **_POSITIONS, **_MODERN),
        lambda: PreTrainedTokenizerFast(
            tokenizer_object=_bytes(BERT), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
        ),
    ),
}


def save(name: str, folder: Path) -> Path:
    """Write the encoder called `name` of KINDS and its tokenizer, as one finds them on the Hub."""
    kind = KINDS[name]
    tokenizer, config = kind.tokenizer(), kind.config()
    config.vocab_size = len(tokenizer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
