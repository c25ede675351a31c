"""Where a token is in its text: right for any text, so that answers are the text's own words, and seen at both ends."""

from __future__ import annotations

import functools
import tempfile
import unicodedata
from typing import Any

import doubles
import numpy
import pytest
import sentencepiece
from encoder_kinds import KINDS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import XLMRobertaTokenizerFast

from adapterstilts import tasks
from adapterstilts.tasks.types import question_answering, tagging

SQUAD, PANX = tasks.get("squad"), tasks.get("panx")
UNSEEN = "\x00\x01\x10\x1f\x7f\x85\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufeff\u3164"
SPACES = " \t\n\r\x0b\x1c\xa0\u2003\u2028\u2029\u3000"
UNUSUAL = "é\u0301\u0308\u0e33\u093f\ufb01\ufb03\ufdfa½ｶﾞｷ\u1112\u1161\u11aba東ßİς\ufffd\ue000"
EMOJI = "👨👩❤\ufe0f\U0001f3f4\U000e0067\U000e007f"
LETTERS = st.sampled_from(UNSEEN + SPACES + UNUSUAL + EMOJI + "ab.") | st.characters(exclude_categories=("Cs",))


@functools.cache
def of_sentencepiece() -> Any:
    """Made as XLM-R's is of a sentencepiece model alone: it drops and replaces what cannot be seen."""
    with tempfile.TemporaryDirectory() as folder:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(doubles.SENTENCES * 20),
            model_prefix=f"{folder}/sentencepiece.bpe",
            vocab_size=250,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        return XLMRobertaTokenizerFast(vocab_file=f"{folder}/sentencepiece.bpe.model")


TOKENIZERS = {"sentencepiece": of_sentencepiece, "NFKC": doubles.tokenizer} | {
    name: functools.cache(kind.tokenizer) for name, kind in KINDS.items()
}
every_tokenizer = pytest.mark.parametrize("name", TOKENIZERS)


def answered(context: str, begin: int, end: int, tokenizer: Any, max_length: int = 64) -> str:
    """What a model says that is sure of the answer at `begin` to `end`."""
    answers = {"text": [context[begin:end]], "answer_start": [begin]}
    rows = [{"id": "1", "context": context, "question": "Who?", "answers": answers}]
    features = question_answering.encode(rows, tokenizer, SQUAD, max_length)
    assert any(feature["start_position"] for feature in features)
    outputs = []
    for feature in features:
        logits = numpy.zeros((2, max_length), dtype=numpy.float32)
        logits[0, feature["start_position"]] = logits[1, feature["end_position"]] = 9.0
        outputs.append({"start_logits": logits[0], "end_logits": logits[1]})
    return question_answering.decode(outputs, features, rows, SQUAD)[0]


@every_tokenizer
@pytest.mark.parametrize("unseen", [*UNSEEN, "\x10\x11", "\x00\u200b\ufeff", " \x10", "\x10 "])
def test_an_unseen_letter_moves_no_answer_and_is_part_of_none(name, unseen):
    for context in (f"{unseen}fox", f"{unseen}fox the dog", f"the {unseen}fox{unseen} dog", f"the fox{unseen}"):
        begin = context.index("fox")
        assert answered(context, begin, begin + 3, TOKENIZERS[name]()) == "fox"


@every_tokenizer
@settings(max_examples=25, deadline=None)
@example("\x10", "")
@given(st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=8))
def test_a_word_between_spaces_is_answered_whatever_stands_around_it(name, before, after):
    context = f"{before} fox {after}"
    begin = len(before) + 1
    assert answered(context, begin, begin + 3, TOKENIZERS[name]()) == "fox"


@every_tokenizer
@settings(max_examples=25, deadline=None)
@example("\x10Ann\u200b")
@given(st.text(LETTERS, max_size=20))
def test_tokens_are_in_the_text_in_order_and_begin_and_end_with_what_is_seen(name, context):
    tokenizer = TOKENIZERS[name]()
    ((ids, offsets),) = question_answering.context_tokens([context], tokenizer)
    assert len(ids) == len(offsets)
    assert [begin for begin, _ in offsets] == sorted(begin for begin, _ in offsets)
    for begin, end in offsets:
        assert 0 <= begin <= end <= len(context)
        seen = context[begin:end]
        assert not seen or not (set(seen[0] + seen[-1]) & set(UNSEEN + SPACES))
    if name in ("sentencepiece", "NFKC"):  # which drop no letter that they do not know
        covered = {place for begin, end in offsets for place in range(begin, end)}
        dropped = {letter for place, letter in enumerate(context) if place not in covered}
        assert not [letter for letter in dropped - set(UNSEEN) if unicodedata.category(letter)[0] in "LN"]


@pytest.mark.parametrize(
    "answer",
    [
        "cafe\u0301",
        "❤\ufe0f",
        "\U0001f3f4\U000e0067\U000e007f",
        "ﬁ",
        "½",
        "ｶﾞ",
        "\u1112\u1161\u11ab",
        "\u0915\u093f",
        "ﷺ",
    ],
)
@pytest.mark.parametrize("name", ["sentencepiece", "NFKC"])
def test_what_is_drawn_with_a_letter_stays_with_it(name, answer):
    context = f"so {answer} is"
    assert answered(context, 3, 3 + len(answer), TOKENIZERS[name]()) == answer


@every_tokenizer
@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(LETTERS, max_size=6), min_size=1, max_size=6))
def test_every_word_has_a_token_of_its_own(name, words):
    tags = [PANX.labels[number % len(PANX.labels)] for number in range(len(words))]
    rows = [{"id": "1", "tokens": words, "tags": tags}]
    features = tagging.encode(rows, TOKENIZERS[name](), PANX, 32)
    assert [word for feature in features for word in feature["words"]] == list(range(len(words)))
    for feature in features:
        assert feature["positions"] == sorted(set(feature["positions"]))
        assert feature["positions"][-1] < len(feature["input_ids"]) - 1
