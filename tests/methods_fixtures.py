"""A tiny random XLM-R, a batch for it, and adapters trained on it for a few steps."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import XLMRobertaConfig, XLMRobertaModel

from adapterstilts.methods import Source, install
from adapterstilts.methods.installed import Installed

PLACEMENTS = ("pfeiffer", "houlsby", "parallel")
# (method, settings) that differ in what the libraries build.
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("bottleneck", {"placement": placement, "reduction_factor": 4}) for placement in PLACEMENTS),
    ("lora", {"rank": 3, "alpha": 6}),
)


def config(dropout: float = 0.1) -> XLMRobertaConfig:
    """Hidden size 32, two layers."""
    return XLMRobertaConfig(
        vocab_size=60,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=40,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )


def backbone(seed: int = 7, dtype: torch.dtype = torch.float32, dropout: float = 0.1) -> XLMRobertaModel:
    """A backbone with the same weights at each call; the global RNG is left as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return XLMRobertaModel(config(dropout), add_pooling_layer=False).to(dtype).eval()


@functools.cache
def batch() -> Mapping[str, Tensor]:
    """Three sentences, the first one shorter."""
    ids = torch.randint(5, 60, (3, 9), generator=torch.Generator().manual_seed(1))
    ids[0, 6:] = 1
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


def hidden(module: nn.Module) -> Tensor:
    """The last hidden states (3, 9, 32) of the batch, without padding positions counting."""
    output = module(**batch()).last_hidden_state
    return output * batch()["attention_mask"][:, :, None]


def train(module: nn.Module, installed: Installed, steps: int = 3) -> None:
    """A few steps of AdamW with dropout, towards nothing in particular."""
    parameters = list(installed.trainable().values())
    optimiser = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.1)
    module.train()
    for _ in range(steps):
        states = hidden(module)
        loss = 10 * states.pow(2).mean() + (states[:, 0] - 1).abs().mean()
        regularisation = installed.regularisation()
        if regularisation is not None:
            loss = loss + regularisation
        optimiser.zero_grad()
        loss.backward()
        assert all(parameter.grad is not None for parameter in parameters)
        optimiser.step()
    module.eval()


def source(name: str, method: str, seed: int, **settings: Any) -> Source:
    """A plain adapter, trained from `seed` (copied, so that a test cannot spoil it for another)."""
    made, tensors = _source(method, seed, tuple(sorted((k, _frozen(v)) for k, v in settings.items())))
    return Source(name, method, dict(made), {key: tensor.clone() for key, tensor in tensors.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@functools.cache
def _source(method: str, seed: int, settings: tuple[tuple[str, Any], ...]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    module = backbone()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        installed = install(module, method, None, dict(settings), [])
        train(module, installed)
    return installed.settings, installed.state()


def two_sources(method: str, **settings: Any) -> list[Source]:
    """Two different trained adapters, called a and b."""
    return [source("a", method, 1, **settings), source("b", method, 2, **settings)]
