"""Training: our fast path, our plain path, and the installed library as it is best configured, on the same batches.

A token's products cost two operations a parameter forward and two backward through a frozen encoder, and two more where
every weight learns: that is the limit which the machine's peak sets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import adapters
import torch
from adapters import BnConfig
from adapters.composition import Fuse
from benchmarks.goals import Goal
from benchmarks.measuring import PEAK, Rounds, interleaved, peak, ratios
from benchmarks.shapes import OCCURRING, SHAPES, Shape, batches, tokens_of
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

from adapterstilts import methods
from adapterstilts.adapter.model import Model
from adapterstilts.backbones.device import moved
from adapterstilts.findings.table import Column, Table, Value

SYSTEMS: Mapping[str, tuple[str, str | None, int]] = {
    "bottleneck": ("bottleneck", None, 0),
    "LoRA": ("lora", None, 0),
    "fusion of 2 bottlenecks": ("bottleneck", "fuse", 2),
    "fusion of 9 bottlenecks": ("bottleneck", "fuse", 9),
    "fusion of 9 LoRAs": ("lora", "fuse", 9),
    "full fine-tuning": ("full", None, 0),
}
CPU = torch.device("cpu")
ADAPTERS = ("bottleneck", "LoRA")
OURS, PLAIN, LIBRARY = "adapterstilts", "its plain path", "the plain library"
FUSIONS, FULL = ("fusion of 9 bottlenecks", "fusion of 9 LoRAs"), "full fine-tuning"
_MAPS = r".*\.(query|key|value|dense)"
Forward = Callable[[dict[str, Tensor]], Tensor]


def ours(shape: Shape, system: str, packed: bool, device: torch.device = CPU) -> tuple[Forward, list[nn.Parameter]]:
    """Return the first tokens' states by our model, and what is trained.

    The plain path is that of the first release: it has the whole table of embeddings.
    """
    method, composition, count = SYSTEMS[system]
    sources = [source(shape, method, number) for number in range(count)]
    encoder = shape.encoder().to(device)
    torch.manual_seed(1)
    installed = methods.install(encoder, method, composition, methods.default_settings(method), sources)
    model = Model(encoder, installed, None, method, composition).train()
    model.packed = packed
    if packed:
        model.trim(torch.arange(min(shape.pieces, OCCURRING)), "bf16")
    return lambda batch: model(batch)["hidden"][:, 0], list(model.installed.trainable().values())


def source(shape: Shape, method: str, number: int) -> methods.Source:
    """Return a source whose tensors are random, and none of which is zero."""
    encoder = replace(shape, pieces=100).encoder()  # no adapter sees how many there are
    torch.manual_seed(100 + number)
    installed = methods.install(encoder, method, None, methods.default_settings(method), [])
    tensors = {name: tensor + 0.01 * torch.randn_like(tensor) for name, tensor in installed.state().items()}
    return methods.Source(f"source {number}", method, installed.settings, tensors)


def library(shape: Shape, system: str, device: torch.device = CPU) -> tuple[Forward, list[nn.Parameter]]:
    """Return the same by `adapters`, `peft` or `transformers` as they come."""
    method, composition, count = SYSTEMS[system]
    encoder = shape.encoder()
    torch.manual_seed(1)
    if method == "lora":
        for name in ["own", *(f"s{number}" for number in range(count))]:
            inject_adapter_in_model(LoraConfig(r=8, lora_alpha=16, target_modules=_MAPS), encoder, adapter_name=name)
        for module in encoder.modules():
            if hasattr(module, "lora_A"):
                module.set_adapter(["own", *(f"s{number}" for number in range(count))])
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad = ".own." in name
    elif method == "bottleneck":
        adapters.init(encoder)
        config = BnConfig.load("seq_bn", reduction_factor=16)
        if composition is None:
            encoder.add_adapter("own", config=config)
            encoder.train_adapter("own")
        else:
            names = [f"s{number}" for number in range(count)]
            for name in names:
                encoder.add_adapter(name, config=config)
            encoder.add_adapter_fusion(Fuse(*names))
            encoder.train_adapter_fusion(Fuse(*names))
    encoder.to(device).train()
    return (
        lambda batch: encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state[:, 0],
        [parameter for parameter in encoder.parameters() if parameter.requires_grad],
    )


def step(
    forward: Forward, parameters: list[nn.Parameter], head: nn.Linear, optimizer: Any, batch: dict[str, Tensor]
) -> None:
    """One update as the loop makes it, in mixed precision."""
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(head.weight.device.type, torch.bfloat16):
        loss = head(forward(batch)).float().logsumexp(-1).mean()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


class Side:
    """A side of a comparison: its next batches, its optimiser's state kept, timed."""

    def __init__(
        self,
        shape: Shape,
        built: tuple[Forward, list[nn.Parameter]],
        every: list[dict[str, Tensor]],
        steps: int,
        device: torch.device = CPU,
    ) -> None:
        self._forward, self._parameters = built
        self._every, self._steps, self._place, self._device = every, steps, 0, device
        self._head = nn.Linear(shape.hidden, 3, device=device)
        self._optimizer = torch.optim.AdamW([*self._parameters, *self._head.parameters()], lr=1e-4, fused=True)

    def __call__(self) -> float:
        group = self._every[self._place : self._place + self._steps]
        self._place = (self._place + self._steps) % len(self._every)
        start = time.perf_counter()
        for batch in group:
            step(self._forward, self._parameters, self._head, self._optimizer, moved(batch, self._device))
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return tokens_of(group) / (time.perf_counter() - start)


