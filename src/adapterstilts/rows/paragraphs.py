"""Which questions are about one paragraph, so that none is both learned from, or chosen by, and tested on."""

from __future__ import annotations

import hashlib


def same_text(context: str) -> str:
    """What the copies of a paragraph have in common: they differ in their white space."""
    return " ".join(context.split())


def held_out(context: str) -> bool:
    """Whether questions about `context` validate, where a data set has no validation set of its own.

    So does a tenth of its paragraphs. A hash of the text decides: every source and every copy agrees, and no
    paragraph is on both sides.
    """
    return int.from_bytes(hashlib.sha256(same_text(context).encode("utf-8")).digest()[:8], "big") % 10 == 0
