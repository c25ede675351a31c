"""Running text without labels, for masked language modelling: a folder's text files, or pocket's documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from adapterstilts import pocket
from adapterstilts.base.digests import sha256
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import path_of
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.pocket.documents import documents
from adapterstilts.rows import limits
from adapterstilts.rows.formats import Row
from adapterstilts.rows.formats.lines import read
from adapterstilts.tasks import Task

POCKET = "pocket"
_SEED = 1_000_000
"""Of pocket's documents: far from the seeds of those that its backbone was pretrained on."""
_DOCUMENTS = 24_000
"""Pocket's documents, as many as MNLI has rows there."""


@dataclass(frozen=True)
class Text:
    """The lines of a folder's text files, or pocket's documents; as a source of rows it has training rows alone."""

    place: str

    def languages_of(self, task: Task, split: str = "test") -> tuple[str, ...]:
        """English, by which training rows are asked for, whatever the language of the text."""
        return task.train_languages if split == "train" else ()

    def load(
        self, task: Task, split: str, language: str, limit: int | None = None, progress: Progress = SILENT
    ) -> list[Row]:
        """At most `limit` (None: all) lines of the text: a sample as `limits` says, and pocket's first documents.

        UserError if there are no files, or no text is in them.
        """
        if self.place == POCKET:
            texts = islice(documents(_SEED), min(limit or _DOCUMENTS, _DOCUMENTS))
            return [{"id": f"{POCKET}-{number}", "text": text} for number, text in enumerate(texts)]
        rows = list(self._rows())
        if not rows:
            raise UserError(f"There is no text in {self.place}/*.txt; give --text a folder with some.")
        return limits.sample([rows], limit)

    def first(self, task: Task, split: str, language: str) -> Row:
        """The first line. UserError as `load`."""
        return self.load(task, split, language, 1)[0]

    def revision(self, task: Task) -> str:
        """Pocket's version, or 'file ' and 16 hexadecimal digits: sha256 over the files and their names."""
        if self.place == POCKET:
            return f"{POCKET} {pocket.POCKET_VERSION}"
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(f"{path.name}\0{sha256(path)}\0".encode())
        return f"file {digest.hexdigest()[:16]}"

    def _rows(self) -> Iterator[Row]:
        for path in self._files():
            if path.stat().st_size:
                for line, text in read(path):
                    if text.strip():
                        yield {"id": f"{path.stem}-{line}", "text": text}

    def _files(self) -> list[Path]:
        folder = path_of(self.place)
        files = sorted(folder.glob("*.txt"))
        if not files:
            raise UserError(
                f"There are no files {folder}/*.txt; give --text a folder of text files, a paragraph a line."
            )
        return files
