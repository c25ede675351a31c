"""Several encoders of one frozen backbone as one, in training: the tokens of all in a row, each with its own adapter.

What is frozen is computed once for all tokens; each encoder's changes are applied to its own rows, and each draws its
own dropout. So it is, to rounding, what each would compute alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from adapterstilts.packed.attention import attention, context_of
from adapterstilts.packed.batches import Packed, bias_of, filled, is_whole, lengths_of, padded
from adapterstilts.packed.draws import Draws
from adapterstilts.packed.dropout import Masks
from adapterstilts.packed.encoder import Change, Encoder, Layer, Site
from adapterstilts.packed.linear import Linear


class Together:
    """Encoders that have the same `Encoder.structure`, with the random numbers that each draws."""

    _shares: _Shares

    def __init__(self, encoders: Sequence[Encoder], draws: Sequence[Draws]) -> None:
        first, self._draws = encoders[0], draws
        layers = tuple(self._layer(of_each) for of_each in zip(*(each.layers for each in encoders), strict=True))
        self._encoder = Encoder(first.config, first.words, first.tensors, layers, self._attend)

    def __call__(self, batches: Sequence[Mapping[str, Tensor]]) -> list[Tensor]:
        """Return each encoder's (B, L, H) of its batch, in training."""
        self._shares = _Shares(batches)
        layout = self._shares.layout()
        padding = {"input_ids": self._encoder.config.pad_token_id, "attention_mask": 0, "token_type_ids": 0}
        tables = {
            name: self._shares.table([batch.get(name) for batch in batches], value)
            for name, value in padding.items()
            if any(name in batch for batch in batches)
        }
        hidden = self._encoder.trained(tables, layout, _Masks(self._shares, self._draws))
        parts = hidden.split(self._shares.batches)
        return [part[:, :width] for part, width in zip(parts, self._shares.widths, strict=False)]

    def _layer(self, layers: Sequence[Layer]) -> Layer:
        def mapped(maps: Sequence[Any]) -> Any:
            same = all(each.same_map(maps[0]) for each in maps)
            return partial(self._mapped, maps, same)

        of_maps = zip(*(each.projections for each in layers), strict=True)
        return Layer(
            projections=tuple(map(mapped, of_maps)),
            attended=mapped([each.attended for each in layers]),
            inner=mapped([each.inner for each in layers]),
            outer=mapped([each.outer for each in layers]),
            norms=layers[0].norms,
            sites=(self._site([each.sites[0] for each in layers]), self._site([each.sites[1] for each in layers])),
        )

    def _mapped(self, maps: Sequence[Linear], same: bool, values: Tensor) -> Tensor:
        if same:
            return Linear.of_several(maps, self._shares.tokens, values)
        rows = self._shares.of(values)
        return self._shares.joined([each(own) for each, own in zip(maps, rows, strict=True)])

    def _site(self, sites: Sequence[Site | None]) -> Site | None:
        present = [site for site in sites if site is not None]
        if not present:
            return None
        of_changes = zip(*(site.changes for site in present), strict=True)
        return Site(present[0].reads, tuple(partial(self._changed, changes) for changes in of_changes))

    def _changed(self, changes: Sequence[Change], values: Tensor, training: bool) -> Tensor:
        parts = []
        for change, draws, rows in zip(changes, self._draws, self._shares.of(values), strict=True):
            with draws:
                parts.append(change(rows, training))
        return self._shares.joined(parts)

    def _attend(
        self, parts: tuple[Tensor, ...], heads: int, batch: Packed, kept: Tensor | None, probability: float
    ) -> Tensor:
        if kept is not None or probability == 0:
            return attention(parts, heads, batch, kept, probability)
        # the kernel draws by the shape of what it sees, so each sees its own
        table = batch.table(torch.cat(parts, dim=1)).view(batch.batch, batch.length, -1)
        contexts = []
        for number, draws in enumerate(self._draws):
            first, length = sum(self._shares.batches[:number]), self._shares.lengths[number]
            own = slice(first, first + self._shares.batches[number])
            bias = batch.bias[own, ..., :length] if batch.bias is not None and self._shares.padded(number) else None
            with draws:
                context = context_of(table[own, :length], heads, bias, probability)
            contexts.append(pad(context, (0, 0, 0, batch.length - length)))
        nobodys = table.new_zeros(1, batch.length, contexts[0].shape[-1])
        return batch.tokens(torch.cat([*contexts, nobodys]).flatten(0, 1))


