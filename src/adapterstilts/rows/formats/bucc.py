"""BUCC 2018: id TAB sentence in a file for each language, and a file of the gold pairs, id TAB id.

XTREME takes the gold pairs of the test set away: its rows can then be mined but not scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read, wrong


def read_bucc(foreign: Path, english: Path) -> Iterator[Row]:
    """Rows of retrieval: a gold pair has both sides and the id "foreign id TAB English id", as its line in the
    gold file; any other sentence has its own side and its own id.

    The gold file lies beside `foreign`, with the suffix .gold. Rows come in the order of the foreign sentences, then
    of the English ones that are in no pair. A sentence that is in two gold pairs is in two rows.

    Raises:
        UserError: a line is not two columns, an id is there twice, or a gold pair names an id that is not there.
    """
    others, sentences = _sentences(foreign), _sentences(english)
    gold = _gold(foreign.with_suffix(".gold"), others, sentences)
    taken = {sentence for _, sentence in gold}
    partners: dict[str, list[str]] = {}
    for other, sentence in gold:
        partners.setdefault(other, []).append(sentence)
    for identifier, text in others.items():
        for partner in partners.get(identifier, ()):
            yield _row(f"{identifier}\t{partner}", sentences[partner], text)
        if identifier not in partners:
            yield _row(identifier, None, text)
    for identifier, text in sentences.items():
        if identifier not in taken:
            yield _row(identifier, text, None)


def _row(identifier: str, english: str | None, foreign: str | None) -> Row:
    return {"id": identifier, "sentence1": english, "sentence2": foreign}


def _columns(path: Path) -> Iterator[tuple[int, str, str]]:
    for line, text in read(path):
        if not text:
            continue
        first, tab, second = text.partition("\t")
        if not tab or "\t" in second:
            more = second.count("\t") + 2
            said = f"there are {more} columns" if tab else "there is one column"
            raise wrong(path, line, f"{said}: it must be two, between them a tab.")
        yield line, first, second


def _sentences(path: Path) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for line, identifier, text in _columns(path):
        if identifier in sentences:
            raise wrong(path, line, f'the id "{identifier}" is there twice: ids must differ; fetch the file again.')
        sentences[identifier] = text.strip()
    return sentences


def _gold(path: Path, others: dict[str, str], sentences: dict[str, str]) -> list[tuple[str, str]]:
    pairs: dict[tuple[str, str], None] = {}
    for line, other, sentence in _columns(path) if path.is_file() else ():
        for identifier, known in ((other, others), (sentence, sentences)):
            if identifier not in known:
                raise wrong(path, line, f'the id "{identifier}" is not in the sentences\' file; fetch both again.')
        pairs[other, sentence] = None
    return list(pairs)
