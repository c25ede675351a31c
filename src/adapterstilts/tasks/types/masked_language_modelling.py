"""Masked language modelling (Devlin et al. 2019, https://aclanthology.org/N19-1423/): guess pieces that are hidden.

It is learned beside tasks, and predicts nothing for users. Of a text's pieces 15 % are guessed; 80 % of these are shown
as the mask, 10 % as a piece drawn at random, and the rest as they are, drawn anew for each batch (Liu et al. 2019,
https://arxiv.org/abs/1907.11692). Only the hidden states of those pieces are compared with the vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from adapterstilts.base.errors import UserError
from adapterstilts.tasks.combined import MASKED as MASKED_TYPE
from adapterstilts.tasks.types import Feature, Row, sequences
from adapterstilts.tasks.types.classification import new_linear

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

GUESSED, MASKED, DRAWN = 0.15, 0.8, 0.1
"""The share of pieces that are guessed, and of these the shares that are masked and drawn at random."""


class Head(nn.Module):
    """Dense, GELU and layer norm, then the encoder's own embeddings, and a bias for each piece.

    `embeddings` gives the table (V, H) at the time: it is the encoder's, and no weight of the head.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        config: Any = encoder.config
        self.dense = new_linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        # not as a module: its weights would be the head's
        self._encoder = (encoder,)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """hidden (B, L, H) -> 'states' (B, L, H), and with what they are compared: 'pieces' (V, H), 'bias' (V,)."""
        states = self.norm(functional.gelu(self.dense(hidden)))
        pieces: Any = self._encoder[0].get_input_embeddings()  # type: ignore[operator]
        return {"states": states, "pieces": pieces.weight, "bias": self.bias}


def new_head(encoder: nn.Module, pretrained: Mapping[str, Tensor] | None) -> Head:
    """Return a head on an encoder: with the weights that it was pretrained with, where there are any."""
    head = Head(encoder)
    if pretrained is not None:
        head.load_state_dict(dict(pretrained))
    return head


class MaskedLanguageModelling:
    """The task type for a tokenizer, whose mask and ordinary pieces it hides with. UserError if it has no mask."""

    name = MASKED_TYPE

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        if tokenizer.mask_token_id is None:
            raise UserError("This backbone's tokenizer has no mask, so nothing can be hidden from it; leave out mlm.")
        self._mask = tokenizer.mask_token_id
        special = set(tokenizer.all_special_ids)
        self._ordinary = torch.tensor([piece for piece in range(vocabulary) if piece not in special])
        self._special = torch.tensor(sorted(special))

    def encode(self, rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
        """Each text as features `<s> text </s>`: as many as it takes, the last of which may be short."""
        frame, room = sequences.frame_of(tokenizer), max(1, max_length - 2)
        features: list[Feature] = []
        for number, ids in enumerate(sequences.token_ids([row["text"] for row in rows], tokenizer, sequences.LONGEST)):
            for begin in range(0, len(ids), room):
                features.append({"row": number, "input_ids": [frame.begin, *ids[begin : begin + room], frame.end]})
        return features

    def collate(self, features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
        """As every type does; 'labels' (B, L) has the pieces to be guessed, and elsewhere `sequences.IGNORED`.

        What is hidden is drawn from torch's global generator.
        """
        batch = sequences.padded_with_mask([feature["input_ids"] for feature in features], pad_token_id)
        pieces = batch["input_ids"]
        ordinary = ~torch.isin(pieces, self._special) & batch["attention_mask"].bool()
        guessed = (torch.rand(pieces.shape) < GUESSED) & ordinary
        batch["labels"] = pieces.masked_fill(~guessed, sequences.IGNORED)
        chance = torch.rand(pieces.shape)
        drawn = self._ordinary[torch.randint(len(self._ordinary), pieces.shape)]
        shown = pieces.masked_fill(chance < MASKED, self._mask)
        shown = torch.where((chance >= MASKED) & (chance < MASKED + DRAWN), drawn, shown)
        batch["input_ids"] = torch.where(guessed, shown, pieces)
        return batch

    def items(self, batch: Mapping[str, Tensor]) -> int:
        """The number of pieces to be guessed."""
        return int((batch["labels"] != sequences.IGNORED).sum())

    def loss(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
        """Cross-entropy, summed over the pieces to be guessed."""
        guessed = batch["labels"] != sequences.IGNORED
        states, pieces = outputs["states"][guessed], outputs["pieces"]
        logits = functional.linear(states, pieces.to(states.dtype)).float() + outputs["bias"].float()
        return functional.cross_entropy(logits, batch["labels"][guessed], reduction="sum")
