"""A backbone's tokenizer: which one it is is known of its files, and it is loaded when something is to be encoded."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from adapterstilts.base import cache
from adapterstilts.base.digests import Memory

_NAMES = ("tokenizer.json", "*.model", "vocab.*", "merges.txt")
"""What the vocabulary is in, one of them at least."""


class Tokenizer:
    """The tokenizer that `load` gives and checks; in all else it is that one.

    Files in `folder` (None: unknown) of which the digest is remembered were loaded before, for a backbone of as many
    `embeddings`: they are loaded when they are needed, and others at once.
    """

    def __init__(self, load: Callable[[], Any], folder: Path | None = None, embeddings: int | None = None) -> None:
        self._load = load
        libraries = ", ".join(f"{name} {version(name)}" for name in ("tokenizers", "transformers"))
        self._memory = Memory(f"tokenizer for {embeddings} embeddings, {libraries}", _files(folder))
        if self._memory.value is None:
            self.loaded  # noqa: B018 - it is kept

    @functools.cached_property
    def loaded(self) -> Any:
        """The library's own."""
        return self._load()

    @functools.cached_property
    def digest(self) -> str:
        """64 hexadecimal digits that are others where texts may become other tokens."""
        return self._memory.value or self._memory.keep(digest_of(self.loaded))

    @functools.cached_property
    def pad_token_id(self) -> int:
        """What fills up a batch."""
        key = cache.key_of("padding", self.digest)
        kept = cache.read(key)
        if kept is None:
            cache.keep(key, str(self.loaded.pad_token_id).encode())
        return self.loaded.pad_token_id if kept is None else int(bytes(kept))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Encode texts, as the library's own does."""
        return self.loaded(*args, **kwargs)

    def __len__(self) -> int:
        return len(self.loaded)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.loaded, name)


def digest_of(tokenizer: Any) -> str:
    """Return the sha256 of all that makes tokens of texts, and of what stands around and beside them."""
    # truncation and padding stand before: they change whenever it is used
    _, _, core = tokenizer.backend_tokenizer.to_str().partition('"added_tokens"')
    around = [type(tokenizer).__name__, tokenizer.model_input_names, tokenizer.special_tokens_map]
    return hashlib.sha256(f"{around} {core}".encode()).hexdigest()


def _files(folder: Path | None) -> list[Path]:
    """The files that a tokenizer is loaded from, none where there is no vocabulary among them."""
    if folder is None or not any(path for name in _NAMES for path in folder.glob(name)):
        return []
    return [path for path in folder.iterdir() if path.suffix in (".json", ".txt", ".model", ".vocab", ".jinja")]
