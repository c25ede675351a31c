"""Encoders of true shapes with random weights, and batches whose lengths are those of real training sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from transformers import BertConfig, BertModel, PreTrainedModel, XLMRobertaConfig, XLMRobertaModel

from adapterstilts.tasks.types import batching, sequences

_LENGTHS = json.loads((Path(__file__).parent / "lengths.json").read_text(encoding="utf-8"))
"""How many training rows of the real sets have each length in tokens, from 1 on, cut at max_length."""


@dataclass(frozen=True)
class Shape:
    """An encoder's shape, and the parameters in its layers, which a token's products go through."""

    name: str
    layers: int
    hidden: int
    heads: int
    pieces: int
    batch_size: int
    kind: str

    @property
    def in_layers(self) -> int:
        """The parameters of the layers' linear maps."""
        return self.layers * 12 * self.hidden**2

    def encoder(self) -> PreTrainedModel:
        """Return the encoder, random, the same at each call."""
        torch.manual_seed(0)
        settings: dict[str, Any] = {
            "vocab_size": self.pieces,
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "intermediate_size": 4 * self.hidden,
            "pad_token_id": 1,
        }
        if self.kind == "bert":
            return BertModel(BertConfig(**settings, max_position_embeddings=512), add_pooling_layer=False)
        config = XLMRobertaConfig(**settings, max_position_embeddings=514, type_vocab_size=1)
        return XLMRobertaModel(config, add_pooling_layer=False)


SMALL = Shape("multilingual-e5-small", 12, 384, 12, 250_037, 32, "bert")
BASE = Shape("XLM-R Base", 12, 768, 12, 250_002, 16, "xlm-roberta")
LARGE = Shape("XLM-R Large", 24, 1024, 16, 250_002, 16, "xlm-roberta")
TINY = Shape("tiny", 2, 64, 4, 1_000, 8, "xlm-roberta")
SHAPES = {"small": SMALL, "base": BASE, "large": LARGE, "tiny": TINY}
OCCURRING = 25_000
"""The pieces that the rows are drawn from: about as many occur in an English training set."""


def drawn_lengths(rows: str, count: int, random: numpy.random.Generator) -> numpy.ndarray:
    """Return lengths in tokens, drawn as they occur in the real training set of `rows`."""
    counts = numpy.array(_LENGTHS[rows]["counts"], dtype=float)
    return random.choice(numpy.arange(1, len(counts) + 1), count, p=counts / counts.sum())


def batches(shape: Shape, rows: str, count: int, seed: int = 0) -> list[dict[str, torch.Tensor]]:
    """Return `count` batches in the order of a training, of random pieces in the lengths of the real training set."""
    random = numpy.random.default_rng(seed)
    lengths = drawn_lengths(rows, 50 * shape.batch_size * 4, random)
    order = batching.training_batches(lengths, shape.batch_size, seed, 0)[:count]
    highest = min(OCCURRING, shape.pieces)
    return [
        sequences.padded_with_mask([random.integers(5, highest, length).tolist() for length in lengths[indices]], 1)
        for indices in order
    ]


def tokens_of(group: Sequence[dict[str, torch.Tensor]]) -> int:
    """Return the tokens of some batches, without padding."""
    return sum(int(batch["attention_mask"].sum()) for batch in group)
