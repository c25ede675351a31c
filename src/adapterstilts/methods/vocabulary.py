"""Training without the pieces that no row contains.

Of a multilingual encoder's parameters most are embeddings of pieces that a training set never shows. In full
fine-tuning such a row never has a gradient: AdamW (Loshchilov & Hutter 2019) leaves its moments at zero and only decays
it, by a known factor. So training works on a table of the pieces that occur, and the others are decayed once, at its
end: the same numbers as with the whole table, to rounding. What is frozen need not even be put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from adapterstilts.methods.installed import Installed

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class _Occurring(nn.Module):
    """An embedding of the pieces `used` alone, by their old numbers; IndexError for any other."""

    def __init__(self, whole: nn.Embedding, used: Tensor) -> None:
        super().__init__()
        occurring = whole.weight.detach().index_select(0, used)
        self.weight = nn.Parameter(occurring, requires_grad=whole.weight.requires_grad)
        self.places: Tensor
        places = torch.full((whole.num_embeddings,), len(used), device=used.device)
        places[used] = torch.arange(len(used), device=used.device)
        self.register_buffer("places", places, persistent=False)
        self.padding_idx = None if whole.padding_idx is None else int(places[whole.padding_idx])

    def forward(self, pieces: Tensor) -> Tensor:
        return embedding(self.places[pieces], self.weight, self.padding_idx)


class CompactVocabulary:
    """Takes the place of a backbone's word embedding until `restore`."""

    def __init__(self, backbone: PreTrainedModel, installed: Installed, pieces: Tensor) -> None:
        """`pieces` are the token ids that occur; the padding's is added."""
        whole = backbone.get_input_embeddings()
        assert isinstance(whole, nn.Embedding)
        padding = [] if whole.padding_idx is None else [whole.padding_idx]
        used = torch.cat([pieces, pieces.new_tensor(padding)]).unique().to(whole.weight.device)
        self._backbone, self._installed, self._whole, self._used = backbone, installed, whole, used
        occurring = _Occurring(whole, used)
        backbone.set_input_embeddings(occurring)
        installed.exchange(whole.weight, occurring.weight)

    def restore(self, decay: float) -> None:
        """Put the whole table back: what occurs as it was trained, the rest times `decay`."""
        occurring = self._backbone.get_input_embeddings().weight
        with torch.no_grad():
            self._whole.weight.mul_(decay)
            self._whole.weight[self._used] = occurring
        self._backbone.set_input_embeddings(self._whole)
        self._installed.exchange(occurring, self._whole.weight)
