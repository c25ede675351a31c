"""Work is bounded by what is needed, not by what a line holds; where all is needed, the limit is said."""

from __future__ import annotations

from typing import Any

import doubles
import pytest

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.tasks import types
from adapterstilts.tasks.types import sequences

TASKS = {name: tasks.get(name) for name in ("mnli", "tatoeba", "csqa", "squad", "ccg")}
WORDS, SOLID = "The quick brown fox jumps. " * 4000, "quickbrownfox" * 8000
LATE = " " * 90_000 + "fox " * 4000
CUT = {
    "first of a pair": ("mnli", lambda text: {"sentence1": text, "sentence2": "fox"}),
    "second of a pair": ("mnli", lambda text: {"sentence1": "fox", "sentence2": text}),
    "both of a pair": ("mnli", lambda text: {"sentence1": text, "sentence2": f"dog {text}"}),
    "one sentence": ("mnli", lambda text: {"sentence1": text}),
    "a translation": ("tatoeba", lambda text: {"sentence1": text, "sentence2": "fox"}),
    "a context of choices": ("csqa", lambda text: {"context": text, "question": "fox?", "choices": ["a", "b"]}),
    "a question of choices": ("csqa", lambda text: {"context": "", "question": text, "choices": ["a", "b"]}),
    "a choice": ("csqa", lambda text: {"context": "fox", "question": "fox?", "choices": ["a", text]}),
    "a question": ("squad", lambda text: {"context": "The fox.", "question": text}),
    "a word": ("ccg", lambda text: {"tokens": ["fox", text.replace(" ", "") or "x", "dog"]}),
}


class Watched:
    """The tokenizer, and how many characters it was given."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, texts: Any, *more: Any, **how: Any) -> Any:
        flat = [texts] if isinstance(texts, str) else [word for text in texts for word in text]
        self.characters += sum(map(len, flat))
        return doubles.tokenizer()(texts, *more, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(doubles.tokenizer(), name)


def encoded(name: str, row: dict[str, Any], tokenizer: Any) -> list[types.Feature]:
    return types.get(TASKS[name].type).encode([{"id": "7", **row}], tokenizer, TASKS[name], 64)


@pytest.mark.parametrize("text", [WORDS, SOLID], ids=["words", "solid"])
@pytest.mark.parametrize("case", CUT)
def test_of_what_is_cut_only_the_beginning_is_tokenised_and_nothing_changes(case, text, monkeypatch):
    name, row = CUT[case][0], CUT[case][1](text)
    watched = Watched()
    features = encoded(name, row, watched)
    assert watched.characters < 3 * sequences.LONG
    monkeypatch.setattr(sequences, "LONG", 10 * len(text))
    assert features == encoded(name, row, doubles.tokenizer())


def test_a_beginning_without_tokens_is_read_on(monkeypatch):
    for case in ("first of a pair", "a context of choices"):
        name, row = CUT[case][0], CUT[case][1](LATE)
        features = encoded(name, row, doubles.tokenizer())
        with monkeypatch.context() as patched:
            patched.setattr(sequences, "LONG", 10 * len(LATE))
            assert features == encoded(name, row, doubles.tokenizer())


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("squad", {"question": "Who?", "context": "x" * (sequences.LONGEST + 1)}),
        ("ccg", {"tokens": ["x"] * (sequences.LONGEST + 1)}),
        ("ccg", {"tokens": ["x" * (sequences.LONGEST + 1)]}),
    ],
)
def test_what_is_read_to_its_end_has_a_limit_that_is_said_before_anything_is_tokenised(name, row):
    watched = Watched()
    with pytest.raises(UserError, match=f"Row 7 of {name} has 500,001 characters, but at most 500,000 can be read"):
        encoded(name, row, watched)
    assert watched.characters < 10


def test_a_long_context_within_the_limit_is_read_to_its_end():
    context = f"{'fox ' * 10_000}The last dog."
    answers = {"text": ["dog"], "answer_start": [context.index("dog")]}
    features = encoded("squad", {"question": "Who?", "context": context, "answers": answers}, doubles.tokenizer())
    assert any(feature["start_position"] for feature in features[-3:])