class _Shares:
    """Whose is what of a row of T tokens: first the row that each batch has alone, then some that are nobody's.

    Those stand for a sequence of a single token, of which the places of padding are, too: what a training computes is
    read by it alone, so that none that fails can spoil another. `batches` counts the sequences of each, and that one.
    """

    def __init__(self, batches: Sequence[Mapping[str, Tensor]]) -> None:
        self._masks = [batch["attention_mask"] for batch in batches]
        self._rows = [*map(lengths_of, batches), torch.ones(1, dtype=torch.int64)]
        self.batches = [*map(len, self._masks), 1]
        self.widths = [mask.shape[1] for mask in self._masks]
        self.lengths, self.tokens, self._filled = list[int](), list[int](), list[bool]()
        for rows, width in zip(self._rows, self.widths, strict=False):
            batch, count, length = len(rows), int(rows.sum()), padded(width)
            whole = is_whole(count, batch, length)
            self.lengths.append(length)
            self.tokens.append(batch * length if whole else filled(count))
            self._filled.append(not whole)
        self._all = filled(sum(self.tokens) + 1)

    def padded(self, number: int) -> bool:
        """Return whether attention sees padding in this batch by itself."""
        return int(self._rows[number].sum()) < self.batches[number] * self.lengths[number]

    def table(self, parts: Sequence[Tensor | None], value: int) -> Tensor:
        """Return (B, L) of all, padded with `value`; what has no such part has 0."""
        tables = [
            torch.zeros_like(mask) if part is None else part for part, mask in zip(parts, self._masks, strict=True)
        ]
        tables.append(tables[0].new_full((1, 1), value))
        return torch.cat([pad(table, (0, max(self.widths) - table.shape[1]), value=value) for table in tables])

    def layout(self) -> Packed:
        """Return where the tokens of all are."""
        batch, width, device = sum(self.batches), max(self.widths), self._masks[0].device
        length = padded(width)
        rows = torch.cat(self._rows)
        inside = torch.arange(length) < rows[:, None]
        # a batch that stays as it is has its padding among its tokens
        held = [own if is_filled else torch.full_like(own, of_batch) for own, of_batch, is_filled in self._held()]
        taken = (torch.arange(length) < torch.cat(held)[:, None]).view(-1).nonzero().squeeze(1)
        firsts = accumulate(self.tokens, initial=0)
        counts = [int(own.sum()) for own in held]
        numbers = torch.cat([torch.arange(first, first + count) for first, count in zip(firsts, counts, strict=True)])
        places = torch.full((self._all,), (batch - 1) * length + 1)
        places[numbers] = taken
        of_places = torch.full((batch * length,), sum(self.tokens) + 1)
        of_places[taken] = numbers
        where = (places, of_places, bias_of(inside), numbers)
        places, of_places, bias, numbers = (each.to(device) for each in where)
        return Packed(batch, length, width, places, of_places, bias, False, numbers)

    def _held(self) -> Iterator[tuple[Tensor, int, bool]]:
        return zip(self._rows, [*self.lengths, 1], [*self._filled, True], strict=True)

    def of(self, values: Tensor) -> tuple[Tensor, ...]:
        """Return each one's rows of (T, ...)."""
        return values.split([*self.tokens, self._all - sum(self.tokens)])[:-1]

    def joined(self, parts: Sequence[Tensor]) -> Tensor:
        """Return (T, ...) of each one's rows, and 0 for what is nobody's."""
        rest = parts[0].new_zeros(self._all - sum(self.tokens), *parts[0].shape[1:])
        return torch.cat([*parts, rest])

    def alone(self, number: int, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape that a mask of `shape`, (T, H) or (B * heads, length, length), has for this one alone."""
        if len(shape) == 2:
            return self.tokens[number], shape[1]
        heads, length = shape[0] // sum(self.batches), self.lengths[number]
        return self.batches[number] * heads, length, length


class _Masks(Masks):
    """Each one's masks, as it draws them alone, in the layout of all."""

    def __init__(self, shares: _Shares, draws: Sequence[Draws]) -> None:
        self._shares, self._draws, self._masks = shares, draws, list[Masks]()
        for own in draws:
            with own:
                self._masks.append(Masks())

    def draw(self, shapes: Sequence[tuple[Sequence[int], float]], device: torch.device) -> list[Tensor | None]:
        """Return masks of the joint shapes."""
        drawn: list[list[Tensor | None]] = []
        for number, (own, masks) in enumerate(zip(self._draws, self._masks, strict=True)):
            with own:
                alone = [(self._shares.alone(number, shape), probability) for shape, probability in shapes]
                drawn.append(masks.draw(alone, device))
        return [self._laid_out(shape, each) for (shape, _), each in zip(shapes, zip(*drawn, strict=True), strict=True)]

    def _laid_out(self, shape: Sequence[int], masks: Sequence[Any]) -> Tensor | None:
        if masks[0] is None:
            return None
        if len(shape) == 2:
            return self._shares.joined(masks)
        more = [shape[-1] - mask.shape[-1] for mask in masks]
        nobodys = masks[0].new_zeros(shape[0] // sum(self._shares.batches), *shape[1:])
        return torch.cat([*(pad(mask, (0, each, 0, each)) for mask, each in zip(masks, more, strict=True)), nobodys])
