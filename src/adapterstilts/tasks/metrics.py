"""The benchmarks' own metrics: functions of predictions and references, in that order; scores from 0 to 100.

Each returns names to scores, the main one first. Sources: XTREME's scorer (google-research/xtreme), the
official SQuAD v1.1 and v2.0 scripts, and the official MLQA script, whose normalisation depends on the
language.
"""

from __future__ import annotations

import functools
import re
import string
import sys
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

Scores = dict[str, float]
Normaliser = Callable[[str], list[str]]

_ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": r"\sال^|ال",
}
_CHINESE = re.compile("[\u4e00-\u9fa5]")


def compute(metric: str, predictions: Sequence[Any], references: Sequence[Any], language: str = "en") -> Scores:
    """Score `predictions` with the metric called `metric`; `language` matters to 'mlqa' alone.

    Raises KeyError for an unknown metric and ValueError if the two sequences differ in length.
    """
    if metric == "mlqa":
        return mlqa(predictions, references, language)
    return METRICS[metric](predictions, references)


def main_score(metric: str, scores: Mapping[str, float]) -> float:
    """Return a language's one number: for answers the mean of F1 and exact match, as in XTREME."""
    if metric in ("squad", "squad2", "mlqa"):
        return (scores["f1"] + scores["exact_match"]) / 2
    return scores[main_name(metric)]


def shares(
    metric: str, predictions: Sequence[Any], references: Sequence[Any], language: str = "en"
) -> list[tuple[float, float]]:
    """Return two numbers for each item: the main score is 100 times the sum of the first over that of the second.

    Raises as `compute`, and ValueError for 'mining_f1', whose items are no rows.
    """
    if metric == "mining_f1":
        raise ValueError("what is mined has no items of its own")
    pairs = _paired(predictions, references)
    if metric == "token_accuracy":
        return [
            (sum(tag == right for tag, right in zip(predicted, expected, strict=False)), len(expected))
            for predicted, expected in pairs
        ]
    if metric == "span_f1":
        counted = ((_spans([predicted]), _spans([expected])) for predicted, expected in pairs)
        return [(2 * len(predicted & expected), len(predicted) + len(expected)) for predicted, expected in counted]
    scored = (compute(metric, [predicted], [expected], language) for predicted, expected in pairs)
    return [(main_score(metric, each) / 100, 1) for each in scored]


def main_name(metric: str) -> str:
    """Return the key under which `metric` gives its main score."""
    return _MAIN[metric]


def accuracy(predictions: Sequence[Any], references: Sequence[Any]) -> Scores:
    """Share of predictions that equal their reference."""
    pairs = _paired(predictions, references)
    return {"accuracy": _percent(sum(prediction == reference for prediction, reference in pairs), len(pairs))}


