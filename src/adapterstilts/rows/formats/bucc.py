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

    The gold file lies beside `foreign`, with the suffix .gold. Rows come as their sentences do in the files, both
    files at an even pace, so that the first of them are a small sample of all. A sentence that is in two gold
    pairs is in two rows.

    Raises:
        UserError: a line is not two columns, an id is there twice, or a gold pair names an id that is not there.
    """
    others, sentences = _sentences(foreign), _sentences(english)
    gold = _gold(foreign.with_suffix(".gold"), others, sentences)
    taken = {sentence for _, sentence in gold}
    partners: dict[str, list[str]] = {}
    for other, sentence in gold:
        partners.setdefault(other, []).append(sentence)
    placed: list[tuple[float, Row]] = []
    for number, (identifier, text) in enumerate(others.items()):
        place = number / len(others)
        for partner in partners.get(identifier, ()):
            placed.append((place, _row(f"{identifier}\t{partner}", sentences[partner], text)))
        if identifier not in partners:
            placed.append((place, _row(identifier, None, text)))
    for number, (identifier, text) in enumerate(sentences.items()):
        if identifier not in taken:
            placed.append((number / len(sentences), _row(identifier, text, None)))
    placed.sort(key=lambda one: one[0])
    return (row for _, row in placed)


def _row(identifier: str, english: str | None, foreign: str | None) -> Row:
    return {"id": identifier, "sentence1": english, "sentence2": foreign}


def _columns(path: Path) -> Iterator[tuple[int, str, str]]:
    for line, text in read(path):
        if not text:
            continue
        first, tab, second = text.partition("\t")
        if not tab:
            raise wrong(path, line, "there is one column: it must be two, between them a tab.")
        yield line, first, second


def _sentences(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, identifier, text in _columns(path):
        if identifier in found:
            raise wrong(path, line, f'the id "{identifier}" is there twice: ids must differ; fetch the file again.')
        found[identifier] = text.strip()
    return found


def _gold(path: Path, others: dict[str, str], sentences: dict[str, str]) -> list[tuple[str, str]]:
    pairs: dict[tuple[str, str], None] = {}
    for line, other, sentence in _columns(path) if path.is_file() else ():
        for identifier, known in ((other, others), (sentence, sentences)):
            if identifier not in known:
                raise wrong(path, line, f'the id "{identifier}" is not in the sentences\' file; fetch both again.')
        pairs[other, sentence] = None
    return list(pairs)
