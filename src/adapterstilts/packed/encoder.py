"""BERT's encoder over packed tokens: what XLM-R, BERT, RoBERTa and their kin compute, without padding and casts.

The plain reference is `transformers`' own model with the adapter that `methods` put into it; this computes the same
sums from the same live tensors (`tests/test_packed.py` compares outputs, gradients and whole trainings).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, layer_norm
from transformers.activations import get_activation

from adapterstilts.backbones.device import mixed_precision, without_autocast
from adapterstilts.packed.attention import attention
from adapterstilts.packed.batches import Packed, lengths_of, packed
from adapterstilts.packed.dropout import Masks, added, dropped
from adapterstilts.packed.linear import Linear

FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert"})
"""The encoders that count positions from behind the number of their padding; BERT counts from 0."""
KINDS = FROM_PADDING | {"bert"}
"""The encoders that are known here."""

Change = Callable[[Tensor, bool], Tensor]
Attend = Callable[[tuple[Tensor, ...], int, Packed, Tensor | None, float], Tensor]


@dataclass(frozen=True)
class Site:
    """What is added behind a sub-layer: the changes, one after the other, and what the first of them reads.

    With h the sub-layer's output, x its input, and t = h + x: 'normed' LN(t), 'output' h, 'input' x. The next change of
    a stack reads the same of h and the changes before it; beside a sub-layer all read x.
    """

    reads: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Layer:
    """One layer's maps, and what is added behind its two sub-layers."""

    projections: tuple[Linear, ...]
    attended: Linear
    inner: Linear
    outer: Linear
    norms: tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
    sites: tuple[Site | None, Site | None]

    @property
    def maps(self) -> tuple[Linear, ...]:
        """All its linear maps."""
        return (*self.projections, self.attended, self.inner, self.outer)

    @property
    def frozen(self) -> bool:
        """Whether nothing in it is trained or belongs to a mixture."""
        return self.sites == (None, None) and all(linear.frozen for linear in self.maps)


