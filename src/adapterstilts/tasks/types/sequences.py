"""Token sequences: special tokens, truncation and padding, the same for every task type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy
import torch
from torch import Tensor

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.tasks.types.features import ids_of

_MOSTLY = 0.5
IGNORED = -100
"""The label of a position that no loss counts, as in torch.nn.functional.cross_entropy."""
LONG = 20_000
"""In characters: of a text that is longer, and whose end would be cut off, only the beginning is tokenised."""
LONGEST = 500_000
"""In characters: what is to be read to its end (a context, a sentence's words) may not be longer."""
_MARGIN = 32
"""In tokens: so far before a cut, the tokens are those of the whole text."""


def not_read(features: Sequence[Mapping[str, Any]], tokenizer: Any) -> str | None:
    """Return what to say of features of which the tokenizer did not know the most part; None if it did."""
    unknown = tokenizer.unk_token_id
    if unknown is None:
        return None
    # a bare mark of a word's beginning stands for nothing that was read
    others = {*tokenizer.all_special_ids, *tokenizer.convert_tokens_to_ids(["\u2581"])} - {unknown}
    ids = ids_of(features).flat
    counted = ids[~numpy.isin(ids, list(others))] == unknown
    share = float(counted.mean()) if counted.size else 0.0
    if share <= _MOSTLY:
        return None
    return (
        f"The tokenizer knows no more than {1 - share:.0%} of these texts; the rest is {tokenizer.unk_token} to the "
        "backbone, so what is predicted says nothing."
    )


@dataclass(frozen=True)
class Frame:
    """What an encoder was pretrained to find around its texts, in token ids.

    ``begin text end``, and of a pair ``begin first *between second end``: XLM-R has two separators between the texts
    and BERT one. `segmented` says whether the second text is marked as another segment.
    """

    begin: int
    end: int
    between: tuple[int, ...]
    segmented: bool = False

    @property
    def tokens_of_pair(self) -> int:
        """How many tokens stand around a pair's texts."""
        return 2 + len(self.between)


def frame_of(tokenizer: Any) -> Frame:
    """Read off from a pair what `tokenizer` puts around texts; UserError if it is not one token at each end."""
    encoded = tokenizer("a", "a")
    ids, owners = encoded["input_ids"], encoded.sequence_ids()
    texts = [[place for place, owner in enumerate(owners) if owner == text] for text in (0, 1)]
    second = texts[1][0]
    begin, between, end = ids[: texts[0][0]], ids[texts[0][-1] + 1 : second], ids[texts[1][-1] + 1 :]
    if len(begin) != 1 or len(end) != 1 or not between:
        raise UserError(
            f"It puts {len(begin)} special tokens before, {len(between)} between and {len(end)} behind the texts of a "
            "pair; one before, one behind and some between are needed."
        )
    segments = encoded.get("token_type_ids")
    return Frame(begin[0], end[0], tuple(between), bool(segments) and segments[second] == 1)


def token_ids(texts: Sequence[str], tokenizer: Any, needed: int) -> list[list[int]]:
    """Each text as token ids, without special tokens: all of them, or of a long text at least the first `needed`."""
    beginnings = [text[:LONG] for text in texts]
    ids = _token_ids(beginnings, tokenizer)
    for number, text in enumerate(texts):
        size = LONG
        # at a cut within a word the last tokens may be others than those of the whole text
        while size < len(text) and len(ids[number]) < needed + _MARGIN:
            size *= 4
            ids[number] = _token_ids([text[:size]], tokenizer)[0]
        if size < len(text):
            del ids[number][-_MARGIN:]
    return ids


def _token_ids(texts: Sequence[str], tokenizer: Any) -> list[list[int]]:
    if not texts:
        return []
    encoded = tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, truncation=False, verbose=False
    )
    return encoded["input_ids"]


def check_size(row: Mapping[str, Any], characters: int, task_name: str) -> None:
    """Raise UserError, naming the row, if its `characters` are more than are read at a time."""
    if characters > LONGEST:
        raise UserError(
            f"Row {row.get('id')} of {task_name} has {characters:,} characters, but at most {LONGEST:,} can be read at "
            "a time; divide it into several."
        )


def pair(first: list[int], second: list[int], frame: Frame, max_length: int) -> tuple[list[int], int]:
    """The ids of ``<s> first </s></s> second </s>`` and where in them the second text begins.

    The longer is cut on the right until there are `max_length`.
    """
    room = max_length - frame.tokens_of_pair
    excess = len(first) + len(second) - room
    if excess > 0:
        shorter = min(len(first), len(second), room // 2)
        if len(first) >= len(second):
            second = second[: max(shorter, room - len(first))]
            first = first[: room - len(second)]
        else:
            first = first[: max(shorter, room - len(second))]
            second = second[: room - len(first)]
    prefix = [frame.begin, *first, *frame.between]
    return [*prefix, *second, frame.end], len(prefix)


def padded(sequences: Sequence[Sequence[int]], fill: int, length: int | None = None) -> Tensor:
    """(B, L) int64: the sequences side by side, filled up on the right to `length` or to the longest."""
    lengths = numpy.fromiter(map(len, sequences), dtype=numpy.int64, count=len(sequences))
    width = int(lengths.max()) if length is None else length
    table = numpy.full((len(sequences), width), fill, dtype=numpy.int64)
    inside = numpy.arange(width) < lengths[:, None]
    table[inside] = numpy.fromiter(chain.from_iterable(sequences), dtype=numpy.int64, count=int(lengths.sum()))
    return torch.from_numpy(table)


def padded_with_mask(
    sequences: Sequence[Sequence[int]], pad_token_id: int, seconds: Sequence[int] | None = None
) -> dict[str, Tensor]:
    """'input_ids' and 'attention_mask' (1 = a token, 0 = padding), both (B, L) int64, and 'lengths' (B,), the tokens.

    With `seconds`, the places where the second texts begin, also 'token_type_ids' (B, L), 1 from there on.
    """
    input_ids = padded(sequences, pad_token_id)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    places = torch.arange(input_ids.shape[1])
    mask = places < lengths[:, None]
    batch = {"input_ids": input_ids, "attention_mask": mask.to(torch.int64), "lengths": lengths}
    if seconds is not None:
        batch["token_type_ids"] = (mask & (places >= torch.tensor(seconds)[:, None])).to(torch.int64)
    return batch


def probabilities(logits: numpy.ndarray) -> numpy.ndarray:
    """(N,) logits -> (N,) float64, their softmax."""
    shifted = numpy.exp(logits.astype(numpy.float64) - logits.max())
    return shifted / shifted.sum()


def label_index(label: Any, labels: Mapping[str, int], row: Mapping[str, Any], task_name: str) -> int:
    """The number of the label called `label`; UserError naming the row if the task has no such label."""
    try:
        return labels[label]
    except (KeyError, TypeError):
        known = ", ".join(labels) if len(labels) <= 20 else f"{len(labels)} labels"
        hint = did_you_mean(str(label), labels)
        raise UserError(
            f'Row {row.get("id")} of {task_name} has the label "{label}", which is none of its labels ({known}).{hint}'
        ) from None