def measured(shape: Shape, system: str, rows: str, rounds: int, steps: int) -> dict[str, Any]:
    """Return tokens a second of each side in each round, and the machine's peak in the same minutes."""
    every = batches(shape, rows, (rounds + 1) * steps)
    sides: dict[str, Callable[[], float]] = {
        OURS: Side(shape, ours(shape, system, True), every, steps),
        PLAIN: Side(shape, ours(shape, system, False), every, steps),
        LIBRARY: Side(shape, library(shape, system), every, steps),
        PEAK: peak,
    }
    figures: Rounds = interleaved(sides, rounds)
    return {"shape": shape.name, "system": system, "rows": rows, "steps": steps, "rounds": figures}


def fusions(shape: Shape, rounds: int, steps: int) -> dict[str, Any]:
    """Return tokens a second of one and of nine bottlenecks and LoRAs by our path, in each round."""
    every = batches(shape, "mnli", (rounds + 1) * steps)
    systems = [*ADAPTERS, *FUSIONS]
    sides = {system: Side(shape, ours(shape, system, True), every, steps) for system in systems}
    return {"shape": shape.name, "rounds": interleaved(sides, rounds)}


def share_of_limit(record: dict[str, Any]) -> list[float]:
    """What is reached, round by round, of the tokens a second that the products alone would allow at peak speed."""
    shape = next(each for each in SHAPES.values() if each.name == record["shape"])
    operations = (6 if record["system"] == FULL else 4) * shape.in_layers
    rounds = record["rounds"]
    return [own * operations / most for own, most in zip(rounds[OURS], rounds[PEAK], strict=True)]


def goals(records: list[dict[str, Any]]) -> list[Goal]:
    """Return what training is measured for."""
    every = []
    for record in records:
        system, shape, rounds = record["system"], record["shape"], record["rounds"]
        what = f"{system} at {shape}'s shape, lengths of {record['rows']}"
        to_library, to_plain = ratios(rounds, OURS, LIBRARY), ratios(rounds, OURS, PLAIN)
        if system in ADAPTERS:
            every.append(Goal(f"training a {what}, to {LIBRARY}", to_library, 1.6))
            share = 0.7 if shape == SHAPES["base"].name else 0.55
            every.append(Goal(f"training a {what}, share of the limit", share_of_limit(record), share))
        elif system == FULL:
            every.append(Goal(f"{what}, to transformers", to_library, 1.0))
            if shape == SHAPES["small"].name:
                every.append(Goal(f"{what}, to the first release", to_plain, 1.8))
    return every


def goals_of_fusions(record: dict[str, Any]) -> list[Goal]:
    """Return what fusions are measured for."""
    return [
        Goal(
            f"cost of nine, {nine}, to one at {record['shape']}'s shape", ratios(record["rounds"], one, nine), most=most
        )
        for one, nine, most in zip(ADAPTERS, FUSIONS, (1.6, 1.4), strict=True)
    ]


def table(records: list[dict[str, Any]]) -> str:
    """Return the Markdown table of some measurements of one shape."""
    compared = [side for side in (LIBRARY, PLAIN) if side in records[0]["rounds"]]
    columns = (
        Column("system"),
        Column("lengths of"),
        Column("tokens a second", "number", 0),
        *(Column(f"ratio to {side}", "number", 2) for side in compared),
        Column("share of the limit, %", "number", 0),
    )
    lines = []
    for record in records:
        rounds = record["rounds"]
        shares = [100 * share for share in share_of_limit(record)]
        to_each = (Value.median(ratios(rounds, OURS, side)) for side in compared)
        lines.append((record["system"], record["rows"], Value.median(rounds[OURS]), *to_each, Value.median(shares)))
    return Table(columns, lines).to_markdown()


def table_of_fusions(record: dict[str, Any]) -> str:
    """Return the Markdown table of one and of nine of them."""
    rounds = record["rounds"]
    columns = (Column("system"), Column("tokens a second", "number", 0), Column("cost of nine to one", "number", 2))
    lines: list[tuple[Any, ...]] = []
    for one, nine in zip(ADAPTERS, FUSIONS, strict=True):
        lines.append((one, Value.median(rounds[one]), None))
        lines.append((nine, Value.median(rounds[nine]), Value.median(ratios(rounds, one, nine))))
    return Table(columns, lines).to_markdown()
