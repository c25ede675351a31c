"""Self-attention over packed tokens (Vaswani et al. 2017, equation 1), padded for it alone."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from adapterstilts.packed.batches import Packed
from adapterstilts.packed.dropout import masked


def attention(parts: tuple[Tensor, ...], heads: int, batch: Packed, kept: Tensor | None, probability: float) -> Tensor:
    """Return (T, H) from queries, keys and values: one tensor (T, 3H), or three (T, H).

    `kept` (B * heads, length, length) is a mask of `dropout.Masks` for the weights; None: nothing is dropped
    on a CPU, and elsewhere the kernel of PyTorch drops with `probability`.
    """
    # in bf16 the gradient of PyTorch's kernel takes a CPU several times as long (scripts/benchmarks/attention.py)
    has_gradient = torch.is_grad_enabled() and any(part.requires_grad for part in parts)
    slow = parts[0].device.type == "cpu" and parts[0].dtype == torch.bfloat16
    if kept is not None or (has_gradient and slow):
        return _Attention.apply(batch, heads, kept, 1.0 if kept is None else 1 / (1 - probability), *parts)
    return _by_torch(parts, heads, batch, probability)


def _by_torch(parts: tuple[Tensor, ...], heads: int, batch: Packed, probability: float) -> Tensor:
    whole = torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
    table = batch.table(whole).view(batch.batch, batch.length, -1)
    return batch.tokens(context_of(table, heads, batch.bias, probability).flatten(0, 1))


def context_of(table: Tensor, heads: int, bias: Tensor | None, probability: float) -> Tensor:
    """Return (B, L, H) from queries, keys and values side by side (B, L, 3H), by PyTorch's own kernel.

    `bias` (B, 1, 1, L) is added to the scores, and `probability` that of a dropout of weights.
    """
    batch, length, width = table.shape[0], table.shape[1], table.shape[2] // 3
    query, key, value = table.view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    bias = None if bias is None else bias.to(table.dtype)
    context = scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=probability)
    return context.transpose(1, 2).reshape(batch, length, width)


class _Attention(torch.autograd.Function):
    """Attention with its gradient written out: PyTorch's has none with dropout on a CPU, and is slow in bf16."""

    @staticmethod
    def forward(ctx: Any, batch: Packed, heads: int, kept: Tensor | None, scale: float, *parts: Tensor) -> Tensor:
        query, key, value = _by_head(parts, heads, batch)
        root = 1 / math.sqrt(query.shape[-1])
        weights = torch.softmax(_scores(query, key, root, batch.bias), -1)
        context = torch.bmm(_dropped(weights, kept), value)
        ctx.save_for_backward(query, key, value, weights, kept)
        ctx.batch, ctx.heads, ctx.scale, ctx.root, ctx.count = batch, heads, scale, root, len(parts)
        tokens = batch.tokens(_by_place(context, heads, batch))
        return tokens if kept is None else tokens.mul_(scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, weights, kept = ctx.saved_tensors
        batch, heads = ctx.batch, ctx.heads
        gradient = gradients[0] if kept is None else gradients[0] * ctx.scale
        table = batch.table(gradient).view(batch.batch, batch.length, heads, -1)
        of_context = table.transpose(1, 2).reshape(value.shape)
        of_parts = value.new_empty(3, *value.shape)
        of_query, of_key, of_value = of_parts
        torch.bmm(_dropped(weights, kept).transpose(1, 2), of_context, out=of_value)
        of_weights = _dropped(torch.bmm(of_context, value.transpose(1, 2)), kept)
        of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
        torch.bmm(of_scores, key, out=of_query)
        torch.bmm(of_scores.transpose(1, 2), query, out=of_key)
        of_parts[:2].mul_(ctx.root)
        if ctx.count == 3:
            return None, None, None, None, *(batch.tokens(_by_place(part, heads, batch)) for part in of_parts)
        together = of_parts.view(3, batch.batch, heads, batch.length, -1)
        together = together.permute(1, 3, 0, 2, 4).reshape(batch.batch * batch.length, -1)
        return None, None, None, None, batch.tokens(together)


def _scores(query: Tensor, key: Tensor, root: float, bias: Tensor | None) -> Tensor:
    """(B * heads, length, length): the products by `root`, and the batch's bias."""
    if bias is None:
        return torch.bmm(query * root, key.transpose(1, 2))
    heads = len(query) // len(bias)
    by_head = bias.to(query.dtype).expand(-1, heads, -1, -1).flatten(0, 1)
    return torch.baddbmm(by_head, query, key.transpose(1, 2), alpha=root)


def _dropped(weights: Tensor, kept: Tensor | None) -> Tensor:
    return weights if kept is None else masked(weights, kept)


def _by_head(parts: tuple[Tensor, ...], heads: int, batch: Packed) -> tuple[Tensor, ...]:
    """Queries, keys and values, each (B * heads, length, H / heads)."""
    if len(parts) == 1:
        table = batch.table(parts[0]).view(batch.batch, batch.length, 3, heads, -1)
        return table.permute(2, 0, 3, 1, 4).reshape(3, batch.batch * heads, batch.length, -1).unbind(0)
    tables = (batch.table(part).view(batch.batch, batch.length, heads, -1) for part in parts)
    return tuple(table.transpose(1, 2).reshape(batch.batch * heads, batch.length, -1) for table in tables)


def _by_place(by_head: Tensor, heads: int, batch: Packed) -> Tensor:
    """(B * heads, length, D) as (B * length, heads * D)."""
    return by_head.view(batch.batch, heads, batch.length, -1).transpose(1, 2).reshape(batch.batch * batch.length, -1)
