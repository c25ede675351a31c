"""Token TAB tag, a blank line between sentences: PAN-X and UDPOS, as XTREME writes them and as WikiANN does.

XTREME's test files lack the tags. A sentence may be of any length: encoding splits it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.labels import all_or_none, tag_of
from adapterstilts.rows.formats.lines import read, wrong


def read_tagged(path: Path, tags: Sequence[str], prefix: str, marked: bool = False) -> Iterator[Row]:
    """Rows of tagging, with ids `prefix`-0, -1, ...; 'tags' where the file has a second column.

    `marked`: each token follows its language's code and a colon, as in WikiANN's own files (Rahimi et al. 2019).

    Raises:
        UserError: a line has other columns, a tag that is not one of `tags`, or a tag where the others have none.
    """
    number, labelled = 0, None
    tokens: list[str] = []
    token_tags: list[str] = []
    for line, text in read(path):
        if not text.strip(" "):
            if tokens:
                yield _row(prefix, number, tokens, token_tags)
                number, tokens, token_tags = number + 1, [], []
            continue
        fields = text.split("\t")
        if len(fields) > 2:
            raise wrong(
                path, line, f"there are {len(fields)} columns: it must be a token and a tag, between them a tab."
            )
        if len(fields) == 1 and " " in text.strip(" "):
            raise wrong(path, line, "there are spaces and no tab: it must be a token and a tag, between them a tab.")
        labelled = all_or_none(len(fields) == 2, labelled, path, line)
        token = fields[0]
        if marked:
            _, colon, token = token.partition(":")
            if not colon:
                raise wrong(path, line, f'the token is "{fields[0]}": it must follow its language\'s code and a colon.')
        tokens.append(token.strip())
        if labelled:
            token_tags.append(tag_of(fields[1].strip(), tags, path, line))
    if tokens:
        yield _row(prefix, number, tokens, token_tags)


def _row(prefix: str, number: int, tokens: list[str], tags: list[str]) -> Row:
    row: Row = {"id": f"{prefix}-{number}", "tokens": tokens}
    return {**row, "tags": tags} if tags else row