class Encoder:
    """`layers` behind the embeddings of a backbone: its module for words, and its `tensors` by its own names, live."""

    def __init__(
        self,
        config: Any,
        words: nn.Module,
        tensors: Mapping[str, Tensor],
        layers: tuple[Layer, ...],
        attend: Attend = attention,
    ) -> None:
        self.config, self.words, self.tensors, self.layers = config, words, tensors, layers
        self._attend = attend
        self._activation = get_activation(config.hidden_act)
        self._type, self._position = (
            tensors[f"embeddings.{kind}_embeddings.weight"] for kind in ("token_type", "position")
        )
        self._norm = (tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"])

    def __call__(self, batch: Mapping[str, Tensor], training: bool) -> Tensor:
        """Return (B, L, H) for 'input_ids', 'attention_mask' and perhaps 'token_type_ids', each (B, L).

        Each row's ones in the mask come first. 'lengths' (B,), on the CPU, may say how many: then no accelerator waits.
        With 'below' (tokens, H), of `below`, only the layers from the lowest with an adapter on are computed.
        """
        last = len(self.layers)
        layout = _layout(batch)
        states = self._states(batch, layout, [last], Masks() if training else None)
        return layout.unpacked(states[last])

    def structure(self) -> Hashable | None:
        """Return what encoders have in common that `Together` takes; None where the backbone itself is trained."""
        if any(tensor.requires_grad for tensor in self.tensors.values()):
            return None
        sites = [[site and (site.reads, len(site.changes)) for site in layer.sites] for layer in self.layers]
        maps = [len(layer.projections) for layer in self.layers]
        return *map(id, self.tensors.values()), str(maps), str(sites)

    def trained(self, batch: Mapping[str, Tensor], layout: Packed, masks: Masks) -> Tensor:
        """Return (B, L, H) of a batch of this layout in training, with these masks."""
        last = len(self.layers)
        return layout.unpacked(self._states(batch, layout, [last], masks)[last])

    @property
    def _frozen(self) -> int:
        """How many layers are below the lowest with an adapter."""
        return sum(1 for _ in takewhile(lambda layer: layer.frozen, self.layers))

    def below(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return what comes into the lowest layer with an adapter, (tokens, H) row by row, without dropout."""
        layout, last = _layout(batch), self._frozen
        return layout.without_filling(self._states(batch, layout, [last], None)[last])

    def keep_only(self, precision: torch.dtype) -> None:
        """Keep the frozen maps in `precision` alone, in which everything is computed from now on."""
        for layer in self.layers:
            for linear in layer.maps:
                linear.keep_only(precision)

    def states(self, batch: Mapping[str, Tensor], layers: Collection[int]) -> dict[int, Tensor]:
        """Return each of `layers` (0 = the embeddings) as (B, L, H), without dropout; none above them is computed."""
        layout = _layout(batch)
        states = self._states(batch, layout, layers, None)
        return {number: layout.unpacked(hidden) for number, hidden in states.items()}

    def _states(
        self, batch: Mapping[str, Tensor], layout: Packed, wanted: Collection[int], masks: Masks | None
    ) -> dict[int, Tensor]:
        """The `wanted` layers' states (T, H)."""
        device = batch["input_ids"].device
        precision = mixed_precision(device) or self._type.dtype
        with without_autocast(device):
            if "below" in batch:
                begin, hidden = self._frozen, layout.filled_up(batch["below"].to(precision))
            else:
                begin, hidden = 0, self._embedded(batch, layout, precision, masks)
            states = {begin: hidden} if begin in wanted else {}
            for number, layer in enumerate(self.layers[begin : max(wanted)], begin + 1):
                hidden = self._through(layer, hidden, layout, masks)
                if number in wanted:
                    states[number] = hidden
            return states

    def _embedded(
        self, batch: Mapping[str, Tensor], layout: Packed, precision: torch.dtype, masks: Masks | None
    ) -> Tensor:
        config = self.config
        first = config.pad_token_id + 1 if config.model_type in FROM_PADDING else 0
        rows, columns = layout.places // layout.length, layout.places % layout.length
        columns = columns.clamp_(max=layout.width - 1)
        places = rows * layout.width + columns
        words = batch["input_ids"].reshape(-1)[places]
        types = batch["token_type_ids"].reshape(-1)[places] if "token_type_ids" in batch else torch.zeros_like(words)
        total = self.words(words) + embedding(types, self._type)
        hidden = self._normed((total + embedding(columns + first, self._position)).to(precision), self._norm)
        (kept,) = _drawn(masks, [(hidden.shape, config.hidden_dropout_prob)], hidden.device)
        return dropped(hidden, kept, config.hidden_dropout_prob)

    def _normed(self, total: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
        # a CPU takes weights of another precision, an accelerator does not
        weight, bias = (each.to(total.dtype) if total.is_cuda else each for each in norm)
        return layer_norm(total, weight.shape, weight, bias, self.config.layer_norm_eps)

    def _through(self, layer: Layer, hidden: Tensor, layout: Packed, masks: Masks | None) -> Tensor:
        config, heads, training = self.config, self.config.num_attention_heads, masks is not None
        of_weights, of_hidden = config.attention_probs_dropout_prob, config.hidden_dropout_prob
        square = (layout.batch * heads, layout.length, layout.length)
        shape = hidden.shape
        by_torch = hidden.device.type != "cpu"
        shapes = [(square, 0.0 if by_torch else of_weights), (shape, of_hidden), (shape, of_hidden)]
        kept, kept_inner, kept_outer = _drawn(masks, shapes, hidden.device)
        projected = tuple(projection(hidden) for projection in layer.projections)
        output = layer.attended(self._attend(projected, heads, layout, kept, of_weights if training else 0.0))
        hidden = self._behind(layer, 0, hidden, output, kept_inner, training)
        output = layer.outer(self._activation(layer.inner(hidden)))
        return self._behind(layer, 1, hidden, output, kept_outer, training)

    def _behind(
        self, layer: Layer, number: int, read: Tensor, output: Tensor, kept: Tensor | None, training: bool
    ) -> Tensor:
        """What follows a sub-layer that turned `read` into `output`: dropout, the sum, adapters, and the layer norm."""
        probability, norm, site = self.config.hidden_dropout_prob, layer.norms[number], layer.sites[number]
        reads = None if site is None else site.reads
        if reads == "output":
            output, kept = dropped(output, kept, probability), None
        total = added(read, output, kept, probability)
        for change in () if site is None else site.changes:
            if reads == "input":
                more = change(read, training)
            elif reads == "output":
                more = change(output, training)
                output = output + more
            else:
                more = change(self._normed(total, norm), training)
            total = total + more
        return self._normed(total, norm)


def _layout(batch: Mapping[str, Tensor]) -> Packed:
    ids = batch["input_ids"]
    return packed(lengths_of(batch), ids.shape[1], ids.device)


def _drawn(masks: Masks | None, shapes: list[tuple[Any, float]], device: torch.device) -> list[Tensor | None]:
    return [None] * len(shapes) if masks is None else masks.draw(shapes, device)
