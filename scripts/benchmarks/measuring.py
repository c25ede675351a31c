"""How things are measured: interleaved, as ratios within a round, beside what the machine can do in that minute."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import click
import torch

Rounds = dict[str, list[float]]
PEAK = "peak"
LINE = "Tom met Ben.\tBen met Tom.\n"
_LIBRARIES = ("torch", "transformers", "adapters", "peft")


def interleaved(sides: Mapping[str, Callable[[], float]], rounds: int, warm: int = 1) -> Rounds:
    """Return each side's figure in each round, the order of the sides drawn anew in each; `warm` rounds are dropped."""
    random = Random(0)
    figures: Rounds = {name: [] for name in sides}
    for number in range(-warm, rounds):
        for name in random.sample(sorted(sides), len(sides)):
            figure = sides[name]()
            if number >= 0:
                figures[name].append(figure)
        click.echo(f"round {number + 1} of {rounds}: {', '.join(sides)}", err=True)
    return figures


def ratios(rounds: Rounds, side: str, reference: str) -> list[float]:
    """Return the side's figures over those of `reference`, round by round."""
    return [own / other for own, other in zip(rounds[side], rounds[reference], strict=True)]


def peak(device: torch.device | str = "cpu") -> float:
    """Return operations a second of a product of two square matrices in bf16, the best of several.

    They are 2,048 wide, on an accelerator 8,192.
    """
    accelerated = torch.device(device).type == "cuda"
    width = 8192 if accelerated else 2048
    left, right = (torch.randn(width, width, device=device).bfloat16() for _ in range(2))
    best = float("inf")
    for _ in range(12):
        start = time.perf_counter()
        left @ right
        if accelerated:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * width**3 / best


def process_seconds(command: list[str], **more: str) -> float:
    """Return the seconds of a whole Python process with these arguments, which reads a pair of sentences.

    `more` are variables of its environment.
    """
    # what is installed is compiled
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | more
    root = Path(__file__).resolve().parent.parent.parent
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, cwd=root, env=environment, input=LINE, text=True
    )
    return time.perf_counter() - start


def machine() -> dict[str, Any]:
    """Return the kind of machine and the releases; nothing names a machine."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        processor = names[0] if names else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name).partition("+")[0] for name in _LIBRARIES},
    }
