"""Real rows through encode and decode: what is labelled is what comes back, in scripts that generated rows lack."""

from __future__ import annotations

import functools
from typing import Any

import doubles
import numpy
import pytest
import torch
from test_sources_files import real

from adapterstilts import tasks
from adapterstilts.rows import folder
from adapterstilts.tasks.types import Row, question_answering, tagging

PAD = 1


@functools.cache
def tokenizer() -> Any:
    """Trained on these languages' own text, so that its pieces are as short and as many as real ones."""
    task = tasks.get("xquad")
    texts = [row["context"] for code in ("en", "de", "ar", "zh") for row in load(task, "test", code, 200)]
    return doubles.trained_tokenizer(dict.fromkeys(texts), 6000)


def load(task: tasks.Task, split: str, language: str, limit: int) -> list[Row]:
    return folder.load(task, split, language, real("xtreme"), limit)


@pytest.mark.parametrize(
    ("name", "split", "language"),
    [("xquad", "test", language) for language in ("en", "de", "ar", "zh")]
    + [("mlqa", "validation", language) for language in ("en", "de", "zh")]
    + [("tydiqa", "train", "en"), ("squad2", "validation", "en")],
)
def test_a_sure_model_gives_the_answers_of_real_questions(name: str, split: str, language: str) -> None:
    """Through windows, offsets and the best span; a token that is wider than its answer says a little more."""
    task = tasks.get(name)
    rows = load(task, split, language, 300)
    features = question_answering.encode(rows, tokenizer(), task, 384)
    outputs = []
    for feature in features:
        logits = numpy.zeros((2, 384), dtype=numpy.float32)
        logits[0, feature["start_position"]] = logits[1, feature["end_position"]] = 9.0
        outputs.append({"start_logits": logits[0], "end_logits": logits[1]})
    predicted = question_answering.decode(outputs, features, rows, task)
    compared = [
        (answer["text"][0] if (answer := row["answers"])["text"] else "", guess)
        for row, guess in zip(rows, predicted, strict=True)
        if _tokens_of_answer(row) <= question_answering.LONGEST_ANSWER
    ]
    assert len(compared) > 200
    assert all(answer.strip() in guess for answer, guess in compared if answer)
    assert not any(guess for answer, guess in compared if not answer)
    assert sum(answer == guess for answer, guess in compared) > 0.8 * len(compared)


def _tokens_of_answer(row: Row) -> int:
    text = row["answers"]["text"]
    return len(tokenizer()(text[0], add_special_tokens=False)["input_ids"]) if text else 0


@pytest.mark.parametrize(
    ("name", "language"), [("panx", "zh"), ("panx", "ar"), ("udpos", "hi"), ("udpos", "zh"), ("udpos", "en")]
)
def test_every_real_word_is_tagged_once(name: str, language: str) -> None:
    task = tasks.get(name)
    rows = load(task, "validation", language, 500)
    features = tagging.encode(rows, tokenizer(), task, 64)
    assert len(features) > len(rows)
    assert max(len(feature["input_ids"]) for feature in features) <= 64
    batch = tagging.collate(features, PAD)
    best = torch.where(batch["labels"] < 0, 0, batch["labels"]).numpy()
    assert tagging.decode([{"best": tags} for tags in best], features, rows, task) == [row["tags"] for row in rows]
