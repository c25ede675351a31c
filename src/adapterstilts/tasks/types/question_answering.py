"""Extractive question answering: `<s> question </s></s> context </s>`, a start and an end for the answer.

A context too long for one feature becomes several, each overlapping the one before by a third of `max_length`
(128 at 384, the stride of Devlin et al. 2019, https://arxiv.org/abs/1810.04805). A feature that does not hold
the whole answer has it at `<s>`. Answers are cut out of the context by the tokenizer's character offsets, so
they are the context's own text in every script, whatever the tokenizer normalises; what cannot be seen at their ends
is cut off.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapterstilts.base.errors import UserError
from adapterstilts.tasks.types import Feature, Row, sequences
from adapterstilts.tasks.types.classification import new_linear

if TYPE_CHECKING:
    from adapterstilts.tasks import Task

name = "question_answering"

BEST_STARTS = 20
"""How many starts, and how many ends, are considered for each feature."""
LONGEST_ANSWER = 30
"""In tokens."""
LONGEST_QUESTION = 64
"""In tokens; what is longer is cut on the right. Never more than half of a feature."""

Offsets = list[tuple[int, int]]


class SpanHead(nn.Module):
    """A linear layer on every token: 'start_logits' and 'end_logits' (B, L), lowest on padding."""

    def __init__(self, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = new_linear(hidden_size, 2)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """hidden (B, L, H), attention_mask (B, L) -> 'start_logits', 'end_logits' (B, L).

        Padding takes no part in the softmax: otherwise a loss would depend on the batch's longest member.
        """
        logits = self.out(self.dropout(hidden)).float()
        logits = logits.masked_fill(attention_mask[:, :, None] == 0, torch.finfo(torch.float32).min)
        return {"start_logits": logits[:, :, 0], "end_logits": logits[:, :, 1]}


def context_tokens(contexts: Sequence[str], tokenizer: Any) -> list[tuple[list[int], Offsets]]:
    """Each context's token ids, and the characters of each token without what cannot be seen at their ends.

    The bare mark of a word's beginning has none: the tokenizer gives it the first letter of what follows.
    """
    if not contexts:
        return []
    begins = [_dropped(context, tokenizer.backend_tokenizer.normalizer) for context in contexts]
    encoded = tokenizer(
        [context[begin:] for context, begin in zip(contexts, begins, strict=True)],
        add_special_tokens=False,
        return_attention_mask=False,
        return_offsets_mapping=True,
        truncation=False,
        verbose=False,
    )
    # none, where another mark or no mark is used: an unknown token's number would not do
    mark = tokenizer.backend_tokenizer.token_to_id("\u2581")
    tokenized = []
    for context, shift, ids, said in zip(
        contexts, begins, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        places = [(begin + shift, end + shift) for begin, end in said]
        followers = [begin for begin, _ in places[1:]] + [len(context)]
        offsets = [
            (begin, begin) if token == mark else _characters(context, begin, end, until)
            for token, (begin, end), until in zip(ids, places, followers, strict=False)
        ]
        tokenized.append((ids, offsets))
    return tokenized


def _dropped(text: str, normaliser: Any) -> int:
    """How many characters at the beginning the tokenizer drops.

    Had it seen them, it would place all tokens that much too far to the left (huggingface/tokenizers#663).
    """
    begin = 0
    while normaliser and begin < len(text):
        if normaliser.normalize_str(f"{text[begin]}a") != normaliser.normalize_str("a"):
            break
        begin += 1
    return begin


def _characters(context: str, begin: int, end: int, until: int) -> tuple[int, int]:
    """The characters of a token without the invisible ones around them, and with what belongs to them up to `until`,
    where the next token begins: a letter that is composed of several is said to be as wide as the first.
    """
    while begin < end and (_is_invisible(context[begin]) or _is_selector(context[begin])):
        begin += 1
    while begin < end and _is_invisible(context[end - 1]):
        end -= 1
    while begin < end < until and _belongs(context[end], context[begin:end]):
        end += 1
    return begin, end


def _belongs(letter: str, before: str) -> bool:
    """Whether `letter` makes one with the text `before`: an accent, a vowel sign, a part of Hangul."""
    if letter.isspace():
        return False
    composed, *parts = (len(unicodedata.normalize("NFKC", text)) for text in (before + letter, before, letter))
    return composed < sum(parts) or unicodedata.category(letter).startswith("M")


_SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs that Unicode counts among the format characters, though they are drawn."""
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Fillers, joiners and blanks that it counts among letters, marks and symbols."""


@functools.lru_cache(4096)
def _is_invisible(letter: str) -> bool:
    """White space, controls, and format characters such as zero-width spaces and marks of direction."""
    if letter.isspace() or letter in _UNSEEN:
        return True
    return unicodedata.category(letter) in ("Cc", "Cf") and letter not in _SEEN and not _is_selector(letter)


def _is_selector(letter: str) -> bool:
    """Whether it says how the letter before it is drawn, as in emoji, and so is nothing without one."""
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0020" <= letter <= "\U000e01ef"


def tokens_of_span(offsets: Offsets, begin: int, end: int) -> tuple[int, int] | None:
    """The first and last token that touch the characters `begin` to `end` (exclusive), if any."""
    touching = [number for number, (first, last) in enumerate(offsets) if first < last and first < end and last > begin]
    return (touching[0], touching[-1]) if touching else None


def text_of_tokens(context: str, offsets: Offsets, first: int, last: int) -> str:
    """The characters of `context` from the beginning of token `first` to the end of token `last`."""
    return context[offsets[first][0] : offsets[last][1]]


def _answer_span(row: Row, task: Task) -> tuple[int, int] | None:
    """The characters of the row's first answer; None if the row says that it has no answer."""
    answers = row["answers"]
    if not answers["text"]:
        return None
    text, begin = answers["text"][0], answers["answer_start"][0]
    if row["context"][begin : begin + len(text)] != text:
        raise UserError(
            f'The answer "{text}" of row {row.get("id")} of {task.name} is not at character '
            f"{begin} of its context: correct the row or take it out."
        )
    return begin, begin + len(text)


def _windows(tokens: int, room: int, overlap: int) -> Iterator[range]:
    """Ranges of at most `room` tokens that cover all, each overlapping the one before by `overlap`."""
    begin = 0
    while begin + room < tokens:
        yield range(begin, begin + room)
        begin += room - overlap
    yield range(begin, tokens)


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, max_length: int) -> list[Feature]:
    """Features with 'row', 'input_ids', 'context_begin' (the position of the first token of context),
    'offsets' (characters of the context, one pair a token of context), and 'start_position' and
    'end_position' where the row has answers.
    """
    for row in rows:
        sequences.check_size(row, len(row["context"]), task.name)
    frame = sequences.frame_of(tokenizer)
    questions = sequences.token_ids([row["question"] for row in rows], tokenizer, LONGEST_QUESTION)
    distinct = list(dict.fromkeys(row["context"] for row in rows))
    contexts = dict(zip(distinct, context_tokens(distinct, tokenizer), strict=True))
    features: list[Feature] = []
    for number, row in enumerate(rows):
        question = questions[number][: min(LONGEST_QUESTION, max_length // 2 - 2)]
        context, offsets = contexts[row["context"]]
        room = max_length - frame.tokens_of_pair - len(question)
        answer = None
        if row.get("answers") is not None and (span := _answer_span(row, task)) is not None:
            answer = tokens_of_span(offsets, *span)
        for window in _windows(len(context), room, min(max_length // 3, room // 2)):
            prefix = [frame.begin, *question, *frame.between]
            feature: Feature = {"row": number, "context_begin": len(prefix)}
            feature["input_ids"] = [*prefix, *context[window.start : window.stop], frame.end]
            if frame.segmented:
                feature["second"] = len(prefix)
            feature["offsets"] = offsets[window.start : window.stop]
            if row.get("answers") is not None:
                shift = len(prefix) - window.start
                inside = answer is not None and answer[0] in window and answer[1] in window
                first, last = (answer[0] + shift, answer[1] + shift) if inside and answer else (0, 0)
                feature["start_position"], feature["end_position"] = first, last
            features.append(feature)
    return features


def collate(features: Sequence[Feature], pad_token_id: int) -> dict[str, Tensor]:
    """'input_ids', 'attention_mask' (B, L), 'start_positions' and 'end_positions' (B,), and 'token_type_ids' (B, L)
    where contexts are marked.
    """
    seconds = [feature["second"] for feature in features if "second" in feature]
    batch = sequences.padded_with_mask([feature["input_ids"] for feature in features], pad_token_id, seconds or None)
    if all("start_position" in feature for feature in features):
        batch["start_positions"] = torch.tensor([feature["start_position"] for feature in features])
        batch["end_positions"] = torch.tensor([feature["end_position"] for feature in features])
    return batch


def head(hidden_size: int, task: Task, dropout: float) -> nn.Module:
    """'start_logits' and 'end_logits' (B, L). As in BERT's, nothing is dropped out here."""
    return SpanHead(hidden_size, 0.0)


def items(batch: Mapping[str, Tensor]) -> int:
    """The number of features."""
    return batch["start_positions"].numel()


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """The mean of start's and end's cross-entropy, summed over the features."""
    start = functional.cross_entropy(outputs["start_logits"].float(), batch["start_positions"], reduction="sum")
    end = functional.cross_entropy(outputs["end_logits"].float(), batch["end_positions"], reduction="sum")
    return (start + end) / 2


def reduce(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """'start_logits' and 'end_logits' (B, L)."""
    return {key: outputs[key].float() for key in ("start_logits", "end_logits")}


def best_span(start: numpy.ndarray, end: numpy.ndarray, usable: numpy.ndarray) -> tuple[float, int, int] | None:
    """The score and the tokens of the best span in a feature's context; None if no token is usable.

    `start`, `end`: (T,) logits; `usable`: (T,) bool, False for tokens without characters. Spans are tried
    between the 20 best starts and the 20 best ends, and between all should none of these have 1 to 30 tokens.
    """
    places = numpy.flatnonzero(usable)
    for limit in (BEST_STARTS, len(places)):
        starts = places[numpy.argsort(-start[places], kind="stable")[:limit]]
        ends = places[numpy.argsort(-end[places], kind="stable")[:limit]]
        lengths = ends[None, :] - starts[:, None] + 1
        scores = start[starts][:, None] + end[ends][None, :]
        scores = numpy.where((lengths >= 1) & (lengths <= LONGEST_ANSWER), scores, -numpy.inf)
        if scores.size and numpy.isfinite(scores.max()):
            row, column = numpy.unravel_index(int(scores.argmax()), scores.shape)
            return float(scores[row, column]), int(starts[row]), int(ends[column])
    return None


def decode(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[str]:
    """The text of the best span of all features of each row, cut out of its context.

    Where the task has questions without an answer (its metric is 'squad2'), '' if `<s>` scores higher
    than the best span in every feature of the row.
    """
    spans = _best_spans(outputs, features, len(rows), task)
    return [row["context"][slice(*_characters_of(span, features))] for row, span in zip(rows, spans, strict=True)]


def confidence(
    outputs: Sequence[Mapping[str, numpy.ndarray]],
    features: Sequence[Feature],
    rows: Sequence[Row],
    task: Task,
) -> list[dict[str, Any]]:
    """'start' and 'end', the characters of the context that the answer is, and its 'score', for each row.

    The score is the probability of its first token as the start, times that of its last as the end, among the tokens of
    the context and `<s>` (as in transformers' pipeline). Without an answer start and end are 0, and the score is that
    of `<s>`.
    """
    told = []
    for span in _best_spans(outputs, features, len(rows), task):
        output, feature = outputs[span.feature], features[span.feature]
        begin = feature["context_begin"]
        readable = [0, *range(begin, begin + len(feature["offsets"]))]
        first, last = (readable.index(token) for token in (span.first, span.last))
        score = (
            sequences.probabilities(output["start_logits"][readable])[first]
            * sequences.probabilities(output["end_logits"][readable])[last]
        )
        start, end = _characters_of(span, features)
        told.append({"score": float(score), "start": start, "end": end})
    return told


class _Span(NamedTuple):
    """The tokens of a feature, by their numbers there; 0 and 0 is `<s>`, which says that there is no answer."""

    logits: float
    feature: int
    first: int
    last: int


def _best_spans(
    outputs: Sequence[Mapping[str, numpy.ndarray]], features: Sequence[Feature], rows: int, task: Task
) -> list[_Span]:
    best = [_Span(-numpy.inf, 0, 0, 0)] * rows
    nothing = [_Span(numpy.inf, 0, 0, 0)] * rows
    for number, (output, feature) in enumerate(zip(outputs, features, strict=True)):
        row, offsets, begin = feature["row"], feature["offsets"], feature["context_begin"]
        start, end = output["start_logits"], output["end_logits"]
        nothing[row] = min(nothing[row], _Span(float(start[0]) + float(end[0]), number, 0, 0))
        here = slice(begin, begin + len(offsets))
        usable = numpy.fromiter((first < last for first, last in offsets), dtype=bool, count=len(offsets))
        span = best_span(start[here], end[here], usable)
        if span is not None and span[0] > best[row].logits:
            best[row] = _Span(span[0], number, begin + span[1], begin + span[2])
    may_lack = task.metric == "squad2"
    return [
        none if answer.first == 0 or (may_lack and none.logits > answer.logits) else answer
        for answer, none in zip(best, nothing, strict=True)
    ]


def _characters_of(span: _Span, features: Sequence[Feature]) -> tuple[int, int]:
    """The characters of the context from the beginning of a span's first token to the end of its last."""
    if not span.first:
        return 0, 0
    offsets, begin = features[span.feature]["offsets"], features[span.feature]["context_begin"]
    return offsets[span.first - begin][0], offsets[span.last - begin][1]


def reference(row: Row, task: Task) -> list[str]:
    """The texts of the row's right answers; empty if it has none."""
    return list(row["answers"]["text"])
