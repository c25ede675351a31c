"""CCG supertags as jiant reads them: a sentence's words between spaces, a tab, their tags between spaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read, read_json, wrong

TAGS = "tags_to_id.json"
"""The file beside the sentences that lists the tags, as jiant has it: tag to number."""


def read_ccg(path: Path, prefix: str) -> Iterator[Row]:
    """Rows of tagging, with ids `prefix`-0, -1, ...

    Raises:
        UserError: a line is not words, a tab and as many tags, or a tag is not one of those listed, if any are.
    """
    tags = frozenset(listed_tags(path.with_name(TAGS)))
    number = 0
    for line, text in read(path):
        if not text.strip():
            continue
        words, tab, written = text.strip().partition("\t")
        tokens, token_tags = words.split(" "), written.split()
        if not tab or len(tokens) != len(token_tags):
            raise wrong(
                path,
                line,
                f"there are {len(tokens)} words and {len(token_tags)} tags: it must be as many, between them a tab.",
            )
        for tag in token_tags:
            if tags and tag not in tags:
                raise wrong(path, line, f'the tag is "{tag}": it must be one of those in {TAGS}.')
        yield {"id": f"{prefix}-{number}", "tokens": tokens, "tags": token_tags}
        number += 1


def listed_tags(path: Path) -> tuple[str, ...]:
    """The tags that the file at `path` lists, by their numbers; none if there is no such file."""
    if not path.is_file():
        return ()
    numbers = read_json(path)
    try:
        return tuple(sorted(numbers, key=lambda tag: int(numbers[tag])))
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} must be a JSON object of tags and their numbers; make it again.") from error
