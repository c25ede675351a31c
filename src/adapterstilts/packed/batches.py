"""A batch without its padding: all its tokens in one row, and where each belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LADDER = 64
"""The number of tokens is rounded up to a multiple of this, so that the same few shapes come again and again: a CPU
makes kernels for each, and keeps about a thousand."""
LENGTHS = 8
"""Likewise for the length to which attention pads."""
NEARLY_FULL = 0.95
"""From this share of tokens on a batch stays as it is, but for its length: padding costs less than moving tokens."""


@dataclass(frozen=True)
class Packed:
    """Where the T tokens of a batch (B, width) are, in a table (B, length) of places for attention and the head.

    Some of the T tokens are padding, or only fill the row up and stand for it; no gradient reaches them.
    `places` (T,): each token's place in the flattened table. `rows` (B * length,): each place's token. `whole`: both
    are the same. `own` (N,): which of the T are tokens of the batch, row by row. `bias` (B, 1, 1, length): 0 where
    there is a token and -inf at padding; None if nothing is padded.
    """

    batch: int
    length: int
    width: int
    places: Tensor
    rows: Tensor
    bias: Tensor | None
    whole: bool
    own: Tensor

    def table(self, tokens: Tensor) -> Tensor:
        """(T, ...) as (B * length, ...)."""
        return tokens if self.whole else _Moved.apply(tokens, self.rows, self.places)

    def tokens(self, table: Tensor) -> Tensor:
        """(B * length, ...) as (T, ...)."""
        return table if self.whole else _Moved.apply(table, self.places, self.rows)

    def without_filling(self, hidden: Tensor) -> Tensor:
        """(T, H) as (N, H), the batch's own tokens row by row."""
        return hidden.index_select(0, self.own)

    def filled_up(self, states: Tensor) -> Tensor:
        """(N, H) as (T, H), with zeros for what is none of the batch's tokens."""
        if len(states) == len(self.places):
            return states
        return states.new_zeros(len(self.places), states.shape[1]).index_copy_(0, self.own, states)

    def unpacked(self, hidden: Tensor) -> Tensor:
        """(T, H) as (B, width, H), for the head."""
        return self.table(hidden).view(self.batch, self.length, hidden.shape[1])[:, : self.width]


class _Moved(torch.autograd.Function):
    """Rows from one layout to the other; their gradients come `back` as they do, without a sum over the padding."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, forth: Tensor, back: Tensor) -> Tensor:
        ctx.save_for_backward(back)
        return values.index_select(0, forth)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (back,) = ctx.saved_tensors
        return gradients[0].index_select(0, back), None, None


def lengths_of(batch: Mapping[str, Tensor]) -> Tensor:
    """(B,), on the CPU: how many tokens each row has."""
    return batch["lengths"] if "lengths" in batch else batch["attention_mask"].sum(1).cpu()


def is_whole(count: int, batch: int, length: int) -> bool:
    """Return whether a batch of so many tokens, padded to a length, stays as it is."""
    return count >= NEARLY_FULL * batch * length


def padded(width: int) -> int:
    """Return the length to which attention pads a batch."""
    return -(-width // LENGTHS) * LENGTHS


def filled(count: int) -> int:
    """Return to how many its tokens are filled up."""
    return (count // LADDER + 1) * LADDER


def packed(lengths: Tensor, width: int, device: torch.device) -> Packed:
    """Pack rows of `lengths` (B,), on the CPU, padded on the right to `width`; what it returns is on `device`."""
    batch, count, length = lengths.shape[0], int(lengths.sum()), padded(width)
    inside = torch.arange(length) < lengths[:, None]
    if is_whole(count, batch, length):
        places = torch.arange(batch * length, device=device)
        bias = None if count == batch * length else bias_of(inside).to(device)
        own = inside.view(-1).nonzero().squeeze(1).to(device)
        return Packed(batch, length, width, places, places, bias, True, own)
    places = inside.view(-1).nonzero().squeeze(1)
    padding = (~inside.view(-1)).nonzero()[0]
    rows = torch.full((batch * length,), count)
    rows[places] = torch.arange(count)
    places = torch.cat([places, padding.expand(filled(count) - count)])
    own, bias = torch.arange(count, device=device), bias_of(inside).to(device)
    return Packed(batch, length, width, places.to(device), rows.to(device), bias, False, own)


def bias_of(inside: Tensor) -> Tensor:
    """(B, 1, 1, L): 0 where `inside` (B, L) is true, and -inf elsewhere."""
    return torch.zeros(inside.shape).masked_fill_(~inside, -torch.inf)[:, None, None]
