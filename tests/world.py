"""A world small enough for whole runs in a test: a tiny random backbone in the zoo, and a few rows."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from doubles import SENTENCES, tokenizer
from transformers import XLMRobertaConfig, XLMRobertaModel

from adapterstilts import execution, tasks
from adapterstilts.backbones import declared
from adapterstilts.base import places
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution import How
from adapterstilts.rows import reading
from adapterstilts.runs import asked, recipe
from adapterstilts.runs.results import Result

LANGUAGES = ("en", "de", "ja", "ar")
RECIPE: dict[str, dict[str, Any]] = {
    "defaults": {
        **recipe.resolve("pocket", "full", None, "mnli").run,
        "learning_rate": 0.01,
        "batch_size": 4,
        "max_steps": 3,
        "epochs": None,
        "evaluate_every": 2,
        "max_length": 48,
        "train_examples": 10,
        "validation_examples": 4,
        "test_examples": 6,
    },
    "types": {},
    "methods": {"bottleneck": {"reduction_factor": 8}, "lora": {"rank": 2, "alpha": 4}},
    "compositions": {"fuse": {"bottleneck": {"learning_rate": 0.02}}},
    "tasks": {},
}


@functools.cache
def rows(name: str, split: str, language: str) -> list[dict[str, Any]]:
    """Forty rows of a task, of its type, with its labels."""
    task, rng = tasks.get(name), Random(f"{name}/{split}/{language}")
    made = []
    for number in range(40):
        one, other = rng.choice(SENTENCES), rng.choice(SENTENCES)
        row: dict[str, Any] = {"id": f"{split}-{number}"}
        if task.type in ("classification", "retrieval"):
            row |= {"sentence1": f"{number} {one}", "sentence2": f"{other} {number}"}
            row |= {"label": rng.choice(task.labels)} if task.labels else {}
        elif task.type == "tagging":
            words = other.split()
            row |= {"tokens": words, "tags": [rng.choice(("O", "B-PER")) for _ in words]}
        elif task.type == "multiple_choice":
            row |= {"context": other, "question": one, "choices": [other[:6], one[:4], "x"], "label": number % 3}
        else:
            row |= {"context": other, "question": one, "answers": {"text": [other[:6]], "answer_start": [0]}}
        made.append(row)
    return made


def _load(task: tasks.Task, split: str, language: str, data: str = "pocket", limit: int | None = None, *_: Any) -> list:
    assert (split == "test" or language == "en") and data == "pocket"
    return rows(task.name, split, language)[:limit]


def _languages_of(task: tasks.Task, data: str = "pocket") -> tuple[str, ...]:
    return LANGUAGES[1:] if task.type == "retrieval" else LANGUAGES


@functools.cache
def _backbone(seed: int) -> XLMRobertaModel:
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer()),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=60,
        initializer_range=0.3,
        pad_token_id=tokenizer().pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return XLMRobertaModel(config, add_pooling_layer=False)


def save_backbone(folder: Path, seed: int = 0) -> None:
    """Write the tiny backbone and its tokenizer."""
    _backbone(seed).save_pretrained(folder)
    tokenizer().save_pretrained(folder)


def build(root: Path, monkeypatch: pytest.MonkeyPatch, own_rows: bool = True) -> Path:
    """Put in place a zoo with only a backbone, short trainings, and the rows above; return where to work.

    Without `own_rows` the sources are the real ones.
    """
    save_backbone(root / "zoo" / "pocket" / "backbone")
    # rows of one revision differ from test to test
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(root / "home"))
    monkeypatch.setattr(places, "zoo_folder", lambda: root / "zoo")
    # its weights are others than those that are shipped
    tiny = replace(declared.DECLARED["pocket"], fingerprint=None)
    monkeypatch.setitem(declared.DECLARED, "pocket", tiny)
    monkeypatch.setattr(recipe, "_read", lambda _: RECIPE)
    if own_rows:
        monkeypatch.setattr(reading, "load", _load)
        monkeypatch.setattr(reading, "languages_of", _languages_of)
        monkeypatch.setattr(reading, "source_revision", lambda task, data: f"{data}-1")
    work = root / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


RUNS = Path("runs")
Settings = dict[str, Any]


def learn(
    task: str,
    method: str = "bottleneck",
    composition: str | None = None,
    sources: tuple[str, ...] = (),
    progress: Progress = SILENT,
    *,
    output: Path = RUNS,
    languages: tuple[str, ...] = (),
    resume: bool = False,
    settings: Settings | None = None,
    **about: Any,
) -> Result:
    """Ask for a run in words, and train and measure it."""
    run = asked.training(AtHand(output), task, method, composition, sources, settings=settings, **about)
    return execution.learn(run, How(output, languages, resume, asked.only_how(settings or {})), progress)


def evaluate(
    word: str,
    target: str | None = None,
    progress: Progress = SILENT,
    submission: Path | None = None,
    *,
    output: Path = RUNS,
    languages: tuple[str, ...] = (),
    settings: Settings | None = None,
    **about: Any,
) -> Result:
    """Ask for an evaluation in words, and carry it out."""
    run = asked.evaluating(AtHand(output), word, target, settings=settings, **about)
    how = How(output, languages, settings=asked.only_how(settings or {}))
    return execution.evaluate(run, how, progress, submission)


def merge(sources: tuple[str, ...], method: str, target: str | None = None, **about: Any) -> execution.Merge:
    """Ask for a merge in words, and make it."""
    return execution.merge(asked.merging(AtHand(RUNS), sources, method, target, **about), How(RUNS))


class Notes:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.titles: list[str] = []

    def start(self, title: str, total: int | None, unit: str) -> None:
        self.titles.append(title)

    def advance(self, n: int = 1, **facts: object) -> None:
        pass

    def report(self, **facts: object) -> None:
        pass

    def finish(self) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)
