"""Which questions are about one paragraph, so that none is both learned from, or chosen by, and tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any


def same_text(context: str) -> str:
    """What the copies of a paragraph have in common: they differ in their white space."""
    return " ".join(context.split())


def held_out(context: str) -> bool:
    """Whether questions about `context` validate, where a data set has no validation set of its own.

    So does a tenth of its paragraphs. A hash of the text decides: every source and every copy agrees, and no
    paragraph is on both sides.
    """
    return _number(same_text(context)) % 10 == 0


def half_of(row: Mapping[str, Any]) -> int:
    """Return in which half of the rows one is, 0 or 1, by a hash of its paragraph, or else of its id."""
    return _number(f"half {same_text(row.get('context') or str(row['id']))}") % 2


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")
