"""Names of files, folders and repositories, made of what people call things."""

from __future__ import annotations

import re


def slug(text: str) -> str:
    """Return the last part of a path or of a Hub's id in ASCII letters, digits, '_', '.' and '-' alone.

    Capitals stay. It begins and ends with neither '.' nor '-'; empty if nothing is left.
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text.rstrip("/").rsplit("/", 1)[-1]).strip("-.")
