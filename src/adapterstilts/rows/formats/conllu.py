"""CoNLL-U, with multiword tokens fused as XTREME fuses them for UDPOS.

A multiword token (French "du") takes the place of its words (de, le). Its tag is that of the word with the
fewest ancestors, over the basic and the enhanced edges; of several such, that of the tag which comes first in
the language's order (ud-conversion-tools, https://github.com/coastalcph/ud-conversion-tools, as XTREME calls
it). White space and zero-width non-joiners are taken out of words. Sentences without words ("_", where a
treebank's text is licensed) are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapterstilts.rows.formats import Remark, Rows
from adapterstilts.rows.formats.labels import tag_of
from adapterstilts.rows.formats.lines import read, wrong

_PRECEDENCE = {
    "es": "VERB AUX PRON ADP DET".split(),
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ".split(),
    "it": "VERB AUX ADV PRON ADP DET INTJ".split(),
}
_USUAL_PRECEDENCE = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT".split()
_COLUMNS = 10
_WITHOUT_WORDS = Remark("left out: the treebank withholds their words")


@dataclass
class _Sentence:
    """Words by their number from 1 (form, tag), the numbers of their heads, and (first, last) to fused form."""

    words: dict[int, tuple[str, str]] = field(default_factory=dict)
    heads: dict[int, set[int]] = field(default_factory=dict)
    fused: dict[tuple[int, int], str] = field(default_factory=dict)


def read_conllu(paths: Sequence[Path], tags: Sequence[str], language: str, prefix: str) -> Rows:
    """Rows of tagging, with ids `prefix`-0, -1, ... over all `paths` in their order.

    Raises:
        UserError: a line has other than ten columns, a number or an edge that is none, a word whose number does
            not follow, a multiword token without its words, or a tag that is not one of `tags`.
    """
    number = 0
    for path in paths:
        for sentence in _sentences(path, tags):
            tokens, token_tags = _fused(sentence, _PRECEDENCE.get(language, _USUAL_PRECEDENCE))
            missing = tokens.count("_")
            if missing == 0 or missing < len(tokens) - 1:
                yield {"id": f"{prefix}-{number}", "tokens": [_clean(token) for token in tokens], "tags": token_tags}
                number += 1
            else:
                yield _WITHOUT_WORDS


def _clean(token: str) -> str:
    return token.strip().replace("\u200c", "").replace(" ", "")


def _sentences(path: Path, tags: Sequence[str]) -> Iterator[_Sentence]:
    sentence = _Sentence()
    line = 0
    for line, text in read(path):
        if not text.strip():
            if sentence.words:
                yield _checked(sentence, path, line)
            sentence = _Sentence()
        elif not text.startswith("#"):
            _add(sentence, text, tags, path, line)
    if sentence.words:
        yield _checked(sentence, path, line)


def _add(sentence: _Sentence, text: str, tags: Sequence[str], path: Path, line: int) -> None:
    columns = text.split("\t")
    if len(columns) != _COLUMNS:
        raise wrong(path, line, f"there are {len(columns)} columns: it must be CoNLL-U's ten, between tabs.")
    identifier, form, tag = columns[0], columns[1], columns[3]
    if "." in identifier:  # an empty node: it is in no text
        return
    try:
        first, _, last = identifier.partition("-")
        if last:
            sentence.fused[int(first), int(last)] = form
            return
        number, head = int(first), int(columns[6])
    except ValueError:
        what = f'the numbers are "{identifier}" and "{columns[6]}": it must be those of the word and of its head.'
        raise wrong(path, line, what) from None
    if number != len(sentence.words) + 1:
        raise wrong(path, line, f"the word's number is {number}: it must be {len(sentence.words) + 1}.")
    sentence.words[number] = (form, tag_of(tag, tags, path, line))
    enhanced = [edge.partition(":")[0] for edge in columns[8].split("|")]
    sentence.heads[number] = {head, *(int(other) for other in enhanced if other.isdecimal())}


def _checked(sentence: _Sentence, path: Path, line: int) -> _Sentence:
    covered = 0
    for first, last in sorted(sentence.fused):
        if not covered < first < last <= len(sentence.words):
            raise wrong(path, line, f"the sentence that ends here has no words {first} to {last} of its own to fuse.")
        covered = last
    return sentence


def _fused(sentence: _Sentence, precedence: Sequence[str]) -> tuple[list[str], list[str]]:
    tokens: list[str] = []
    tags: list[str] = []
    spans = {first: (last, form) for (first, last), form in sentence.fused.items()}
    number = 1
    while number <= len(sentence.words):
        last, form = spans.get(number, (number, sentence.words[number][0]))
        tokens.append(form)
        tags.append(_tag_of_span(sentence, range(number, last + 1), precedence))
        number = last + 1
    return tokens, tags


def _tag_of_span(sentence: _Sentence, span: Sequence[int], precedence: Sequence[str]) -> str:
    if len(span) == 1:
        return sentence.words[span[0]][1]
    depths = [_ancestors(sentence.heads, number) for number in span]
    highest = [sentence.words[number][1] for number, depth in zip(span, depths, strict=True) if depth == min(depths)]
    return min(highest, key=lambda tag: precedence.index(tag) if tag in precedence else len(precedence))


def _ancestors(heads: Mapping[int, set[int]], number: int) -> int:
    """How many nodes lead to `number`; enhanced edges may run in circles."""
    seen: set[int] = set()
    waiting = list(heads.get(number, ()))
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(heads.get(node, ()))
    return len(seen - {number})