def token_accuracy(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> Scores:
    """Share of tokens whose tag is right, over all sentences; a token without a prediction is wrong."""
    right = total = 0
    for predicted, expected in _paired(predictions, references):
        right += sum(tag == reference for tag, reference in zip(predicted, expected, strict=False))
        total += len(expected)
    return {"accuracy": _percent(right, total)}


def span_f1(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> Scores:
    """F1, precision and recall of seqeval over spans of equal type, as XTREME scores PANX and UDPOS.

    A tag without a B- or I- is given its own first letter as a prefix: later releases of seqeval cut the
    first letter off, and so agree with the release that XTREME used.
    """
    _paired(predictions, references)
    predicted, expected = _spans(predictions), _spans(references)
    return _precision_recall(len(predicted & expected), len(predicted), len(expected))


def _spans(sentences: Sequence[Sequence[str]]) -> set[tuple[str, int, int]]:
    # seqeval brings scikit-learn, and declarations have to load in no time
    from seqeval.metrics.sequence_labeling import get_entities

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* seems not to be NE tag")
        return set(get_entities([[_prefixed(tag) for tag in sentence] for sentence in sentences]))


def mining_f1(predictions: Collection[tuple[str, str]], references: Collection[tuple[str, str]]) -> Scores:
    """F1, precision and recall of mined pairs of sentence ids."""
    predicted, expected = set(map(tuple, predictions)), set(map(tuple, references))
    return _precision_recall(len(predicted & expected), len(predicted), len(expected))


def squad(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """F1 over words and exact match, each against the best of an item's answers (SQuAD v1.1).

    English articles are removed in every language, as XTREME does for XQuAD and TyDiQA-GoldP.
    """
    return _answers(predictions, references, _english_words, empty_counts=False)


def squad2(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """As `squad`, where no answers means that the empty prediction is right (SQuAD v2.0)."""
    answers = [[text for text in texts if _english_words(text)] or [""] for texts in references]
    return _answers(predictions, answers, _english_words, empty_counts=True)


def mlqa(predictions: Sequence[str], references: Sequence[Sequence[str]], language: str) -> Scores:
    """As `squad`, with the articles of `language` removed and Chinese compared by character (MLQA)."""
    return _answers(predictions, references, functools.partial(_words_of, language=language), empty_counts=False)


def _answers(
    predictions: Sequence[str], references: Sequence[Sequence[str]], words: Normaliser, *, empty_counts: bool
) -> Scores:
    pairs = _paired(predictions, references)
    f1 = exact = 0.0
    for prediction, answers in pairs:
        predicted = words(prediction)
        expected = [words(answer) for answer in answers]
        f1 += max((_overlap(predicted, answer, empty_counts) for answer in expected), default=0.0)
        exact += max((float(predicted == answer) for answer in expected), default=0.0)
    return {"f1": _percent(f1, len(pairs)), "exact_match": _percent(exact, len(pairs))}


def _overlap(predicted: list[str], expected: list[str], empty_counts: bool) -> float:
    if empty_counts and not (predicted and expected):
        return float(predicted == expected)
    shared = sum((Counter(predicted) & Counter(expected)).values())
    return 2 * shared / (len(predicted) + len(expected)) if shared else 0.0


def _english_words(text: str) -> list[str]:
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return re.sub(_ARTICLES["en"], " ", text).split()


@functools.cache
def _punctuation() -> frozenset[str]:
    unicode_marks = (chr(i) for i in range(sys.maxunicode) if unicodedata.category(chr(i)).startswith("P"))
    return frozenset(unicode_marks).union(string.punctuation)


def _words_of(text: str, language: str) -> list[str]:
    text = "".join(letter for letter in text.lower() if letter not in _punctuation())
    if language in _ARTICLES:
        text = re.sub(_ARTICLES[language], " ", text)
    return (_CHINESE.sub(r" \g<0> ", text) if language == "zh" else text).split()


def _prefixed(tag: str) -> str:
    return tag if tag == "O" or tag[:2] in ("B-", "I-") else f"{tag[0]}-{tag}"


def _precision_recall(right: int, predicted: int, expected: int) -> Scores:
    f1 = _percent(2 * right, predicted + expected)
    return {"f1": f1, "precision": _percent(right, predicted), "recall": _percent(right, expected)}


def _paired(predictions: Sequence[Any], references: Sequence[Any]) -> list[tuple[Any, Any]]:
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions for {len(references)} references")
    return list(zip(predictions, references, strict=True))


def _percent(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else 0.0


METRICS: dict[str, Callable[[Any, Any], Scores]] = {
    "accuracy": accuracy,
    "token_accuracy": token_accuracy,
    "span_f1": span_f1,
    "mining_f1": mining_f1,
    "squad": squad,
    "squad2": squad2,
    "mlqa": functools.partial(mlqa, language="en"),
}
_MAIN = {
    "accuracy": "accuracy",
    "token_accuracy": "accuracy",
    "span_f1": "f1",
    "mining_f1": "f1",
    "squad": "f1",
    "squad2": "f1",
    "mlqa": "f1",
}
